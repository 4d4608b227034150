//! Secrets: the environment variables of an app, their policy, and what Floom holds of them.

use floom_secret::{Policy, Preview};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Params, Row, params};
use serde::{Deserialize, Serialize};

use crate::context::Fields;
use crate::{AppId, Fingerprint, Readable, Records, SecretId, Source, Tx, VaultError, VersionNumber, time};

/// One environment variable of one app.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    /// Its own identity.
    pub id: SecretId,
    /// The app that it belongs to.
    pub app: AppId,
    /// The variable's name.
    pub name: String,
    /// Who supplies the value, as the creator decided here.
    pub policy: Option<Policy>,
    /// The current value, without the value; none where only Floom has it.
    pub current: Option<CurrentValue>,
    /// What Floom was last known to hold.
    pub remote: RemoteState,
    /// When the creator removed it; its history stays.
    pub removed_at: Option<Timestamp>,
}

/// What can be shown of the current value.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentValue {
    /// Its number.
    pub version: VersionNumber,
    /// Its masked form.
    pub preview: Preview,
    /// Its fingerprint in this vault.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub source: Source,
    /// When it came.
    pub created_at: Timestamp,
}

/// What Floom was last known to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoteState {
    /// Whether the app declares the name.
    pub declared: bool,
    /// Floom's policy.
    pub policy: Option<Policy>,
    /// When that policy was set; none where it was never decided on.
    pub policy_set_at: Option<Timestamp>,
    /// Whether Floom holds a value; none where that is not known.
    pub has_value: Option<bool>,
    /// The version that Floom last acknowledged.
    pub acknowledged: Option<VersionNumber>,
    /// When it did.
    pub acknowledged_at: Option<Timestamp>,
    /// The version that Floom holds beside it, in a grace.
    pub previous: Option<VersionNumber>,
    /// When the rotation began.
    pub rotated_at: Option<Timestamp>,
    /// Floom's own number of the value on top of which changes are made, 0 for none; where its dialect counts them.
    pub base: Option<u32>,
    /// The number that Floom was seen with since, brought about by somebody else; 0 for a removed value.
    pub elsewhere: Option<u32>,
}

impl Secret {
    /// Whether only Floom has a value of it: here there is none, so it cannot be shown, run with or restored.
    pub fn is_remote_only(&self) -> bool {
        self.current.is_none() && self.removed_at.is_none() && self.remote.has_value == Some(true)
    }
}

/// A row of the table. Its MAC covers the identity of its app, not the app's row number.
#[derive(Clone)]
pub(crate) struct SecretRow {
    pub(crate) row: i64,
    pub(crate) id: SecretId,
    pub(crate) app: AppId,
    pub(crate) name: String,
    pub(crate) current: Option<VersionNumber>,
    pub(crate) last_version: VersionNumber,
    pub(crate) removed_at: Option<i64>,
    pub(crate) policy: Option<String>,
    pub(crate) remote: Option<String>,
    pub(crate) created_at: i64,
}

const SELECT: &str = "SELECT secret, secrets.id, apps.id, secrets.name, policy, current, last_version, remote,
                             created_at, removed_at, secrets.mac FROM secrets JOIN apps USING (app)";

impl SecretRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let read = Self {
            row: row.get(0)?,
            id: row.get(1)?,
            app: row.get(2)?,
            name: row.get(3)?,
            policy: row.get(4)?,
            current: row.get(5)?,
            last_version: row.get(6)?,
            remote: row.get(7)?,
            created_at: row.get(8)?,
            removed_at: row.get(9)?,
        };
        Ok((read, row.get(10)?))
    }

    fn fields(&self) -> Fields {
        Fields::of("secrets")
            .uuid(self.id.uuid())
            .uuid(self.app.uuid())
            .text(&self.name)
            .optional(self.policy.as_deref(), Fields::text)
            .optional(self.current, Fields::number)
            .number(self.last_version)
            .optional(self.remote.as_deref(), Fields::text)
            .number(self.created_at)
            .optional(self.removed_at, Fields::number)
    }

    /// Writes what can change of a row that is there.
    pub(crate) fn update(&self, records: &Records) -> Result<(), VaultError> {
        records
            .db
            .prepare_cached(
                "UPDATE secrets SET policy = ?2, current = ?3, last_version = ?4, remote = ?5, removed_at = ?6, name = ?7,
                 mac = ?8 WHERE secret = ?1",
            )?
            .execute(params![
                self.row,
                self.policy,
                self.current,
                self.last_version,
                self.remote,
                self.removed_at,
                self.name,
                records.keys.row_mac(&self.fields())
            ])?;
        Ok(())
    }

    /// What Floom was last known to hold.
    pub(crate) fn remote_state(&self) -> Result<RemoteState, VaultError> {
        let Some(text) = &self.remote else { return Ok(RemoteState::default()) };
        serde_json::from_str(text).map_err(|_| self.damaged())
    }

    fn damaged(&self) -> VaultError {
        VaultError::RowAltered { table: "secret", name: self.name.clone() }
    }
}

