//! What faces are shown, made from what the engine holds. Decides nothing.

use std::collections::HashMap;
use std::path::Path;

use floom_client::Dialect;
use floom_keychain::State;
use floom_keychain::doctor::{Advice, Facts};
use floom_protocol::Failure;
use floom_protocol::import::Fate;
use floom_protocol::readiness::Readiness;
use floom_protocol::view::{
    AppView, Check, ConnectionState, ConnectionView, DoctorView, KeychainView, LastUsed, LinkState, LinkView, Prompt,
    RecoveryView, SecretView, Snapshot, SourceView, SyncView, VaultView,
};
use floom_secret::Policy;
use floom_vault::{App, AppId, ConnectionKind, Link, OutboxChange, OutboxItem, Secret, Source, Standing, good_copy};
use jiff::{SignedDuration, Timestamp};

use crate::conflict::is_foreign;
use crate::engine::{Engine, Slot};
use crate::error::of_vault as of_damage;
use crate::link::{brake_of, reader_of};
use crate::outbox::failure_of;
use crate::plan::policy_of;
use crate::readiness::{Look, readiness};
use crate::{file, floom_cli, words};

/// How long Undo is offered after a value was replaced.
pub const UNDO: SignedDuration = SignedDuration::from_mins(5);

/// How many receipts the activity list shows.
const ACTIVITY: usize = 200;

/// What is shown before anything is known.
pub(crate) fn nothing_yet(keychain: &str) -> Snapshot {
    Snapshot {
        sequence: 0,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        now: Timestamp::now(),
        keychain: KeychainView { name: keychain.to_owned(), state: "other".to_owned() },
        vault: VaultView::Locked { passphrase: false },
        connections: Vec::new(),
        apps: Vec::new(),
        links: Vec::new(),
        activity: Vec::new(),
        waiting: 0,
        failed: 0,
        recovery: None,
        notices: Vec::new(),
        good_copy: None,
        floom_cli: false,
    }
}

/// Why a keychain in `state` opens no vault.
pub(crate) fn blocked(state: State) -> Failure {
    Failure::new(state.code(), state.sentence(), "The vault stays closed; nothing was changed.", state.hint())
}

/// Why a vault that stands so cannot be opened, and what to do.
pub(crate) fn of_vault(standing: &Standing, keychain: &str) -> Failure {
    match standing {
        Standing::Blocked(state) => blocked(*state),
        Standing::KeyMissing => Failure::new(
            "vault_key_missing",
            format!("The key is not in your {keychain}."),
            "Nothing was changed; your recovery kit opens the vault.",
            "Use the recovery kit, or restore the entry.",
        ),
        Standing::FileMissing => Failure::new(
            "vault_file_missing",
            "The vault file is gone, its key is here.",
            "The key is kept.",
            "Put the file back from a backup.",
        ),
        Standing::Newer => Failure::new(
            "vault_newer",
            "The vault was written by a newer Floom Secrets.",
            "Nothing was changed.",
            "Install the newer version.",
        ),
        _ => Failure::new(
            standing.code(),
            "The vault file is damaged.",
            "It was left as it is.",
            "Put it back from a backup, or use the recovery kit.",
        ),
    }
}

/// What the doctor found.
pub(crate) fn doctor(engine: &Engine) -> DoctorView {
    let keychain = engine.keychain_state;
    let vault = engine.vault_view();
    let (found, ok) = match &vault {
        VaultView::Open => ("open".to_owned(), true),
        VaultView::Fresh => ("none yet".to_owned(), true),
        VaultView::Locked { .. } => ("locked".to_owned(), true),
        VaultView::Stopped { failure } => (failure.message.clone(), false),
    };
    let mut checks = vec![
        Check::new("Agent", format!("runs, version {}", env!("CARGO_PKG_VERSION")), true),
        keychain_check(engine.keychain.name(), keychain),
        Check::new("Vault", found, ok),
        Check::new("Vault file", file::display(&engine.path), true),
    ];
    checks.extend(engine.link_views().into_iter().map(|link| {
        let ok = !matches!(link.state, LinkState::CannotRead { .. } | LinkState::Gone);
        let polled =
            if link.polled { "; looked at every 2 s, since the system does not tell of changes there" } else { "" };
        Check::new(link.file.clone(), link_words(&link.state) + polled, ok)
    }));
    let failure = match vault {
        VaultView::Stopped { failure } => Some(failure),
        _ => None,
    };
    DoctorView { checks, failure }
}

