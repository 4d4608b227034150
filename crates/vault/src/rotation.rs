//! Replacing keys: the key-encryption key, the passphrase, the data keys. Killed anywhere, the vault opens.

use std::collections::BTreeMap;
use std::sync::Arc;

use floom_keychain::Keychain;
use floom_secret::SecretValue;
use jiff::Timestamp;
use rusqlite::params;

use crate::blob::Blob;
use crate::cipher::Key;
use crate::context::Purpose;
use crate::index::{key_account, read_key};
use crate::keys::Keys;
use crate::passphrase::Passphrase;
use crate::point::{Point, reach};
use crate::secrets::SecretRow;
use crate::{AppId, NewReceipt, Records, Tx, Vault, VaultError, VersionNumber, schema};

/// When the key-encryption key, or the passphrase that gives it, was last replaced: a setting, RFC 3339.
pub const KEY_REPLACED_AT: &str = "key_replaced_at";

/// What a rotation of data keys did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many apps and connections have a new data key.
    pub owners: usize,
    /// How many versions were sealed anew.
    pub versions: usize,
    /// What did not open and was left as it is, under its old key: the secret's name and the version.
    pub left: Vec<(String, VersionNumber)>,
}

impl Vault {
    /// Replaces the key-encryption key in `keychain`: the next generation is written and read back, all keys
    /// are wrapped under it in one commit, the vault is opened with it, and only then the old one is deleted.
    /// Copies that were kept before migrations go with the old key, which alone opened them.
    ///
    /// `receipt` is written in that commit. On an error the vault goes on under the old key; the next opening removes
    /// what is left of the new one.
    ///
    /// # Errors
    /// [`VaultError::OpensWithPassphrase`], [`VaultError::Keychain`], [`VaultError::Randomness`],
    /// [`VaultError::Damaged`] where one of its keys does not open.
    pub fn rotate_kek(
        &mut self,
        keychain: &Keychain,
        receipt: &NewReceipt<'_>,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        if self.opens_with_passphrase()? {
            return Err(VaultError::OpensWithPassphrase);
        }
        self.remove_other_kek(keychain)?;
        let old = self.keys.kek_generation();
        let new = free_generation(keychain, self, old)?;
        let kek = Key::random(self.keys.entropy())?;
        self.records.transaction(|tx| tx.announce_kek(new))?;
        reach(Point::KekAnnounced);
        keychain.write_key(&key_account(self.id(), new), kek.bytes())?;
        reach(Point::KekWritten);
        self.records.transaction(|tx| {
            tx.rewrap(&kek, new, Some(old))?;
            tx.set_setting(KEY_REPLACED_AT, &now.to_string())?;
            tx.append_receipt(receipt, now)?;
            reach(Point::KekRewrapped);
            Ok::<_, VaultError>(())
        })?;
        let old_kek = self.records.keys.replace_kek(kek, new);
        reach(Point::KekCommitted);
        let path = self.path.clone();
        // Opening proves the keychain's answer before it removes the old entry.
        match Self::open(&path, keychain) {
            Ok(mut opened) => {
                self.records.keys.hand_entropy_to(&mut opened.records.keys);
                *self = opened;
            }
            Err(error) => {
                self.records.transaction(|tx| tx.rewrap(&old_kek, old, Some(new)))?;
                self.records.keys.replace_kek(old_kek, old);
                return Err(error);
            }
        }
        reach(Point::KekReopened);
        schema::remove_copies(&path)
    }

    /// Replaces the passphrase, and with it the key-encryption key, in one commit with `receipt`.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] where `old` is not the present one, [`VaultError::OpensWithKeychain`],
    /// [`VaultError::PassphraseTooShort`], [`VaultError::Randomness`], [`VaultError::Damaged`].
    pub fn change_passphrase(
        &mut self,
        old: &SecretValue,
        new: &SecretValue,
        receipt: &NewReceipt<'_>,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let way = Passphrase::read(&self.db)?.ok_or(VaultError::OpensWithKeychain)?;
        if !Keys::fits(&way.key(old)?, self.id(), &Keys::check_value(self.keys.kek(), self.id())) {
            return Err(VaultError::WrongPassphrase);
        }
        let (way, kek) = Passphrase::choose(new, self.keys.entropy())?;
        let generation = self.keys.kek_generation().checked_add(1).ok_or(VaultError::Damaged)?;
        self.records.transaction(|tx| {
            Passphrase::write(Some(&way), &tx.db)?;
            tx.rewrap(&kek, generation, None)?;
            tx.set_setting(KEY_REPLACED_AT, &now.to_string())?;
            tx.append_receipt(receipt, now)?;
            reach(Point::KekRewrapped);
            Ok::<_, VaultError>(())
        })?;
        self.records.keys.replace_kek(kek, generation);
        reach(Point::KekCommitted);
        schema::remove_copies(&self.path)
    }

    /// Gives `app`, or with `None` every app and every connection, a new data key, seals everything anew
    /// under it and deletes the old keys, in one transaction.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`], [`VaultError::Randomness`]; nothing was changed.
    pub fn rotate_data_keys(&mut self, app: Option<AppId>) -> Result<Resealed, VaultError> {
        let done = self.records.transaction(|tx| {
            let done = tx.rotate_data_keys(app)?;
            reach(Point::DataKeysResealed);
            Ok::<_, VaultError>(done)
        })?;
        reach(Point::DataKeysCommitted);
        Ok(done)
    }
}

