//! What the creator does to one secret, and the one place where a plan is stored.

use std::collections::BTreeMap;
use std::path::Path;

use envfile::is_portable_name;
use floom_protocol::command::Variable;
use floom_protocol::view::{AppRef, VersionView};
use floom_secret::{Policy, SecretValue};
use floom_vault::{
    App, AppId, Fingerprint, LinkId, NewOutboxItem, NewReceipt, OutboxChange, ReceiptNumber, RemoteState, Secret,
    Source, Tx, kept,
};
use jiff::Timestamp;

use crate::conflict::rebase;
use crate::engine::Engine;
use crate::error::refused;
use crate::plan::{Plan, Row, policy_of};
use crate::precedence::counts_more;
use crate::{EngineError, words};

impl Engine {
    /// Stores what `plan` says, with its outbox rows and receipts, in one transaction.
    pub(crate) fn commit(
        &mut self,
        app: AppId,
        plan: &Plan,
        values: &BTreeMap<String, SecretValue>,
        origin: impl Fn(&Row) -> Source,
    ) -> Result<(), EngineError> {
        if plan.changes().next().is_none() {
            return Ok(());
        }
        let slug = self.app_by_id(app)?.slug;
        let now = Timestamp::now();
        let stored: Vec<String> = plan.changes().map(|row| row.key.clone()).collect();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            for row in plan.changes() {
                let id = tx.ensure_secret(app, &row.key, now)?;
                let secret = known(tx, app, &row.key)?;
                if row.sends {
                    tx.set_policy(id, row.policy)?;
                }
                let stored = match values.get(&row.key).filter(|_| row.stores) {
                    Some(value) => Some(store(tx, &slug, &secret, value, &origin(row), now)?),
                    None => None,
                };
                if !row.sends {
                    continue;
                }
                let (version, told) = match stored {
                    Some((version, told)) => (Some(version), told),
                    None if is_on_its_way(tx, &secret, row.policy)? => continue,
                    None => {
                        let detail = format!("stored before, decided to be sent under {}", words::policy(row.policy));
                        let told = receipt(tx, "send_decided", &slug, &row.key, &detail, now)?;
                        (secret.current.as_ref().map(|current| current.version), told)
                    }
                };
                let change = match (row.policy, version) {
                    (Policy::Creator, Some(version)) => OutboxChange::Value { version, policy: Policy::Creator },
                    (policy, _) => OutboxChange::Policy(policy),
                };
                enqueue(tx, &slug, &secret, change, told, in_flight, now)?;
            }
            Ok::<_, EngineError>(())
        })?;
        for key in stored {
            self.nothing_asked(app, &key);
        }
        self.look_for_exposure_soon();
        Ok(())
    }

    /// Stores a value that the creator typed; it is sent under the creator vault.
    pub(crate) fn set_value(
        &mut self,
        reference: &AppRef,
        key: &str,
        value: &SecretValue,
        policy: Option<Policy>,
    ) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        check_name(key)?;
        value.check().map_err(|error| refused(error.code(), error.to_string(), "Give another value."))?;
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            let id = tx.ensure_secret(app.id, key, now)?;
            let secret = known(tx, app.id, key)?;
            let before = policy_of(Some(&secret), Policy::Creator);
            let policy = policy.unwrap_or(before);
            tx.set_policy(id, policy)?;
            if secret.policy.is_some() && policy != before {
                let detail = format!("policy set to {}", words::policy(policy));
                receipt(tx, "policy_set", &app.slug, key, &detail, now)?;
            }
            let (version, told) = store(tx, &app.slug, &secret, value, &Source::Typed, now)?;
            let changes = before != Policy::User || secret.remote.policy != Some(Policy::User);
            let change = match policy {
                Policy::Creator => Some(OutboxChange::Value { version, policy }),
                Policy::User => changes.then_some(OutboxChange::Policy(policy)),
            };
            if let Some(change) = change.filter(|_| secret.remote.declared) {
                enqueue(tx, &app.slug, &secret, change, told, in_flight, now)?;
            }
            Ok::<_, EngineError>(())
        })?;
        self.nothing_asked(app.id, key);
        self.look_for_exposure_soon();
        Ok(())
    }

    /// Changes who supplies a value.
    pub(crate) fn set_policy(
        &mut self,
        reference: &AppRef,
        key: &str,
        policy: Policy,
        value: Option<SecretValue>,
    ) -> Result<(), EngineError> {
        if let Some(value) = value {
            return self.set_value(reference, key, &value, Some(policy));
        }
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let live = secret.current.as_ref().filter(|_| secret.removed_at.is_none());
        let change = match (policy, live) {
            (Policy::User, _) => OutboxChange::Policy(Policy::User),
            (Policy::Creator, Some(current)) if needs_value(&secret, current.version) => {
                OutboxChange::Value { version: current.version, policy }
            }
            (Policy::Creator, Some(_)) => OutboxChange::Policy(policy),
            (Policy::Creator, None) if secret.remote.has_value == Some(true) => OutboxChange::Policy(policy),
            (Policy::Creator, None) => {
                return Err(refused(
                    "policy_needs_value",
                    "Creator vault needs your key. Runs fail until you set it.",
                    "Give the value together with the policy.",
                ));
            }
        };
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            tx.set_policy(secret.id, policy)?;
            let detail = format!("policy set to {}", words::policy(policy));
            let told = receipt(tx, "policy_set", &app.slug, key, &detail, now)?;
            if secret.remote.declared {
                enqueue(tx, &app.slug, &secret, change, told, in_flight, now)?;
            }
            Ok(())
        })
    }

    /// Makes the value before the current one current again.
    pub(crate) fn undo(&mut self, reference: &AppRef, key: &str) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let versions = self.vault()?.versions(secret.id)?;
        // The value before the current one; of a removed secret, the one that was removed.
        let Some(previous) = versions.get(usize::from(secret.removed_at.is_none())) else {
            return Err(refused("nothing_to_undo", format!("{key} has no earlier value."), "Nothing is needed."));
        };
        self.make_current(&app, &secret, previous.number, "undone, the old value is current")
    }

    /// Makes an older version's value current again.
    pub(crate) fn restore_version(&mut self, reference: &AppRef, key: &str, version: u32) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none());
        if current.is_some_and(|current| current.version == version) {
            return Err(refused(
                "version_is_current",
                format!("Version {version} of {key} is the current one."),
                "Nothing is needed.",
            ));
        }
        if !self.vault()?.readable_versions(secret.id)?.entries.iter().any(|known| known.number == version) {
            return Err(refused(
                "version_unknown",
                format!("{key} has no version {version} that can be read."),
                "Look at its history.",
            ));
        }
        self.make_current(&app, &secret, version, &format!("version {version} is current again"))
    }

    fn make_current(&mut self, app: &App, secret: &Secret, from: u32, said: &str) -> Result<(), EngineError> {
        let value = self.vault()?.value(secret.id, from)?;
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            let version = tx.put_value(secret.id, &value, &Source::Restored { from }, now)?;
            let told = receipt(tx, "value_restored", &app.slug, &secret.name, said, now)?;
            send_current(tx, app, secret, (version, &value), told, in_flight, now)
        })?;
        self.nothing_asked(app.id, &secret.name);
        Ok(())
    }

    /// Sends `change` anew, with what `said` about why.
    pub(crate) fn send_again(
        &mut self,
        app: &App,
        secret: &Secret,
        change: OutboxChange,
        said: &str,
    ) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            let told = receipt(tx, "send_decided", &app.slug, &secret.name, said, now)?;
            enqueue(tx, &app.slug, secret, change, told, in_flight, now)
        })
    }

    /// Takes a removal back.
    pub(crate) fn restore_removed(&mut self, reference: &AppRef, key: &str) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let current = secret.current.as_ref().map(|current| current.version);
        let (Some(_), Some(version)) = (secret.removed_at, current) else {
            return Err(refused("nothing_removed", format!("{key} was not removed."), "Nothing is needed."));
        };
        let value = self.vault()?.value(secret.id, version)?;
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            tx.restore_removed(secret.id)?;
            let told = receipt(tx, "removal_undone", &app.slug, key, "its removal was taken back", now)?;
            send_current(tx, &app, &secret, (version, &value), told, in_flight, now)
        })?;
        self.nothing_asked(app.id, key);
        Ok(())
    }

    /// Removes a secret's value from Floom. Its versions stay in the vault.
    pub(crate) fn remove(&mut self, reference: &AppRef, key: &str) -> Result<(), EngineError> {
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let now = Timestamp::now();
        let in_flight = self.in_flight;
        self.vault_mut()?.transaction(|tx| {
            tx.mark_removed(secret.id, now)?;
            let told = receipt(tx, "value_removed", &app.slug, key, "removed; kept encrypted here", now)?;
            set_aside_in_files(tx, app.id, key, None, None)?;
            let on_its_way = !tx.outbox_of(secret.id)?.is_empty();
            if secret.remote.declared && (on_its_way || secret.remote.has_value != Some(false)) {
                // What is never sent now would have brought its policy along, and what Floom has by then nobody knows.
                if on_its_way {
                    let policy = policy_of(Some(&secret), Policy::Creator);
                    enqueue(tx, &app.slug, &secret, OutboxChange::Policy(policy), told, in_flight, now)?;
                }
                enqueue(tx, &app.slug, &secret, OutboxChange::Remove, told, in_flight, now)?;
            }
            Ok::<_, EngineError>(())
        })?;
        self.nothing_asked(app.id, key);
        Ok(())
    }

    /// The versions of a secret, newest first.
    pub(crate) fn history(&self, reference: &AppRef, key: &str) -> Result<Vec<VersionView>, EngineError> {
        let app = self.app(reference)?;
        let secret = self.secret(&app, key)?;
        let current = secret.current.map(|current| current.version);
        let versions = self.vault()?.readable_versions(secret.id)?.entries;
        let times = kept(&versions, current, Timestamp::now());
        Ok(versions
            .into_iter()
            .zip(times)
            .map(|(version, kept)| VersionView {
                version: version.number,
                at: version.created_at,
                source: words::source(&version.source),
                preview: version.preview,
                current: current == Some(version.number),
                kept: words::kept(kept),
            })
            .collect())
    }

    /// The values that a command of the creator gets: those of the creator vault.
    pub(crate) fn environment(&mut self, reference: &AppRef) -> Result<Vec<Variable>, EngineError> {
        let app = self.app(reference)?;
        let vault = self.vault_mut()?;
        let mut variables = Vec::new();
        for secret in vault.secrets(app.id)? {
            let live = secret.removed_at.is_none() && policy_of(Some(&secret), Policy::Creator) == Policy::Creator;
            if let Some(current) = secret.current.as_ref().filter(|_| live) {
                variables.push(Variable { value: vault.value(secret.id, current.version)?, key: secret.name });
            }
        }
        let detail = format!("{} handed to a command", words::counted(variables.len(), "value"));
        vault.transaction(|tx| {
            let receipt = NewReceipt { what: "values_handed_out", app: Some(&app.slug), key: None, detail: &detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok::<_, EngineError>(())
        })?;
        Ok(variables)
    }

    fn secret(&self, app: &App, key: &str) -> Result<Secret, EngineError> {
        self.vault()?.find_secret(app.id, key)?.ok_or_else(|| {
            refused("secret_unknown", format!("{} has no secret {key}.", app.slug), "Look at the list of its secrets.")
        })
    }

    /// What was asked about `key` is answered by what was just decided.
    pub(crate) fn nothing_asked(&mut self, app: AppId, key: &str) {
        let links: Vec<LinkId> = self.links_of(app).iter().map(|link| link.id).collect();
        for link in links {
            if let Some(file) = self.files.get_mut(&link) {
                file.open.rows.retain(|row| row.key != key);
            }
        }
    }
}

