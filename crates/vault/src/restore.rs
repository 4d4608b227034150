//! From a recovery code back to a vault: the drill that proves a kit, and the restore itself.

use std::path::Path;

use floom_keychain::Keychain;
use floom_secret::SecretValue;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use crate::cipher::{self, DoesNotOpen, Key};
use crate::index::{Index, key_account};
use crate::keys::Keys;
use crate::passphrase::Passphrase;
use crate::point::{Point, reach};
use crate::records::VaultRow;
use crate::recovery_key::RecoveryKey;
use crate::recovery_kit::KitRow;
use crate::rotation::{KEY_REPLACED_AT, free_generation};
use crate::vault::open_file;
use crate::{Contents, OsEntropy, Records, RecoveryCode, RecoveryKit, Standing, Tx, Vault, VaultError, file, schema};

/// When the vault was restored from a kit: a setting, RFC 3339. While it is set, links ask and the outbox is held.
pub const RESTORED_AT: &str = "restored_at";

/// What a drill opened.
#[derive(Debug)]
pub struct DrillReport {
    /// The vault of which the kit is a copy.
    pub vault: Uuid,
    /// The kit.
    pub kit: RecoveryKit,
    /// What is in it.
    pub contents: Contents,
}

/// What keeps, or gives, the new key of a vault that a code has opened.
#[derive(Debug, Clone, Copy)]
pub enum KeyHolder<'a> {
    /// The keychain keeps it.
    Keychain(&'a Keychain),
    /// This passphrase gives it, chosen by the creator in so many words.
    Passphrase(&'a SecretValue),
}

/// Opens everything in the kit's file with the code, in memory, as a restore would. Nothing is written;
/// [`Tx::record_drill`] notes what was proven.
///
/// # Errors
/// [`VaultError::NotAKit`], [`VaultError::NoKit`], [`VaultError::Newer`], [`VaultError::WrongCode`],
/// [`VaultError::Damaged`]. Values that do not open are no error: they are in the report.
pub fn drill(kit_file: &Path, code: &RecoveryCode) -> Result<DrillReport, VaultError> {
    let records = unlock(in_memory(kit_file)?, code)?;
    let kit = records.recovery_kit()?.ok_or(VaultError::NoKit)?;
    Ok(DrillReport { vault: records.id(), kit, contents: records.contents()? })
}

/// Makes the vault at `path` again from a kit's file and code, under a new key, and with new data keys for what
/// comes. It has [`RESTORED_AT`] set. What does not open is named and comes along as it is.
///
/// The key is written and read back first, then the file appears whole, then the keychain's index.
///
/// # Errors
/// [`VaultError::FileExists`] unless nothing is at `path`; those of [`drill`]; [`VaultError::Keychain`],
/// [`VaultError::PassphraseTooShort`].
pub fn restore(
    kit_file: &Path,
    code: &RecoveryCode,
    path: &Path,
    holder: KeyHolder<'_>,
    now: Timestamp,
) -> Result<(Vault, Contents), VaultError> {
    let records = unlock(in_memory(kit_file)?, code)?;
    let contents = records.contents()?;
    if !file::is_free(path) {
        return Err(VaultError::FileExists);
    }
    let new = NewKey::make(holder, &records)?;
    reach(Point::RestoreKeyWritten);
    records.transaction(|tx| {
        for owner in Keys::owners(&tx.db)? {
            tx.keys.start_generation(&tx.db, owner)?;
        }
        tx.set_setting(RESTORED_AT, &now.to_string())?;
        new.install(tx, now)
    })?;
    file::make(path, |mut db| {
        file::copy_into(&records.db, &mut db)?;
        Ok(db)
    })?;
    reach(Point::RestoreFileMade);
    let vault = open_with(holder, &records, path, now)?;
    Ok((vault, contents))
}

/// Opens the vault's own file at `path` with the code, where its key is lost: it gets a new one, and nothing
/// that was stored since the kit was made is missing.
///
/// # Errors
/// [`VaultError::Standing`] where no vault is at `path`; otherwise as [`restore`].
pub fn recover(path: &Path, code: &RecoveryCode, holder: KeyHolder<'_>, now: Timestamp) -> Result<Vault, VaultError> {
    match file::look(path) {
        file::Found::Vault { .. } => {}
        file::Found::Nothing => return Err(VaultError::Standing(Standing::FileMissing)),
        file::Found::Newer => return Err(VaultError::Newer),
        file::Found::LogOnly | file::Found::Damaged => return Err(VaultError::Damaged),
    }
    let (db, _) = open_file(path)?;
    let records = unlock(db, code)?;
    let new = NewKey::make(holder, &records)?;
    reach(Point::RestoreKeyWritten);
    records.transaction(|tx| new.install(tx, now))?;
    reach(Point::RestoreFileMade);
    open_with(holder, &records, path, now)
}

/// A key-encryption key that takes the place of one that is lost.
struct NewKey {
    kek: Key,
    generation: u32,
    passphrase: Option<Passphrase>,
}

impl NewKey {
    /// Makes it; where the keychain keeps it, it is there and was read back.
    fn make(holder: KeyHolder<'_>, records: &Records) -> Result<Self, VaultError> {
        let generation = records.keys.kek_generation();
        match holder {
            KeyHolder::Keychain(keychain) => {
                let generation = free_generation(keychain, records, generation)?;
                let kek = Key::random(records.keys.entropy())?;
                keychain.write_key(&key_account(records.id(), generation), kek.bytes())?;
                Ok(Self { kek, generation, passphrase: None })
            }
            KeyHolder::Passphrase(passphrase) => {
                let (way, kek) = Passphrase::choose(passphrase, records.keys.entropy())?;
                let generation = generation.checked_add(1).ok_or(VaultError::Damaged)?;
                Ok(Self { kek, generation, passphrase: Some(way) })
            }
        }
    }

    fn install(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), VaultError> {
        Passphrase::write(self.passphrase.as_ref(), &tx.db)?;
        tx.rewrap(&self.kek, self.generation, None)?;
        tx.set_setting(KEY_REPLACED_AT, &now.to_string())
    }
}

/// Opens the file as any later start will, after the keychain has its index.
fn open_with(holder: KeyHolder<'_>, records: &Records, path: &Path, now: Timestamp) -> Result<Vault, VaultError> {
    match holder {
        KeyHolder::Keychain(keychain) => {
            Index::new(records.id(), path, now).write(keychain)?;
            reach(Point::RestoreIndexed);
            Vault::open(path, keychain)
        }
        KeyHolder::Passphrase(passphrase) => Vault::open_with_passphrase(path, passphrase),
    }
}

/// A copy of the kit's file in memory, with the tables of this program.
fn in_memory(kit_file: &Path) -> Result<Connection, VaultError> {
    match file::look(kit_file) {
        file::Found::Vault { .. } => {}
        file::Found::Nothing => return Err(VaultError::NotFound("kit file")),
        file::Found::Newer => return Err(VaultError::Newer),
        file::Found::LogOnly | file::Found::Damaged => return Err(VaultError::NotAKit),
    }
    let mut db = Connection::open_in_memory()?;
    file::copy_into(&file::read_only(kit_file)?, &mut db)?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    schema::make(&db)?;
    Ok(db)
}

/// Opens a vault's database with its code instead of its key.
fn unlock(db: Connection, code: &RecoveryCode) -> Result<Records, VaultError> {
    let row = VaultRow::read(&db)?;
    let (kit, _) = KitRow::read(&db)?.ok_or(VaultError::NoKit)?;
    let key = RecoveryKey::of(code)?;
    if !cipher::same(key.public(), &kit.public_key) {
        return Err(VaultError::WrongCode);
    }
    let kek = key.open(row.id, kit.kek_generation, &kit.sealed).map_err(|DoesNotOpen| VaultError::Damaged)?;
    let keys = Keys::open(&db, row.id, kek, kit.kek_generation, &row.kek_check, Box::new(OsEntropy));
    let keys = keys.map_err(|error| match error {
        VaultError::WrongKey => VaultError::Damaged,
        error => error,
    })?;
    let records = Records { db, keys };
    records.recovery_kit()?;
    Ok(records)
}