/// The first generation after `generation` of which the keychain has no entry: one that is there is never overwritten.
pub(crate) fn free_generation(keychain: &Keychain, records: &Records, generation: u32) -> Result<u32, VaultError> {
    let mut next = generation.checked_add(1).ok_or(VaultError::Damaged)?;
    while read_key(keychain, records.id(), next)?.is_some() {
        next = next.checked_add(1).ok_or(VaultError::Damaged)?;
    }
    Ok(next)
}

impl Tx<'_> {
    fn announce_kek(&mut self, generation: u32) -> Result<(), VaultError> {
        self.db.execute("UPDATE vault SET kek_other = ?1", [generation])?;
        Ok(())
    }

    /// Wraps all keys under `kek`. The keychain's entry of the generation `other` is no longer needed then.
    pub(crate) fn rewrap(&mut self, kek: &Key, generation: u32, other: Option<u32>) -> Result<(), VaultError> {
        self.keys.rewrap(&self.db, kek, generation)?;
        self.db.execute(
            "UPDATE vault SET kek_generation = ?1, kek_check = ?2, kek_other = ?3",
            params![generation, Keys::check_value(kek, self.id()), other],
        )?;
        self.seal_to_kit(kek, generation)
    }

    /// [`Vault::rotate_data_keys`] as a part of a transaction.
    ///
    /// # Errors
    /// As there.
    pub fn rotate_data_keys(&mut self, app: Option<AppId>) -> Result<Resealed, VaultError> {
        let mut done = Resealed::default();
        let apps = match app {
            Some(app) => vec![self.app(app)?.id],
            None => {
                let mut statement = self.db.prepare("SELECT id FROM apps")?;
                statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
            }
        };
        for app in apps {
            self.reseal_app(app, &mut done)?;
        }
        if app.is_none() {
            for connection in self.connections()? {
                if let Some(token) = self.connection_token(connection.id)? {
                    self.keys.start_generation(&self.db, connection.id.uuid())?;
                    self.set_connection_token(connection.id, &token)?;
                    self.keys.delete_old_generations(&self.db, connection.id.uuid(), &[])?;
                    done.owners += 1;
                }
            }
        }
        Ok(done)
    }

    /// All that is sealed under the app's data key: the versions of its secrets. What else ever is must be here,
    /// because the key is deleted.
    fn reseal_app(&mut self, app: AppId, done: &mut Resealed) -> Result<(), VaultError> {
        let old = self.keys.data_keys(&self.db, app.uuid())?;
        self.keys.start_generation(&self.db, app.uuid())?;
        let mut still_used = Vec::new();
        for row in self.app_secret_rows(app)? {
            self.reseal_secret(&row, &old, &mut still_used, done)?;
        }
        self.keys.delete_old_generations(&self.db, app.uuid(), &still_used)?;
        done.owners += 1;
        Ok(())
    }

    fn reseal_secret(
        &mut self,
        row: &SecretRow,
        old: &BTreeMap<u32, Arc<Key>>,
        still_used: &mut Vec<u32>,
        done: &mut Resealed,
    ) -> Result<(), VaultError> {
        let versions = self
            .db
            .prepare_cached("SELECT number, details, value FROM versions WHERE secret = ?1")?
            .query_map([row.row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<Vec<(VersionNumber, Vec<u8>, Vec<u8>)>, _>>()?;
        for (number, details, value) in versions {
            let mut whole = true;
            let mut reseal = |purpose, sealed: Vec<u8>| {
                let (context, blob) = (row.context(number, purpose), Blob::parse(&sealed));
                let key = blob.as_ref().and_then(|blob| old.get(&blob.generation));
                let opened = key.zip(blob.as_ref()).and_then(|(key, blob)| self.keys.open_under(key, &context, blob));
                if let Some(plaintext) = opened {
                    return self.keys.seal(&self.db, &context, &plaintext);
                }
                whole = false;
                still_used.extend(blob.map(|blob| blob.generation));
                Ok(sealed)
            };
            let (details, value) = (reseal(Purpose::Details, details)?, reseal(Purpose::Value, value)?);
            match whole {
                true => done.versions += 1,
                false => done.left.push((row.name.clone(), number)),
            }
            self.db
                .prepare_cached("UPDATE versions SET details = ?3, value = ?4 WHERE secret = ?1 AND number = ?2")?
                .execute(params![row.row, number, details, value])?;
        }
        Ok(())
    }
}
