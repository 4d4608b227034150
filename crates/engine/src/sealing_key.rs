//! The sealing key that each app was first seen with. Nothing is sealed to another until the creator says so.

use floom_protocol::view::AppRef;
use floom_seal::Pin;
use floom_vault::{App, NewReceipt, OutboxItem, RemoteState};
use jiff::Timestamp;

use crate::EngineError;
use crate::engine::Engine;

/// The code of a change that was not sealed because the key is another one.
pub(crate) const KEY_CHANGED: &str = "sealing_key_changed";

/// Where an app's pin is kept; empty where the creator trusts the next key that is seen.
fn setting(app: &App) -> String {
    format!("sealing_key/{}", app.id)
}

impl Engine {
    /// The sealing key that the app was first seen with.
    pub(crate) fn pinned(&self, app: &App) -> Option<Pin> {
        let stored = self.vault().ok()?.setting(&setting(app)).ok().flatten()?;
        serde_json::from_str(&stored).ok()
    }

    /// Keeps the key that a change was sealed to, unless one is kept.
    pub(crate) fn pin(&mut self, app: &App, pin: &Pin) -> Result<(), EngineError> {
        if self.pinned(app).is_some() {
            return Ok(());
        }
        let text = serde_json::to_string(pin).unwrap_or_default();
        self.vault_mut()?.transaction(|tx| Ok(tx.set_setting(&setting(app), &text)?))
    }

    /// Lets the kept key go, and sends what was refused because of it.
    pub(crate) fn trust_sealing_key(&mut self, reference: &AppRef) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let refused = |item: &OutboxItem| {
            item.app == app.id && item.failure.as_ref().is_some_and(|failure| failure.code == KEY_CHANGED)
        };
        self.vault_mut()?.transaction(|tx| {
            tx.set_setting(&setting(&app), "")?;
            for secret in tx.secrets(app.id)? {
                // Set up anew, it counts from the beginning.
                tx.set_remote(secret.id, &RemoteState { base: None, elsewhere: None, ..secret.remote })?;
            }
            for item in tx.outbox()?.iter().filter(|item| refused(item)) {
                tx.outbox_retry(item.id)?;
            }
            let detail = "its new sealing key is trusted";
            let receipt = NewReceipt { what: "sealing_key_trusted", app: Some(&app.slug), key: None, detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok(())
        })
    }
}
