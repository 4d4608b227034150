//! The tables, and how a file of an older version gets them.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::point::{Point, reach};
use crate::{VaultError, file};

/// Marks the file as a vault: "FlSv" in SQLite's header.
pub(crate) const APPLICATION: u32 = 0x466c_5376;

/// The version of the tables that this program writes; a file with a higher one is refused.
pub(crate) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// Each takes a file from the version of its index to the next, adding only.
const MIGRATIONS: &[&str] = &[TABLES_1, TABLES_2];

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

/// `kek_other` is the generation whose keychain entry a rotation has made or left over. A `passphrase`
/// is there where one takes the keychain's place, a `recovery` where a kit was made.
const TABLES_2: &str = "
    ALTER TABLE vault ADD COLUMN kek_other INTEGER;
    CREATE TABLE passphrase (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        salt BLOB NOT NULL,
        memory INTEGER NOT NULL,
        passes INTEGER NOT NULL,
        lanes INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE recovery (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id BLOB NOT NULL,
        public_key BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        tested_at INTEGER,
        kek_generation INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        mac BLOB NOT NULL
    ) STRICT;
";

/// Makes the tables of a new, empty database, or brings those of a copy to [`NEWEST`].
///
/// # Errors
/// [`VaultError::Newer`] where the file is ahead of this program.
pub(crate) fn make(db: &Connection) -> Result<(), VaultError> {
    while step(db, None)? {}
    Ok(())
}

/// Brings the tables of the vault at `path` to [`NEWEST`]: each step adds only and is one transaction,
/// and before each a copy of the file is kept beside it.
///
/// # Errors
/// [`VaultError::Newer`] where the file is ahead of this program.
pub(crate) fn migrate(db: &Connection, path: &Path) -> Result<(), VaultError> {
    while step(db, Some(path))? {}
    Ok(())
}

/// Where the copy is kept that was made before the step to `version`.
pub(crate) fn copy_before(path: &Path, version: u32) -> PathBuf {
    file::beside(path, &format!(".before-{version}"))
}

/// Removes the copies that were kept before steps: their keys are about to be, or were, replaced.
pub(crate) fn remove_copies(path: &Path) -> Result<(), VaultError> {
    (2..=NEWEST).try_for_each(|version| file::remove(&copy_before(path, version)))
}

/// One step; `false` where none is left.
fn step(db: &Connection, keep_copy_of: Option<&Path>) -> Result<bool, VaultError> {
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
    let from = version(db)?;
    if from > NEWEST {
        return Err(VaultError::Newer);
    }
    let Some(tables) = MIGRATIONS.get(from as usize) else { return Ok(false) };
    if let Some(path) = keep_copy_of {
        file::copy(db, &copy_before(path, from + 1))?;
        reach(Point::CopyKept);
    }
    let step = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    if version(&step)? == from {
        step.execute_batch(tables)?;
        step.pragma_update(None, "application_id", APPLICATION)?;
        step.pragma_update(None, "user_version", from + 1)?;
        if keep_copy_of.is_some() {
            reach(Point::StepMade);
        }
        step.commit()?;
    }
    Ok(true)
}