/// Whether the vault's file is damaged, whether it opens or not.
fn is_damaged(snapshot: &Snapshot) -> bool {
    let stopped = match &snapshot.vault {
        VaultView::Stopped { failure } => Some(failure),
        _ => None,
    };
    stopped.into_iter().chain(&snapshot.notices).any(|failure| failure.code == "vault_damaged")
}

/// How the keychain is, and what helps on this desktop.
fn keychain_check(name: &str, state: State) -> Check {
    let check = Check::new(name, state.sentence(), matches!(state, State::Ready | State::Absent));
    if state == State::Ready {
        return check;
    }
    let variable = |name: &str| std::env::var(name).ok();
    let facts = Facts::look(std::env::consts::OS, variable, |path| Path::new(path).exists());
    let advice = Advice::of(state, facts.desktop());
    Check { cause: Some(advice.cause.to_owned()), cure: Some(advice.cure.to_owned()), ..check }
}

fn link_words(state: &LinkState) -> String {
    match state {
        LinkState::InSync { keys } => format!("in sync, {}", words::keys(*keys as usize)),
        LinkState::Waiting { changes } => format!("{changes} on their way"),
        LinkState::Asks { changes } => format!("{changes} wait for you"),
        LinkState::Paused { short, .. } => format!("paused, {short}"),
        LinkState::SetAside { values } => format!("{values} set aside"),
        LinkState::CannotRead { failure, .. } => failure.message.clone(),
        LinkState::Gone => "gone".to_owned(),
        LinkState::Locked => "locked".to_owned(),
    }
}

impl Engine {
    /// Everything that is shown, now.
    pub(crate) fn snapshot(&self, sequence: u64) -> Snapshot {
        let outbox = self.vault().and_then(|vault| Ok(vault.outbox()?)).unwrap_or_default();
        let report = self.sync_report();
        let kit = self.vault().ok().and_then(|vault| vault.recovery_kit().ok().flatten());
        let mut notices: Vec<Failure> = self.held().into_iter().cloned().collect();
        let receipts = self.vault().and_then(|vault| Ok(vault.receipts(ACTIVITY)?)).unwrap_or_default();
        let mut snapshot = Snapshot {
            sequence,
            now: Timestamp::now(),
            keychain: KeychainView {
                name: self.keychain.name().to_owned(),
                state: self.keychain_state.code().trim_start_matches("keychain_").to_owned(),
            },
            vault: self.vault_view(),
            connections: self.connection_views(),
            apps: self.shown_apps().iter().map(|app| self.app_view(app, &outbox, &mut notices)).collect(),
            links: self.link_views(),
            activity: receipts.into_iter().map(words::activity).collect(),
            waiting: report.waiting,
            failed: report.failed,
            recovery: kit.map(|kit| RecoveryView { made_at: kit.made_at, tested_at: kit.tested_at }),
            notices,
            ..nothing_yet(self.keychain.name())
        };
        snapshot.floom_cli = snapshot.connections.iter().all(|view| view.local) && floom_cli::is_there();
        if is_damaged(&snapshot) {
            snapshot.good_copy = good_copy(&self.path).map(|copy| copy.made_at);
        }
        snapshot
    }

    fn vault_view(&self) -> VaultView {
        match &self.slot {
            Slot::Fresh => VaultView::Fresh,
            Slot::Locked { passphrase } => VaultView::Locked { passphrase: *passphrase },
            Slot::Unknown => VaultView::Locked { passphrase: false },
            Slot::Stopped(failure) => VaultView::Stopped { failure: failure.clone() },
            Slot::Open(_) => VaultView::Open,
        }
    }

