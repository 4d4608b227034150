//! Who uses a secret, and when one was last used: told by runs.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::{App, Store, shown};
use crate::LocalError;
use crate::rotation::Version;

/// How many users a secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Users {
    /// Those with a value of their own for the key.
    pub(crate) connected: u32,
    /// Those of them who ran the app in the last seven days.
    pub(crate) active: u32,
    /// All who ran the app in the last seven days.
    pub(crate) runners: u32,
}

const ACTIVE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// The users of one key of `app`. On one computer there is one: its owner.
    pub(crate) fn users(&self, app: &App, key: &str) -> Result<Users, LocalError> {
        let since = self.now().checked_sub(ACTIVE).unwrap_or(Timestamp::MIN);
        let database = self.database();
        let runs = "SELECT EXISTS (SELECT 1 FROM runs WHERE app_id = ?1 AND started_at >= ?2)";
        let runners: u32 = database.prepare_cached(runs)?.query_row(params![app.id, shown(since)], |row| row.get(0))?;
        let own = "SELECT EXISTS (SELECT 1 FROM user_values WHERE key = ?1)";
        let connected: u32 = database.prepare_cached(own)?.query_row([key], |row| row.get(0))?;
        Ok(Users { connected, active: connected.min(runners), runners })
    }

    /// Whether a run that is under way was given `version` of `key`.
    pub(crate) fn is_run_with(&self, app: &App, key: &str, version: Version) -> Result<bool, LocalError> {
        let running = "SELECT EXISTS (SELECT 1 FROM run_values JOIN runs ON runs.id = run_id
                       WHERE app_id = ?1 AND key = ?2 AND version = ?3)";
        Ok(self.database().prepare_cached(running)?.query_row(params![app.id, key, version], |row| row.get(0))?)
    }

    /// When a run was last given `key`.
    pub(crate) fn last_use(&self, app: &App, key: &str) -> Result<Option<String>, LocalError> {
        let used = "SELECT used_at FROM last_uses WHERE app_id = ?1 AND key = ?2";
        Ok(self.database().prepare_cached(used)?.query_row([&app.id, key], |row| row.get(0)).optional()?)
    }
}
