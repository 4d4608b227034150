//! The vault's rows, opened and checked. Reading is in the file of what is read.

use floom_secret::SecretValue;
use rusqlite::Connection;
use uuid::Uuid;

use crate::keys::Keys;
use crate::{Fingerprint, VaultError};

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
}

/// Id, generation of the key-encryption key, and key check value.
pub(crate) fn vault_row(db: &Connection) -> Result<(Uuid, u32, Vec<u8>), VaultError> {
    let row = db.query_row("SELECT id, kek_generation, kek_check FROM vault", [], |row| {
        Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?))
    });
    row.map_err(|error| match error {
        error @ rusqlite::Error::SqliteFailure(..) => error.into(),
        _ => VaultError::Damaged,
    })
}
