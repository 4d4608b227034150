//! Sending what waits: one change at a time, oldest first, until Floom acknowledged it.

use std::collections::HashSet;
use std::time::Duration;

use floom_client::{Changed, Client, Dialect, FloomError, PolicyEntry};
use floom_protocol::Failure;
use floom_protocol::view::{ConnectionState, SyncReport};
use floom_seal::Pin;
use floom_secret::Policy;
use floom_vault::{App, NewReceipt, OutboxChange, OutboxItem, RemoteState, Secret, Source};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::command::said;
use crate::conflict::{CONFLICT, is_conflict, looked};
use crate::engine::{Engine, Reply};
use crate::push::{Change, push};
use crate::sealed_push::{SealedDone, SealedPush, push_sealed, request_of};
use crate::sealing_key::KEY_CHANGED;
use crate::secret::replaces;
use crate::session::Session;
use crate::{EngineError, words};

/// The longest wait between two tries of one change.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How long nothing is sent after the vault could not be written (a full disk, say).
const UNWRITABLE: Duration = Duration::from_secs(5);

/// How a change is sent.
enum Way {
    /// In two calls, to a Floom of today.
    Saga { slug: String, key: String, change: Change, before: Option<Policy> },
    /// In one, sealed.
    Sealed(SealedPush),
}

/// What Floom said of a change.
struct Sent {
    entry: PolicyEntry,
    /// Versions and grace, where Floom tells them.
    changed: Option<Changed>,
    /// The sealing key that was used.
    pin: Option<Pin>,
}

impl Way {
    async fn go(self, client: &Client) -> Result<Sent, EngineError> {
        match self {
            Self::Saga { slug, key, change, before } => {
                let entry = push(client, &slug, &key, &change, before).await?;
                Ok(Sent { entry, changed: None, pin: None })
            }
            Self::Sealed(sealed) => {
                let SealedDone { changed, pin } = push_sealed(client, sealed).await?;
                let entry = PolicyEntry {
                    key: changed.key.clone(),
                    policy: changed.policy,
                    creator_has_value: changed.version > 0,
                    updated_at: None,
                };
                Ok(Sent { entry, changed: Some(changed), pin })
            }
        }
    }
}

impl Engine {
    /// Starts sending the next change, if one waits, its Floom is connected and nothing is on its way.
    pub(crate) fn kick(&mut self) {
        if self.held().is_none() && !self.anchored_first() {
            return;
        }
        while self.in_flight.is_none() && self.pause_until.is_none_or(|until| until <= Instant::now()) {
            match self.next_item() {
                Ok(Some((item, app, secret))) => self.send(item, &app, secret),
                Ok(None) | Err(_) => break,
            }
        }
        if self.in_flight.is_none() {
            self.settle();
        }
    }

    fn next_item(&self) -> Result<Option<(OutboxItem, App, Secret)>, EngineError> {
        if self.held().is_some() || self.anchor.before_sending() {
            return Ok(None);
        }
        let vault = self.vault()?;
        let now = Timestamp::now();
        // What was decided first about a secret is sent first.
        let mut blocked = HashSet::new();
        for item in vault.outbox()? {
            let held = match (&item.failure, item.next_try) {
                (Some(_), None) => true,
                (_, Some(at)) => at > now,
                (None, None) => false,
            };
            let app = self.app_by_id(item.app)?;
            let connected = self.sessions.get(&app.connection).is_some_and(Session::takes_changes);
            if held || !connected || blocked.contains(&item.secret) {
                blocked.insert(item.secret);
                continue;
            }
            let Some(secret) = vault.secret_with(item.secret)? else { continue };
            return Ok(Some((item, app, secret)));
        }
        Ok(None)
    }

