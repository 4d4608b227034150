//! How long the values that a secret has had are kept.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::{AppId, OutboxChange, SecretId, Tx, VaultError, Version, VersionNumber};

/// How long a value is kept after the next one came.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How many of a secret's newest values are kept however old they are.
pub const KEPT_AT_LEAST: usize = 10;

/// Why, and until when, a version is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is the current value, or the newest.
    WhileCurrent,
    /// The next one came less than [`KEPT_FOR`] ago.
    Until(Timestamp),
    /// It is one of the newest [`KEPT_AT_LEAST`].
    AmongTheNewest,
    /// [`Tx::prune_versions`] removes it, unless something still refers to it.
    NoLonger,
}

/// How long each of `versions` is kept, seen from `now`. They are of one secret, newest first, as
/// [`Records::versions`](crate::Records::versions) gives them; `current` is the number of its current one.
pub fn kept(versions: &[Version], current: Option<VersionNumber>, now: Timestamp) -> Vec<Kept> {
    let one = |(position, version): (usize, &Version)| {
        let until = version.replaced_at.map(|at| at.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX));
        match until {
            _ if current == Some(version.number) => Kept::WhileCurrent,
            None => Kept::WhileCurrent,
            Some(until) if now < until => Kept::Until(until),
            Some(_) if position < KEPT_AT_LEAST => Kept::AmongTheNewest,
            Some(_) => Kept::NoLonger,
        }
    };
    versions.iter().enumerate().map(one).collect()
}

/// A version that was removed because it is past its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The app.
    pub app: AppId,
    /// The secret.
    pub secret: SecretId,
    /// The secret's name.
    pub name: String,
    /// The version's number; it is never used again.
    pub version: VersionNumber,
}

impl Tx<'_> {
    /// Removes the values that are past their time, and says which. Never removed are the current one,
    /// one that waits in the outbox, one that Floom was last known to hold (in a grace too), and one that
    /// cannot be read.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where an entry of the outbox was changed from outside: then nothing is
    /// known to be free.
    pub fn prune_versions(&mut self, now: Timestamp) -> Result<Vec<Pruned>, VaultError> {
        let waiting: HashSet<(SecretId, VersionNumber)> = self
            .outbox()?
            .into_iter()
            .filter_map(|item| match item.change {
                OutboxChange::Value { version, .. } => Some((item.secret, version)),
                OutboxChange::Policy(_) | OutboxChange::Remove => None,
            })
            .collect();
        let mut pruned = Vec::new();
        for row in self.secret_rows()?.entries {
            let versions = self.versions_of(&row)?.entries;
            let remote = row.remote_state()?;
            let held = [row.current, remote.acknowledged, remote.previous];
            for (version, kept) in versions.iter().zip(kept(&versions, row.current, now)) {
                let number = version.number;
                if kept != Kept::NoLonger || held.contains(&Some(number)) || waiting.contains(&(row.id, number)) {
                    continue;
                }
                self.db
                    .prepare_cached("DELETE FROM versions WHERE secret = ?1 AND number = ?2")?
                    .execute(params![row.row, number])?;
                pruned.push(Pruned { app: row.app, secret: row.id, name: row.name.clone(), version: number });
            }
        }
        Ok(pruned)
    }
}
