//! Making, opening and writing the vault.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use floom_keychain::{Keychain, KeychainError, State};
use floom_secret::SecretValue;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use crate::cipher::Key;
use crate::index::{Index, key_account, read_key};
use crate::keys::Keys;
use crate::passphrase::Passphrase;
use crate::point::{Point, reach};
use crate::records::{Records, VaultRow};
use crate::standing::{Look, look};
use crate::{Entropy, OsEntropy, Standing, VaultError, file, schema, time};

const FIRST_GENERATION: u32 = 1;

/// An open vault, used from one thread at a time. Dropping it wipes its keys.
///
/// What can be read is in [`Records`], to which this dereferences.
pub struct Vault {
    pub(crate) records: Records,
    pub(crate) path: PathBuf,
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
        is_fresh(look(path, keychain)?)?;
        let id = Uuid::new_v4();
        let kek = Key::random(entropy.as_ref())?;
        keychain.write_key(&key_account(id, FIRST_GENERATION), kek.bytes())?;
        reach(Point::CreateKeyWritten);
        make_file(path, id, &kek, None, now, entropy.as_ref())?;
        reach(Point::CreateFileMade);
        Index::new(id, path, now).write(keychain)?;
        Self::open_with(path, keychain, entropy)
    }

    /// Makes the vault at `path` under a passphrase, on the creator's word, where there is no keychain
    /// or they want none. A keychain that answers keeps the index, so that the file is missed when it is gone.
    ///
    /// # Errors
    /// [`VaultError::Standing`] unless the [`standing`](crate::standing()) is fresh, and [`VaultError::Keychain`]
    /// unless the keychain is ready or there is none: a locked one may know a vault. [`VaultError::PassphraseTooShort`].
    pub fn create_with_passphrase(
        path: &Path,
        keychain: &Keychain,
        passphrase: &SecretValue,
        now: Timestamp,
    ) -> Result<Self, VaultError> {
        let indexed = match look(path, keychain) {
            Ok(look) => is_fresh(look).map(|()| true)?,
            Err(error) if matches!(error.state, State::NoService | State::Absent) => match file::look(path) {
                file::Found::Nothing => false,
                file::Found::Newer => return Err(VaultError::Newer),
                file::Found::LogOnly | file::Found::Damaged => return Err(VaultError::Standing(Standing::Damaged)),
                file::Found::Vault { .. } => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        };
        let (way, kek) = Passphrase::choose(passphrase, &OsEntropy)?;
        let id = Uuid::new_v4();
        make_file(path, id, &kek, Some(&way), now, &OsEntropy)?;
        if indexed {
            Index::new(id, path, now).write(keychain)?;
        }
        Self::open_with_passphrase(path, passphrase)
    }

    /// Makes a new vault where an old one cannot be opened any more, on the creator's word. The old file is moved to
    /// another name beside it, which is given, and the old keys stay in the keychain: moved back, it opens if
    /// it ever could.
    ///
    /// # Errors
    /// [`VaultError::Keychain`] unless the keychain is ready; nothing is moved then. Otherwise as [`Vault::create`].
    pub fn create_anew(
        path: &Path,
        keychain: &Keychain,
        now: Timestamp,
    ) -> Result<(Self, Option<PathBuf>), VaultError> {
        match keychain.state() {
            State::Ready => {}
            state => return Err(KeychainError::from(state).into()),
        }
        let kept = file::set_aside(path, now)?;
        Index::forget(keychain)?;
        Ok((Self::create(path, keychain, now)?, kept))
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
        let (db, row) = open_file(path)?;
        let (mut kek, mut generation) = (found.key, found.generation);
        if !Keys::fits(&kek, row.id, &row.kek_check)
            && let Some(next) = read_key(keychain, row.id, generation.saturating_add(1))?
            && Keys::fits(&next, row.id, &row.kek_check)
        {
            (kek, generation) = (next, generation + 1);
        }
        let keys = Keys::open(&db, row.id, kek, generation, &row.kek_check, entropy)?;
        if !found.indexed {
            // Making this vault was interrupted after its file had appeared.
            let made: i64 = db.query_row("SELECT created_at FROM vault", [], |row| row.get(0))?;
            Index::new(row.id, path, time::read(made)?).write(keychain)?;
        }
        let vault = Self { records: Records { db, keys }, path: path.to_owned() };
        // What a rotation has left does no harm, so that failing to remove it is no reason to stay closed.
        let _ = vault.remove_other_kek(keychain);
        Ok(vault)
    }

    /// Opens the vault at `path` with its passphrase; no keychain is asked.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], [`VaultError::OpensWithKeychain`], [`VaultError::NotFound`] where no file
    /// is, [`VaultError::Newer`], [`VaultError::Damaged`]; nothing is replaced.
    pub fn open_with_passphrase(path: &Path, passphrase: &SecretValue) -> Result<Self, VaultError> {
        match file::look(path) {
            file::Found::Vault { passphrase: true, .. } => {}
            file::Found::Vault { .. } => return Err(VaultError::OpensWithKeychain),
            file::Found::Nothing => return Err(VaultError::NotFound("file")),
            file::Found::Newer => return Err(VaultError::Newer),
            file::Found::LogOnly | file::Found::Damaged => return Err(VaultError::Damaged),
        }
        let (db, row) = open_file(path)?;
        let kek = Passphrase::read(&db)?.ok_or(VaultError::OpensWithKeychain)?.key(passphrase)?;
        let keys = Keys::open(&db, row.id, kek, row.kek_generation, &row.kek_check, Box::new(OsEntropy));
        let keys = keys.map_err(|error| match error {
            VaultError::WrongKey => VaultError::WrongPassphrase,
            error => error,
        })?;
        Ok(Self { records: Records { db, keys }, path: path.to_owned() })
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a passphrase opens it; otherwise the keychain's key does.
    ///
    /// # Errors
    /// The database's.
    pub fn opens_with_passphrase(&self) -> Result<bool, VaultError> {
        Ok(Passphrase::read(&self.db)?.is_some())
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
        let done = self.records.transaction(|tx| {
            let done = work(tx)?;
            reach(Point::Committing);
            Ok::<_, E>(done)
        })?;
        reach(Point::Committed);
        Ok(done)
    }

    /// Removes the keychain's entry of a generation that a rotation has made and not used, or has replaced.
    pub(crate) fn remove_other_kek(&self, keychain: &Keychain) -> Result<(), VaultError> {
        let other: Option<u32> = self.db.query_row("SELECT kek_other FROM vault", [], |row| row.get(0))?;
        let Some(other) = other else { return Ok(()) };
        if other != self.keys.kek_generation() {
            keychain.delete(&key_account(self.id(), other))?;
            reach(Point::KekOldDeleted);
        }
        self.db.execute("UPDATE vault SET kek_other = NULL", [])?;
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn set_most_seals(&mut self, most: i64) {
        self.records.keys.set_most_seals(most);
    }
}

fn is_fresh(look: Look) -> Result<(), VaultError> {
    match look {
        Look::Other(Standing::Fresh) => Ok(()),
        Look::Other(standing) => Err(VaultError::Standing(standing)),
        Look::Ready(_) => Err(VaultError::Standing(Standing::Ready)),
    }
}

/// Makes the file of a new vault at `path`.
fn make_file(
    path: &Path,
    id: Uuid,
    kek: &Key,
    passphrase: Option<&Passphrase>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    file::make(path, |db| {
        schema::make(&db)?;
        let filling = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
        db.execute(
            "INSERT INTO vault (one, id, created_at, kek_generation, kek_check) VALUES (1, ?1, ?2, ?3, ?4)",
            params![id.as_bytes(), time::stored(now), FIRST_GENERATION, Keys::check_value(kek, id)],
        )?;
        Passphrase::write(passphrase, &db)?;
        Keys::make(&db, id, kek, FIRST_GENERATION, entropy)?;
        filling.commit()?;
        Ok(db)
    })
}

/// Opens the file at `path` and brings its tables up to date.
pub(crate) fn open_file(path: &Path) -> Result<(Connection, VaultRow), VaultError> {
    let db = file::open(path)?;
    schema::migrate(&db, path)?;
    let row = VaultRow::read(&db)?;
    Ok((db, row))
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