/// Floom's rule for names of environment variables.
fn check_name(key: &str) -> Result<(), EngineError> {
    if is_portable_name(key) {
        return Ok(());
    }
    Err(refused("name_invalid", "Use A–Z, 0–9 and _, starting with a letter.", "Give the secret another name."))
}

/// Whether Floom must be sent `version` when the creator vault is chosen.
fn needs_value(secret: &Secret, version: u32) -> bool {
    secret.remote.acknowledged != Some(version) || secret.remote.has_value == Some(false)
}

/// Whether what a row would send waits to be sent already.
fn is_on_its_way(tx: &Tx<'_>, secret: &Secret, policy: Policy) -> Result<bool, EngineError> {
    let current = secret.current.as_ref().map(|current| current.version);
    let newest = tx.outbox_of(secret.id)?.into_iter().next_back().map(|item| item.change);
    Ok(match (newest, policy) {
        (Some(OutboxChange::Value { version, .. }), Policy::Creator) => Some(version) == current,
        (Some(OutboxChange::Policy(waits)), policy) => waits == policy && policy == Policy::User,
        _ => false,
    })
}

fn known(tx: &Tx<'_>, app: AppId, key: &str) -> Result<Secret, EngineError> {
    let found = tx.find_secret(app, key)?;
    found.ok_or_else(|| refused("secret_unknown", format!("There is no secret {key}."), "Look at the list of secrets."))
}

