//! Apps: what a connection's secrets belong to.

use rusqlite::{OptionalExtension, Row, params};

use crate::context::Fields;
use crate::{AppId, ConnectionId, Readable, Records, Tx, VaultError};

/// An app on one connection. The same slug on two connections is two apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its own identity.
    pub id: AppId,
    /// The connection that it is on, for ever.
    pub connection: ConnectionId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Whether the server no longer lists it.
    pub gone: bool,
}

impl App {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let app =
            Self { id: row.get(0)?, connection: row.get(1)?, slug: row.get(2)?, name: row.get(3)?, gone: row.get(4)? };
        Ok((app, row.get(5)?))
    }

    fn fields(&self) -> Fields {
        Fields::of("apps")
            .uuid(self.id.uuid())
            .uuid(self.connection.uuid())
            .text(&self.slug)
            .text(&self.name)
            .number(self.gone)
    }

    fn write(&self, records: &Records) -> Result<(), VaultError> {
        records
            .db
            .prepare_cached(
                "INSERT INTO apps (id, connection, slug, name, gone, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET name = ?4, gone = ?5, mac = ?6",
            )?
            .execute(params![
                self.id,
                self.connection,
                self.slug,
                self.name,
                self.gone,
                records.keys.row_mac(&self.fields())
            ])?;
        Ok(())
    }
}

impl Records {
    /// The apps of all connections, by connection and slug.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] names one that was changed from outside; [`Records::readable_apps`] gives the others.
    pub fn apps(&self) -> Result<Vec<App>, VaultError> {
        self.readable_apps()?.all()
    }

    /// The apps that can be read, by connection and slug, and what is damaged of the others.
    ///
    /// # Errors
    /// The database's.
    pub fn readable_apps(&self) -> Result<Readable<App>, VaultError> {
        let sql = "SELECT apps.id, connection, slug, name, gone, apps.mac FROM apps
                   JOIN connections ON connections.id = connection
                   WHERE NOT connections.removed ORDER BY connections.created_at, connection, slug";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], App::read)?;
        let unfit = |error| VaultError::of_row(error, "app");
        Readable::of(rows.map(|row| self.checked_app(row.map_err(unfit)?)))
    }

    /// The app `id`.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn app(&self, id: AppId) -> Result<App, VaultError> {
        let sql = "SELECT id, connection, slug, name, gone, mac FROM apps WHERE id = ?1";
        let row = self.db.prepare_cached(sql)?.query_row([id], App::read).optional()?;
        self.checked_app(row.ok_or(VaultError::NotFound("app"))?)
    }

    /// The number under which other tables know the app.
    pub(crate) fn app_row(&self, id: AppId) -> Result<i64, VaultError> {
        let row = self.db.prepare_cached("SELECT app FROM apps WHERE id = ?1")?.query_row([id], |row| row.get(0));
        row.optional()?.ok_or(VaultError::NotFound("app"))
    }

    fn checked_app(&self, (app, mac): (App, Vec<u8>)) -> Result<App, VaultError> {
        self.keys.check_row(&app.fields(), &mac, "app", &app.slug)?;
        Ok(app)
    }
}

impl Tx<'_> {
    /// The app `slug` of a connection; made, with its own data key, where it is not there.
    /// Its name is brought up to date.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] and the database's.
    pub fn ensure_app(&mut self, connection: ConnectionId, slug: &str, name: &str) -> Result<AppId, VaultError> {
        let sql = "SELECT id, connection, slug, name, gone, mac FROM apps WHERE connection = ?1 AND slug = ?2";
        let found = self.db.prepare_cached(sql)?.query_row(params![connection, slug], App::read).optional()?;
        let app = match found {
            Some(row) => {
                let app = self.checked_app(row)?;
                if app.name == name {
                    return Ok(app.id);
                }
                App { name: name.to_owned(), ..app }
            }
            None => App { id: AppId::new(), connection, slug: slug.to_owned(), name: name.to_owned(), gone: false },
        };
        app.write(self)?;
        self.keys.ensure_data_key(&self.db, app.id.uuid())?;
        Ok(app.id)
    }

    /// Notes whether the server still lists the app.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn set_app_seen(&mut self, id: AppId, gone: bool) -> Result<(), VaultError> {
        let app = self.app(id)?;
        if app.gone == gone { Ok(()) } else { App { gone, ..app }.write(self) }
    }
}
