//! The key hierarchy: the keychain's key wraps data keys, the fingerprint key and the receipt key.

use floom_secret::SecretValue;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::blob::Blob;
use crate::cipher::{self, DoesNotOpen, Key, NONCE};
use crate::context::{Context, Fields, Purpose};
use crate::data_keys::DataKeys;
use crate::{Entropy, Fingerprint, VaultError};

/// Bytes of a row's MAC: HMAC-SHA-256 cut to 128 bits (RFC 2104, section 5).
const ROW_MAC: usize = 16;

/// The vault's keys, in memory while it is open.
pub(crate) struct Keys {
    vault: Uuid,
    kek_generation: u32,
    kek: Key,
    fingerprints: Key,
    rows: Key,
    chain: Key,
    pub(crate) data: DataKeys,
    entropy: Box<dyn Entropy>,
}

impl Keys {
    /// The value that tells a wrong key-encryption key from a damaged file.
    pub(crate) fn check_value(kek: &Key, vault: Uuid) -> [u8; cipher::KEY] {
        cipher::mac(&kek.derive("floom vault 1: key check"), vault.as_bytes())
    }

    /// Whether `kek` is the key-encryption key that belongs to the check value.
    pub(crate) fn fits(kek: &Key, vault: Uuid, check: &[u8]) -> bool {
        cipher::same(&Self::check_value(kek, vault), check)
    }

    /// Stores the two keys of a new vault that survive every rotation, wrapped.
    pub(crate) fn make(
        db: &Connection,
        vault: Uuid,
        kek: &Key,
        generation: u32,
        entropy: &dyn Entropy,
    ) -> Result<(), VaultError> {
        for purpose in [Purpose::FingerprintKey, Purpose::ReceiptKey] {
            let wrapped = wrap(kek, generation, vault, &own(vault, purpose), 1, &Key::random(entropy)?, entropy)?;
            insert(db, purpose, vault, 1, &wrapped)?;
        }
        Ok(())
    }

