//! Connections: one Floom with one identity each, and its token, sealed.

use floom_secret::SecretValue;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::context::{Context, Fields, Purpose};
use crate::{ConnectionId, Readable, Records, Tx, VaultError, time};

/// What kind of server a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// Local Floom, which ships inside this program.
    Local,
    /// floom.dev or a self-hosted Floom.
    Remote,
}

impl ConnectionKind {
    fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Local, Self::Remote].into_iter().find(|kind| kind.word() == word)
    }
}

/// One Floom with one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its own identity; two connections to one server are two.
    pub id: ConnectionId,
    /// What kind of server it leads to.
    pub kind: ConnectionKind,
    /// How people call it.
    pub label: String,
    /// Where the server is; none for Local Floom, whose port changes.
    pub base_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A connection to be made.
#[derive(Debug)]
pub struct NewConnection<'a> {
    /// What kind of server it leads to.
    pub kind: ConnectionKind,
    /// How people call it.
    pub label: String,
    /// Where the server is.
    pub base_url: Option<String>,
    /// What proves the identity, if it is known already.
    pub token: Option<&'a SecretValue>,
}

struct ConnectionRow {
    id: ConnectionId,
    kind: String,
    label: String,
    base_url: Option<String>,
    token: Option<Vec<u8>>,
    created_at: i64,
    removed: bool,
}

const COLUMNS: &str = "id, kind, label, base_url, token, created_at, removed, mac";

impl ConnectionRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let read = Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            label: row.get(2)?,
            base_url: row.get(3)?,
            token: row.get(4)?,
            created_at: row.get(5)?,
            removed: row.get(6)?,
        };
        Ok((read, row.get(7)?))
    }

    fn fields(&self) -> Fields {
        Fields::of("connections")
            .uuid(self.id.uuid())
            .text(&self.kind)
            .text(&self.label)
            .optional(self.base_url.as_deref(), Fields::text)
            .optional(self.token.as_deref(), Fields::bytes)
            .number(self.created_at)
            .number(self.removed)
    }

    fn write(&self, records: &Records) -> Result<(), VaultError> {
        let mac = records.keys.row_mac(&self.fields());
        records
            .db
            .prepare_cached(
                "INSERT INTO connections (id, kind, label, base_url, token, created_at, removed, mac)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET token = ?5, removed = ?7, mac = ?8",
            )?
            .execute(params![
                self.id,
                self.kind,
                self.label,
                self.base_url,
                self.token,
                self.created_at,
                self.removed,
                mac
            ])?;
        Ok(())
    }

    fn connection(self) -> Result<Connection, VaultError> {
        Ok(Connection {
            id: self.id,
            kind: ConnectionKind::from_word(&self.kind).ok_or(VaultError::Damaged)?,
            label: self.label,
            base_url: self.base_url,
            created_at: time::read(self.created_at)?,
        })
    }
}

fn token_context(id: ConnectionId) -> Context<'static> {
    Context { owner: id.uuid(), subject: id.uuid(), name: "", version: 0, purpose: Purpose::Token }
}

impl Records {
    /// The connections, oldest first.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] names one that was changed from outside; [`Records::readable_connections`] gives
    /// the others.
    pub fn connections(&self) -> Result<Vec<Connection>, VaultError> {
        self.readable_connections()?.all()
    }

    /// The connections that can be read, oldest first, and what is damaged of the others.
    ///
    /// # Errors
    /// The database's.
    pub fn readable_connections(&self) -> Result<Readable<Connection>, VaultError> {
        // The mark of a removed one is believed only once its row's MAC fits.
        let sql = format!("SELECT {COLUMNS} FROM connections ORDER BY created_at, id");
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map([], ConnectionRow::read)?;
        let unfit = |error| VaultError::of_row(error, "connection");
        let rows = Readable::of(rows.map(|row| self.checked_connection(row.map_err(unfit)?)))?;
        let listed = rows.entries.into_iter().filter(|row| !row.removed).map(ConnectionRow::connection);
        Ok(Readable { entries: listed.collect::<Result<_, _>>()?, damaged: rows.damaged })
    }

    /// The token of a connection, decrypted.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::ValueDamaged`], [`VaultError::RowAltered`].
    pub fn connection_token(&self, id: ConnectionId) -> Result<Option<SecretValue>, VaultError> {
        let row = self.connection_row(id)?;
        let Some(sealed) = row.token else { return Ok(None) };
        let plaintext = self.keys.open_blob(&self.db, &token_context(id), &sealed)?;
        let token = plaintext.and_then(|mut plaintext| SecretValue::from_utf8(std::mem::take(&mut *plaintext)));
        match token {
            Some(token) => Ok(Some(token)),
            None => Err(VaultError::ValueDamaged { secret: format!("the token of {}", row.label), version: 0 }),
        }
    }

    fn connection_row(&self, id: ConnectionId) -> Result<ConnectionRow, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?1 AND NOT removed");
        let row = self.db.prepare_cached(&sql)?.query_row([id], ConnectionRow::read).optional()?;
        self.checked_connection(row.ok_or(VaultError::NotFound("connection"))?)
    }

    fn checked_connection(&self, (row, mac): (ConnectionRow, Vec<u8>)) -> Result<ConnectionRow, VaultError> {
        self.keys.check_row(&row.fields(), &mac, "connection", &row.label)?;
        Ok(row)
    }
}

impl Tx<'_> {
    /// Makes a connection.
    ///
    /// # Errors
    /// The database's.
    pub fn add_connection(&mut self, new: &NewConnection<'_>, now: Timestamp) -> Result<ConnectionId, VaultError> {
        let id = ConnectionId::new();
        let row = ConnectionRow {
            id,
            kind: new.kind.word().to_owned(),
            label: new.label.clone(),
            base_url: new.base_url.clone(),
            token: None,
            created_at: time::stored(now),
            removed: false,
        };
        row.write(self)?;
        match new.token {
            Some(token) => self.set_connection_token(id, token).map(|()| id),
            None => Ok(id),
        }
    }

    /// Sets or replaces the token; the old one is gone.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn set_connection_token(&mut self, id: ConnectionId, token: &SecretValue) -> Result<(), VaultError> {
        let row = self.connection_row(id)?;
        self.keys.ensure_data_key(&self.db, id.uuid())?;
        let sealed = self.keys.seal(&self.db, &token_context(id), token.expose().as_bytes())?;
        ConnectionRow { token: Some(sealed), ..row }.write(self)
    }

    /// Forgets a connection: its token is destroyed, its apps' links are removed and its apps
    /// are no longer listed. Values and their history stay encrypted in the file.
    ///
    /// # Errors
    /// [`VaultError::ConnectionInUse`] while changes wait for it; [`VaultError::NotFound`].
    pub fn remove_connection(&mut self, id: ConnectionId) -> Result<(), VaultError> {
        let row = self.connection_row(id)?;
        let waiting: u32 = self.db.query_row(
            "SELECT count(*) FROM outbox JOIN secrets USING (secret) JOIN apps USING (app) WHERE connection = ?1",
            [id],
            |row| row.get(0),
        )?;
        if waiting > 0 {
            return Err(VaultError::ConnectionInUse { waiting });
        }
        self.db.execute("DELETE FROM links WHERE app IN (SELECT app FROM apps WHERE connection = ?1)", [id])?;
        ConnectionRow { token: None, removed: true, ..row }.write(self)
    }
}
