//! Everything that Local Floom keeps: one SQLite file, values sealed.

mod agent_tokens;
mod apps;
mod changes;
mod database;
mod runs;
mod schema;
mod sealing_key;
mod secrets;
mod usage;
mod versions;
mod visitors;

use std::fs;
use std::path::Path;
use std::sync::{Arc, MutexGuard};

use floom_secret::SecretValue;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::{Clock, SystemClock};
use crate::seal::{self, Place, StoreKey};
use crate::{LocalError, Manifest, sample};

pub(crate) use agent_tokens::{AgentToken, PREFIX as AGENT_PREFIX, Scope};
pub(crate) use apps::App;
pub(crate) use changes::{Change, Refused, Request, Step};
use database::Database;
pub(crate) use runs::{Ended, RunRow};
pub(crate) use secrets::{PolicyRow, RunValues};
use secrets::{policy, set_policy};
pub(crate) use visitors::User;

const FILE: &str = "local-floom.db";
const CHECK: &[u8] = b"this key fits";

/// The token of one installation, without which nothing but `/api/health` answers.
#[derive(Debug)]
pub struct Bearer(pub SecretValue);

/// The store of one Local Floom. Clones share it.
///
/// A call that changes something returns when the change is on the disk.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    workspace_key: StoreKey,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the store in the folder `dir`, or makes one there under `key`.
    ///
    /// The folder is made for its owner only, and so is every file in it.
    ///
    /// # Errors
    /// [`LocalError::WrongKey`], [`LocalError::Damaged`] and [`LocalError::Newer`] leave the file as it is;
    /// [`LocalError::File`] and [`LocalError::Database`].
    pub fn open(dir: &Path, key: StoreKey) -> Result<Self, LocalError> {
        Self::open_with(dir, key, Arc::new(SystemClock::start()))
    }

    /// [`Store::open`] with another clock.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(dir: &Path, key: StoreKey, clock: Arc<dyn Clock>) -> Result<Self, LocalError> {
        let file = dir.join(FILE);
        make_private(dir, &file)?;
        let mut database = database::connect(&file)?;
        let is_new = schema::look(&database)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "secure_delete", "ON")?;
        database.pragma_update(None, "foreign_keys", "ON")?;
        let workspace_key = match is_new {
            true => create(&mut database, &key)?,
            false => {
                let workspace_key = unwrap_key(&database, &key)?;
                schema::bring_up(&mut database)?;
                workspace_key
            }
        };
        let store = Self(Arc::new(Inner { database: Database::new(database, &file)?, workspace_key, clock }));
        store.end_interrupted_runs()?;
        Ok(store)
    }

    /// Whether there is a store in the folder `dir`, under whatever key.
    pub fn exists(dir: &Path) -> bool {
        dir.join(FILE).exists()
    }

    /// The bearer of this installation.
    ///
    /// # Errors
    /// [`LocalError::Damaged`], [`LocalError::Database`].
    pub fn bearer(&self) -> Result<Bearer, LocalError> {
        let blob = meta(&self.reading(), "bearer")?;
        let token = self.open_text(Place::Bearer, &blob).ok_or(LocalError::Damaged)?;
        Ok(Bearer(token))
    }

    /// Makes the sample app `flyfast` on first use, and keeps its command up to date after.
    ///
    /// A sample that the creator deleted stays away.
    ///
    /// # Errors
    /// [`LocalError::Manifest`] for an empty command, [`LocalError::Database`].
    pub fn ensure_sample(&self, command: Vec<String>) -> Result<(), LocalError> {
        let manifest: Manifest = sample::manifest(command);
        manifest.check()?;
        match self.app(sample::SLUG)? {
            Some(app) if app.is_sample => {
                // What it declares may have been changed since.
                let manifest = Manifest { secrets_needed: app.manifest.secrets_needed.clone(), ..manifest };
                if app.manifest != manifest {
                    self.commit(|db| apps::write_manifest(db, &app, &manifest))?;
                }
            }
            None if self.is_first_use()? => self.insert_app(&manifest, true)?,
            _ => {}
        }
        let made = "INSERT OR IGNORE INTO meta (name, value) VALUES ('sample', x'01')";
        self.commit(|db| Ok(db.execute(made, []).map(drop)?))
    }

    fn is_first_use(&self) -> Result<bool, LocalError> {
        let made = "SELECT count(*) FROM meta WHERE name = 'sample'";
        Ok(self.reading().query_row(made, [], |row| row.get::<_, i64>(0))? == 0)
    }

    /// The time, as its clock tells it.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// What is on the disk, to be read.
    fn reading(&self) -> MutexGuard<'_, Connection> {
        self.0.database.reading()
    }

    /// Does `work` as one step, and returns when it is on the disk.
    fn commit<T, E: From<LocalError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.0.database.commit(work)
    }

    fn seal_text(&self, place: Place<'_>, value: &SecretValue) -> Result<Vec<u8>, LocalError> {
        seal::seal(&self.0.workspace_key, place, value.expose().as_bytes())
    }

    fn open_text(&self, place: Place<'_>, blob: &[u8]) -> Option<SecretValue> {
        let mut plain = seal::open(&self.0.workspace_key, place, blob)?;
        SecretValue::from_utf8(std::mem::take(&mut *plain))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// Times as Floom's server stores and shows them: UTC, to the second, without a zone.
fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The instant that [`shown`] was made of.
pub(crate) fn instant(shown: &str) -> Option<Timestamp> {
    let time: DateTime = shown.replace(' ', "T").parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

fn now() -> String {
    shown(Timestamp::now())
}

/// Twelve characters of `0-9a-z` after a prefix, as Floom names its rows.
fn new_id(prefix: &str) -> Result<String, LocalError> {
    let letters = random_letters(12, b"0123456789abcdefghijklmnopqrstuvwxyz")?;
    Ok(format!("{prefix}_{letters}"))
}

/// What is kept of a token or a cookie: its SHA-256. It is random and long, so that is enough.
fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn random_letters(count: usize, alphabet: &[u8]) -> Result<String, LocalError> {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut byte = [0];
        seal::random(&mut byte)?;
        if usize::from(byte[0]) < fair {
            text.push(char::from(alphabet[usize::from(byte[0]) % alphabet.len()]));
        }
    }
    Ok(text)
}

fn make_private(dir: &Path, file: &Path) -> Result<(), LocalError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| LocalError::File { path, source }
    };
    let mut folder = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        options.mode(0o600);
    }
    folder.recursive(true).create(dir).map_err(failed(dir))?;
    options.create(true).append(true).open(file).map_err(failed(file))?;
    Ok(())
}

