//! Data keys: one per app, and per connection with a token, and generation; what is sealed under them.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::blob::Blob;
use crate::cipher::{self, DoesNotOpen, Key, NONCE};
use crate::context::{Context, Purpose};
use crate::keys::{Keys, insert, own, unwrap, wrap};
use crate::{Entropy, RandomnessFailed, VaultError};

/// How often one data key seals before it is replaced (NIST SP 800-38D, section 8.3, allows 2^32).
const MOST_SEALS: i64 = 1 << 31;

/// Data keys in memory.
pub(crate) struct DataKeys {
    /// By their wrapped form: a key whose row is gone, or was never committed, is not found.
    opened: RefCell<HashMap<Vec<u8>, Arc<Key>>>,
    sealing: RefCell<Sealing>,
    most_seals: i64,
}

impl DataKeys {
    /// Forgets all of them: they are wrapped anew.
    pub(crate) fn forget(&mut self) {
        self.opened.get_mut().clear();
    }
}

impl Default for DataKeys {
    fn default() -> Self {
        Self { opened: RefCell::default(), sealing: RefCell::default(), most_seals: MOST_SEALS }
    }
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
    /// Begins a transaction: what an earlier one left is forgotten.
    pub(crate) fn begin(&self) {
        self.data.sealing.take();
    }

    /// Counts what the transaction has sealed; the last thing before its commit.
    pub(crate) fn count_seals(&self, db: &Connection) -> Result<(), VaultError> {
        self.data.sealing.take().newest.values().try_for_each(|data| data.count(db))
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
        let mut sealing = self.data.sealing.borrow_mut();
        let Sealing { newest, nonces } = &mut *sealing;
        let data = match newest.entry(context.owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.newest(db, context.owner)?.ok_or(VaultError::Damaged)?),
        };
        if data.seals >= self.data.most_seals {
            data.count(db)?;
            *data = self.make_data_key(db, context.owner, data.generation + 1)?;
        }
        let nonce = nonces.next(self.entropy())?;
        // The table refuses a nonce that this key has used before, whatever the random source does.
        let fresh = db
            .prepare_cached("INSERT OR IGNORE INTO nonces (key, nonce) VALUES (?1, ?2)")?
            .execute(params![data.row, nonce])?;
        if fresh != 1 {
            return Err(VaultError::Randomness);
        }
        data.seals += 1;
        let associated = context.associated(self.vault(), data.generation);
        let sealed = cipher::seal(&data.key, &nonce, associated.as_bytes(), plaintext)
            .map_err(|DoesNotOpen| VaultError::Damaged)?;
        Ok(Blob { generation: data.generation, nonce: &nonce, sealed: &sealed }.to_bytes())
    }

    /// Starts the next generation of the owner's data key, under which everything is sealed from now on.
    pub(crate) fn start_generation(&self, db: &Connection, owner: Uuid) -> Result<(), VaultError> {
        if let Some(data) = self.data.sealing.borrow_mut().newest.remove(&owner) {
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
        let associated = context.associated(self.vault(), blob.generation);
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
        if let Some(key) = self.data.opened.borrow().get(&wrapped) {
            return Ok(Some(DataKey { row, generation, seals, key: key.clone() }));
        }
        let opened = unwrap(self.kek(), self.vault(), &own(owner, Purpose::DataKey), generation, &wrapped);
        let Ok(key) = opened.map(Arc::new) else { return Ok(None) };
        self.data.opened.borrow_mut().insert(wrapped, key.clone());
        Ok(Some(DataKey { row, generation, seals, key }))
    }

    fn make_data_key(&self, db: &Connection, owner: Uuid, generation: u32) -> Result<DataKey, VaultError> {
        let context = own(owner, Purpose::DataKey);
        let key = Key::random(self.entropy())?;
        let wrapped =
            wrap(self.kek(), self.kek_generation(), self.vault(), &context, generation, &key, self.entropy())?;
        insert(db, Purpose::DataKey, owner, generation, &wrapped)?;
        self.data_key(db, owner, generation)?.ok_or(VaultError::Damaged)
    }

    #[cfg(test)]
    pub(crate) fn set_most_seals(&mut self, most: i64) {
        self.data.most_seals = most;
    }
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
