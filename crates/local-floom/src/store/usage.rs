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
    /// The users of one key of `app`: its owner, and the visitors of its run page.
    pub(crate) fn users(&self, app: &App, key: &str) -> Result<Users, LocalError> {
        let since = self.now().checked_sub(ACTIVE).unwrap_or(Timestamp::MIN);
        let database = self.reading();
        let runners =
            "SELECT count(DISTINCT coalesce(visitor_id, '')) FROM runs WHERE app_id = ?1 AND started_at >= ?2";
        let connected = "SELECT visitors.id FROM visitors JOIN visitor_values ON visitor_id = visitors.id
                         WHERE app_id = ?1 AND key = ?2 UNION ALL SELECT '' FROM user_values WHERE key = ?2";
        let active = format!(
            "SELECT count(*) FROM ({connected}) AS user WHERE EXISTS (SELECT 1 FROM runs
             WHERE runs.app_id = ?1 AND coalesce(visitor_id, '') = user.id AND started_at >= ?3)"
        );
        let connected = format!("SELECT count(*) FROM ({connected})");
        Ok(Users {
            connected: database.prepare_cached(&connected)?.query_row([&app.id, key], |row| row.get(0))?,
            active: database
                .prepare_cached(&active)?
                .query_row(params![app.id, key, shown(since)], |row| row.get(0))?,
            runners: database.prepare_cached(runners)?.query_row(params![app.id, shown(since)], |row| row.get(0))?,
        })
    }

    /// Whether a run that is under way was given `version` of `key`.
    pub(crate) fn is_run_with(&self, app: &App, key: &str, version: Version) -> Result<bool, LocalError> {
        let running = "SELECT EXISTS (SELECT 1 FROM run_values JOIN runs ON runs.id = run_id
                       WHERE app_id = ?1 AND key = ?2 AND version = ?3)";
        Ok(self.reading().prepare_cached(running)?.query_row(params![app.id, key, version], |row| row.get(0))?)
    }

    /// When a run was last given `key`.
    pub(crate) fn last_use(&self, app: &App, key: &str) -> Result<Option<String>, LocalError> {
        let used = "SELECT used_at FROM last_uses WHERE app_id = ?1 AND key = ?2";
        Ok(self.reading().prepare_cached(used)?.query_row([&app.id, key], |row| row.get(0)).optional()?)
    }
}
