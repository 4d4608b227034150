//! Making, opening and writing the vault.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use floom_keychain::Keychain;
use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};
use uuid::Uuid;

use crate::cipher::Key;
use crate::index::{Index, key_account};
use crate::keys::Keys;
use crate::records::{Records, vault_row};
use crate::standing::{Look, look};
use crate::{Entropy, OsEntropy, Standing, VaultError, file, schema, time};

const FIRST_GENERATION: u32 = 1;

/// An open vault, used from one thread at a time. Dropping it wipes its keys.
///
/// What can be read is in [`Records`], to which this dereferences.
pub struct Vault {
    records: Records,
    path: PathBuf,
}

impl Vault {
    /// Makes the vault at `path` and its key in `keychain`, on the creator's word.
    ///
    /// The key is written and read back first, then the file appears whole, then the
    /// keychain's index. Killed before the file appeared, it is a first use again; killed
    /// after, the vault opens and opening writes the index.
    ///
    /// # Errors
    /// [`VaultError::Standing`] unless the [`standing`](crate::standing()) is fresh; whatever is there is kept.
    pub fn create(path: &Path, keychain: &Keychain, now: Timestamp) -> Result<Self, VaultError> {
        Self::create_with(path, keychain, now, Box::new(OsEntropy))
    }

    /// [`Vault::create`] with another source of randomness.
    ///
    /// # Errors
    /// As [`Vault::create`]; [`VaultError::Randomness`] where the source gives nothing.
    pub fn create_with(
        path: &Path,
        keychain: &Keychain,
        now: Timestamp,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, VaultError> {
        match look(path, keychain)? {
            Look::Other(Standing::Fresh) => {}
            Look::Other(standing) => return Err(VaultError::Standing(standing)),
            Look::Ready(_) => return Err(VaultError::Standing(Standing::Ready)),
        }
        let id = Uuid::new_v4();
        let kek = Key::random(entropy.as_ref())?;
        keychain.write_key(&key_account(id, FIRST_GENERATION), kek.bytes())?;
        file::make(path, |db| {
            schema::migrate(db)?;
            let filling = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
            db.execute(
                "INSERT INTO vault (one, id, created_at, kek_generation, kek_check) VALUES (1, ?1, ?2, ?3, ?4)",
                params![id.as_bytes(), time::stored(now), FIRST_GENERATION, Keys::check_value(&kek, id)],
            )?;
            Keys::make(db, id, &kek, FIRST_GENERATION, entropy.as_ref())?;
            filling.commit()?;
            Ok(())
        })?;
        Index::new(id, path, now).write(keychain)?;
        Self::open_with(path, keychain, entropy)
    }

    /// Opens the vault at `path` with its key from `keychain`, without a prompt.
    ///
    /// # Errors
    /// [`VaultError::Standing`] unless the [`standing`](crate::standing()) is ready, [`VaultError::WrongKey`],
    /// [`VaultError::Damaged`]; nothing is replaced.
    pub fn open(path: &Path, keychain: &Keychain) -> Result<Self, VaultError> {
        Self::open_with(path, keychain, Box::new(OsEntropy))
    }

    /// [`Vault::open`] with another source of randomness.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_with(path: &Path, keychain: &Keychain, entropy: Box<dyn Entropy>) -> Result<Self, VaultError> {
        let found = match look(path, keychain)? {
            Look::Ready(found) => found,
            Look::Other(standing) => return Err(VaultError::Standing(standing)),
        };
        let db = file::open(path)?;
        schema::migrate(&db)?;
        let (id, generation, check) = vault_row(&db)?;
        if (id, generation) != (found.id, found.generation) {
            // The file was replaced, or its key rotated, between the look and the opening.
            return Err(VaultError::Standing(Standing::KeyMissing));
        }
        let keys = Keys::open(&db, id, found.key, generation, &check, entropy)?;
        if !found.indexed {
            // Making this vault was interrupted after its file had appeared.
            let made: i64 = db.query_row("SELECT created_at FROM vault", [], |row| row.get(0))?;
            Index::new(id, path, time::read(made)?).write(keychain)?;
        }
        Ok(Self { records: Records { db, keys }, path: path.to_owned() })
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does `work` as one transaction: all of its writes are on the disk when this returns
    /// `Ok`; on `Err`, and on a panic, nothing happened.
    ///
    /// # Errors
    /// What `work` gives, or the commit's own failure.
    pub fn transaction<T, E: From<VaultError>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let records = &self.records;
        let transaction =
            Transaction::new_unchecked(&records.db, TransactionBehavior::Immediate).map_err(VaultError::from)?;
        records.keys.begin();
        let done = work(&mut Tx { records })?;
        records.keys.count_seals(&records.db)?;
        transaction.commit().map_err(VaultError::from)?;
        Ok(done)
    }

    #[cfg(test)]
    pub(crate) fn set_most_seals(&mut self, most: i64) {
        self.records.keys.set_most_seals(most);
    }
}

impl Deref for Vault {
    type Target = Records;

    fn deref(&self) -> &Records {
        &self.records
    }
}

/// One transaction on a vault: everything can be read and written. Its writing is in the
/// file of what is written.
pub struct Tx<'a> {
    pub(crate) records: &'a Records,
}

impl Deref for Tx<'_> {
    type Target = Records;

    fn deref(&self) -> &Records {
        self.records
    }
}
