//! Connections: who they are, what they last told, and when they are asked again.

use std::collections::HashMap;
use std::time::Duration;

use floom_client::{AppDetail, BaseUrl, Changed, Client, Dialect, FloomError, SecretEntry, ValueEntry};
use floom_protocol::view::{AppRef, ConnectionState};
use floom_protocol::{Command, Failure};
use floom_secret::SecretValue;
use floom_vault::{App, AppId, Connection, ConnectionId, ConnectionKind, NewConnection, NewReceipt};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::command::said;
use crate::conflict::looked;
use crate::engine::{Engine, Reply};
use crate::error::refused;
use crate::survey::{Survey, survey};
use crate::{EngineError, words};

/// What Floom's list of agent tokens calls ours.
const TOKEN_LABEL: &str = "Floom Secrets";

const SHOWN: &str = "shown_connection";
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is known of one connection while the vault is open.
pub(crate) struct Session {
    /// The way to it; none while Local Floom is not running.
    pub(crate) client: Option<Client>,
    /// How it was at the last call.
    pub(crate) state: ConnectionState,
    /// The keys that each app declares, in the app's order, by slug.
    pub(crate) declared: Vec<AppDetail>,
    /// How it is spoken to.
    pub(crate) dialect: Dialect,
    /// What this Floom tells beyond that, by slug and key; nothing where it tells nothing.
    told: HashMap<(String, String), SecretEntry>,
    /// When it last answered.
    pub(crate) heard_at: Option<Timestamp>,
    failures: u32,
    retry: Option<Instant>,
    asking: bool,
    /// Commands that need it, and came before its first answer.
    pub(crate) early: Vec<(Command, Reply)>,
}

impl Session {
    /// Whether a change can be sent now. One that is made on top of what Floom holds waits while that is asked for.
    pub(crate) fn takes_changes(&self) -> bool {
        let waits = self.asking && self.dialect == Dialect::SecretsV1;
        self.client.is_some() && self.state == ConnectionState::Connected && !waits
    }

    /// Takes what a change was answered with as the newest word.
    pub(crate) fn acknowledge(&mut self, slug: &str, changed: &Changed) {
        let Some(told) = self.told.get_mut(&(slug.to_owned(), changed.key.clone())) else { return };
        let last_used_at = told.value.take().and_then(|value| value.last_used_at);
        let value = ValueEntry { version: changed.version, preview: None, set_at: None, last_used_at };
        told.value = Some(value).filter(|value| value.version > 0);
        told.policy = changed.policy;
        told.rotation = changed.rotation.clone();
    }

    /// What its Floom tells of a secret beyond its policy; none where it tells nothing.
    pub(crate) fn told(&self, slug: &str, key: &str) -> Option<&SecretEntry> {
        self.told.get(&(slug.to_owned(), key.to_owned()))
    }

    /// Whether an answer of it is awaited.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking
    }

    fn new(state: ConnectionState) -> Self {
        Self {
            client: None,
            state,
            declared: Vec::new(),
            dialect: Dialect::Today,
            told: HashMap::new(),
            heard_at: None,
            failures: 0,
            retry: None,
            asking: false,
            early: Vec::new(),
        }
    }

    fn wait(&mut self) -> Duration {
        let seconds = 1u64 << self.failures.min(6);
        self.failures += 1;
        Duration::from_secs(seconds).min(LONGEST_WAIT)
    }
}

impl Engine {
    /// The connection that was shown last, or the first.
    pub(crate) fn remembered_connection(&self) -> Option<ConnectionId> {
        let vault = self.vault().ok()?;
        let connections = vault.connections().ok()?;
        let remembered = vault.setting(SHOWN).ok().flatten();
        let found = connections.iter().find(|connection| Some(connection.id.to_string()) == remembered);
        found.or(connections.first()).map(|connection| connection.id)
    }

    /// Connects to everything that the vault knows.
    pub(crate) fn connect_all(&mut self) {
        let connections = self.vault().and_then(|vault| Ok(vault.connections()?)).unwrap_or_default();
        for connection in connections {
            self.reach(&connection, None);
        }
    }

