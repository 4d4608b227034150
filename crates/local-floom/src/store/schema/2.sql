-- Version 2: creator values have versions and a grace, requests are told apart, values come sealed.
-- Instants are milliseconds since the Unix epoch.
ALTER TABLE creator_values ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE creator_values ADD COLUMN set_at INTEGER;
ALTER TABLE creator_values ADD COLUMN preview BLOB;
-- Whether a run was given this version.
ALTER TABLE creator_values ADD COLUMN used INTEGER NOT NULL DEFAULT 0;

CREATE TABLE previous_values (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    preview BLOB,
    started_at INTEGER NOT NULL,
    retires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;

-- Numbers are never used again, also after a value was removed.
CREATE TABLE last_versions (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;

-- What the runs under way were given.
CREATE TABLE run_values (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (run_id, key)
) WITHOUT ROWID;

-- Changes that were done, by the id that their sender gave them.
CREATE TABLE requests (
    slug TEXT NOT NULL,
    id TEXT NOT NULL,
    call TEXT NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (slug, id)
) WITHOUT ROWID;

-- The 32 bytes of which an app's sealing key pair is derived, sealed.
CREATE TABLE sealing_keys (
    app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    material BLOB NOT NULL
) WITHOUT ROWID;
