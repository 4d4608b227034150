//! A face's end of the socket.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

use super::{FrameReader, FrameWriter, Places, WireError, launch, split, system};
use crate::frame::{First, FromAgent, Hello, PROTOCOL, Reply, Request};
use crate::view::Snapshot;
use crate::{Call, Command, Failure};

type Answer = Result<serde_json::Value, Failure>;
type Pending = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>>;

/// How long an agent may take to make room: the system closes a killed one's socket a moment after it is gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(20);

/// A connection to the agent; clones speak over the same one.
#[derive(Debug, Clone)]
pub struct Face {
    requests: mpsc::Sender<Request>,
    pending: Pending,
    next: Arc<AtomicU64>,
}

/// Snapshots as they come; only the newest is kept for a slow reader.
#[derive(Debug)]
pub struct Changes(watch::Receiver<Option<Snapshot>>);

impl Changes {
    /// The next snapshot that was not seen yet, or `None` when the agent is gone.
    pub async fn next(&mut self) -> Option<Snapshot> {
        loop {
            self.0.changed().await.ok()?;
            if let Some(snapshot) = self.0.borrow_and_update().clone() {
                return Some(snapshot);
            }
        }
    }
}

impl Face {
    /// Connects as `face` ("window", "command_line"); starts the agent when it is not
    /// there, and replaces one that is older than this program.
    ///
    /// # Errors
    /// `agent_newer` when this program is the older one; `agent_not_started` and what
    /// the agent announced; `agent_lost`.
    pub async fn open(face: &str, follow: bool) -> Result<(Self, Changes), Failure> {
        let places = Places::of_this_user()?;
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            let stream = match system::connect(&places).await {
                Ok(stream) => stream,
                Err(error) if system::is_absent(&error) => {
                    launch::start_agent().await?;
                    continue;
                }
                Err(error) if is_ending(&error) => {
                    sleep(AGAIN).await;
                    continue;
                }
                Err(error) => return Err(unreachable(&error.to_string())),
            };
            let (mut reader, mut writer) = split(stream);
            let hello = Hello {
                protocol: PROTOCOL,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                face: face.to_owned(),
                follow,
                session_bus: std::env::var("DBUS_SESSION_BUS_ADDRESS").ok(),
            };
            if writer.write(&First::Hello(hello)).await.is_err() {
                // It ended just now; a later turn starts another.
                sleep(AGAIN).await;
                continue;
            }
            match reader.read().await {
                Ok(Reply::Welcome { protocol, .. }) if protocol == PROTOCOL => return Ok(Self::run(reader, writer)),
                Ok(Reply::Welcome { protocol, version } | Reply::Refused { protocol, version, .. })
                    if protocol > PROTOCOL =>
                {
                    return Err(newer(&version));
                }
                Ok(Reply::Welcome { .. } | Reply::Refused { .. }) => drain(&places).await?,
                // It ends just now; a later turn starts another.
                Ok(Reply::Draining {}) | Err(WireError::Closed | WireError::Io(_)) => sleep(AGAIN).await,
                Err(error) => return Err(unreachable(&error.to_string())),
            }
        }
        Err(unreachable("it does not stay"))
    }

    fn run(mut reader: FrameReader, mut writer: FrameWriter) -> (Self, Changes) {
        let (requests, mut to_send) = mpsc::channel::<Request>(32);
        let (snapshots, changes) = watch::channel(None);
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        let waiting = pending.clone();
        let reading = tokio::spawn(async move {
            loop {
                match reader.read().await {
                    Ok(FromAgent::Response { id, result }) => {
                        if let Some(answer) = locked(&waiting).as_mut().and_then(|all| all.remove(&id)) {
                            let _ = answer.send(result);
                        }
                    }
                    Ok(FromAgent::Changed(snapshot)) => {
                        snapshots.send_replace(Some(*snapshot));
                    }
                    Err(_) => break,
                }
            }
            // Whoever waits learns that there will be no answer.
            locked(&waiting).take();
        });
        let unanswered = pending.clone();
        tokio::spawn(async move {
            while let Some(request) = to_send.recv().await {
                match writer.write(&request).await {
                    Ok(()) => {}
                    Err(WireError::TooLong) => {
                        let waiting = locked(&unanswered).as_mut().and_then(|all| all.remove(&request.id));
                        if let Some(answer) = waiting {
                            let _ = answer.send(Err(unreachable("what was asked is too long")));
                        }
                    }
                    Err(_) => break,
                }
            }
            // The last face is gone, or the agent: so is the connection, and nobody waits for an answer.
            reading.abort();
            locked(&unanswered).take();
        });
        (Self { requests, pending, next: Arc::new(AtomicU64::new(1)) }, Changes(changes))
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The agent's refusal; `agent_lost` when it ended before it answered.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer, Failure> {
        let answer = self.send(call.into()).await?;
        serde_json::from_value(answer).map_err(|_| unreachable("its answer could not be understood"))
    }

    /// The same for a command whose type is known only at run time.
    ///
    /// # Errors
    /// As [`Face::call`].
    pub async fn send(&self, command: Command) -> Answer {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        match locked(&self.pending).as_mut() {
            Some(pending) => pending.insert(id, answer),
            None => return Err(lost(WireError::Closed)),
        };
        self.requests.send(Request { id, command }).await.map_err(|_| lost(WireError::Closed))?;
        answered.await.map_err(|_| lost(WireError::Closed))?
    }
}

/// Whether the agent that was there was killed a moment ago.
fn is_ending(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}

fn locked(pending: &Pending) -> std::sync::MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<Answer>>>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the agent that is there to end, and waits until it has.
async fn drain(places: &Places) -> Result<(), Failure> {
    let Ok(stream) = system::connect(places).await else { return Ok(()) };
    let (mut reader, mut writer) = split(stream);
    writer.write(&First::Drain {}).await.map_err(lost)?;
    while reader.read::<Reply>().await.is_ok() {}
    Ok(())
}

fn lost(_: WireError) -> Failure {
    Failure::new(
        "agent_lost",
        "The agent ended before it answered.",
        "What was called saved is saved; look at the state before you repeat this.",
        "Try again: the agent starts by itself.",
    )
}

fn unreachable(why: &str) -> Failure {
    Failure::new(
        "agent_unreachable",
        format!("The agent is there and cannot be talked to: {why}."),
        "Nothing was changed.",
        "Try again; if it stays so, end the process `floomsec agent` and try once more.",
    )
}

fn newer(version: &str) -> Failure {
    Failure::new(
        "agent_newer",
        format!("The agent that runs is newer ({version}) than this program ({}).", env!("CARGO_PKG_VERSION")),
        "Nothing was changed; the agent goes on syncing.",
        "Close this program and start the new one.",
    )
}
