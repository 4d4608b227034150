-- Version 3: visitors of run pages, each with values of their own for one app.
CREATE TABLE link_keys (
    app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
) WITHOUT ROWID;

-- A visitor is one browser at one app; its cookie's SHA-256 tells it.
CREATE TABLE visitors (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    cookie BLOB NOT NULL UNIQUE,
    made_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX visitors_of_app ON visitors (app_id);

CREATE TABLE visitor_values (
    visitor_id TEXT NOT NULL REFERENCES visitors (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (visitor_id, key)
) WITHOUT ROWID;

-- Whose run it is; none for the owner's.
ALTER TABLE runs ADD COLUMN visitor_id TEXT REFERENCES visitors (id) ON DELETE CASCADE;
-- What a visitor saw: lines with their times, redacted.
ALTER TABLE runs ADD COLUMN transcript TEXT;
CREATE INDEX runs_of_visitor ON runs (visitor_id);

-- Agent tokens, told by their SHA-256.
CREATE TABLE agent_tokens (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    token BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    label TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'read-write', 'publish-only')),
    per_minute INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked INTEGER NOT NULL DEFAULT 0
);