fn unfit(error: rusqlite::Error) -> VaultError {
    VaultError::of_row(error, "secret")
}

impl Records {
    /// The secrets of an app by name, removed ones among them.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] and [`VaultError::ValueDamaged`] name the secret;
    /// [`Records::readable_secrets`] gives the others.
    pub fn secrets(&self, app: AppId) -> Result<Vec<Secret>, VaultError> {
        self.readable_secrets(app)?.all()
    }

    /// The rows of an app by name.
    pub(crate) fn app_secret_rows(&self, app: AppId) -> Result<Vec<SecretRow>, VaultError> {
        let sql = format!("{SELECT} WHERE apps.id = ?1 ORDER BY secrets.name");
        let rows = self.db.prepare_cached(&sql)?.query_map([app], SecretRow::read)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(|row| self.checked_secret(row)).collect()
    }

    /// The secrets of an app that can be read, by name, and what is damaged of the others.
    ///
    /// # Errors
    /// The database's.
    pub fn readable_secrets(&self, app: AppId) -> Result<Readable<Secret>, VaultError> {
        let sql = format!("{SELECT} WHERE apps.id = ?1 ORDER BY secrets.name");
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map([app], SecretRow::read)?;
        Readable::of(rows.map(|row| self.secret(self.checked_secret(row.map_err(unfit)?)?)))
    }

    /// Every row of the table, whatever app it says it belongs to.
    pub(crate) fn secret_rows(&self) -> Result<Readable<SecretRow>, VaultError> {
        let mut statement = self.db.prepare_cached(&format!("{SELECT} ORDER BY secret"))?;
        let rows = statement.query_map([], SecretRow::read)?;
        Readable::of(rows.map(|row| self.checked_secret(row.map_err(unfit)?)))
    }

    pub(crate) fn is_name_taken(&self, app: AppId, name: &str) -> Result<bool, VaultError> {
        Ok(self.one_secret("WHERE apps.id = ?1 AND secrets.name = ?2", params![app, name])?.is_some())
    }

    /// The secret `name` of an app, also where it was removed.
    ///
    /// # Errors
    /// As [`Records::secrets`].
    pub fn find_secret(&self, app: AppId, name: &str) -> Result<Option<Secret>, VaultError> {
        let row = self.one_secret("WHERE apps.id = ?1 AND secrets.name = ?2", params![app, name])?;
        row.map(|row| self.secret(row)).transpose()
    }

    /// One secret.
    ///
    /// # Errors
    /// As [`Records::find_secret`].
    pub fn secret_with(&self, id: SecretId) -> Result<Option<Secret>, VaultError> {
        self.one_secret("WHERE secrets.id = ?1", [id])?.map(|row| self.secret(row)).transpose()
    }