fn receipt(
    tx: &mut Tx<'_>,
    what: &'static str,
    app: &str,
    key: &str,
    detail: &str,
    now: Timestamp,
) -> Result<ReceiptNumber, EngineError> {
    Ok(tx.append_receipt(&NewReceipt { what, app: Some(app), key: Some(key), detail }, now)?)
}

/// Sends `version`, which has just become current again, under the creator vault.
fn send_current(
    tx: &mut Tx<'_>,
    app: &App,
    secret: &Secret,
    (version, value): (u32, &SecretValue),
    told: ReceiptNumber,
    in_flight: Option<i64>,
    now: Timestamp,
) -> Result<(), EngineError> {
    let current = tx.fingerprint(value);
    set_aside_in_files(tx, secret.app, &secret.name, Some(current), None)?;
    let remote = tx.secret_with(secret.id)?.map_or_else(|| secret.remote.clone(), |now| now.remote);
    let settled = RemoteState { previous: None, rotated_at: None, ..remote };
    tx.set_remote(secret.id, &settled)?;
    if secret.remote.declared && policy_of(Some(secret), Policy::Creator) == Policy::Creator {
        let change = OutboxChange::Value { version, policy: Policy::Creator };
        enqueue(tx, &app.slug, secret, change, told, in_flight, now)?;
    }
    Ok(())
}