    pub(crate) fn connection_views(&self) -> Vec<ConnectionView> {
        let connections = self.vault().and_then(|vault| Ok(vault.connections()?)).unwrap_or_default();
        let mut views: Vec<ConnectionView> = connections
            .into_iter()
            .map(|connection| {
                let session = self.sessions.get(&connection.id);
                let client = session.and_then(|session| session.client.as_ref());
                ConnectionView {
                    id: connection.id.to_string(),
                    label: connection.label,
                    local: connection.kind == ConnectionKind::Local,
                    url: client.map(|client| client.base().as_str().to_owned()).or(connection.base_url),
                    state: session.map_or(ConnectionState::NotRunning, |session| session.state.clone()),
                    shown: self.shown == Some(connection.id),
                    overlap: session.is_some_and(|session| session.dialect == Dialect::SecretsV1),
                }
            })
            .collect();
        views.sort_by_key(|view| !view.local);
        views
    }

    fn app_view(&self, app: &App, outbox: &[OutboxItem], notices: &mut Vec<Failure>) -> AppView {
        let read = self.vault().and_then(|vault| Ok(vault.readable_secrets(app.id)?));
        let secrets = match read {
            Ok(read) => {
                notices.extend(read.damaged.iter().map(of_damage));
                read.entries
            }
            Err(_) => Vec::new(),
        };
        let order: HashMap<String, usize> =
            self.declared(app.connection, &app.slug).into_iter().enumerate().map(|(place, key)| (key, place)).collect();
        let links = self.links_of(app.id);
        let mut views: Vec<SecretView> = secrets
            .iter()
            .filter(|secret| secret.remote.declared || (secret.current.is_some() && secret.removed_at.is_none()))
            .map(|secret| self.secret_view(app, secret, &links, outbox))
            .collect();
        views.extend(self.asked_for_the_first_time(&secrets, &links));
        views.sort_by_key(|view| {
            let place = order.get(&view.key).copied().unwrap_or(usize::MAX);
            (!view.declared, place, view.key.clone())
        });
        let missing: Vec<String> =
            views.iter().filter(|view| view.sync == SyncView::Missing).map(|view| view.key.clone()).collect();
        let configured = views.iter().filter(|view| view.declared && view.sync != SyncView::Missing).count();
        let url = self
            .sessions
            .get(&app.connection)
            .and_then(|session| session.client.as_ref())
            .map(|client| format!("{}/studio/{}/secrets", client.base().as_str().trim_end_matches('/'), app.slug));
        let local = self.connection_views().iter().any(|view| view.local && view.id == app.connection.to_string());
        AppView {
            connection: app.connection.to_string(),
            slug: app.slug.clone(),
            name: app.name.clone(),
            url: url.filter(|_| !local),
            configured: u32::try_from(configured).unwrap_or(u32::MAX),
            missing,
            secrets: views,
            readiness: self.readiness(app, &secrets, &order, outbox),
        }
    }

    fn readiness(
        &self,
        app: &App,
        secrets: &[Secret],
        order: &HashMap<String, usize>,
        outbox: &[OutboxItem],
    ) -> Readiness {
        let session = self.sessions.get(&app.connection);
        let answers = session.is_some_and(|session| session.state == ConnectionState::Connected);
        let mut secrets: Vec<&Secret> = secrets.iter().collect();
        secrets.sort_by_key(|secret| order.get(&secret.name).copied().unwrap_or(usize::MAX));
        readiness(&Look {
            secrets,
            waits: &|secret| outbox.iter().any(|item| item.secret == secret.id),
            connected: answers.then_some(()).ok_or_else(|| session.and_then(|session| session.heard_at)),
        })
    }

