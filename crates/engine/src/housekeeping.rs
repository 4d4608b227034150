//! What is done once a day while the vault is open: the good copy, and versions past their time.

use std::path::Path;
use std::time::Duration;

use floom_protocol::Failure;
use floom_vault::{NewReceipt, Vault, good_copy};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::EngineError;
use crate::engine::{Engine, Slot};

/// How often.
pub(crate) const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

const PRUNED_AT: &str = "pruned_at";

/// Does what is due at the opening of `vault`. What fails is tried again the next day.
pub(crate) fn at_opening(vault: &mut Vault, now: Timestamp) {
    let day = SignedDuration::from_hours(24);
    let is_due = |at: Timestamp| now.duration_since(at) >= day;
    if vault.receipts_count().is_ok_and(|receipts| receipts > 0)
        && good_copy(vault.path()).is_none_or(|copy| is_due(copy.made_at))
    {
        let _ = vault.keep_good_copy();
    }
    let pruned_at = vault.setting(PRUNED_AT).ok().flatten().and_then(|at| at.parse().ok());
    if pruned_at.is_none_or(is_due) {
        let _ = prune(vault, now);
    }
}

/// Removes the versions that are past their time, each with a receipt.
fn prune(vault: &mut Vault, now: Timestamp) -> Result<(), EngineError> {
    vault.transaction(|tx| {
        let pruned = tx.prune_versions(now)?;
        let apps = tx.apps()?;
        for one in &pruned {
            let app = apps.iter().find(|app| app.id == one.app).map(|app| app.slug.as_str());
            let detail = format!("version {} is past its time and was removed here", one.version);
            let receipt = NewReceipt { what: "version_pruned", app, key: Some(&one.name), detail: &detail };
            tx.append_receipt(&receipt, now)?;
        }
        Ok(tx.set_setting(PRUNED_AT, &now.to_string())?)
    })
}

/// `failure` with the good copy as the way on, where the file is damaged and there is one.
pub(crate) fn offer_good_copy(failure: Failure, path: &Path) -> Failure {
    match good_copy(path).filter(|_| failure.code == "vault_damaged") {
        Some(copy) => {
            let day = copy.made_at.strftime("%Y-%m-%d %H:%M UTC");
            Failure { next: format!("Use the last good copy, of {day}; the damaged file is kept."), ..failure }
        }
        None => failure,
    }
}

impl Engine {
    /// The same for a vault that has been open for a day.
    pub(crate) fn keep_house(&mut self) {
        self.housekeeping = None;
        let begun = self.lend(
            |vault| at_opening(vault, Timestamp::now()),
            |engine, ()| {
                engine.housekeeping = Some(Instant::now() + EVERY);
            },
        );
        if begun.is_err() {
            self.housekeeping = None;
        }
    }

    /// Whether the vault holds more than its good copy.
    pub(crate) fn changed_since_opening(&self) -> bool {
        let Slot::Open(vault) = &self.slot else { return false };
        let newest = vault.receipts(1).ok().and_then(|receipts| receipts.first().map(|receipt| receipt.at));
        let copied = good_copy(vault.path()).map(|copy| copy.made_at);
        newest.is_some_and(|newest| copied.is_none_or(|copied| copied < newest))
    }
}