fn create(database: &mut Connection, key: &StoreKey) -> Result<StoreKey, LocalError> {
    let transaction = database.transaction()?;
    schema::make(&transaction)?;
    let workspace_key = StoreKey::make()?;
    let check = seal::seal(key, Place::Check, CHECK)?;
    let digest = Sha256::digest(&check).to_vec();
    let token = Zeroizing::new(format!("floom_local_{}", &*Zeroizing::new(random_letters(43, BASE62)?)));
    let rows = [
        ("check", check),
        ("check_digest", digest),
        ("workspace_key", seal::seal(key, Place::WorkspaceKey, workspace_key.expose())?),
        ("bearer", seal::seal(&workspace_key, Place::Bearer, token.as_bytes())?),
    ];
    for (name, value) in rows {
        transaction.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", params![name, value])?;
    }
    transaction.commit()?;
    Ok(workspace_key)
}

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A check value that is whole but does not open means another key; anything else means damage.
fn unwrap_key(database: &Connection, key: &StoreKey) -> Result<StoreKey, LocalError> {
    let check = meta(database, "check")?;
    if Sha256::digest(&check).as_slice() != meta(database, "check_digest")? {
        return Err(LocalError::Damaged);
    }
    if seal::open(key, Place::Check, &check).is_none_or(|text| *text != CHECK) {
        return Err(LocalError::WrongKey);
    }
    let blob = meta(database, "workspace_key")?;
    let plain = seal::open(key, Place::WorkspaceKey, &blob).ok_or(LocalError::Damaged)?;
    let mut bytes = Zeroizing::new([0; 32]);
    if plain.len() != bytes.len() {
        return Err(LocalError::Damaged);
    }
    bytes.copy_from_slice(&plain);
    Ok(StoreKey::new(bytes))
}

fn meta(database: &Connection, name: &str) -> Result<Vec<u8>, LocalError> {
    let found = database.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    found.ok_or(LocalError::Damaged)
}