    fn secret_view(&self, app: &App, secret: &Secret, links: &[Link], outbox: &[OutboxItem]) -> SecretView {
        let default = links.first().map_or(Policy::Creator, |link| link.default_policy);
        let policy = policy_of(Some(secret), default);
        let waiting = outbox.iter().rfind(|item| item.secret == secret.id);
        let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none());
        let conflict = self.conflict(secret, links, waiting);
        let sync = if conflict.is_some() { SyncView::Conflict } else { self.sync_view(secret, policy, waiting) };
        // What is stored here is not what Floom has.
        let current = current.filter(|_| sync != SyncView::FloomOnly);
        SecretView {
            key: secret.name.clone(),
            declared: secret.remote.declared,
            policy,
            policy_saving: waiting
                .is_some_and(|item| matches!(item.change, OutboxChange::Policy(_)) && item.failure.is_none()),
            preview: current.map(|current| current.preview.clone()),
            version: current.map_or(0, |current| current.version),
            source: current
                .map(|current| source_view(secret.name.as_str(), &current.source, current.created_at, links)),
            last_used: self.last_used(app, secret, policy),
            sync,
            prompt: conflict.or_else(|| self.prompt(app, secret, links)),
        }
    }

    /// When a run last used a secret, or how many users have a value of their own, as far as its Floom tells.
    fn last_used(&self, app: &App, secret: &Secret, policy: Policy) -> LastUsed {
        let session = self.sessions.get(&app.connection);
        let Some(told) = session.and_then(|session| session.told(&app.slug, &secret.name)) else {
            return LastUsed::NotReported;
        };
        match (policy, told.value.as_ref().and_then(|value| value.last_used_at)) {
            (Policy::User, _) => LastUsed::Users { active: told.users.active_7d },
            (Policy::Creator, Some(at)) => LastUsed::At { at },
            (Policy::Creator, None) => LastUsed::Never,
        }
    }

    fn sync_view(&self, secret: &Secret, policy: Policy, waiting: Option<&OutboxItem>) -> SyncView {
        if let Some(item) = waiting {
            return match failure_of(item) {
                Some(failure) => SyncView::NotSent { failure, retry_at: item.next_try },
                None if self.in_flight == Some(item.id) => SyncView::Syncing,
                None => SyncView::Waiting,
            };
        }
        let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none()).map(|current| current.version);
        if !secret.remote.declared {
            return SyncView::LocalOnly;
        }
        match (policy, current) {
            (Policy::User, _) if secret.remote.policy == Some(Policy::User) => SyncView::Synced,
            (Policy::User, _) => SyncView::LocalOnly,
            (Policy::Creator, None) if secret.remote.has_value == Some(true) => SyncView::FloomOnly,
            (Policy::Creator, None) => SyncView::Missing,
            (Policy::Creator, Some(_)) if is_foreign(&secret.remote) => SyncView::FloomOnly,
            (Policy::Creator, Some(version))
                if secret.remote.acknowledged == Some(version) && secret.remote.policy == Some(Policy::Creator) =>
            {
                SyncView::Synced
            }
            (Policy::Creator, Some(_)) => SyncView::LocalOnly,
        }
    }

    fn prompt(&self, app: &App, secret: &Secret, links: &[Link]) -> Option<Prompt> {
        let now = Timestamp::now();
        let session = self.sessions.get(&app.connection);
        let v1 = session.filter(|session| session.dialect == Dialect::SecretsV1);
        let rotated = secret.remote.rotated_at.zip(secret.remote.previous).and_then(|(at, _)| {
            // Where Floom keeps the old value, it says until when; else it can be undone as long.
            let until = match v1 {
                Some(session) => session.told(&app.slug, &secret.name)?.rotation.as_ref()?.retires_at,
                None => at.checked_add(UNDO).ok()?,
            };
            Some(Prompt::Rotated { at, until, overlap: v1.is_some() }).filter(|_| until > now)
        });
        let asks = || {
            links.iter().find_map(|link| {
                let row = self.files.get(&link.id)?.open.rows.iter().find(|row| row.key == secret.name)?;
                let replaces = secret.current.is_some() && secret.removed_at.is_none();
                Some(Prompt::Changed { file: file::name(&link.path), line: row.line, replaces })
            })
        };
        let set_aside = || {
            links.iter().find_map(|link| {
                let seen = link.seen.get(&secret.name)?;
                let aside = link.set_aside.get(&secret.name) == Some(&seen.fingerprint);
                aside.then(|| Prompt::SetAside { file: file::name(&link.path), line: seen.line })
            })
        };
        // A question that waits comes before what is only told.
        asks().or(rotated).or_else(set_aside).or_else(|| self.exposed(secret)).or_else(|| self.old(secret))
    }

    /// Keys that a watched file brings and the vault does not have yet: they get a row to be asked in.
    fn asked_for_the_first_time(&self, secrets: &[Secret], links: &[Link]) -> Vec<SecretView> {
        let shown = |key: &str| {
            secrets.iter().any(|secret| {
                secret.name == key
                    && (secret.remote.declared || (secret.current.is_some() && secret.removed_at.is_none()))
            })
        };
        let mut views: Vec<SecretView> = Vec::new();
        for link in links {
            let rows = self.files.get(&link.id).map(|file| file.open.rows.as_slice()).unwrap_or_default();
            for row in rows.iter().filter(|row| row.fate != Fate::Skipped && !shown(&row.key)) {
                if views.iter().any(|view| view.key == row.key) {
                    continue;
                }
                let (file, line) = (file::name(&link.path), row.line);
                views.push(SecretView {
                    key: row.key.clone(),
                    declared: false,
                    policy: row.policy,
                    policy_saving: false,
                    preview: None,
                    version: 0,
                    source: None,
                    last_used: LastUsed::NotReported,
                    sync: SyncView::LocalOnly,
                    prompt: Some(Prompt::Changed { file, line, replaces: false }),
                });
            }
        }
        views
    }

    /// Every watched file as it is shown.
    pub(crate) fn link_views(&self) -> Vec<LinkView> {
        let vault = self.vault();
        let apps = vault.and_then(|vault| Ok(vault.apps()?)).unwrap_or_default();
        let waiting = self.waiting_names();
        self.links()
            .into_iter()
            .filter_map(|link| {
                let app = apps.iter().find(|app| app.id == link.app)?;
                Some(LinkView {
                    id: link.id.to_string(),
                    file: file::display(&link.path),
                    path: link.path.display().to_string(),
                    app: app.slug.clone(),
                    connection: app.connection.to_string(),
                    auto: link.auto,
                    state: self.link_state(&link, &waiting),
                    polled: self.watcher.is_polled(&link.path),
                    reader: reader_of(link.reader.as_deref(), Some(&link.path)).0.name().to_owned(),
                })
            })
            .collect()
    }

    /// The names of the secrets with a change on its way, once for each change.
    fn waiting_names(&self) -> Vec<(AppId, String)> {
        let named = |item: OutboxItem| {
            let secrets = self.vault().and_then(|vault| Ok(vault.secret_name(item.secret)?));
            secrets.ok().map(|name| (item.app, name))
        };
        let outbox = self.vault().and_then(|vault| Ok(vault.outbox()?)).unwrap_or_default();
        outbox.into_iter().filter_map(named).collect()
    }

    fn link_state(&self, link: &Link, waiting: &[(AppId, String)]) -> LinkState {
        let Some(state) = self.files.get(&link.id) else { return LinkState::Locked };
        if let Some(brake) = brake_of(link) {
            let name = file::name(&link.path);
            return LinkState::Paused { brake: brake.code().to_owned(), short: brake.short(), long: brake.long(&name) };
        }
        if let Some(failure) = &state.trouble {
            return match failure.code.as_str() {
                "file_missing" => LinkState::Gone,
                _ => LinkState::CannotRead { failure: failure.clone(), last_read: state.last_read },
            };
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        if !state.open.rows.is_empty() {
            return LinkState::Asks { changes: count(state.open.rows.len()) };
        }
        let waiting = waiting.iter().filter(|(app, name)| *app == link.app && link.seen.contains_key(name)).count();
        if waiting > 0 {
            return LinkState::Waiting { changes: count(waiting) };
        }
        let aside = link
            .set_aside
            .iter()
            .filter(|(key, value)| link.seen.get(*key).is_some_and(|seen| seen.fingerprint == **value));
        match aside.count() {
            0 => LinkState::InSync { keys: count(link.seen.len()) },
            values => LinkState::SetAside { values: count(values) },
        }
    }
}

/// Where a value came from; its line is the one where the file has it now.
fn source_view(key: &str, source: &Source, at: Timestamp, links: &[Link]) -> SourceView {
    let plain = |words: String| SourceView { words, folder: None, gone: false };
    match source {
        Source::File { path, line } => {
            let path = Path::new(path);
            let link = links.iter().find(|link| link.path == path);
            let seen = link.and_then(|link| link.seen.get(key));
            let gone = link.is_some() && seen.is_none();
            let line = seen.map_or(*line, |seen| seen.line);
            let name = file::name(path);
            let words = if gone { format!("gone from {name}, was line {line}") } else { format!("{name} line {line}") };
            let whole = file::display(path);
            SourceView { words, folder: whole.strip_suffix(&name).map(str::to_owned).filter(|_| !gone), gone }
        }
        Source::Restored { .. } => plain(format!("restored {}", at.strftime("%H:%M:%S UTC"))),
        other => plain(words::source(other)),
    }
}
