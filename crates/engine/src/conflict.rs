//! A secret that was changed on Floom too, where its Floom tells (`secrets-v1` counts the versions of a value).
//!
//! A change is made on top of the version that was known when it was decided. What Floom holds instead is noticed by a
//! survey, or by its refusal (409 `version_conflict`); from then on nothing about the secret is sent by itself.

use floom_protocol::view::{AppRef, Prompt};
use floom_vault::{App, Link, NewReceipt, OutboxChange, OutboxItem, RemoteState, Secret, Source, Tx};
use jiff::Timestamp;

use crate::engine::Engine;
use crate::error::refused;
use crate::{EngineError, file};

/// The code with which an outbox row is held until the creator picked a side.
pub(crate) const CONFLICT: &str = "floom_version_conflict";

/// Whether `item` waits for the creator to pick a side.
pub(crate) fn is_conflict(item: &OutboxItem) -> bool {
    item.failure.as_ref().is_some_and(|failure| failure.code == CONFLICT)
}

/// Whether Floom holds a value that did not come from this vault.
pub(crate) fn is_foreign(remote: &RemoteState) -> bool {
    let version = remote.elsewhere.or(remote.base).unwrap_or(0);
    version > 0 && remote.acknowledged.is_none() && remote.has_value == Some(true)
}

/// Notes that Floom holds `version` now (0 for none); gives what the activity says where somebody else brought that about.
pub(crate) fn looked(remote: &mut RemoteState, version: u32) -> Option<&'static str> {
    let Some(base) = remote.base else {
        remote.base = Some(version);
        return None;
    };
    if base == version {
        remote.elsewhere = None;
        return None;
    }
    let news = remote.elsewhere != Some(version);
    remote.elsewhere = Some(version);
    (remote.acknowledged, remote.previous, remote.rotated_at) = (None, None, None);
    news.then_some(if version == 0 { "removed on Floom" } else { "changed on Floom" })
}

/// What is decided from now on is decided on top of what Floom was seen with.
pub(crate) fn rebase(tx: &mut Tx<'_>, secret: &Secret) -> Result<(), EngineError> {
    let Some(secret) = tx.secret_with(secret.id)? else { return Ok(()) };
    if let Some(seen) = secret.remote.elsewhere {
        let remote = RemoteState { base: Some(seen), elsewhere: None, ..secret.remote };
        tx.set_remote(secret.id, &remote)?;
    }
    Ok(())
}

impl Engine {
    /// The question of a secret that was changed on both sides.
    pub(crate) fn conflict(&self, secret: &Secret, links: &[Link], waiting: Option<&OutboxItem>) -> Option<Prompt> {
        let removed_there = secret.remote.elsewhere == Some(0);
        if let Some(item) = waiting.filter(|item| is_conflict(item)) {
            let place = secret.current.as_ref().and_then(|current| match &current.source {
                Source::File { path, line } => {
                    let link = links.iter().find(|link| link.path == std::path::Path::new(path));
                    let line = link.and_then(|link| link.seen.get(&secret.name)).map_or(*line, |seen| seen.line);
                    Some((file::name(std::path::Path::new(path)), line))
                }
                _ => None,
            });
            let removes = item.change == OutboxChange::Remove;
            let (file, line) = place.filter(|_| !removes).unzip();
            return Some(Prompt::Conflict { file, line: line.unwrap_or(0), removed_there, removes });
        }
        secret.remote.elsewhere?;
        links.iter().find_map(|link| {
            let row = self.files.get(&link.id)?.open.rows.iter().find(|row| row.key == secret.name)?;
            let file = Some(file::name(&link.path));
            Some(Prompt::Conflict { file, line: row.line, removed_there, removes: false })
        })
    }

    /// Lets Floom's side stand: what waited here is never sent, and what the files have is set aside.
    pub(crate) fn keep_floom(&mut self, app: &App, key: &str) -> Result<(), EngineError> {
        let secret = self.vault()?.find_secret(app.id, key)?;
        let Some(secret) = secret.filter(|secret| secret.remote.elsewhere.is_some()) else {
            return Err(nothing_asked(key));
        };
        let links = self.links_of(app.id);
        let current = secret.current.as_ref().map(|current| current.fingerprint);
        let removed_there = secret.remote.elsewhere == Some(0);
        let now = Timestamp::now();
        self.vault_mut()?.transaction(|tx| {
            for item in tx.outbox_of(secret.id)?.iter().filter(|item| is_conflict(item)) {
                tx.outbox_done(item.id)?;
            }
            rebase(tx, &secret)?;
            if removed_there && secret.current.is_some() {
                tx.mark_removed(secret.id, now)?;
            }
            for mut link in links {
                // What is stored here is no change of the file; it stays in the history.
                let seen = link.seen.get(key).map(|seen| seen.fingerprint);
                let seen = seen.filter(|seen| removed_there || Some(*seen) != current);
                if let Some(seen) = seen {
                    link.set_aside.insert(key.to_owned(), seen);
                    tx.update_link(&link)?;
                }
            }
            let detail = "Floom’s side was kept; the one from here is kept in the history and was not sent";
            let receipt = NewReceipt { what: "floom_kept", app: Some(&app.slug), key: Some(key), detail };
            tx.append_receipt(&receipt, now)?;
            Ok::<_, EngineError>(())
        })?;
        self.nothing_asked(app.id, key);
        Ok(())
    }

    /// Sends what was refused once more, on top of what Floom has now. Whether there was such a change.
    pub(crate) fn send_on_top(&mut self, reference: &AppRef, key: &str) -> Result<bool, EngineError> {
        let app = self.app(reference)?;
        let Some(secret) = self.vault()?.find_secret(app.id, key)? else { return Ok(false) };
        let items = self.vault()?.outbox_of(secret.id)?;
        let Some(item) = items.into_iter().rfind(is_conflict) else { return Ok(false) };
        self.send_again(&app, &secret, item.change, "the value from here was chosen, Floom’s is replaced")?;
        Ok(true)
    }
}

pub(crate) fn nothing_asked(key: &str) -> EngineError {
    refused("nothing_asked", format!("Nothing is asked about {key}."), "Look at its row again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(base: u32) -> RemoteState {
        RemoteState { base: Some(base), acknowledged: Some(3), has_value: Some(true), ..RemoteState::default() }
    }

    #[test]
    fn a_version_that_is_seen_for_the_first_time_is_no_news() {
        let mut remote = RemoteState { has_value: Some(true), ..RemoteState::default() };
        assert_eq!(looked(&mut remote, 4), None, "nobody knew what was there before");
        assert_eq!((remote.base, remote.elsewhere), (Some(4), None), "changes are made on top of it");
    }

    #[test]
    fn another_version_is_told_once_and_takes_the_acknowledgement_back() {
        let mut remote = sent(4);
        assert_eq!(looked(&mut remote, 4), None, "what this vault sent");
        assert!(!is_foreign(&remote), "it is its own");
        assert_eq!(looked(&mut remote, 5), Some("changed on Floom"), "somebody else's");
        assert!(is_foreign(&remote), "Floom has a value that is not from here");
        assert_eq!(remote.base, Some(4), "a change that nobody decided anew is still made on top of the old one");
        assert_eq!(looked(&mut remote, 5), None, "it is told once");
        assert_eq!(looked(&mut remote, 0), Some("removed on Floom"), "gone is told too");
    }
}
