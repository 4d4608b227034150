//! The one task that owns the vault.
//!
//! Everything reaches it as a message: commands of faces, files that are quiet,
//! answers of Floom. What takes long runs beside it and comes back as a message,
//! so that it is never waited for and nothing is decided in two places.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use floom_client::BaseUrl;
use floom_keychain::Keychain;
use floom_protocol::view::Snapshot;
use floom_protocol::{Command, Failure};
use floom_secret::SecretValue;
use floom_vault::{ConnectionId, LinkId, SecretId, Vault};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::anchor::AnchorWatch;
use crate::command::said;
use crate::error::refused;
use crate::exposed::Exposure;
use crate::import::Previewed;
use crate::link::FileState;
use crate::session::Session;
use crate::watch::Watcher;
use crate::{EngineError, standing};

/// How long the engine's end waits for a change that is being sent: half-way it would leave a policy without its value.
const LAST_PUSH: Duration = Duration::from_secs(20);

/// What a command is answered with.
pub(crate) type Answer = Result<serde_json::Value, Failure>;
/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Answer>;
/// What is done with the result of something that ran beside the engine.
pub(crate) type Then = Box<dyn FnOnce(&mut Engine) + Send>;

/// Local Floom, as the engine needs it: something that can be started.
pub trait LocalFloom: Send + Sync {
    /// Starts it if it does not run, and says where it listens.
    fn start(&self) -> Pin<Box<dyn Future<Output = Result<Started, Failure>> + Send>>;
    /// Ends it if it runs.
    fn stop(&self);
    /// The manifest that `text` (`floom.yaml`) is.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    fn manifest(&self, text: &str) -> Result<serde_json::Value, Failure>;
}

/// Where Local Floom listens, and the token that it takes.
#[derive(Debug)]
pub struct Started {
    /// Its address.
    pub url: BaseUrl,
    /// Its owner's token.
    pub token: SecretValue,
}

enum Message {
    Command(Command, Reply),
    SessionBus(String),
    Idle(oneshot::Sender<bool>),
    Then(Then),
    Stop(oneshot::Sender<()>),
}

/// A way to the engine; clones lead to the same one.
#[derive(Clone)]
pub struct Handle {
    messages: mpsc::UnboundedSender<Message>,
    snapshots: watch::Receiver<Snapshot>,
}

impl Handle {
    /// Does `command` and gives its answer in the shape that the command declares.
    ///
    /// # Errors
    /// The engine's refusal; `agent_lost` when it ended before it answered.
    pub async fn command(&self, command: Command) -> Answer {
        self.submit(command).await
    }

    /// Hands `command` over at once, so that commands are done in the order of these calls;
    /// what is returned waits for its answer.
    pub fn submit(&self, command: Command) -> impl Future<Output = Answer> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        let _ = self.messages.send(Message::Command(command, reply));
        async move { answer.await.unwrap_or_else(|_| Err(ended())) }
    }

    /// Every snapshot from now on; a slow reader sees the newest only.
    pub fn snapshots(&self) -> watch::Receiver<Snapshot> {
        self.snapshots.clone()
    }

    /// The session bus of a face: a keychain that could not be reached is tried again with it.
    pub fn session_bus(&self, address: String) {
        let _ = self.messages.send(Message::SessionBus(address));
    }

    /// Whether nothing needs the engine while no face is there: no watched file, nothing to send.
    pub async fn is_idle(&self) -> bool {
        let (reply, answer) = oneshot::channel();
        let _ = self.messages.send(Message::Idle(reply));
        answer.await.unwrap_or(true)
    }

    /// Ends the engine; when this returns the vault is closed.
    pub async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        let _ = self.messages.send(Message::Stop(reply));
        let _ = stopped.await;
    }
}

/// Where the vault stands for the engine.
pub(crate) enum Slot {
    /// Keychain and file are being looked at; commands wait.
    Unknown,
    Fresh,
    Locked {
        passphrase: bool,
    },
    Stopped(Failure),
    Open(Box<Vault>),
}

/// A vault on its way back from work beside the engine, and what is done with what came of it.
type Lent = oneshot::Receiver<(Box<Vault>, Then)>;

