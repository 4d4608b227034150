//! A passphrase in the keychain's place: Argon2id (RFC 9106) makes the key-encryption key from it.

use argon2::{Algorithm, Argon2, Params, Version};
use floom_secret::SecretValue;
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use crate::cipher::{KEY, Key};
use crate::{Entropy, VaultError};

/// The fewest characters of a passphrase: whoever has the file can try as many as they like.
pub const SHORTEST_PASSPHRASE: usize = 12;

const SALT: usize = 16;

/// What a new passphrase costs: 64 MiB, 3 passes, 1 lane; more than OWASP's 19 MiB, 2 and 1.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 1 };

/// The most that a file may ask for, so that an edited one cannot exhaust the machine.
const MOST: Cost = Cost { memory: 1024 * 1024, passes: 16, lanes: 16 };

/// The parameters of Argon2id; memory in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// How the vault's file makes its key-encryption key from the passphrase.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passphrase {
    salt: [u8; SALT],
    cost: Cost,
}

impl Passphrase {
    /// A way of its own for a passphrase that is chosen now.
    ///
    /// # Errors
    /// [`VaultError::PassphraseTooShort`], [`VaultError::Randomness`].
    pub(crate) fn choose(passphrase: &SecretValue, entropy: &dyn Entropy) -> Result<(Self, Key), VaultError> {
        if passphrase.expose().chars().count() < SHORTEST_PASSPHRASE {
            return Err(VaultError::PassphraseTooShort);
        }
        let mut salt = [0; SALT];
        entropy.fill(&mut salt)?;
        let chosen = Self { salt, cost: COST };
        let key = chosen.key(passphrase)?;
        Ok((chosen, key))
    }

    /// The key that `passphrase` gives; whether it is the vault's, the key check value tells.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the parameters make no sense.
    pub(crate) fn key(&self, passphrase: &SecretValue) -> Result<Key, VaultError> {
        let Cost { memory, passes, lanes } = self.cost;
        if memory > MOST.memory || passes > MOST.passes || lanes > MOST.lanes {
            return Err(VaultError::Damaged);
        }
        let parameters = Params::new(memory, passes, lanes, Some(KEY)).map_err(|_| VaultError::Damaged)?;
        let mut key = Zeroizing::new([0; KEY]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.expose().as_bytes(), &self.salt, key.as_mut_slice())
            .map_err(|_| VaultError::Damaged)?;
        Key::from_slice(key.as_slice()).ok_or(VaultError::Damaged)
    }

    #[cfg(test)]
    pub(crate) fn parts(&self) -> ([u8; SALT], u32, u32, u32) {
        (self.salt, self.cost.memory, self.cost.passes, self.cost.lanes)
    }

    pub(crate) fn read(db: &Connection) -> Result<Option<Self>, VaultError> {
        let row = db
            .query_row("SELECT salt, memory, passes, lanes FROM passphrase", [], |row| {
                let cost = Cost { memory: row.get(1)?, passes: row.get(2)?, lanes: row.get(3)? };
                Ok(Self { salt: row.get(0)?, cost })
            })
            .optional();
        row.map_err(|error| match error {
            error @ rusqlite::Error::SqliteFailure(..) => error.into(),
            _ => VaultError::Damaged,
        })
    }

    /// Stores this way, or that there is none, in the place of what was there.
    pub(crate) fn write(this: Option<&Self>, db: &Connection) -> Result<(), VaultError> {
        db.execute("DELETE FROM passphrase", [])?;
        if let Some(Self { salt, cost }) = this {
            db.execute(
                "INSERT INTO passphrase (one, salt, memory, passes, lanes) VALUES (1, ?1, ?2, ?3, ?4)",
                params![salt, cost.memory, cost.passes, cost.lanes],
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    fn hex(key: &Key) -> String {
        key.bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_key_is_that_of_argon2id() {
        // The reference implementation's own test (phc-winner-argon2, src/test.c): version 0x13, 256 KiB, 2, 1.
        let parameters = Params::new(256, 2, 1, Some(KEY)).unwrap();
        let mut key = [0; KEY];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(b"password", b"somesalt", &mut key)
            .unwrap();
        let expected = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe";
        assert_eq!(hex(&Key::from_slice(&key).unwrap()), expected, "the reference's own answer");
    }

    #[test]
    fn a_passphrase_has_a_length_and_a_salt_of_its_own() {
        let passphrase = SecretValue::new("twelve chars".into());
        let short = SecretValue::new("eleven char".into());
        let refused = Passphrase::choose(&short, &OsEntropy).map(drop).unwrap_err();
        assert_eq!(refused.code(), "passphrase_too_short", "eleven characters are refused");
        let (one, key) = Passphrase::choose(&passphrase, &OsEntropy).unwrap();
        let (other, _) = Passphrase::choose(&passphrase, &OsEntropy).unwrap();
        assert_ne!(one.salt, other.salt, "the same passphrase twice has two salts");
        assert_eq!(hex(&one.key(&passphrase).unwrap()), hex(&key), "the same passphrase and salt are one key");
        let other = Passphrase { salt: [1; SALT], ..one }.key(&passphrase).unwrap();
        assert_ne!(hex(&other), hex(&key), "another salt is another key");
    }

    #[test]
    fn an_edited_file_cannot_ask_for_all_the_memory() {
        let passphrase = SecretValue::new("twelve chars".into());
        for cost in [Cost { memory: u32::MAX, ..COST }, Cost { passes: 17, ..COST }, Cost { lanes: 0, ..COST }] {
            let refused = Passphrase { salt: [0; SALT], cost }.key(&passphrase).map(drop).unwrap_err();
            assert_eq!(refused.code(), "vault_damaged", "{cost:?} is refused before it is tried");
        }
    }
}