    fn send(&mut self, item: OutboxItem, app: &App, secret: Secret) {
        let prepared = self.change(&item, &secret).and_then(|change| Ok((change, self.client(app.connection)?)));
        let (change, client) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                // What cannot be opened cannot be sent; the creator is told in the row.
                self.not_sent(&item, app, error);
                return;
            }
        };
        self.in_flight = Some(item.id);
        let before = secret.remote.policy;
        let way = match self.sealed_push(&item, app, &secret, change) {
            Ok(push) => Way::Sealed(push),
            Err(change) => Way::Saga { slug: app.slug.clone(), key: secret.name.clone(), change, before },
        };
        let app = app.clone();
        let local = self.is_local(app.connection).then(|| self.local.clone());
        let sending = async move {
            if let Some(local) = local {
                // Another process may listen on the port of a child that died.
                let started = local.start().await?;
                if started.url != *client.base() {
                    let host = client.base().host_label();
                    return Err(FloomError::Unreachable { host, sent: false }.into());
                }
            }
            way.go(&client).await
        };
        self.beside(sending, move |engine, sent| {
            engine.in_flight = None;
            engine.stir();
            match sent.and_then(|sent| engine.acknowledged(&item, &app, &secret, &sent)) {
                Ok(()) => {}
                Err(error) => engine.not_sent(&item, &app, error),
            }
        });
    }

    /// The change as a Floom with `secrets-v1` takes it; given back where this one is of today.
    fn sealed_push(&self, item: &OutboxItem, app: &App, secret: &Secret, change: Change) -> Result<SealedPush, Change> {
        let session = self.sessions.get(&app.connection).filter(|session| session.dialect == Dialect::SecretsV1);
        let (Some(session), Ok(vault)) = (session, self.vault()) else { return Err(change) };
        let told = session.told(&app.slug, &secret.name);
        let restored = |version| {
            let versions = vault.readable_versions(secret.id).map(|read| read.entries).unwrap_or_default();
            let source = versions.into_iter().find(|known| known.number == version).map(|known| known.source);
            matches!(source, Some(Source::Restored { .. }))
        };
        Ok(SealedPush {
            slug: app.slug.clone(),
            key: secret.name.clone(),
            change,
            expected: secret.remote.base.or(told.map(|told| told.value.as_ref().map_or(0, |value| value.version))),
            keeps_old: !matches!(item.change, OutboxChange::Value { version, .. } if restored(version)),
            request: request_of(vault.id(), item),
            // Local Floom is our own child: whoever sets it up anew has not been replaced by another.
            pin: if self.is_local(app.connection) { None } else { self.pinned(app) },
        })
    }

    fn change(&self, item: &OutboxItem, secret: &Secret) -> Result<Change, EngineError> {
        Ok(match item.change {
            OutboxChange::Value { version, .. } => Change::Value(self.vault()?.value(secret.id, version)?),
            OutboxChange::Policy(policy) => Change::Policy(policy),
            OutboxChange::Remove => Change::Remove,
        })
    }

    /// Floom has it: that is stored, with its receipt, and the row leaves the outbox.
    fn acknowledged(&mut self, item: &OutboxItem, app: &App, sent: &Secret, answer: &Sent) -> Result<(), EngineError> {
        let now = Timestamp::now();
        self.told.insert(sent.id, Instant::now());
        let entry = &answer.entry;
        if let Some(changed) = &answer.changed
            && let Some(session) = self.sessions.get_mut(&app.connection)
        {
            session.acknowledge(&app.slug, changed);
        }
        if let Some(pin) = &answer.pin {
            self.pin(app, pin)?;
        }
        let vault = self.vault_mut()?;
        let Some(secret) = vault.find_secret(app.id, &sent.name)? else { return Ok(()) };
        let mut remote = RemoteState {
            policy: Some(entry.policy),
            policy_set_at: entry.updated_at.or(Some(now)),
            has_value: Some(entry.creator_has_value),
            ..secret.remote.clone()
        };
        if let Some(changed) = &answer.changed {
            (remote.base, remote.elsewhere) = (Some(changed.version), None);
        }
        let detail = match item.change {
            OutboxChange::Value { version, .. } => {
                let versions = vault.versions(secret.id)?;
                let source = versions.iter().find(|known| known.number == version).map(|known| &known.source);
                let replaced = secret.remote.acknowledged.filter(|old| *old != version);
                let restored = matches!(source, Some(Source::Restored { .. }));
                remote.previous = replaced.filter(|_| !restored);
                remote.rotated_at = remote.previous.map(|_| now);
                remote.acknowledged = Some(version);
                remote.acknowledged_at = Some(now);
                source.map_or_else(|| "synced".to_owned(), |source| format!("synced {}", words::from(source)))
            }
            OutboxChange::Policy(policy) => format!("Floom has {}", words::policy(policy)),
            OutboxChange::Remove => {
                remote.acknowledged = None;
                "removed from Floom".to_owned()
            }
        };
        vault.transaction(|tx| {
            tx.set_remote(secret.id, &remote)?;
            tx.outbox_done(item.id)?;
            let receipt = NewReceipt { what: "synced", app: Some(&app.slug), key: Some(&secret.name), detail: &detail };
            tx.append_receipt(&receipt, now)?;
            Ok(())
        })
    }

    /// Floom did not take it: said in its row, tried again where that can help.
    fn not_sent(&mut self, item: &OutboxItem, app: &App, error: EngineError) {
        let (transient, pause, refused_token) = match &error {
            EngineError::Floom(error) => {
                (error.is_transient(), error.retry_after(), error.code() == "floom_token_refused")
            }
            EngineError::Refused(failure) => (failure.code == "floom_not_confirmed", None, false),
            EngineError::Vault(_) => (false, None, false),
        };
        let wait = pause.unwrap_or_else(|| Duration::from_secs(1 << item.attempts.min(8)).min(LONGEST_WAIT));
        let conflict = match &error {
            EngineError::Floom(FloomError::VersionConflict { current, .. }) => Some(*current),
            _ => None,
        };
        if conflict.is_some() {
            // What is there now is asked for, so that the creator sees it.
            self.reach_each(&[app.connection]);
        }
        let unreachable = matches!(&error, EngineError::Floom(error) if error.code() == "floom_unreachable" || error.code() == "floom_timeout");
        let failure =
            if unreachable || refused_token { self.unreachable(app.connection, error) } else { Failure::from(error) };
        if unreachable || refused_token {
            // The change itself is fine: it waits for its Floom.
            return;
        }
        let next = transient.then(|| Timestamp::now().checked_add(wait).ok()).flatten();
        let noted = self.vault_mut().and_then(|vault| {
            vault.transaction(|tx| {
                let newer = |other: &OutboxItem| {
                    other.secret == item.secret && other.id > item.id && replaces(other.change, item.change)
                };
                if tx.outbox()?.iter().any(newer) {
                    // Tried later it would undo what was decided since.
                    tx.outbox_done(item.id)?;
                    let detail = "an earlier change is given up: a newer one replaced it";
                    let secrets = tx.secrets(item.app)?;
                    let key = secrets.iter().find(|secret| secret.id == item.secret).map(|secret| secret.name.as_str());
                    let receipt = NewReceipt { what: "given_up", app: Some(&app.slug), key, detail };
                    tx.append_receipt(&receipt, Timestamp::now())?;
                    return Ok(());
                }
                if let (Some(current), Some(secret)) = (conflict, tx.secret_with(item.secret)?) {
                    let mut remote = secret.remote;
                    looked(&mut remote, current);
                    tx.set_remote(item.secret, &remote)?;
                }
                Ok::<_, EngineError>(tx.outbox_failed(item.id, &failure.code, &failure.message, next)?)
            })
        });
        if noted.is_err() {
            // What happened cannot be written down: the row is as it was, and is sent again a little later.
            self.pause_until = Some(Instant::now() + UNWRITABLE);
        }
    }

    /// When the next try of a change is due.
    pub(crate) fn outbox_due(&self) -> Option<Instant> {
        if self.in_flight.is_some() {
            return None;
        }
        let outbox = self.vault().ok()?.outbox().ok()?;
        let now = Timestamp::now();
        let next = outbox.iter().filter_map(|item| item.next_try).filter(|at| *at > now).min()?;
        let wait = Duration::try_from(next.duration_since(now)).ok()?;
        Some(Instant::now() + wait)
    }

    /// Sends what waits now; with `wait` the answer comes when nothing is on its way any more.
    pub(crate) fn sync(&mut self, wait: bool, reply: Reply) {
        let cleared = self.vault_mut().and_then(|vault| {
            let failed = vault.outbox()?;
            let failed = failed.into_iter().filter(|item| item.failure.is_some() && !is_conflict(item));
            vault.transaction(|tx| {
                for item in failed {
                    tx.outbox_retry(item.id)?;
                }
                Ok::<_, EngineError>(())
            })
        });
        if let Err(error) = cleared {
            let _ = reply.send(Err(error.into()));
            return;
        }
        self.retry_all();
        if wait {
            self.settled.push(reply);
        } else {
            let _ = reply.send(said(Ok(self.sync_report())));
        }
    }

    /// Answers those who wait, when nothing more can be sent for now.
    fn settle(&mut self) {
        let connecting =
            self.sessions.values().any(|session| session.state == ConnectionState::Connecting || session.is_asking());
        if connecting || self.settled.is_empty() {
            return;
        }
        for reply in std::mem::take(&mut self.settled) {
            let _ = reply.send(said(self.vault().map(|_| self.sync_report())));
        }
    }

    pub(crate) fn sync_report(&self) -> SyncReport {
        let outbox = self.vault().and_then(|vault| Ok(vault.outbox()?)).unwrap_or_default();
        let failed = outbox.iter().filter(|item| item.failure.is_some());
        let apps = self.vault().and_then(|vault| Ok(vault.apps()?)).unwrap_or_default();
        let waits = |id| outbox.iter().any(|item| apps.iter().any(|app| app.id == item.app && app.connection == id));
        let concerned = self.sessions.iter().filter(|(id, _)| Some(**id) == self.shown || waits(**id));
        let offline = concerned.map(|(_, session)| session).find_map(|session| match &session.state {
            ConnectionState::Offline { failure, .. } | ConnectionState::Refused { failure } => Some(failure.clone()),
            _ => None,
        });
        let held = self.held().or(self.anchor.trouble()).filter(|_| !outbox.is_empty()).cloned();
        SyncReport {
            waiting: count(outbox.iter().filter(|item| item.failure.is_none()).count()),
            failed: count(failed.clone().count()),
            failure: failed.clone().next().and_then(failure_of).or(held).or(offline),
        }
    }
}

/// Why an outbox row was not taken, for people.
pub(crate) fn failure_of(item: &OutboxItem) -> Option<Failure> {
    let failure = item.failure.as_ref()?;
    let next = match item.next_try {
        Some(_) => "It is tried again by itself.",
        None if failure.code == KEY_CHANGED => "If Floom was set up anew, trust its new key; else ask whoever runs it.",
        None if failure.code == CONFLICT => "Pick one in its row.",
        None => "Mend the cause, then sync again.",
    };
    // Of these it is certain that Floom did not act on them.
    let certain =
        ["floom_not_owner", "floom_app_not_found", "floom_key_unknown", "floom_rate_limited", KEY_CHANGED, CONFLICT];
    let kept = if certain.contains(&failure.code.as_str()) {
        "It is stored here, encrypted; Floom still has the old state."
    } else {
        "It is stored here, encrypted; Floom may have the old state or the new one."
    };
    Some(Failure::new(&failure.code, &failure.message, kept, next))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
