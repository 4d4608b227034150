//! The tables, and how a file of an older version gets them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::VaultError;

/// Marks the file as a vault: "FlSv" in SQLite's header.
pub(crate) const APPLICATION: u32 = 0x466c_5376;

/// The version of the tables that this program writes; a file with a higher one is refused.
pub(crate) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// Each takes a file from the version of its index to the next, adding only.
const MIGRATIONS: &[&str] = &[TABLES_1];

const TABLES_1: &str = "
    CREATE TABLE vault (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        kek_generation INTEGER NOT NULL,
        kek_check BLOB NOT NULL
    ) STRICT;
    CREATE TABLE keys (
        key INTEGER PRIMARY KEY,
        purpose TEXT NOT NULL,
        owner BLOB NOT NULL,
        generation INTEGER NOT NULL,
        wrapped BLOB NOT NULL,
        seals INTEGER NOT NULL DEFAULT 0,
        UNIQUE (purpose, owner, generation)
    ) STRICT;
    CREATE TABLE nonces (
        key INTEGER NOT NULL REFERENCES keys (key),
        nonce BLOB NOT NULL,
        PRIMARY KEY (key, nonce)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE connections (
        id BLOB PRIMARY KEY,
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        base_url TEXT,
        token BLOB,
        created_at INTEGER NOT NULL,
        removed INTEGER NOT NULL,
        mac BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE apps (
        app INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        connection BLOB NOT NULL REFERENCES connections (id),
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        gone INTEGER NOT NULL,
        mac BLOB NOT NULL,
        UNIQUE (connection, slug)
    ) STRICT;
    CREATE TABLE secrets (
        secret INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        app INTEGER NOT NULL REFERENCES apps (app),
        name TEXT NOT NULL,
        policy TEXT,
        current INTEGER,
        last_version INTEGER NOT NULL,
        remote TEXT,
        created_at INTEGER NOT NULL,
        removed_at INTEGER,
        mac BLOB NOT NULL,
        UNIQUE (app, name)
    ) STRICT;
    CREATE TABLE versions (
        secret INTEGER NOT NULL REFERENCES secrets (secret),
        number INTEGER NOT NULL,
        details BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (secret, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE links (
        id BLOB PRIMARY KEY,
        path BLOB NOT NULL,
        app INTEGER NOT NULL REFERENCES apps (app),
        auto INTEGER NOT NULL,
        reader TEXT,
        default_policy TEXT NOT NULL,
        paused TEXT,
        set_aside TEXT NOT NULL,
        seen TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        mac BLOB NOT NULL,
        UNIQUE (path, app)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        secret INTEGER NOT NULL REFERENCES secrets (secret),
        change TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        failure TEXT,
        next_try INTEGER,
        mac BLOB NOT NULL
    ) STRICT;
    CREATE TABLE receipts (
        sequence INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        what TEXT NOT NULL,
        app TEXT,
        key TEXT,
        detail TEXT NOT NULL,
        mac BLOB NOT NULL
    ) STRICT;
    CREATE TABLE chain (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sequence INTEGER NOT NULL,
        head BLOB NOT NULL,
        mac BLOB NOT NULL
    ) STRICT;
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        mac BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Brings the tables of `db` to [`NEWEST`], each step in one transaction.
///
/// # Errors
/// [`VaultError::Newer`] where the file is ahead of this program.
pub(crate) fn migrate(db: &Connection) -> Result<(), VaultError> {
    loop {
        let step = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let version: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > NEWEST {
            return Err(VaultError::Newer);
        }
        let Some(tables) = MIGRATIONS.get(version as usize) else { return Ok(()) };
        step.execute_batch(tables)?;
        step.pragma_update(None, "application_id", APPLICATION)?;
        step.pragma_update(None, "user_version", version + 1)?;
        step.commit()?;
    }
}
