//! Visitors of run pages: one browser at one app, with keys of its own.

use floom_secret::SecretValue;
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{App, BASE62, Store, digest, new_id, random_letters};
use crate::LocalError;
use crate::seal::Place;

const TOKEN_LETTERS: usize = 43;

/// Who runs an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum User {
    /// The owner of this computer's Local Floom.
    Owner,
    /// A visitor of an app's run page, by id.
    Visitor(String),
}

impl User {
    /// The visitor's id.
    pub(crate) fn visitor(&self) -> Option<&str> {
        match self {
            Self::Owner => None,
            Self::Visitor(id) => Some(id),
        }
    }
}

impl Store {
    /// The key without which an app's run page does not open; made when it is first asked for.
    ///
    /// # Errors
    /// [`LocalError::Damaged`], [`LocalError::Database`], [`LocalError::NoRandom`].
    pub(crate) fn link_key(&self, app: &App) -> Result<SecretValue, LocalError> {
        let place = Place::LinkKey { app: &app.id };
        let stored = "SELECT sealed FROM link_keys WHERE app_id = ?1";
        let known = |db: &Connection| db.query_row(stored, [&app.id], |row| row.get::<_, Vec<u8>>(0)).optional();
        let blob = match known(&self.reading())? {
            Some(blob) => blob,
            None => {
                let key = SecretValue::new(random_letters(TOKEN_LETTERS, BASE62)?);
                let fresh = self.seal_text(place, &key)?;
                let insert = "INSERT INTO link_keys (app_id, sealed) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
                self.commit(|db| {
                    db.execute(insert, params![app.id, fresh])?;
                    // Another may have been first.
                    known(db)?.ok_or(LocalError::Damaged)
                })?
            }
        };
        self.open_text(place, &blob).ok_or(LocalError::Damaged)
    }

    /// A new visitor of `app`, told by the cookie that is given back.
    pub(crate) fn welcome(&self, app: &App) -> Result<Zeroizing<String>, LocalError> {
        let cookie = Zeroizing::new(random_letters(TOKEN_LETTERS, BASE62)?);
        let insert = "INSERT INTO visitors (id, app_id, cookie, made_at) VALUES (?1, ?2, ?3, ?4)";
        let row = params![new_id("visitor")?, app.id, digest(&cookie), self.now().as_millisecond()];
        self.commit(|db| Ok::<_, LocalError>(db.execute(insert, row)?))?;
        Ok(cookie)
    }

    /// The visitor of `app` with this cookie.
    pub(crate) fn visitor(&self, app: &App, cookie: &str) -> Result<Option<User>, LocalError> {
        let known = "SELECT id FROM visitors WHERE cookie = ?1 AND app_id = ?2";
        let database = self.reading();
        let mut statement = database.prepare_cached(known)?;
        let id = statement.query_row(params![digest(cookie), app.id], |row| row.get(0)).optional()?;
        Ok(id.map(User::Visitor))
    }

    /// The keys that a visitor connected, by name.
    pub(crate) fn connected(&self, visitor: &str) -> Result<Vec<String>, LocalError> {
        let database = self.reading();
        let mut statement =
            database.prepare_cached("SELECT key FROM visitor_values WHERE visitor_id = ?1 ORDER BY key")?;
        let keys = statement.query_map([visitor], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    /// Stores a visitor's own value in place of the one before.
    pub(crate) fn connect(&self, visitor: &str, key: &str, value: &SecretValue) -> Result<(), LocalError> {
        let sealed = self.seal_text(Place::Visitor { visitor, key }, value)?;
        let put = "INSERT INTO visitor_values (visitor_id, key, sealed) VALUES (?1, ?2, ?3)
                   ON CONFLICT (visitor_id, key) DO UPDATE SET sealed = excluded.sealed";
        self.commit(|db| Ok(db.execute(put, params![visitor, key, sealed]).map(drop)?))
    }

    /// Removes every value of a visitor.
    pub(crate) fn disconnect(&self, visitor: &str) -> Result<(), LocalError> {
        self.commit(|db| Ok(db.execute("DELETE FROM visitor_values WHERE visitor_id = ?1", [visitor]).map(drop)?))
    }
}
