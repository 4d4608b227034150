//! A vault in a folder of the test's own, under a keychain in memory.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use floom_keychain::Keychain;
use floom_secret::SecretValue;
use floom_vault::{
    AppId, ConnectionKind, NewConnection, NewOutboxItem, NewReceipt, Point, RecoveryCode, SecretId, Source, Tx, Vault,
    VaultError, watch_points,
};
use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

/// A receipt of something.
pub(crate) const NOTED: NewReceipt<'static> = NewReceipt { what: "noted", app: None, key: None, detail: "" };

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

    /// What a kill at this moment leaves: the file with its log, and what the keychain holds, in a place of its own.
    pub(crate) fn as_killed(&self, vault: Uuid) -> Self {
        let killed = Self::new();
        let folder = killed.path.parent().expect("it has one");
        std::fs::create_dir_all(folder).expect("a folder for the copy");
        for entry in std::fs::read_dir(self.path.parent().expect("it has one")).into_iter().flatten().flatten() {
            // The index of the log is memory that is shared, not a part of what is kept.
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("the file is copied");
            }
        }
        let accounts = (1..9).map(|generation| format!("{vault}/{generation}")).chain(["index".to_owned()]);
        for account in accounts {
            if let Some(entry) = self.keychain.read(&account).expect("the keychain answers") {
                killed.keychain.write(&account, &entry).expect("the entry is copied");
            }
        }
        killed
    }

    /// The generations of which the keychain has a key.
    pub(crate) fn generations(&self, vault: Uuid) -> Vec<u32> {
        let read = |generation: &u32| self.keychain.read(&format!("{vault}/{generation}"));
        (1..9).filter(|generation| read(generation).expect("the keychain answers").is_some()).collect()
    }

    /// The one number that `sql` gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open(&self.path).expect("the file is a database");
        db.query_row(sql, [], |row| row.get(0)).expect("it gives a number")
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

/// How often something is tried: `usual` times, many more with `FLOOM_SOAK=1`.
pub(crate) fn times(usual: usize) -> usize {
    if std::env::var_os("FLOOM_SOAK").is_some_and(|soak| soak == "1") { usual * 50 } else { usual }
}

/// Does `work`, and at every point of it looks at what a kill would leave.
pub(crate) fn killed_at_every_point(place: &Rc<Place>, vault: Uuid, work: impl FnOnce()) -> Vec<(Point, Place)> {
    let killed = Rc::new(RefCell::new(Vec::new()));
    let watched = (place.clone(), killed.clone());
    watch_points(move |point| watched.1.borrow_mut().push((point, watched.0.as_killed(vault))), work);
    killed.take()
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

/// Makes a recovery kit, or another, without its file.
pub(crate) fn kit(vault: &mut Vault, at: Timestamp) -> Result<RecoveryCode, VaultError> {
    let kit = vault.new_recovery_kit(true, at)?;
    vault.transaction(|tx| tx.adopt_kit(kit))
}

/// Queues a change, with its receipt.
pub(crate) fn queue(tx: &mut Tx<'_>, item: &NewOutboxItem, at: Timestamp) -> Result<i64, VaultError> {
    let receipt = tx.append_receipt(&NOTED, at)?;
    tx.enqueue(item, receipt, at)
}
