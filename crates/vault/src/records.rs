//! The vault's rows, opened and checked. Reading is in the file of what is read.

use floom_secret::SecretValue;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::keys::Keys;
use crate::{Fingerprint, Tx, VaultError};

/// Everything that can be read from an open vault; [`Vault`](crate::Vault) and
/// [`Tx`](crate::Tx) give it.
pub struct Records {
    pub(crate) db: Connection,
    pub(crate) keys: Keys,
}

impl Records {
    /// The vault's own identity.
    pub fn id(&self) -> Uuid {
        self.keys.vault()
    }

    /// The fingerprint of `value` in this vault: equal to a stored one where the values are equal.
    pub fn fingerprint(&self, value: &SecretValue) -> Fingerprint {
        self.keys.fingerprint(value)
    }

    /// Does `work` as one transaction.
    pub(crate) fn transaction<T, E: From<VaultError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction =
            Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate).map_err(VaultError::from)?;
        self.keys.begin();
        let done = work(&mut Tx { records: self })?;
        self.keys.count_seals(&self.db)?;
        transaction.commit().map_err(VaultError::from)?;
        Ok(done)
    }
}

/// What the file says of its key-encryption key.
pub(crate) struct VaultRow {
    pub(crate) id: Uuid,
    pub(crate) kek_generation: u32,
    pub(crate) kek_check: Vec<u8>,
}

impl VaultRow {
    pub(crate) fn read(db: &Connection) -> Result<Self, VaultError> {
        let row = db.query_row("SELECT id, kek_generation, kek_check FROM vault", [], |row| {
            Ok(Self { id: Uuid::from_bytes(row.get(0)?), kek_generation: row.get(1)?, kek_check: row.get(2)? })
        });
        row.map_err(|error| match error {
            error @ rusqlite::Error::SqliteFailure(..) => error.into(),
            _ => VaultError::Damaged,
        })
    }
}
