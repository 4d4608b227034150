//! A vault in a folder of the test's own, under a keychain in memory.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::{Path, PathBuf};

use floom_keychain::Keychain;
use floom_secret::SecretValue;
use floom_vault::{AppId, ConnectionKind, NewConnection, SecretId, Source, Vault, VaultError};
use jiff::Timestamp;
use tempfile::TempDir;

/// Where one test's vault is.
pub(crate) struct Place {
    folder: TempDir,
    path: PathBuf,
    /// Its keychain.
    pub(crate) keychain: Keychain,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("data #1?").join("vault.db");
        Self { folder, path, keychain: Keychain::in_memory() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn create(&self) -> Vault {
        Vault::create(&self.path, &self.keychain, at(0)).expect("a vault is made")
    }

    pub(crate) fn open(&self) -> Vault {
        Vault::open(&self.path, &self.keychain).expect("the vault opens")
    }

    /// A new vault with one app.
    pub(crate) fn with_app(&self) -> (Vault, AppId) {
        let mut vault = self.create();
        let new =
            NewConnection { kind: ConnectionKind::Local, label: "Local Floom".into(), base_url: None, token: None };
        let app = vault.transaction(|tx| {
            let connection = tx.add_connection(&new, at(0))?;
            tx.ensure_app(connection, "flyfast", "Fly fast")
        });
        (vault, app.expect("an app is made"))
    }

    /// What somebody with the file, but without the program, does to it.
    pub(crate) fn edit(&self, sql: &str) -> usize {
        let db = rusqlite::Connection::open(&self.path).expect("the file is a database");
        db.execute(sql, []).expect("the edit is made")
    }
}

/// How often something is tried: `normally`, or where `FLOOM_SOAK` is set `in_soak` times, or as often as it says.
pub(crate) fn count(normally: u32, in_soak: u32) -> u32 {
    match std::env::var("FLOOM_SOAK").map(|text| text.parse()) {
        Err(_) => normally,
        Ok(Ok(times)) if times > 1 => times,
        Ok(_) => in_soak,
    }
}

/// A point in time, `seconds` after a fixed one.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + seconds, 123_456_789).expect("a time in range")
}

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned())
}

/// Makes a secret with one value.
pub(crate) fn put(vault: &mut Vault, app: AppId, name: &str, text: &str) -> SecretId {
    let put = vault.transaction(|tx| {
        let secret = tx.ensure_secret(app, name, at(1))?;
        tx.put_value(secret, &value(text), &Source::Typed, at(1))?;
        Ok::<_, VaultError>(secret)
    });
    put.expect("the value is stored")
}
