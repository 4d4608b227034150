//! Starting the agent.

use std::path::PathBuf;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::Failure;

/// What an agent says on its standard output, once, before it closes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// The socket is open.
    Ready {},
    /// It does not start.
    Failed(Failure),
}

/// Variables that the agent keeps of its starter's environment; it is started from
/// windows and shells that may hold secrets in theirs.
const KEPT: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    // By these the doctor knows which desktop it gives advice for.
    "XDG_CURRENT_DESKTOP",
    "WAYLAND_DISPLAY",
    "DISPLAY",
    "WSL_DISTRO_NAME",
    "SYSTEMROOT",
    "LOCALAPPDATA",
    "APPDATA",
    "USERPROFILE",
    "USERNAME",
    "TEMP",
    "TMP",
];

/// The program `name` beside this executable.
///
/// # Errors
/// `agent_not_found` when it is not there.
pub fn program_beside(name: &str) -> Result<PathBuf, Failure> {
    let found =
        std::env::current_exe().ok().map(|me| me.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION));
    found.filter(|path| path.is_file()).ok_or_else(|| {
        Failure::new(
            "program_not_found",
            format!("The program {name} is not beside this one."),
            "Nothing was started or changed.",
            "Install Floom Secrets again.",
        )
    })
}

/// Starts `floomsec agent`, detached, and waits for its announcement.
///
/// # Errors
/// What the agent announced, or `agent_not_started`.
pub(super) async fn start_agent() -> Result<(), Failure> {
    let mut command = Command::new(program_beside("floomsec")?);
    command.arg("agent").env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(0x0000_0008 | 0x0000_0200); // DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
    let mut child = command.spawn().map_err(|error| not_started(&error.to_string()))?;
    let stdout = child.stdout.take().ok_or_else(|| not_started("it has no output"))?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).await.map_err(|error| not_started(&error.to_string()))?;
    match serde_json::from_str(&line) {
        Ok(Announcement::Ready {}) => Ok(()),
        // Another face was quicker: its agent is the one to talk to.
        Ok(Announcement::Failed(failure)) if failure.code == "agent_running" => Ok(()),
        Ok(Announcement::Failed(failure)) => Err(failure),
        Err(_) => Err(not_started("it ended before it was ready")),
    }
}

fn not_started(why: &str) -> Failure {
    Failure::new(
        "agent_not_started",
        format!("The agent could not be started: {why}."),
        "Nothing was changed.",
        "Try again; if it stays so, run `floomsec doctor`.",
    )
}
