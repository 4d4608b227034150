-- Version 1. Times are 'YYYY-MM-DD HH:MM:SS' in UTC; blobs in `sealed` are described in seal.rs.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    manifest TEXT NOT NULL,
    is_sample INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE policies (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('user_vault', 'creator_override')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;

CREATE TABLE creator_values (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    sealed BLOB NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;

CREATE TABLE user_values (key TEXT PRIMARY KEY, sealed BLOB NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE last_uses (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    used_at TEXT NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    inputs TEXT NOT NULL,
    outputs TEXT,
    status TEXT NOT NULL,
    error TEXT,
    error_type TEXT,
    logs TEXT NOT NULL DEFAULT '',
    duration_ms INTEGER,
    started_at TEXT NOT NULL,
    finished_at TEXT
);
CREATE INDEX runs_of_app ON runs (app_id);