    /// Asks `connection` for its apps; `reply` hears how that went.
    fn reach(&mut self, connection: &Connection, reply: Option<Reply>) {
        let id = connection.id;
        let session = self.sessions.entry(id).or_insert_with(|| Session::new(ConnectionState::Connecting));
        session.retry = None;
        session.asking = true;
        if !matches!(session.state, ConnectionState::Connected) {
            session.state = ConnectionState::Connecting;
        }
        let known = session.client.clone();
        let remote = match (connection.kind, &connection.base_url) {
            (ConnectionKind::Remote, Some(url)) => Some(self.client_of(id, url)),
            _ => None,
        };
        let local = self.local.clone();
        let began = Instant::now();
        self.beside(
            async move {
                let client = match (known, remote) {
                    (_, Some(remote)) => remote?,
                    // Only the listener that our own child opened is talked to.
                    (known, None) => {
                        let started = local.start().await?;
                        match known {
                            Some(known) if *known.base() == started.url => known,
                            _ => Client::new(started.url, Some(started.token))?,
                        }
                    }
                };
                let found = survey(&client).await;
                Ok::<_, EngineError>((client, found))
            },
            move |engine, reached| engine.reached(id, began, reached, reply),
        );
    }

    fn client_of(&self, id: ConnectionId, url: &str) -> Result<Client, EngineError> {
        let token = self.vault()?.connection_token(id)?;
        Ok(Client::new(BaseUrl::parse(url)?, token)?)
    }

