//! When it is looked whether values stand in git, what was found, and what the creator said to that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use floom_protocol::view::{AppRef, Prompt};
use floom_secret::{Policy, SecretValue, provider};
use floom_vault::{Fingerprint, NewReceipt, Secret, SecretId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::EngineError;
use crate::engine::Engine;
use crate::error::refused;
use crate::exposure::{Found, search};
use crate::plan::policy_of;

/// How long after a change it is looked: what came with it comes first.
const SOON: Duration = Duration::from_secs(2);

/// Between two looks is so many times what the last one took: a large repository is not searched after every save.
const REST: u32 = 20;

/// Where each value was found that was.
#[derive(Default)]
pub(crate) struct Exposure {
    found: BTreeMap<SecretId, (Fingerprint, Found)>,
    due: Option<Instant>,
    looking: bool,
    /// Before this it is not looked again.
    rests_until: Option<Instant>,
    /// Ends the look that is under way: it holds values.
    stop: Arc<AtomicBool>,
}

impl Exposure {
    /// The vault is locked: what is looked for is let go, and what was found is forgotten.
    pub(crate) fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        *self = Self { looking: self.looking, ..Self::default() };
    }
}

/// What is kept about one secret: the value that was found, and whether the creator said that it may be there.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    value: Fingerprint,
    accepted: bool,
}

fn setting(secret: SecretId) -> String {
    format!("exposed/{secret}")
}

impl Engine {
    /// Has it looked soon.
    pub(crate) fn look_for_exposure_soon(&mut self) {
        let soon = Instant::now() + SOON;
        self.exposure.due = Some(self.exposure.rests_until.map_or(soon, |until| until.max(soon)));
    }

    /// When it is looked next.
    pub(crate) fn exposure_due(&self) -> Option<Instant> {
        self.exposure.due.filter(|_| !self.exposure.looking)
    }

    /// Looks beside the engine, if it is time: in the repositories of the watched files, for their apps' values.
    pub(crate) fn look_for_exposure(&mut self, now: Instant) {
        if self.exposure_due().is_none_or(|due| due > now) {
            return;
        }
        self.exposure.due = None;
        let Ok((places, prints)) = self.values_beside_files() else { return };
        if places.is_empty() {
            return;
        }
        self.exposure.looking = true;
        let stop = self.exposure.stop.clone();
        let looked =
            move || places.into_iter().flat_map(|(folder, values)| search(&folder, values, &stop)).collect::<Vec<_>>();
        self.beside_blocking(looked, move |engine, found| {
            let ended = Instant::now();
            engine.exposure.looking = false;
            engine.exposure.rests_until = Some(ended + (ended - now) * REST);
            engine.exposed_are(&found, &prints);
        });
    }

    /// The values that the creator supplies, by the folder of a watched file of their app; and their fingerprints.
    #[expect(clippy::type_complexity, reason = "two lists that belong to one walk")]
    fn values_beside_files(
        &self,
    ) -> Result<(BTreeMap<PathBuf, Vec<(SecretId, SecretValue)>>, BTreeMap<SecretId, Fingerprint>), EngineError> {
        let vault = self.vault()?;
        let (mut places, mut prints) = (BTreeMap::new(), BTreeMap::new());
        for link in vault.links()? {
            let Some(folder) = link.path.parent().map(Path::to_owned) else { continue };
            if places.contains_key(&folder) {
                continue;
            }
            let mut values = Vec::new();
            for secret in vault.secrets(link.app)? {
                let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none());
                if let Some(current) = current {
                    values.push((secret.id, vault.value(secret.id, current.version)?));
                    prints.insert(secret.id, current.fingerprint);
                }
            }
            places.insert(folder, values);
        }
        Ok((places, prints))
    }

    fn exposed_are(&mut self, found: &[Found], prints: &BTreeMap<SecretId, Fingerprint>) {
        let known = |found: &Found| Some((found.secret, (*prints.get(&found.secret)?, found.clone())));
        self.exposure.found = found.iter().filter_map(known).collect();
        for (secret, (print, found)) in self.exposure.found.clone() {
            if self.told(secret).is_some_and(|told| told.value == print) {
                continue;
            }
            let place = found.commit.map_or_else(|| found.file.clone(), |commit| format!("{}, {commit}", found.file));
            let detail = format!("its value stands in git: {place}");
            // Told again at the next look where it cannot be written down.
            let _ = self.note_exposure(secret, Told { value: print, accepted: false }, "exposure_found", &detail);
        }
    }

    fn told(&self, secret: SecretId) -> Option<Told> {
        let stored = self.vault().ok()?.setting(&setting(secret)).ok().flatten()?;
        serde_json::from_str(&stored).ok()
    }

    fn note_exposure(
        &mut self,
        secret: SecretId,
        told: Told,
        what: &'static str,
        detail: &str,
    ) -> Result<(), EngineError> {
        let Some(known) = self.vault()?.secret_with(secret)? else { return Ok(()) };
        let app = self.app_by_id(known.app)?;
        let text = serde_json::to_string(&told).unwrap_or_default();
        self.vault_mut()?.transaction(|tx| {
            tx.set_setting(&setting(secret), &text)?;
            let receipt = NewReceipt { what, app: Some(&app.slug), key: Some(&known.name), detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok(())
        })
    }

    /// The prompt about a value that stands in git, unless the creator said that it may.
    pub(crate) fn exposed(&self, secret: &Secret) -> Option<Prompt> {
        let (print, found) = self.exposure.found.get(&secret.id)?;
        let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none())?;
        let accepted = self.told(secret.id).is_some_and(|told| told.accepted && told.value == *print);
        let supplied = policy_of(Some(secret), Policy::Creator) == Policy::Creator;
        (current.fingerprint == *print && supplied && !accepted).then(|| Prompt::Exposed {
            file: found.file.clone(),
            commit: found.commit.clone(),
            page: provider::of_name(&secret.name).and_then(|known| known.new_key).map(str::to_owned),
        })
    }

    /// The creator says that this value may stand where it was found.
    pub(crate) fn accept_exposure(&mut self, reference: &AppRef, key: &str) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let secret = self.vault()?.find_secret(app.id, key)?;
        let found = secret.as_ref().and_then(|secret| self.exposure.found.get(&secret.id));
        let (Some(secret), Some((print, _))) = (&secret, found) else {
            return Err(refused("nothing_exposed", format!("{key} was not found in git."), "Nothing is needed."));
        };
        let told = Told { value: *print, accepted: true };
        self.note_exposure(secret.id, told, "exposure_accepted", "its value may stand in git")
    }
}
