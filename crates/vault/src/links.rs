//! Links: one watched `.env` file joined to one app.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use floom_secret::Policy;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::context::Fields;
use crate::{AppId, Fingerprint, LinkId, Readable, Records, Tx, VaultError, time};

/// A watched file joined to an app, with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its own identity.
    pub id: LinkId,
    /// The file.
    pub path: PathBuf,
    /// The app.
    pub app: AppId,
    /// Whether *Auto-sync* is on.
    pub auto: bool,
    /// The reader that the creator chose; none is automatic.
    pub reader: Option<String>,
    /// The policy of a key that was never decided on.
    pub default_policy: Policy,
    /// Why the link is paused, in the engine's own words (JSON); none where it is not.
    pub paused: Option<String>,
    /// Per key, the value that was set aside.
    pub set_aside: BTreeMap<String, Fingerprint>,
    /// The file's last whole read.
    pub seen: BTreeMap<String, SeenKey>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a key stood in a file, and with which value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenKey {
    /// The line, from 1.
    pub line: u32,
    /// The value's fingerprint.
    pub fingerprint: Fingerprint,
}

/// A link to be made; it starts unpaused, with nothing seen and nothing set aside.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The file.
    pub path: PathBuf,
    /// The app.
    pub app: AppId,
    /// Whether *Auto-sync* is on.
    pub auto: bool,
    /// The reader that the creator chose; none is automatic.
    pub reader: Option<String>,
    /// The policy of a key that was never decided on.
    pub default_policy: Policy,
}

struct LinkRow {
    id: LinkId,
    path: Vec<u8>,
    app: AppId,
    auto: bool,
    reader: Option<String>,
    default_policy: String,
    paused: Option<String>,
    set_aside: String,
    seen: String,
    created_at: i64,
}

const SELECT: &str = "SELECT links.id, path, apps.id, auto, reader, default_policy, paused, set_aside, seen,
                             links.created_at, links.mac FROM links JOIN apps USING (app)";

impl LinkRow {
    fn of(link: &Link) -> Result<Self, VaultError> {
        let json = |error: serde_json::Error| VaultError::Io(error.into());
        Ok(Self {
            id: link.id,
            path: path_bytes(&link.path),
            app: link.app,
            auto: link.auto,
            reader: link.reader.clone(),
            default_policy: link.default_policy.wire().to_owned(),
            paused: link.paused.clone(),
            set_aside: serde_json::to_string(&link.set_aside).map_err(json)?,
            seen: serde_json::to_string(&link.seen).map_err(json)?,
            created_at: time::stored(link.created_at),
        })
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let read = Self {
            id: row.get(0)?,
            path: row.get(1)?,
            app: row.get(2)?,
            auto: row.get(3)?,
            reader: row.get(4)?,
            default_policy: row.get(5)?,
            paused: row.get(6)?,
            set_aside: row.get(7)?,
            seen: row.get(8)?,
            created_at: row.get(9)?,
        };
        Ok((read, row.get(10)?))
    }

    fn fields(&self) -> Fields {
        Fields::of("links")
            .uuid(self.id.uuid())
            .bytes(&self.path)
            .uuid(self.app.uuid())
            .number(self.auto)
            .optional(self.reader.as_deref(), Fields::text)
            .text(&self.default_policy)
            .optional(self.paused.as_deref(), Fields::text)
            .text(&self.set_aside)
            .text(&self.seen)
            .number(self.created_at)
    }

    fn write(&self, records: &Records) -> Result<(), VaultError> {
        let mac = records.keys.row_mac(&self.fields());
        records
            .db
            .prepare_cached(
                "INSERT INTO links (id, path, app, auto, reader, default_policy, paused, set_aside, seen, created_at, mac)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (id) DO UPDATE SET path = ?2, app = ?3, auto = ?4, reader = ?5, default_policy = ?6,
                 paused = ?7, set_aside = ?8, seen = ?9, mac = ?11",
            )?
            .execute(params![
                self.id,
                self.path,
                records.app_row(self.app)?,
                self.auto,
                self.reader,
                self.default_policy,
                self.paused,
                self.set_aside,
                self.seen,
                self.created_at,
                mac
            ])?;
        Ok(())
    }