/// The engine; made and run by [`Engine::start`].
pub struct Engine {
    pub(crate) path: PathBuf,
    pub(crate) keychain: Keychain,
    pub(crate) keychain_state: floom_keychain::State,
    pub(crate) local: Arc<dyn LocalFloom>,
    pub(crate) slot: Slot,
    /// Commands that came before it was known where the vault stands.
    pub(crate) deferred: Vec<(Command, Reply)>,
    pub(crate) sessions: BTreeMap<ConnectionId, Session>,
    pub(crate) shown: Option<ConnectionId>,
    pub(crate) files: HashMap<LinkId, FileState>,
    pub(crate) watcher: Watcher,
    /// Until the vault is back, nothing else is done.
    lent: Option<Lent>,
    pub(crate) anchor: AnchorWatch,
    /// Why nothing is sent until the creator looked: the vault came from a kit.
    pub(crate) restored: Option<Failure>,
    pub(crate) housekeeping: Option<Instant>,
    pub(crate) previews: VecDeque<(String, Previewed)>,
    /// The outbox row that is being sent.
    pub(crate) in_flight: Option<i64>,
    /// When Floom last acknowledged something about a secret: a survey that began earlier is older news.
    pub(crate) told: HashMap<SecretId, Instant>,
    /// Who waits for the engine's end, and until when a change that is being sent may take.
    stopping: Vec<oneshot::Sender<()>>,
    stop_by: Option<Instant>,
    /// Nothing is sent before this, because the vault could not be written.
    pub(crate) pause_until: Option<Instant>,
    /// Until when Local Floom stays for those who were given the address of a run page.
    pub(crate) pages_until: Option<Instant>,
    /// Values that were found in git.
    pub(crate) exposure: Exposure,
    /// Who waits until nothing is on its way any more.
    pub(crate) settled: Vec<Reply>,
    messages: mpsc::UnboundedSender<Message>,
    snapshots: watch::Sender<Snapshot>,
    sequence: u64,
}

impl Engine {
    /// Starts the engine on the vault at `path` (which need not exist) and opens it if
    /// that takes no prompt. Call it inside a tokio runtime.
    pub fn start(path: PathBuf, keychain: Keychain, local: Arc<dyn LocalFloom>) -> Handle {
        let (messages, inbox) = mpsc::unbounded_channel();
        let (quiet, settled) = mpsc::unbounded_channel();
        let (snapshots, receiver) = watch::channel(standing::nothing_yet(keychain.name()));
        let mut engine = Self {
            path,
            keychain,
            keychain_state: floom_keychain::State::Other,
            local,
            slot: Slot::Unknown,
            deferred: Vec::new(),
            sessions: BTreeMap::new(),
            shown: None,
            files: HashMap::new(),
            watcher: Watcher::new(quiet),
            lent: None,
            anchor: AnchorWatch::default(),
            restored: None,
            housekeeping: None,
            previews: VecDeque::new(),
            in_flight: None,
            told: HashMap::new(),
            stopping: Vec::new(),
            stop_by: None,
            pause_until: None,
            pages_until: None,
            exposure: Exposure::default(),
            settled: Vec::new(),
            messages: messages.clone(),
            snapshots,
            sequence: 0,
        };
        tokio::spawn(async move {
            engine.examine(None);
            engine.run(inbox, settled).await;
        });
        Handle { messages, snapshots: receiver }
    }