    fn reached(
        &mut self,
        id: ConnectionId,
        began: Instant,
        reached: Result<(Client, Result<Survey, FloomError>), EngineError>,
        reply: Option<Reply>,
    ) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.asking = false;
        }
        let outcome = match reached {
            Ok((client, Ok(survey))) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.client = Some(client);
                }
                self.surveyed(id, began, survey)
            }
            Ok((client, Err(error))) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.client = Some(client);
                }
                Err(error.into())
            }
            Err(error) => Err(error),
        };
        let answer = match outcome {
            Ok(()) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.state = ConnectionState::Connected;
                    session.heard_at = Some(Timestamp::now());
                    session.failures = 0;
                }
                self.look_at_all();
                Ok(serde_json::Value::Null)
            }
            Err(error) => Err(self.unreachable(id, error)),
        };
        if let Some(reply) = reply {
            let _ = reply.send(answer);
        }
        let early = self.sessions.get_mut(&id).map(|session| std::mem::take(&mut session.early));
        for (command, reply) in early.unwrap_or_default() {
            self.command(command, reply);
        }
    }

    /// Notes that `id` did not answer as it should, and when it is asked again.
    pub(crate) fn unreachable(&mut self, id: ConnectionId, error: EngineError) -> Failure {
        let refused = matches!(&error, EngineError::Floom(error) if !error.is_transient());
        let failure = Failure::from(error);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.state = if refused {
                ConnectionState::Refused { failure: failure.clone() }
            } else {
                let wait = session.wait();
                session.retry = Some(Instant::now() + wait);
                ConnectionState::Offline { failure: failure.clone(), retry_at: Timestamp::now().checked_add(wait).ok() }
            };
        }
        failure
    }

    /// Takes what Floom told into the vault; `began` is when it was asked.
    fn surveyed(&mut self, id: ConnectionId, began: Instant, survey: Survey) -> Result<(), EngineError> {
        let now = Timestamp::now();
        let told = self.told.clone();
        let mut newer = Vec::new();
        let vault = self.vault_mut()?;
        let known: Vec<App> = vault.apps()?.into_iter().filter(|app| app.connection == id).collect();
        vault.transaction(|tx| {
            for (detail, policies) in &survey.apps {
                let app = tx.ensure_app(id, &detail.slug, &detail.name)?;
                tx.set_app_seen(app, false)?;
                for entry in policies {
                    tx.ensure_secret(app, &entry.key, now)?;
                }
                let outbox = tx.outbox()?;
                for secret in tx.secrets(app)? {
                    if told.get(&secret.id).is_some_and(|at| *at >= began) {
                        // A change was acknowledged meanwhile: that is the newer word.
                        newer.push((detail.slug.clone(), secret.name.clone()));
                        continue;
                    }
                    let mut remote = secret.remote.clone();
                    let entry = policies.iter().find(|entry| entry.key == secret.name);
                    let waits = outbox.iter().any(|item| item.secret == secret.id);
                    if let (Some(before), Some(entry), false) = (secret.remote.policy, entry, waits)
                        && before != entry.policy
                        && entry.updated_at.is_some()
                    {
                        // Decided on Floom since: nothing here flips it back.
                        tx.set_policy(secret.id, entry.policy)?;
                        let text = format!("policy changed on Floom to {}", words::policy(entry.policy));
                        let (what, key) = ("policy_changed_on_floom", Some(secret.name.as_str()));
                        let receipt = NewReceipt { what, app: Some(&detail.slug), key, detail: &text };
                        tx.append_receipt(&receipt, now)?;
                    }
                    remote.declared = entry.is_some();
                    // While a change waits, what Floom had before it tells what a half-done one goes back to.
                    if !waits || remote.policy.is_none() {
                        remote.policy = entry.map(|entry| entry.policy);
                    }
                    remote.policy_set_at = entry.and_then(|entry| entry.updated_at);
                    remote.has_value = entry.map(|entry| entry.creator_has_value);
                    if remote.has_value == Some(false) {
                        remote.acknowledged = None;
                    }
                    let counted = survey.told.get(&(detail.slug.clone(), secret.name.clone()));
                    // While a change waits, the version may be its own, of a try whose answer was lost.
                    let counted = counted.filter(|_| !waits || remote.elsewhere.is_some());
                    let version = counted.map(|told| told.value.as_ref().map_or(0, |value| value.version));
                    if let Some(text) = version.and_then(|version| looked(&mut remote, version)) {
                        let (what, key) = ("value_changed_on_floom", Some(secret.name.as_str()));
                        let receipt = NewReceipt { what, app: Some(&detail.slug), key, detail: text };
                        tx.append_receipt(&receipt, now)?;
                    }
                    if remote != secret.remote {
                        tx.set_remote(secret.id, &remote)?;
                    }
                }
            }
            for app in known.iter().filter(|app| survey.apps.iter().all(|(detail, _)| detail.slug != app.slug)) {
                tx.set_app_seen(app.id, true)?;
            }
            Ok::<_, EngineError>(())
        })?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.declared = survey.apps.into_iter().map(|(detail, _)| detail).collect();
            let mut told = survey.told;
            // Of these a change was acknowledged while Floom was being asked: that is the newer word.
            for place in newer {
                told.extend(session.told.remove(&place).map(|entry| (place, entry)));
            }
            session.told = told;
            session.dialect = survey.dialect;
        }
        Ok(())
    }

    /// Starts Local Floom, as a connection if it was none, and shows its apps.
    pub(crate) fn start_local(&mut self, reply: Reply) {
        let connection = match self.local_connection() {
            Ok(connection) => connection,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        self.reach(&connection, Some(reply));
    }

    fn local_connection(&mut self) -> Result<Connection, EngineError> {
        let vault = self.vault_mut()?;
        let known = vault.connections()?.into_iter().find(|connection| connection.kind == ConnectionKind::Local);
        let id = match known {
            Some(connection) => connection.id,
            None => self.store_connection(ConnectionKind::Local, "Local Floom", None, None)?,
        };
        self.show_connection(&id.to_string())?;
        self.connection(&id.to_string())
    }

    fn store_connection(
        &mut self,
        kind: ConnectionKind,
        label: &str,
        base_url: Option<&str>,
        token: Option<&SecretValue>,
    ) -> Result<ConnectionId, EngineError> {
        let now = Timestamp::now();
        self.vault_mut()?.transaction(|tx| {
            let new = NewConnection { kind, label: label.to_owned(), base_url: base_url.map(str::to_owned), token };
            let id = tx.add_connection(&new, now)?;
            let detail = words::titled(&format!("Connected to {label}"), "its apps are shown");
            tx.append_receipt(&NewReceipt { what: "connected", app: None, key: None, detail: &detail }, now)?;
            Ok(id)
        })
    }

    /// Tries a Floom with its token, and adds it when it answers. One of Floom's API keys is given for an agent token
    /// first, which alone is kept: the key's requests are counted, and used up it looks like a guest.
    pub(crate) fn connect(&mut self, url: &str, token: Option<SecretValue>, reply: Reply) {
        let made = self.vault().map(|_| ()).and_then(|()| {
            let base = BaseUrl::parse(url)?;
            let copy = token.as_ref().map(SecretValue::duplicate);
            Ok((Client::new(base.clone(), copy)?, base))
        });
        let (client, base) = match made {
            Ok(made) => made,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let began = Instant::now();
        let address = base.clone();
        self.beside(
            async move {
                let found = survey(&client).await?;
                if !client.has_api_key() {
                    return Ok((client, token, found));
                }
                let token = client.mint_agent_token(TOKEN_LABEL).await?;
                let client = Client::new(address, Some(token.duplicate()))?;
                Ok::<_, FloomError>((client, Some(token), found))
            },
            move |engine, tried| {
                let stored = tried.map_err(EngineError::from).and_then(|(client, token, found)| {
                    let label = base.host_label();
                    let id =
                        engine.store_connection(ConnectionKind::Remote, &label, Some(base.as_str()), token.as_ref())?;
                    let mut session = Session::new(ConnectionState::Connected);
                    session.client = Some(client);
                    engine.sessions.insert(id, session);
                    engine.surveyed(id, began, found)?;
                    engine.show_connection(&id.to_string())?;
                    Ok(id)
                });
                let view =
                    stored.map(|id| engine.connection_views().into_iter().find(|view| view.id == id.to_string()));
                let _ = reply.send(said(view));
            },
        );
    }

    /// Chooses the connection whose apps are shown.
    pub(crate) fn show_connection(&mut self, id: &str) -> Result<(), EngineError> {
        let connection = self.connection(id)?;
        self.vault_mut()?.transaction(|tx| Ok::<_, EngineError>(tx.set_setting(SHOWN, id)?))?;
        self.shown = Some(connection.id);
        Ok(())
    }

    pub(crate) fn connection(&self, id: &str) -> Result<Connection, EngineError> {
        let all = self.vault()?.connections()?;
        all.into_iter().find(|connection| connection.id.to_string() == id).ok_or_else(|| {
            refused("connection_unknown", "There is no such connection.", "Choose one of those that are listed.")
        })
    }

    /// The app that `reference` names.
    pub(crate) fn app(&self, reference: &AppRef) -> Result<App, EngineError> {
        let connection = match &reference.connection {
            Some(id) => Some(self.connection(id)?.id),
            None => self.shown,
        };
        let apps = self.vault()?.apps()?;
        let found =
            apps.into_iter().find(|app| Some(app.connection) == connection && app.slug == reference.slug && !app.gone);
        found.ok_or_else(|| {
            refused(
                "app_unknown",
                format!("There is no app {} on this connection.", reference.slug),
                "Run `floomsec app list`, or make the app first.",
            )
        })
    }

    /// Whether `connection` is Local Floom.
    pub(crate) fn is_local(&self, connection: ConnectionId) -> bool {
        let connections = self.vault().and_then(|vault| Ok(vault.connections()?)).unwrap_or_default();
        connections.iter().any(|known| known.id == connection && known.kind == ConnectionKind::Local)
    }

    /// Registers an app on Local Floom, which is started for it, and shows it.
    pub(crate) fn register(&mut self, manifest: &str, reply: Reply) {
        let checked = self.local.manifest(manifest).map_err(EngineError::from);
        let (manifest, connection) = match checked.and_then(|manifest| Ok((manifest, self.local_connection()?))) {
            Ok(ready) => ready,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let id = connection.id;
        let local = self.local.clone();
        let began = Instant::now();
        self.beside(
            async move {
                let started = local.start().await?;
                let client = Client::new(started.url, Some(started.token))?;
                let slug = client.register_app(&manifest).await?;
                let found = survey(&client).await;
                Ok::<_, EngineError>((slug, client, found))
            },
            move |engine, registered| {
                let answer = registered.map(|(slug, client, found)| {
                    engine.sessions.entry(id).or_insert_with(|| Session::new(ConnectionState::Connecting));
                    engine.reached(id, began, Ok((client, found)), None);
                    AppRef { connection: Some(id.to_string()), slug }
                });
                let _ = reply.send(said(answer));
            },
        );
    }

    /// When a connection that did not answer, or an outbox row, is tried again.
    pub(crate) fn retry_due(&self) -> Option<Instant> {
        self.sessions.values().filter_map(|session| session.retry).chain(self.outbox_due()).min()
    }

    /// Asks again those connections whose time has come.
    pub(crate) fn retry_connections(&mut self) {
        let now = Instant::now();
        let due: Vec<ConnectionId> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.retry.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        self.reach_each(&due);
    }

    /// Asks every connection again that is not connected.
    pub(crate) fn retry_all(&mut self) {
        let all: Vec<ConnectionId> = self.sessions.keys().copied().collect();
        self.reach_each(&all);
    }

    pub(crate) fn reach_each(&mut self, ids: &[ConnectionId]) {
        for id in ids {
            if let Ok(connection) = self.connection(&id.to_string()) {
                self.reach(&connection, None);
            }
        }
    }

    /// The keys that `app` declares, in its order, as far as Floom told.
    pub(crate) fn declared(&self, connection: ConnectionId, slug: &str) -> Vec<String> {
        let session = self.sessions.get(&connection);
        let detail = session.and_then(|session| session.declared.iter().find(|detail| detail.slug == slug));
        detail.map(|detail| detail.secrets_needed.clone()).unwrap_or_default()
    }

    /// Every app of the shown connection that is still there.
    pub(crate) fn shown_apps(&self) -> Vec<App> {
        let apps = self.vault().and_then(|vault| Ok(vault.apps()?)).unwrap_or_default();
        apps.into_iter().filter(|app| Some(app.connection) == self.shown && !app.gone).collect()
    }

    /// The app with this id.
    pub(crate) fn app_by_id(&self, id: AppId) -> Result<App, EngineError> {
        let apps = self.vault()?.apps()?;
        apps.into_iter()
            .find(|app| app.id == id)
            .ok_or_else(|| refused("app_unknown", "The app is not known any more.", "Look at the list of apps."))
    }
}