    fn link(self) -> Result<Link, VaultError> {
        let path = path_of(self.path).ok_or(VaultError::Damaged)?;
        let altered = || VaultError::RowAltered { table: "link", name: path.display().to_string() };
        Ok(Link {
            id: self.id,
            app: self.app,
            auto: self.auto,
            reader: self.reader,
            default_policy: Policy::from_wire(&self.default_policy).ok_or_else(altered)?,
            paused: self.paused,
            set_aside: serde_json::from_str(&self.set_aside).map_err(|_| altered())?,
            seen: serde_json::from_str(&self.seen).map_err(|_| altered())?,
            created_at: time::read(self.created_at)?,
            path,
        })
    }
}

/// A path's own bytes on Unix, its text elsewhere.
fn path_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    return path.to_string_lossy().into_owned().into_bytes();
}

fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    #[cfg(unix)]
    return Some(PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes)));
    #[cfg(not(unix))]
    return String::from_utf8(bytes).ok().map(PathBuf::from);
}

impl Records {
    /// The links, oldest first.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] names one that was changed from outside; [`Records::readable_links`] gives the
    /// others.
    pub fn links(&self) -> Result<Vec<Link>, VaultError> {
        self.readable_links()?.all()
    }

    /// The links that can be read, oldest first, and what is damaged of the others.
    ///
    /// # Errors
    /// The database's.
    pub fn readable_links(&self) -> Result<Readable<Link>, VaultError> {
        let mut statement = self.db.prepare_cached(&format!("{SELECT} ORDER BY links.created_at, links.id"))?;
        let rows = statement.query_map([], LinkRow::read)?;
        let unfit = |error| VaultError::of_row(error, "link");
        Readable::of(rows.map(|row| self.checked_link(row.map_err(unfit)?)?.link()))
    }

    /// The links of one app, oldest first.
    ///
    /// # Errors
    /// As [`Records::links`].
    pub fn links_of(&self, app: AppId) -> Result<Vec<Link>, VaultError> {
        let mut statement =
            self.db.prepare_cached(&format!("{SELECT} WHERE apps.id = ?1 ORDER BY links.created_at, links.id"))?;
        let rows = statement.query_map([app], LinkRow::read)?;
        rows.map(|row| self.checked_link(row?)?.link()).collect()
    }

    /// The links of one file, oldest first; it may belong to several apps.
    ///
    /// # Errors
    /// As [`Records::links`].
    pub fn links_at(&self, path: &Path) -> Result<Vec<Link>, VaultError> {
        let mut statement =
            self.db.prepare_cached(&format!("{SELECT} WHERE links.path = ?1 ORDER BY links.created_at, links.id"))?;
        let rows = statement.query_map([path_bytes(path)], LinkRow::read)?;
        rows.map(|row| self.checked_link(row?)?.link()).collect()
    }

    /// One link.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`].
    pub fn link(&self, id: LinkId) -> Result<Link, VaultError> {
        self.link_row(id)?.link()
    }

    fn link_row(&self, id: LinkId) -> Result<LinkRow, VaultError> {
        let sql = format!("{SELECT} WHERE links.id = ?1");
        let row = self.db.prepare_cached(&sql)?.query_row([id], LinkRow::read).optional()?;
        self.checked_link(row.ok_or(VaultError::NotFound("link"))?)
    }

    fn checked_link(&self, (row, mac): (LinkRow, Vec<u8>)) -> Result<LinkRow, VaultError> {
        self.keys.check_row(&row.fields(), &mac, "link", &String::from_utf8_lossy(&row.path))?;
        Ok(row)
    }
}

impl Tx<'_> {
    /// Joins a file to an app.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where there is no such app; the database's where the two are joined already.
    pub fn add_link(&mut self, new: &NewLink, now: Timestamp) -> Result<LinkId, VaultError> {
        let link = Link {
            id: LinkId::new(),
            path: new.path.clone(),
            app: new.app,
            auto: new.auto,
            reader: new.reader.clone(),
            default_policy: new.default_policy,
            paused: None,
            set_aside: BTreeMap::new(),
            seen: BTreeMap::new(),
            created_at: now,
        };
        LinkRow::of(&link)?.write(self)?;
        Ok(link.id)
    }

    /// Stores everything of `link` but when it was made.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::RowAltered`] where the stored one was changed from outside.
    pub fn update_link(&mut self, link: &Link) -> Result<(), VaultError> {
        let stored = self.link_row(link.id)?;
        LinkRow { created_at: stored.created_at, ..LinkRow::of(link)? }.write(self)
    }

    /// Ends a link; the file and the secrets stay as they are.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn remove_link(&mut self, link: LinkId) -> Result<(), VaultError> {
        match self.db.execute("DELETE FROM links WHERE id = ?1", [link])? {
            0 => Err(VaultError::NotFound("link")),
            _ => Ok(()),
        }
    }
}
