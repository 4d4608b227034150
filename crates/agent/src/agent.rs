//! The background process: one per vault, until nothing needs it.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use floom_engine::{Engine, Handle};
use floom_keychain::{Keychain, SERVICE};
use floom_protocol::Failure;
use floom_protocol::socket::{Announcement, FrameReader, FrameWriter, Listener, Places};
use floom_vault::VaultLock;
use tokio::sync::{mpsc, watch};

use crate::face::{self, Ending};
use crate::hardening;
use crate::local::Child;

/// How long after the last face left the agent stays.
const LINGER: Duration = Duration::from_secs(1);

/// Runs the agent until it is not needed any more.
pub(crate) fn run() -> ExitCode {
    hardening::detach();
    hardening::hand_nothing_down();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return announce_failure(not_started(&error.to_string())),
    };
    let code = runtime.block_on(live());
    // A keychain that waits for the creator must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn live() -> ExitCode {
    let (places, lock, listener) = match claim() {
        Ok(claimed) => claimed,
        Err(failure) => return announce_failure(failure),
    };
    let engine = Engine::start(places.vault(), keychain(), Arc::new(Child::new(places.clone())));
    announce(&Announcement::Ready {});
    hardening::close_output();
    let asked = accept(&listener, &engine).await;
    engine.stop().await;
    // Whoever asked starts another agent at once: the socket and the lock are free before it hears.
    drop(listener);
    drop(lock);
    drop(asked);
    ExitCode::SUCCESS
}

/// The keychain, whose keys a child of this same program fetches.
fn keychain() -> Keychain {
    // On Linux this name stays the running program when the file was replaced by a newer one.
    let program = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    match program {
        Ok(program) => Keychain::system(SERVICE).with_fetcher(program, ["fetch-key".to_owned()]),
        Err(_) => Keychain::system(SERVICE),
    }
}

/// Takes what only one agent may have: the vault's lock first, then the socket.
fn claim() -> Result<(Places, VaultLock, Listener), Failure> {
    let places = Places::of_this_user()?;
    let lock = VaultLock::take(places.data())
        .map_err(|error| Failure::new(error.code(), error.to_string(), "The agent that runs goes on.", error.hint()))?;
    let listener =
        Listener::bind(&places).map_err(|error| not_started(&format!("its socket cannot be opened ({error})")))?;
    Ok((places, lock, listener))
}

/// Serves faces until the agent is asked to end or nothing needs it.
/// Gives back the connection of whoever asked.
async fn accept(listener: &Listener, engine: &Handle) -> Option<(FrameReader, FrameWriter)> {
    let (left, mut leaves) = mpsc::unbounded_channel();
    let mut snapshots = engine.snapshots();
    let mut faces = 0_usize;
    let mut stop = stop_signal();
    loop {
        let alone = faces == 0;
        tokio::select! {
            accepted = listener.accept() => {
                let Ok(stream) = accepted else { continue };
                faces += 1;
                let (engine, left) = (engine.clone(), left.clone());
                tokio::spawn(async move {
                    let ending = face::serve(stream, &engine).await;
                    let _ = left.send(ending);
                });
            }
            ending = leaves.recv() => {
                faces = faces.saturating_sub(1);
                if let Some(Ending::Drain(reader, writer)) = ending {
                    return Some((reader, writer));
                }
            }
            () = lingered(alone, engine, &mut snapshots) => return None,
            _ = stop.changed() => return None,
        }
    }
}

/// Ends when nobody came for a while and nothing is left to do.
async fn lingered(alone: bool, engine: &Handle, snapshots: &mut watch::Receiver<floom_protocol::view::Snapshot>) {
    if !alone {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(LINGER).await;
        if engine.is_idle().await {
            return;
        }
        // Whatever makes the agent idle changes what is shown.
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

/// Changes when the system asks this process to end.
fn stop_signal() -> watch::Receiver<bool> {
    let (asked, asks) = watch::channel(false);
    tokio::spawn(async move {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
            if let (Ok(mut terminate), Ok(mut interrupt)) = signals {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            } else {
                std::future::pending::<()>().await;
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        asked.send_replace(true);
    });
    asks
}

fn announce(announcement: &Announcement) {
    if let Ok(line) = serde_json::to_string(announcement) {
        let mut output = std::io::stdout().lock();
        // Whoever started this may be gone already.
        let _ = writeln!(output, "{line}").and_then(|()| output.flush());
    }
}

fn announce_failure(failure: Failure) -> ExitCode {
    announce(&Announcement::Failed(failure));
    ExitCode::FAILURE
}

fn not_started(why: &str) -> Failure {
    Failure::new(
        "agent_not_started",
        format!("The agent could not be started: {why}."),
        "Nothing was changed.",
        "Try again; if it stays so, run `floomsec doctor`.",
    )
}
