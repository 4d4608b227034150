//! Versions: every value that a secret has had, sealed.

use floom_secret::{Preview, SecretValue};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::context::{Context, Purpose};
use crate::secrets::SecretRow;
use crate::{Fingerprint, Readable, Records, SecretId, Tx, VaultError, time};

/// The number of a version: from 1, never reused.
pub type VersionNumber = u32;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A line of a file.
    File {
        /// The file's path.
        path: String,
        /// The line, from 1.
        line: u32,
    },
    /// Typed into the window, or given on standard input.
    Typed,
    /// Pasted.
    Pasted,
    /// Imported from a backup or another vault.
    Imported,
    /// An older version made current again.
    Restored {
        /// That version.
        from: VersionNumber,
    },
}

/// What can be shown of a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its number.
    pub number: VersionNumber,
    /// When it came.
    pub created_at: Timestamp,
    /// Where it came from.
    pub source: Source,
    /// Its masked form.
    pub preview: Preview,
    /// Its fingerprint in this vault.
    pub fingerprint: Fingerprint,
    /// When the next one that can be read came; none of the newest.
    pub replaced_at: Option<Timestamp>,
}

/// What is sealed as a version's `details`: time, fingerprint, length and text of the preview, source as JSON.
struct Details {
    at: i64,
    fingerprint: Fingerprint,
    preview: Preview,
    source: Source,
}

impl Details {
    fn to_bytes(&self) -> Option<Vec<u8>> {
        let preview = self.preview.as_str().as_bytes();
        let length = u8::try_from(preview.len()).ok()?;
        let source = serde_json::to_vec(&self.source).ok()?;
        Some([&self.at.to_be_bytes()[..], self.fingerprint.as_bytes(), &[length], preview, &source].concat())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (fingerprint, rest) = rest.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first()?;
        let (preview, source) = rest.split_at_checked((*length).into())?;
        Some(Self {
            at: i64::from_be_bytes(*at),
            fingerprint: Fingerprint::from_bytes(*fingerprint),
            preview: Preview::stored(String::from_utf8(preview.to_vec()).ok()?),
            source: serde_json::from_slice(source).ok()?,
        })
    }
}

impl SecretRow {
    pub(crate) fn context(&self, version: VersionNumber, purpose: Purpose) -> Context<'_> {
        Context { owner: self.app.uuid(), subject: self.id.uuid(), name: &self.name, version, purpose }
    }

    fn value_damaged(&self, version: VersionNumber) -> VaultError {
        VaultError::ValueDamaged { secret: self.name.clone(), version }
    }
}

impl Records {
    /// The versions of a secret, newest first.
    ///
    /// # Errors
    /// [`VaultError::ValueDamaged`] names one that does not open; [`Records::readable_versions`] gives the others.
    pub fn versions(&self, secret: SecretId) -> Result<Vec<Version>, VaultError> {
        self.readable_versions(secret)?.all()
    }

    /// The versions of a secret that can be read, newest first, and what is damaged of the others.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`], the database's.
    pub fn readable_versions(&self, secret: SecretId) -> Result<Readable<Version>, VaultError> {
        let row = self.secret_row(secret)?;
        self.versions_of(&row)
    }

    pub(crate) fn versions_of(&self, row: &SecretRow) -> Result<Readable<Version>, VaultError> {
        let sealed = self
            .db
            .prepare_cached("SELECT number, details FROM versions WHERE secret = ?1 ORDER BY number DESC")?
            .query_map([row.row], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(VersionNumber, Vec<u8>)>, _>>()?;
        let mut next: Option<Timestamp> = None;
        let opened = sealed.into_iter().map(|(number, details)| {
            let replaced_at = next;
            let version = row.version(number, &self.open_details(row, number, &details)?)?;
            next = Some(version.created_at);
            Ok(Version { replaced_at, ..version })
        });
        Readable::of(opened)
    }

    /// The current value of a secret, decrypted.
    ///
    /// # Errors
    /// [`VaultError::ValueOnlyOnFloom`] where Floom has one and the vault has none, [`VaultError::NotFound`]
    /// where neither has; else as [`Records::value`].
    pub fn current_value(&self, secret: SecretId) -> Result<SecretValue, VaultError> {
        let row = self.secret_row(secret)?;
        match row.current {
            Some(version) => self.value_of(&row, version),
            None if row.remote_state()?.has_value == Some(true) => Err(VaultError::ValueOnlyOnFloom),
            None => Err(VaultError::NotFound("value")),
        }
    }

    /// The value of one version, decrypted.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`VaultError::ValueDamaged`] where it was changed or moved.
    pub fn value(&self, secret: SecretId, version: VersionNumber) -> Result<SecretValue, VaultError> {
        self.value_of(&self.secret_row(secret)?, version)
    }

    pub(crate) fn value_of(&self, row: &SecretRow, version: VersionNumber) -> Result<SecretValue, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT value FROM versions WHERE secret = ?1 AND number = ?2")?
            .query_row(params![row.row, version], |row| row.get(0))
            .optional()?;
        let sealed = sealed.ok_or(VaultError::NotFound("version"))?;
        let plaintext = self.keys.open_blob(&self.db, &row.context(version, Purpose::Value), &sealed)?;
        plaintext
            .and_then(|mut plaintext| SecretValue::from_utf8(std::mem::take(&mut *plaintext)))
            .ok_or_else(|| row.value_damaged(version))
    }

