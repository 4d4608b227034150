//! The outbox: changes decided and stored, not yet acknowledged by Floom.

use floom_secret::Policy;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::context::Fields;
use crate::{AppId, Readable, ReceiptNumber, Records, SecretId, Tx, VaultError, VersionNumber, time};

/// One change that waits to be sent over its app's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// Its number, in the order of deciding.
    pub id: i64,
    /// The app.
    pub app: AppId,
    /// The secret.
    pub secret: SecretId,
    /// The change.
    pub change: OutboxChange,
    /// When it was decided.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// How the last try failed.
    pub failure: Option<Failure>,
    /// When it may be tried again; none where that is now, or only on the creator's word.
    pub next_try: Option<Timestamp>,
}

/// A change to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxChange {
    /// The policy alone.
    Policy(Policy),
    /// A stored version, under a policy.
    Value {
        /// The version.
        version: VersionNumber,
        /// The policy.
        policy: Policy,
    },
    /// The value is removed from Floom.
    Remove,
}

/// How a try failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code.
    pub code: String,
    /// A sentence, without a value.
    pub message: String,
}

/// A change to be queued.
#[derive(Debug, Clone, Copy)]
pub struct NewOutboxItem {
    /// The app.
    pub app: AppId,
    /// The secret, one of that app.
    pub secret: SecretId,
    /// The change.
    pub change: OutboxChange,
}

struct OutboxRow {
    id: i64,
    app: AppId,
    secret: SecretId,
    change: String,
    created_at: i64,
    attempts: u32,
    failure: Option<String>,
    next_try: Option<i64>,
}

const SELECT: &str = "SELECT outbox.id, apps.id, secrets.id, change, outbox.created_at, attempts, failure, next_try,
                             outbox.mac FROM outbox JOIN secrets USING (secret) JOIN apps USING (app)";

impl OutboxRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let read = Self {
            id: row.get(0)?,
            app: row.get(1)?,
            secret: row.get(2)?,
            change: row.get(3)?,
            created_at: row.get(4)?,
            attempts: row.get(5)?,
            failure: row.get(6)?,
            next_try: row.get(7)?,
        };
        Ok((read, row.get(8)?))
    }

    fn fields(&self) -> Fields {
        Fields::of("outbox")
            .number(self.id)
            .uuid(self.app.uuid())
            .uuid(self.secret.uuid())
            .text(&self.change)
            .number(self.created_at)
            .number(self.attempts)
            .optional(self.failure.as_deref(), Fields::text)
            .optional(self.next_try, Fields::number)
    }

    fn update(&self, records: &Records) -> Result<(), VaultError> {
        records
            .db
            .prepare_cached("UPDATE outbox SET attempts = ?2, failure = ?3, next_try = ?4, mac = ?5 WHERE id = ?1")?
            .execute(params![
                self.id,
                self.attempts,
                self.failure,
                self.next_try,
                records.keys.row_mac(&self.fields())
            ])?;
        Ok(())
    }

    fn altered(&self) -> VaultError {
        VaultError::RowAltered { table: "outbox", name: self.id.to_string() }
    }

    fn item(self) -> Result<OutboxItem, VaultError> {
        let failure = self.failure.as_deref().map(serde_json::from_str).transpose().map_err(|_| self.altered())?;
        Ok(OutboxItem {
            id: self.id,
            app: self.app,
            secret: self.secret,
            change: serde_json::from_str(&self.change).map_err(|_| self.altered())?,
            created_at: time::read(self.created_at)?,
            attempts: self.attempts,
            failure,
            next_try: time::read_optional(self.next_try)?,
        })
    }
}