/// Stores `value` as a new version; gives its number and its receipt's.
fn store(
    tx: &mut Tx<'_>,
    app: &str,
    secret: &Secret,
    value: &SecretValue,
    source: &Source,
    now: Timestamp,
) -> Result<(u32, ReceiptNumber), EngineError> {
    let version = tx.put_value(secret.id, value, source, now)?;
    let from = words::from(source);
    let (what, detail) = match &secret.current {
        Some(_) => ("value_rotated", format!("rotated {from}")),
        None => ("value_stored", format!("stored {from}")),
    };
    let told = receipt(tx, what, app, &secret.name, &detail, now)?;
    let current = tx.fingerprint(value);
    set_aside_in_files(tx, secret.app, &secret.name, Some(current), Some(source))?;
    Ok((version, told))
}

/// Whether `older`, not sent yet, has nothing left to do once `newer` is decided.
/// A policy says nothing about a value that has to go, and a removal nothing about who supplies the next one.
pub fn replaces(newer: OutboxChange, older: OutboxChange) -> bool {
    use OutboxChange::{Policy, Remove};
    !matches!((newer, older), (Policy(_), Remove) | (Remove, Policy(_)))
}

/// Queues `change`; an older one of the same secret that it replaces is never sent.
/// The row that is being sent at this moment stays: Floom may have it already.
fn enqueue(
    tx: &mut Tx<'_>,
    app: &str,
    secret: &Secret,
    change: OutboxChange,
    told: ReceiptNumber,
    in_flight: Option<i64>,
    now: Timestamp,
) -> Result<(), EngineError> {
    if !matches!(change, OutboxChange::Policy(_)) {
        rebase(tx, secret)?;
    }
    let older = tx.outbox_of(secret.id)?;
    for older in older.iter().filter(|older| Some(older.id) != in_flight && replaces(change, older.change)) {
        tx.outbox_done(older.id)?;
        let detail = "an earlier change is never sent: a newer one replaced it";
        receipt(tx, "never_sent", app, &secret.name, detail, now)?;
    }
    tx.enqueue(&NewOutboxItem { app: secret.app, secret: secret.id, change }, told, now)?;
    Ok(())
}

/// After another value than a watched file has became current, the file's is set aside, so that its
/// next read does not take the choice back. The file that the value came from is left as it is.
fn set_aside_in_files(
    tx: &mut Tx<'_>,
    app: AppId,
    key: &str,
    current: Option<Fingerprint>,
    source: Option<&Source>,
) -> Result<(), EngineError> {
    let from = match source {
        Some(Source::File { path, .. }) => Some(Path::new(path)),
        _ => None,
    };
    let links = tx.links_of(app)?;
    for link in links.iter().filter(|link| Some(link.path.as_path()) != from) {
        let Some(seen) = link.seen.get(key).map(|seen| seen.fingerprint) else { continue };
        let mut link = link.clone();
        // A file that counts less is overruled and was not rejected: once its line shows through, it asks.
        let overruled = from.is_some_and(|from| counts_more(from, &link, &links));
        if Some(seen) == current || overruled {
            link.set_aside.remove(key);
        } else {
            link.set_aside.insert(key.to_owned(), seen);
        }
        tx.update_link(&link)?;
    }
    Ok(())
}