    /// One version of a row that was read.
    pub(crate) fn version(&self, row: &SecretRow, number: VersionNumber) -> Result<Version, VaultError> {
        row.version(number, &self.details_of(row, number)?)
    }

    /// A version's details, decrypted and not yet read.
    fn details_of(&self, row: &SecretRow, number: VersionNumber) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT details FROM versions WHERE secret = ?1 AND number = ?2")?
            .query_row(params![row.row, number], |row| row.get(0))
            .optional()?;
        self.open_details(row, number, &sealed.ok_or_else(|| row.value_damaged(number))?)
    }

    fn open_details(
        &self,
        row: &SecretRow,
        number: VersionNumber,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let plaintext = self.keys.open_blob(&self.db, &row.context(number, Purpose::Details), sealed)?;
        plaintext.ok_or_else(|| row.value_damaged(number))
    }
}

impl SecretRow {
    fn version(&self, number: VersionNumber, details: &[u8]) -> Result<Version, VaultError> {
        let details = Details::parse(details).ok_or_else(|| self.value_damaged(number))?;
        Ok(Version {
            number,
            created_at: time::read(details.at)?,
            source: details.source,
            preview: details.preview,
            fingerprint: details.fingerprint,
            replaced_at: None,
        })
    }
}

impl Tx<'_> {
    /// Stores a new version, which becomes current, and takes a removed secret back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Randomness`], the database's.
    pub fn put_value(
        &mut self,
        secret: SecretId,
        value: &SecretValue,
        source: &Source,
        now: Timestamp,
    ) -> Result<VersionNumber, VaultError> {
        let row = self.secret_row(secret)?;
        let number = row.last_version.checked_add(1).ok_or(VaultError::Damaged)?;
        let details = Details {
            at: time::stored(now),
            fingerprint: self.fingerprint(value),
            preview: Preview::of(value),
            source: source.clone(),
        };
        let details = details.to_bytes().ok_or_else(|| row.value_damaged(number))?;
        let (details, sealed) = self.sealed(&row, number, &details, value)?;
        self.db
            .prepare_cached("INSERT INTO versions (secret, number, details, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![row.row, number, details, sealed])?;
        SecretRow { current: Some(number), last_version: number, removed_at: None, ..row }.update(self)?;
        Ok(number)
    }

    /// Makes an older version current again, as a new version, and takes a removed secret back.
    ///
    /// # Errors
    /// As [`Records::value`] for the older one, and as [`Tx::put_value`].
    pub fn restore_version(
        &mut self,
        secret: SecretId,
        from: VersionNumber,
        now: Timestamp,
    ) -> Result<VersionNumber, VaultError> {
        let value = self.value(secret, from)?;
        self.put_value(secret, &value, &Source::Restored { from }, now)
    }

    /// Gives a secret another name. All of its versions are sealed anew under it, in this
    /// transaction; numbers, times and sources stay. What Floom holds it holds under the old name:
    /// of the new one nothing is known.
    ///
    /// # Errors
    /// [`VaultError::NameTaken`]; [`VaultError::ChangesWait`] while something about the old name is to be
    /// sent; [`VaultError::ValueDamaged`] where a version does not open, since it
    /// could never be mended under another name.
    pub fn rename_secret(&mut self, secret: SecretId, name: &str) -> Result<(), VaultError> {
        let row = self.secret_row(secret)?;
        if row.name == name {
            return Ok(());
        }
        if self.is_name_taken(row.app, name)? {
            return Err(VaultError::NameTaken(name.to_owned()));
        }
        if !self.outbox_of(secret)?.is_empty() {
            return Err(VaultError::ChangesWait(row.name));
        }
        let numbers = self
            .db
            .prepare_cached("SELECT number FROM versions WHERE secret = ?1")?
            .query_map([row.row], |row| row.get(0))?
            .collect::<Result<Vec<VersionNumber>, _>>()?;
        let renamed = SecretRow { name: name.to_owned(), remote: None, ..row.clone() };
        for number in numbers {
            let details = self.details_of(&row, number)?;
            let (details, sealed) = self.sealed(&renamed, number, &details, &self.value_of(&row, number)?)?;
            self.db
                .prepare_cached("UPDATE versions SET details = ?3, value = ?4 WHERE secret = ?1 AND number = ?2")?
                .execute(params![row.row, number, details, sealed])?;
        }
        renamed.update(self)
    }

    /// The blobs of a version's details and value.
    fn sealed(
        &self,
        row: &SecretRow,
        number: VersionNumber,
        details: &[u8],
        value: &SecretValue,
    ) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let details = self.keys.seal(&self.db, &row.context(number, Purpose::Details), details)?;
        let sealed = self.keys.seal(&self.db, &row.context(number, Purpose::Value), value.expose().as_bytes())?;
        Ok((details, sealed))
    }
}
