//! Everything that a vault holds, opened once: how much there is, and what does not open.

use crate::{AnchorState, AppId, ChainCheck, ConnectionId, Records, SecretId, VaultError, VersionNumber};

/// What was opened and checked. Nothing of a value is kept.
#[derive(Debug, Default)]
pub struct Contents {
    /// Connections, with their tokens.
    pub connections: usize,
    /// Apps, those of removed connections among them.
    pub apps: usize,
    /// Secrets, removed ones among them.
    pub secrets: usize,
    /// Values: all versions of all secrets.
    pub values: usize,
    /// Receipts, where their chain is whole.
    pub receipts: i64,
    /// What does not open or was changed from outside, each with its name.
    pub damaged: Vec<VaultError>,
}

impl Contents {
    /// Whether all of it opened.
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty()
    }

    fn note<T>(&mut self, read: Result<T, VaultError>) -> Option<T> {
        read.map_err(|error| self.damaged.push(error)).ok()
    }
}

impl Records {
    /// Opens and checks everything: every value, every row, every receipt.
    ///
    /// # Errors
    /// The database's. Damage is no error: it is in [`Contents::damaged`].
    pub fn contents(&self) -> Result<Contents, VaultError> {
        let mut contents = Contents::default();
        for connection in self.ids::<ConnectionId>("SELECT id FROM connections WHERE NOT removed")? {
            contents.connections += 1;
            contents.note(self.connection_token(connection));
        }
        contents.note(self.connections());
        for app in self.ids::<AppId>("SELECT id FROM apps")? {
            contents.apps += 1;
            contents.note(self.app(app));
        }
        for secret in self.ids::<SecretId>("SELECT id FROM secrets")? {
            contents.secrets += 1;
            self.open_secret(secret, &mut contents)?;
        }
        contents.note(self.links());
        contents.note(self.outbox());
        for name in self.ids::<String>("SELECT name FROM settings")? {
            contents.note(self.setting(&name));
        }
        contents.note(self.recovery_kit());
        // The keychain's note of the chain belongs to the machine that the kit may be away from.
        match self.receipts_verify(&AnchorState::Absent)? {
            ChainCheck::Whole { count } | ChainCheck::CutShort { count, .. } => contents.receipts = count,
            ChainCheck::Breaks { at } | ChainCheck::Diverges { at } => {
                contents.damaged.push(VaultError::RowAltered { table: "receipt", name: at.to_string() });
            }
        }
        Ok(contents)
    }

    fn open_secret(&self, secret: SecretId, contents: &mut Contents) -> Result<(), VaultError> {
        let Some(row) = contents.note(self.secret_row(secret)) else { return Ok(()) };
        let numbers = self
            .db
            .prepare_cached("SELECT number FROM versions WHERE secret = ?1")?
            .query_map([row.row], |row| row.get(0))?
            .collect::<Result<Vec<VersionNumber>, _>>()?;
        for number in numbers {
            contents.values += 1;
            let opened = self.version(&row, number).and_then(|_| self.value(secret, number));
            contents.note(opened.map(drop));
        }
        Ok(())
    }

    fn ids<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<Vec<T>, VaultError> {
        let mut statement = self.db.prepare(sql)?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}
