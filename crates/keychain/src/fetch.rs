//! A key fetched by a short-lived child, so that no library's buffer in this process ever holds it.
//!
//! The child is told service, account and limit on its standard input. It answers on its standard output
//! with one byte: 0 and then the 32 bytes of the key, 1 for "no such entry", or 2 and more for the state
//! in which the keychain could not answer. Whatever copies its libraries made end with it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use floom_guarded::GuardedKey;

use crate::{Keychain, KeychainError, State};

/// What the child keeps of this process's environment: where the bus, the user's files and the system are.
const KEPT: &[&str] =
    &["HOME", "XDG_RUNTIME_DIR", BUS, "SYSTEMROOT", "LOCALAPPDATA", "APPDATA", "USERPROFILE", "USERNAME"];
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

const KEY: u8 = 0;
const NONE: u8 = 1;
const FIRST_STATE: u8 = 2;
/// The states in the order of their numbers.
const STATES: [State; 10] = [
    State::Ready,
    State::Absent,
    State::Locked,
    State::Waiting,
    State::Denied,
    State::TimedOut,
    State::NoService,
    State::Foreign,
    State::Other,
    State::Dismissed,
];

/// The program that fetches; it calls [`answer_fetch`].
pub(crate) struct Fetcher {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

impl Fetcher {
    /// The key of `account`, read by a child that is gone when this returns.
    pub(crate) fn fetch(
        &self,
        service: &str,
        account: &str,
        bus: Option<&str>,
        limit: Duration,
    ) -> Result<Option<GuardedKey>, KeychainError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear();
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        if let Some(bus) = bus {
            command.env(BUS, bus);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|_| State::Other)?;
        let answer = talk(&mut child, &request(service, account, limit), limit);
        // It has nothing more to say; one that hangs must not stay.
        let _ = child.kill();
        let _ = child.wait();
        answer
    }
}

/// Asks the child and waits at most `limit` for its answer.
fn talk(child: &mut Child, request: &str, limit: Duration) -> Result<Option<GuardedKey>, KeychainError> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(State::Other.into());
    };
    input.write_all(request.as_bytes()).map_err(|_| State::Other)?;
    drop(input);
    let (answer, answered) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("keychain-fetch".into())
        .spawn(move || {
            let _ = answer.send(read_answer(output));
        })
        .map_err(|_| State::Other)?;
    match answered.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(State::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(State::Other.into()),
    }
}

/// Reads the answer; the pipe has no buffer on this side, so the key goes from the kernel straight to its place.
fn read_answer(mut output: ChildStdout) -> Result<Option<GuardedKey>, KeychainError> {
    let mut kind = [0];
    output.read_exact(&mut kind).map_err(|_| State::Other)?;
    match kind[0] {
        KEY => GuardedKey::fill_with(|key| output.read_exact(key)).map(Some).map_err(|_| State::Other.into()),
        NONE => Ok(None),
        number => {
            let state = STATES.get(usize::from(number - FIRST_STATE)).copied().unwrap_or(State::Other);
            Err(if state == State::Ready { State::Other } else { state }.into())
        }
    }
}

fn request(service: &str, account: &str, limit: Duration) -> String {
    format!("{service}\n{account}\n{}\n", limit.as_millis())
}

/// The child's side: reads one request from standard input, answers it on standard output. What the program
/// given to [`Keychain::with_fetcher`] does, and then it ends.
pub fn answer_fetch() -> ExitCode {
    let mut request = String::new();
    let asked = std::io::stdin().lock().take(4096).read_to_string(&mut request);
    let mut lines = request.lines();
    let answer = match (asked, lines.next(), lines.next(), lines.next().map(str::parse)) {
        (Ok(_), Some(service), Some(account), Some(Ok(limit))) => {
            Keychain::bounded(service, Duration::from_millis(limit)).read_key(account)
        }
        _ => Err(State::Other.into()),
    };
    let mut output = std::io::stdout().lock();
    let said = match answer {
        Ok(Some(key)) => output.write_all(&[KEY]).and_then(|()| output.write_all(key.bytes())),
        Ok(None) => output.write_all(&[NONE]),
        Err(error) => output.write_all(&[number_of(error.state)]),
    };
    match said.and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn number_of(state: State) -> u8 {
    (FIRST_STATE..).zip(STATES).find_map(|(number, is)| (is == state).then_some(number)).unwrap_or(u8::MAX)
}
