//! The key hierarchy: the keychain's key wraps data keys, the fingerprint key and the receipt key.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use floom_secret::SecretValue;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::blob::Blob;
use crate::cipher::{self, DoesNotOpen, Key, NONCE};
use crate::context::{Context, Fields, Purpose};
use crate::{Entropy, Fingerprint, RandomnessFailed, VaultError};

/// How often one data key seals before it is replaced (NIST SP 800-38D, section 8.3, allows 2^32).
const MOST_SEALS: i64 = 1 << 31;

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
    /// Data keys by their wrapped form: a key whose row is gone, or was never committed, is not found.
    opened: RefCell<HashMap<Vec<u8>, Arc<Key>>>,
    sealing: RefCell<Sealing>,
    entropy: Box<dyn Entropy>,
    most_seals: i64,
}

struct DataKey {
    row: i64,
    generation: u32,
    seals: i64,
    key: Arc<Key>,
}

impl DataKey {
    /// Stores how often it has sealed.
    fn count(&self, db: &Connection) -> Result<(), VaultError> {
        db.prepare_cached("UPDATE keys SET seals = ?2 WHERE key = ?1")?.execute(params![self.row, self.seals])?;
        Ok(())
    }
}

/// What the transaction under way seals with. It is empty between two, so that nothing of one
/// that was rolled back is used again.
#[derive(Default)]
struct Sealing {
    /// The newest data key of each owner, with the seals that its row does not count yet.
    newest: HashMap<Uuid, DataKey>,
    nonces: Nonces,
}

/// Random nonces, many from one call of the source.
struct Nonces {
    batch: [u8; Nonces::BATCH * NONCE],
    used: usize,
}

impl Nonces {
    const BATCH: usize = 64;

    fn next(&mut self, entropy: &dyn Entropy) -> Result<[u8; NONCE], RandomnessFailed> {
        if self.used == Self::BATCH {
            entropy.fill(&mut self.batch)?;
            self.used = 0;
        }
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&self.batch[self.used * NONCE..][..NONCE]);
        self.used += 1;
        Ok(nonce)
    }
}

impl Default for Nonces {
    fn default() -> Self {
        Self { batch: [0; Self::BATCH * NONCE], used: Self::BATCH }
    }
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
            opened: RefCell::default(),
            sealing: RefCell::default(),
            entropy,
            most_seals: MOST_SEALS,
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
        self.opened.get_mut().clear();
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

    /// Begins a transaction: what an earlier one left is forgotten.
    pub(crate) fn begin(&self) {
        self.sealing.take();
    }

    /// Counts what the transaction has sealed; the last thing before its commit.
    pub(crate) fn count_seals(&self, db: &Connection) -> Result<(), VaultError> {
        self.sealing.take().newest.values().try_for_each(|data| data.count(db))
    }

    /// Makes the first data key of `owner` where it has none.
    pub(crate) fn ensure_data_key(&self, db: &Connection, owner: Uuid) -> Result<(), VaultError> {
        match self.newest(db, owner)? {
            Some(_) => Ok(()),
            None => self.make_data_key(db, owner, 1).map(drop),
        }
    }