    async fn run(&mut self, mut inbox: mpsc::UnboundedReceiver<Message>, mut quiet: mpsc::UnboundedReceiver<PathBuf>) {
        loop {
            if let Some(lent) = self.lent.take() {
                match lent.await {
                    Ok((vault, then)) => {
                        self.slot = Slot::Open(vault);
                        then(self);
                    }
                    // The work panicked, and the vault was closed by that.
                    Err(_) => self.examine(None),
                }
                self.publish();
                continue;
            }
            let due = self.next_due();
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(Message::Command(_, reply)) if self.stop_by.is_some() => {
                        let _ = reply.send(Err(ended()));
                    }
                    Some(Message::Command(command, reply)) if matches!(self.slot, Slot::Unknown) => {
                        self.deferred.push((command, reply));
                        continue;
                    }
                    Some(Message::Command(command, reply)) if self.may_be_outdated(&command) => {
                        self.deferred.push((command, reply));
                        self.look_again();
                        continue;
                    }
                    Some(Message::Command(command, reply)) => self.command(command, reply),
                    Some(Message::SessionBus(address)) => {
                        self.session_bus(address);
                        continue;
                    }
                    Some(Message::Idle(reply)) => {
                        let _ = reply.send(self.is_idle());
                        continue;
                    }
                    Some(Message::Then(then)) => then(self),
                    Some(Message::Stop(reply)) => {
                        self.stopping.push(reply);
                        self.stop_by.get_or_insert(Instant::now() + LAST_PUSH);
                    }
                    None => return,
                },
                path = quiet.recv() => match path {
                    Some(path) => self.file_quiet(&path),
                    None => return,
                },
                () = sleep_until(due) => self.time_passed(),
            }
            if self.lent.is_some() {
                continue;
            }
            if self.stop_by.is_some_and(|by| self.in_flight.is_none() || by <= Instant::now()) {
                self.local.stop();
                self.close().await;
                for reply in self.stopping.drain(..) {
                    let _ = reply.send(());
                }
                return;
            }
            if self.stop_by.is_none() {
                self.kick();
            }
            // What many messages change is shown once.
            if inbox.is_empty() && quiet.is_empty() {
                self.publish();
            }
        }
    }

    /// Runs `work` beside the engine and hands its result to `then`.
    pub(crate) fn beside<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Engine, T) + Send + 'static,
    ) {
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let result = work.await;
            let _ = messages.send(Message::Then(Box::new(move |engine| then(engine, result))));
        });
    }

    /// The same for work that blocks, such as the keychain's.
    pub(crate) fn beside_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(&mut Engine, T) + Send + 'static,
    ) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let result = work();
            let _ = messages.send(Message::Then(Box::new(move |engine| then(engine, result))));
        });
    }

    /// Lends the vault to `work`, which may block: until it is back nothing else is done, so that nothing sees it
    /// half-way. Without an open vault nothing is done and the failure is given.
    pub(crate) fn lend<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Vault) -> T + Send + 'static,
        then: impl FnOnce(&mut Engine, T) + Send + 'static,
    ) -> Result<(), EngineError> {
        self.vault()?;
        let Slot::Open(mut vault) = std::mem::replace(&mut self.slot, Slot::Unknown) else { return Ok(()) };
        let (back, lent) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let done = work(&mut vault);
            let then: Then = Box::new(move |engine| then(engine, done));
            let _ = back.send((vault, then));
        });
        self.lent = Some(lent);
        Ok(())
    }

    /// The same for a command: `then` makes its answer.
    pub(crate) fn lend_for<T: Send + 'static, A: serde::Serialize>(
        &mut self,
        reply: Reply,
        work: impl FnOnce(&mut Vault) -> T + Send + 'static,
        then: impl FnOnce(&mut Engine, T) -> Result<A, EngineError> + Send + 'static,
    ) {
        if let Err(error) = self.vault() {
            let _ = reply.send(Err(error.into()));
            return;
        }
        let _ = self.lend(work, move |engine, done| {
            let answer = said(then(engine, done));
            let _ = reply.send(answer);
        });
    }

    /// The open vault.
    pub(crate) fn vault(&self) -> Result<&Vault, EngineError> {
        match &self.slot {
            Slot::Open(vault) => Ok(vault),
            other => Err(not_open(other)),
        }
    }

    /// The open vault, to be changed.
    pub(crate) fn vault_mut(&mut self) -> Result<&mut Vault, EngineError> {
        match &mut self.slot {
            Slot::Open(vault) => Ok(vault),
            other => Err(not_open(other)),
        }
    }

    fn is_idle(&self) -> bool {
        if self.in_flight.is_some() || self.pages_until.is_some() {
            return false;
        }
        let Ok(vault) = self.vault() else { return true };
        let watched = vault.links().map_or(true, |links| links.is_empty());
        let sent = vault.outbox().map_or(true, |outbox| outbox.is_empty());
        watched && sent
    }

    fn next_due(&self) -> Option<Instant> {
        let holds = self.files.values().filter_map(|file| file.held_until);
        let paused = self.pause_until.filter(|until| *until > Instant::now());
        let open = matches!(self.slot, Slot::Open(_));
        let upkeep = self.housekeeping.into_iter().chain(self.exposure_due()).filter(|_| open).chain(self.anchor_due());
        holds.chain(self.retry_due()).chain(paused).chain(upkeep).chain(self.pages_until).chain(self.stop_by).min()
    }

    fn time_passed(&mut self) {
        let now = Instant::now();
        if self.pages_until.is_some_and(|until| until <= now) {
            self.pages_until = None;
            // Whoever waits for idleness looks again, though nothing that is shown changed.
            self.snapshots.send_if_modified(|_| true);
        }
        let held: Vec<LinkId> = self
            .files
            .iter()
            .filter(|(_, file)| file.held_until.is_some_and(|until| until <= now))
            .map(|(link, _)| *link)
            .collect();
        for link in held {
            self.hold_ended(link);
        }
        self.retry_connections();
        self.look_for_exposure(now);
        if self.anchor_due().is_some_and(|due| due <= now) {
            self.anchor_receipts();
        }
        if self.housekeeping.is_some_and(|due| due <= now) {
            self.keep_house();
        }
    }

    /// Wakes whoever waits for a change, although nothing that is shown may have changed.
    pub(crate) fn stir(&self) {
        self.snapshots.send_modify(|_| {});
    }

    /// Hands the present state to every face.
    fn publish(&mut self) {
        self.sequence += 1;
        let snapshot = self.snapshot(self.sequence);
        self.snapshots.send_if_modified(|old| {
            let same = Snapshot { sequence: old.sequence, now: old.now, ..snapshot.clone() } == *old;
            if !same {
                *old = snapshot;
            }
            !same
        });
    }
}

fn not_open(slot: &Slot) -> EngineError {
    match slot {
        Slot::Stopped(failure) => EngineError::Refused(failure.clone()),
        Slot::Fresh => refused("vault_none", "There is no vault on this computer yet.", "Make the vault first."),
        _ => refused("vault_locked", "The vault is locked.", "Unlock it, then try again."),
    }
}

fn ended() -> Failure {
    Failure::new("agent_lost", "The agent ends.", "What was called saved is saved.", "Try again.")
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