impl Records {
    /// What waits, oldest first.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] names one that was changed from outside; it must not be sent.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, VaultError> {
        self.readable_outbox()?.all()
    }

    /// What waits and can be read, oldest first, and what is damaged of the rest, which must not be sent.
    ///
    /// # Errors
    /// The database's.
    pub fn readable_outbox(&self) -> Result<Readable<OutboxItem>, VaultError> {
        let mut statement = self.db.prepare_cached(&format!("{SELECT} ORDER BY outbox.id"))?;
        let rows = statement.query_map([], OutboxRow::read)?;
        let unfit = |error| VaultError::of_row(error, "outbox");
        Readable::of(rows.map(|row| self.checked_item(row.map_err(unfit)?)?.item()))
    }

    /// What waits of one secret, oldest first.
    ///
    /// # Errors
    /// As [`Records::outbox`].
    pub fn outbox_of(&self, secret: SecretId) -> Result<Vec<OutboxItem>, VaultError> {
        let mut statement = self.db.prepare_cached(&format!("{SELECT} WHERE secrets.id = ?1 ORDER BY outbox.id"))?;
        let rows = statement.query_map([secret], OutboxRow::read)?;
        rows.map(|row| self.checked_item(row?)?.item()).collect()
    }

    fn checked_item(&self, (row, mac): (OutboxRow, Vec<u8>)) -> Result<OutboxRow, VaultError> {
        self.keys.check_row(&row.fields(), &mac, "outbox", &row.id.to_string())?;
        Ok(row)
    }
}

impl Tx<'_> {
    /// Queues a change, of which `_receipt` tells: nothing is ever sent without one.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where the app has no such secret.
    pub fn enqueue(
        &mut self,
        item: &NewOutboxItem,
        _receipt: ReceiptNumber,
        now: Timestamp,
    ) -> Result<i64, VaultError> {
        let secret = self.secret_row(item.secret)?;
        if secret.app != item.app {
            return Err(VaultError::NotFound("secret"));
        }
        let change = serde_json::to_string(&item.change).map_err(|error| VaultError::Io(error.into()))?;
        self.db
            .prepare_cached(
                "INSERT INTO outbox (secret, change, created_at, attempts, mac) VALUES (?1, ?2, ?3, 0, x'')",
            )?
            .execute(params![secret.row, change, time::stored(now)])?;
        let row = OutboxRow {
            id: self.db.last_insert_rowid(),
            app: item.app,
            secret: item.secret,
            change,
            created_at: time::stored(now),
            attempts: 0,
            failure: None,
            next_try: None,
        };
        row.update(self)?;
        Ok(row.id)
    }

    /// Notes a failed try.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn outbox_failed(
        &mut self,
        id: i64,
        code: &str,
        message: &str,
        next_try: Option<Timestamp>,
    ) -> Result<(), VaultError> {
        let row = self.db.prepare_cached(&format!("{SELECT} WHERE outbox.id = ?1"))?.query_row([id], OutboxRow::read);
        let row = self.checked_item(row.optional()?.ok_or(VaultError::NotFound("waiting change"))?)?;
        let failure = Failure { code: code.to_owned(), message: message.to_owned() };
        let failure = serde_json::to_string(&failure).map_err(|error| VaultError::Io(error.into()))?;
        OutboxRow {
            attempts: row.attempts.saturating_add(1),
            failure: Some(failure),
            next_try: next_try.map(time::stored),
            ..row
        }
        .update(self)
    }

    /// Forgets how a change failed, so that it is tried again now.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn outbox_retry(&mut self, id: i64) -> Result<(), VaultError> {
        let row = self.db.prepare_cached(&format!("{SELECT} WHERE outbox.id = ?1"))?.query_row([id], OutboxRow::read);
        let row = self.checked_item(row.optional()?.ok_or(VaultError::NotFound("waiting change"))?)?;
        OutboxRow { failure: None, next_try: None, ..row }.update(self)
    }

    /// Takes a change out: Floom acknowledged it, or it is never sent.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn outbox_done(&mut self, id: i64) -> Result<(), VaultError> {
        match self.db.execute("DELETE FROM outbox WHERE id = ?1", [id])? {
            0 => Err(VaultError::NotFound("waiting change")),
            _ => Ok(()),
        }
    }
}