    /// Seals `plaintext` under the newest data key of the context's owner, within a transaction.
    pub(crate) fn seal(&self, db: &Connection, context: &Context<'_>, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealing = self.sealing.borrow_mut();
        let Sealing { newest, nonces } = &mut *sealing;
        let data = match newest.entry(context.owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.newest(db, context.owner)?.ok_or(VaultError::Damaged)?),
        };
        if data.seals >= self.most_seals {
            data.count(db)?;
            *data = self.make_data_key(db, context.owner, data.generation + 1)?;
        }
        let nonce = nonces.next(self.entropy.as_ref())?;
        // The table refuses a nonce that this key has used before, whatever the random source does.
        let fresh = db
            .prepare_cached("INSERT OR IGNORE INTO nonces (key, nonce) VALUES (?1, ?2)")?
            .execute(params![data.row, nonce])?;
        if fresh != 1 {
            return Err(VaultError::Randomness);
        }
        data.seals += 1;
        let associated = context.associated(self.vault, data.generation);
        let sealed = cipher::seal(&data.key, &nonce, associated.as_bytes(), plaintext)
            .map_err(|DoesNotOpen| VaultError::Damaged)?;
        Ok(Blob { generation: data.generation, nonce: &nonce, sealed: &sealed }.to_bytes())
    }

    /// Starts the next generation of the owner's data key, under which everything is sealed from now on.
    pub(crate) fn start_generation(&self, db: &Connection, owner: Uuid) -> Result<(), VaultError> {
        if let Some(data) = self.sealing.borrow_mut().newest.remove(&owner) {
            data.count(db)?;
        }
        let generation = self.newest(db, owner)?.map_or(0, |data| data.generation);
        self.make_data_key(db, owner, generation + 1).map(drop)
    }

    /// Deletes the owner's data keys, with their nonces, but for the newest and the generations in `used`.
    pub(crate) fn delete_old_generations(&self, db: &Connection, owner: Uuid, used: &[u32]) -> Result<(), VaultError> {
        let rows = db
            .prepare_cached("SELECT key, generation FROM keys WHERE purpose = ?1 AND owner = ?2 ORDER BY generation")?
            .query_map(params![Purpose::DataKey.word(), owner.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, u32)>, _>>()?;
        let Some((_, old)) = rows.split_last() else { return Ok(()) };
        for (row, _) in old.iter().filter(|(_, generation)| !used.contains(generation)) {
            db.prepare_cached("DELETE FROM nonces WHERE key = ?1")?.execute([row])?;
            db.prepare_cached("DELETE FROM keys WHERE key = ?1")?.execute([row])?;
        }
        Ok(())
    }

    /// Whoever has data keys: apps, and connections with a token.
    pub(crate) fn owners(db: &Connection) -> Result<Vec<Uuid>, VaultError> {
        let mut statement = db.prepare("SELECT DISTINCT owner FROM keys WHERE purpose = ?1")?;
        let owners = statement.query_map([Purpose::DataKey.word()], |row| row.get(0).map(Uuid::from_bytes))?;
        Ok(owners.collect::<Result<_, _>>()?)
    }

    /// Opens what [`seal`](Self::seal) gave for the same context; `None` where it does not open.
    pub(crate) fn open_blob(
        &self,
        db: &Connection,
        context: &Context<'_>,
        bytes: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let Some(blob) = Blob::parse(bytes) else { return Ok(None) };
        let data = self.data_key(db, context.owner, blob.generation)?;
        Ok(data.and_then(|data| self.open_under(&data.key, context, &blob)))
    }

    /// Opens a blob under a data key that was looked up before.
    pub(crate) fn open_under(&self, key: &Key, context: &Context<'_>, blob: &Blob<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let associated = context.associated(self.vault, blob.generation);
        cipher::open(key, blob.nonce, associated.as_bytes(), blob.sealed).ok()
    }

    /// The owner's data keys by generation, but for those that do not open.
    pub(crate) fn data_keys(&self, db: &Connection, owner: Uuid) -> Result<BTreeMap<u32, Arc<Key>>, VaultError> {
        let mut statement = db.prepare_cached("SELECT generation FROM keys WHERE purpose = ?1 AND owner = ?2")?;
        let generations = statement
            .query_map(params![Purpose::DataKey.word(), owner.as_bytes()], |row| row.get(0))?
            .collect::<Result<Vec<u32>, _>>()?;
        let mut keys = BTreeMap::new();
        for generation in generations {
            keys.extend(self.data_key(db, owner, generation)?.map(|data| (generation, data.key)));
        }
        Ok(keys)
    }

    fn newest(&self, db: &Connection, owner: Uuid) -> Result<Option<DataKey>, VaultError> {
        let generation: Option<u32> = db
            .prepare_cached("SELECT max(generation) FROM keys WHERE purpose = ?1 AND owner = ?2")?
            .query_row(params![Purpose::DataKey.word(), owner.as_bytes()], |row| row.get(0))?;
        generation.map_or(Ok(None), |generation| self.data_key(db, owner, generation))
    }

    fn data_key(&self, db: &Connection, owner: Uuid, generation: u32) -> Result<Option<DataKey>, VaultError> {
        let row: Option<(i64, i64, Vec<u8>)> = db
            .prepare_cached(
                "SELECT key, seals, wrapped FROM keys WHERE purpose = ?1 AND owner = ?2 AND generation = ?3",
            )?
            .query_row(params![Purpose::DataKey.word(), owner.as_bytes(), generation], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((row, seals, wrapped)) = row else { return Ok(None) };
        if let Some(key) = self.opened.borrow().get(&wrapped) {
            return Ok(Some(DataKey { row, generation, seals, key: key.clone() }));
        }
        let opened = unwrap(&self.kek, self.vault, &own(owner, Purpose::DataKey), generation, &wrapped);
        let Ok(key) = opened.map(Arc::new) else { return Ok(None) };
        self.opened.borrow_mut().insert(wrapped, key.clone());
        Ok(Some(DataKey { row, generation, seals, key }))
    }

    fn make_data_key(&self, db: &Connection, owner: Uuid, generation: u32) -> Result<DataKey, VaultError> {
        let context = own(owner, Purpose::DataKey);
        let key = Key::random(self.entropy.as_ref())?;
        let wrapped =
            wrap(&self.kek, self.kek_generation, self.vault, &context, generation, &key, self.entropy.as_ref())?;
        insert(db, Purpose::DataKey, owner, generation, &wrapped)?;
        self.data_key(db, owner, generation)?.ok_or(VaultError::Damaged)
    }

    #[cfg(test)]
    pub(crate) fn set_most_seals(&mut self, most: i64) {
        self.most_seals = most;
    }
}

/// The context of a key itself.
fn own(owner: Uuid, purpose: Purpose) -> Context<'static> {
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

fn insert(db: &Connection, purpose: Purpose, owner: Uuid, generation: u32, wrapped: &[u8]) -> Result<(), VaultError> {
    db.prepare_cached("INSERT INTO keys (purpose, owner, generation, wrapped) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![purpose.word(), owner.as_bytes(), generation, wrapped])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use floom_keychain::Keychain;
    use floom_secret::SecretValue;
    use jiff::Timestamp;

    use crate::{ConnectionKind, NewConnection, Source, Vault, VaultError};

    #[test]
    fn a_data_key_is_replaced_at_its_limit_and_the_old_values_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let (path, keychain) = (folder.path().join("vault.db"), Keychain::in_memory());
        let mut vault = Vault::create(&path, &keychain, Timestamp::UNIX_EPOCH).unwrap();
        vault.set_most_seals(4);
        let now = Timestamp::UNIX_EPOCH;
        let value = |number: u32| SecretValue::new(format!("value {number}"));
        let secret = vault
            .transaction(|tx| {
                let new =
                    NewConnection { kind: ConnectionKind::Local, label: "Local".into(), base_url: None, token: None };
                let connection = tx.add_connection(&new, now)?;
                let app = tx.ensure_app(connection, "flyfast", "Fly fast")?;
                let secret = tx.ensure_secret(app, "KEY", now)?;
                for number in 1..=5 {
                    tx.put_value(secret, &value(number), &Source::Typed, now)?;
                }
                Ok::<_, VaultError>(secret)
            })
            .unwrap();
        drop(vault);
        let vault = Vault::open(&path, &keychain).unwrap();
        for number in 1..=5 {
            assert_eq!(vault.value(secret, number).unwrap(), value(number), "version {number} opens");
        }
        let generations: Vec<(u32, i64)> = vault
            .db
            .prepare("SELECT generation, seals FROM keys WHERE purpose = 'data key' ORDER BY generation")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(generations, [(1, 4), (2, 4), (3, 2)], "five values are ten seals, at most four per key");
        let nonces: i64 = vault.db.query_row("SELECT count(*) FROM nonces", [], |row| row.get(0)).unwrap();
        assert_eq!(nonces, 10, "each seal has its own nonce on record");
    }
}