    /// The name of a secret.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn secret_name(&self, id: SecretId) -> Result<String, VaultError> {
        Ok(self.secret_row(id)?.name)
    }

    pub(crate) fn secret_row(&self, id: SecretId) -> Result<SecretRow, VaultError> {
        self.one_secret("WHERE secrets.id = ?1", [id])?.ok_or(VaultError::NotFound("secret"))
    }

    fn one_secret(&self, which: &str, params: impl Params) -> Result<Option<SecretRow>, VaultError> {
        let row =
            self.db.prepare_cached(&format!("{SELECT} {which}"))?.query_row(params, SecretRow::read).optional()?;
        row.map(|row| self.checked_secret(row)).transpose()
    }

    fn checked_secret(&self, (row, mac): (SecretRow, Vec<u8>)) -> Result<SecretRow, VaultError> {
        self.keys.check_row(&row.fields(), &mac, "secret", &row.name)?;
        Ok(row)
    }

    fn secret(&self, row: SecretRow) -> Result<Secret, VaultError> {
        let current = row.current.map(|number| self.version(&row, number)).transpose()?;
        let policy =
            row.policy.as_deref().map(|word| Policy::from_wire(word).ok_or_else(|| row.damaged())).transpose()?;
        let remote = row.remote_state()?;
        Ok(Secret {
            id: row.id,
            app: row.app,
            policy,
            current: current.map(|version| CurrentValue {
                version: version.number,
                preview: version.preview,
                fingerprint: version.fingerprint,
                source: version.source,
                created_at: version.created_at,
            }),
            remote,
            removed_at: time::read_optional(row.removed_at)?,
            name: row.name,
        })
    }
}

impl Tx<'_> {
    /// The secret `name` of an app; made without a value where it is not there.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where there is no such app.
    pub fn ensure_secret(&mut self, app: AppId, name: &str, now: Timestamp) -> Result<SecretId, VaultError> {
        if let Some(row) = self.one_secret("WHERE apps.id = ?1 AND secrets.name = ?2", params![app, name])? {
            return Ok(row.id);
        }
        let row = SecretRow {
            row: 0,
            id: SecretId::new(),
            app,
            name: name.to_owned(),
            policy: None,
            current: None,
            last_version: 0,
            remote: None,
            created_at: time::stored(now),
            removed_at: None,
        };
        self.db
            .prepare_cached(
                "INSERT INTO secrets (id, app, name, last_version, created_at, mac) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
            )?
            .execute(params![row.id, self.app_row(app)?, row.name, row.created_at, self.keys.row_mac(&row.fields())])?;
        Ok(row.id)
    }

    /// Stores the creator's decided policy.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn set_policy(&mut self, secret: SecretId, policy: Policy) -> Result<(), VaultError> {
        let row = self.secret_row(secret)?;
        SecretRow { policy: Some(policy.wire().to_owned()), ..row }.update(self)
    }

    /// Stores what Floom last told or acknowledged.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn set_remote(&mut self, secret: SecretId, remote: &RemoteState) -> Result<(), VaultError> {
        let row = self.secret_row(secret)?;
        let text = serde_json::to_string(remote).map_err(|_| row.damaged())?;
        SecretRow { remote: Some(text), ..row }.update(self)
    }

    /// Marks a secret as removed. Its current value and its history stay; [`Tx::restore_removed`] or a new
    /// value brings it back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn mark_removed(&mut self, secret: SecretId, now: Timestamp) -> Result<(), VaultError> {
        let row = self.secret_row(secret)?;
        SecretRow { removed_at: Some(time::stored(now)), ..row }.update(self)
    }

    /// Takes a removed secret back as it was, and gives the number of its current value.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where it is not removed; [`VaultError::RowAltered`].
    pub fn restore_removed(&mut self, secret: SecretId) -> Result<Option<VersionNumber>, VaultError> {
        let row = self.secret_row(secret)?;
        if row.removed_at.is_none() {
            return Err(VaultError::NotFound("removed secret"));
        }
        SecretRow { removed_at: None, ..row.clone() }.update(self)?;
        Ok(row.current)
    }

    /// Leaves the value to Floom: none is current here, and what Floom holds is no version of the
    /// vault. The history stays.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn keep_remote_value(&mut self, secret: SecretId) -> Result<(), VaultError> {
        let row = self.secret_row(secret)?;
        let remote =
            RemoteState { has_value: Some(true), acknowledged: None, acknowledged_at: None, ..row.remote_state()? };
        let text = serde_json::to_string(&remote).map_err(|_| row.damaged())?;
        SecretRow { current: None, remote: Some(text), ..row }.update(self)
    }
}