    /// Opens the keys under `kek`, whose check value must be `check`.
    pub(crate) fn open(
        db: &Connection,
        vault: Uuid,
        kek: Key,
        kek_generation: u32,
        check: &[u8],
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, VaultError> {
        let fits = Self::fits(&kek, vault, check);
        let unwrapped = |purpose: Purpose| {
            let wrapped: Vec<u8> = db
                .query_row(
                    "SELECT wrapped FROM keys WHERE purpose = ?1 AND owner = ?2",
                    params![purpose.word(), vault.as_bytes()],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or(VaultError::Damaged)?;
            unwrap(&kek, vault, &own(vault, purpose), 1, &wrapped).map_err(|DoesNotOpen| VaultError::Damaged)
        };
        let fingerprints = unwrapped(Purpose::FingerprintKey);
        let receipts = unwrapped(Purpose::ReceiptKey);
        if !fits {
            // A check value that does not fit a key that opens something was itself damaged.
            let opens_something = fingerprints.is_ok() || receipts.is_ok();
            return Err(if opens_something { VaultError::Damaged } else { VaultError::WrongKey });
        }
        let receipts = receipts?;
        Ok(Self {
            vault,
            kek_generation,
            kek,
            fingerprints: fingerprints?,
            rows: receipts.derive("floom vault 1: rows"),
            chain: receipts.derive("floom vault 1: receipts"),
            data: DataKeys::default(),
            entropy,
        })
    }

    pub(crate) fn vault(&self) -> Uuid {
        self.vault
    }

    pub(crate) fn kek(&self) -> &Key {
        &self.kek
    }

    pub(crate) fn kek_generation(&self) -> u32 {
        self.kek_generation
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Wraps all keys anew, under `kek`; these keys go on with the old one until [`replace_kek`](Self::replace_kek).
    pub(crate) fn rewrap(&self, db: &Connection, kek: &Key, generation: u32) -> Result<(), VaultError> {
        type Row = (i64, String, [u8; 16], u32, Vec<u8>);
        let rows = db
            .prepare("SELECT key, purpose, owner, generation, wrapped FROM keys")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
            .collect::<Result<Vec<Row>, _>>()?;
        for (row, purpose, owner, of, wrapped) in rows {
            let purpose = Purpose::of_key(&purpose).ok_or(VaultError::Damaged)?;
            let context = own(Uuid::from_bytes(owner), purpose);
            let key =
                unwrap(&self.kek, self.vault, &context, of, &wrapped).map_err(|DoesNotOpen| VaultError::Damaged)?;
            let wrapped = wrap(kek, generation, self.vault, &context, of, &key, self.entropy())?;
            db.prepare_cached("UPDATE keys SET wrapped = ?2 WHERE key = ?1")?.execute(params![row, wrapped])?;
        }
        Ok(())
    }

    /// Goes on with the key under which [`rewrap`](Self::rewrap) has wrapped everything, and gives the one before.
    pub(crate) fn replace_kek(&mut self, kek: Key, generation: u32) -> Key {
        self.kek_generation = generation;
        self.data.forget();
        std::mem::replace(&mut self.kek, kek)
    }

    /// Gives the source of randomness to `other`, which takes the place of these keys.
    pub(crate) fn hand_entropy_to(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.entropy, &mut other.entropy);
    }

    pub(crate) fn fingerprint(&self, value: &SecretValue) -> Fingerprint {
        Fingerprint::of(value, &self.fingerprints)
    }

    /// The MAC of a receipt.
    pub(crate) fn receipt_mac(&self, fields: &Fields) -> [u8; cipher::KEY] {
        cipher::mac(&self.chain, fields.as_bytes())
    }

    /// The MAC of a row, over `fields` that begin with its table.
    pub(crate) fn row_mac(&self, fields: &Fields) -> [u8; ROW_MAC] {
        let bound = Fields::of("row").uuid(self.vault).bytes(fields.as_bytes());
        let mut short = [0; ROW_MAC];
        short.copy_from_slice(&cipher::mac(&self.rows, bound.as_bytes())[..ROW_MAC]);
        short
    }

    /// Refuses a row whose MAC does not fit.
    pub(crate) fn check_row(
        &self,
        fields: &Fields,
        mac: &[u8],
        table: &'static str,
        name: &str,
    ) -> Result<(), VaultError> {
        match cipher::same(&self.row_mac(fields), mac) {
            true => Ok(()),
            false => Err(VaultError::RowAltered { table, name: name.to_owned() }),
        }
    }
}

/// The context of a key itself.
pub(crate) fn own(owner: Uuid, purpose: Purpose) -> Context<'static> {
    Context { owner, subject: owner, name: "", version: 0, purpose }
}

/// A key under the key-encryption key. The blob's generation is the wrapping key's, the context's the wrapped key's.
pub(crate) fn wrap(
    kek: &Key,
    kek_generation: u32,
    vault: Uuid,
    context: &Context<'_>,
    generation: u32,
    key: &Key,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce)?;
    let associated = context.associated(vault, generation);
    let sealed =
        cipher::seal(kek, &nonce, associated.as_bytes(), key.bytes()).map_err(|DoesNotOpen| VaultError::Damaged)?;
    Ok(Blob { generation: kek_generation, nonce: &nonce, sealed: &sealed }.to_bytes())
}

pub(crate) fn unwrap(
    kek: &Key,
    vault: Uuid,
    context: &Context<'_>,
    generation: u32,
    wrapped: &[u8],
) -> Result<Key, DoesNotOpen> {
    let blob = Blob::parse(wrapped).ok_or(DoesNotOpen)?;
    let associated = context.associated(vault, generation);
    let bytes = cipher::open(kek, blob.nonce, associated.as_bytes(), blob.sealed)?;
    Key::from_slice(&bytes).ok_or(DoesNotOpen)
}

/// Stores a wrapped key.
pub(crate) fn insert(
    db: &Connection,
    purpose: Purpose,
    owner: Uuid,
    generation: u32,
    wrapped: &[u8],
) -> Result<(), VaultError> {
    db.prepare_cached("INSERT INTO keys (purpose, owner, generation, wrapped) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![purpose.word(), owner.as_bytes(), generation, wrapped])?;
    Ok(())
}
