//! A start that met a window on its way out.

use std::process::Command;
use std::time::Duration;

use floom_protocol::Failure;

/// Counts the starts of one window, from process to process.
const STARTS: &str = "FLOOM_SECRETS_STARTS";
const MOST: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// What a start ends with when the window that was open took the call and ended before it answered.
pub(crate) fn met_an_end(error: &tauri::Error) -> bool {
    matches!(error, tauri::Error::PluginInitialization(plugin, _) if plugin == "single-instance")
}

/// Starts this program once more, as it was called: by then the other window has gone, and this one opens. A fresh
/// process, because GTK takes one start each.
///
/// # Errors
/// `failure` after two seconds of this, or when the system does not start it.
pub(crate) fn again(failure: Failure) -> Result<(), Failure> {
    let starts = std::env::var(STARTS).ok().and_then(|starts| starts.parse().ok()).unwrap_or(1);
    let Some(program) = std::env::current_exe().ok().filter(|_| starts < MOST) else { return Err(failure) };
    std::thread::sleep(PAUSE);
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(STARTS, (starts + 1).to_string());
    become_(command).map_err(|_| failure)
}

/// In the same process, so that whoever started it still knows it.
#[cfg(unix)]
fn become_(mut command: Command) -> std::io::Result<()> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
fn become_(mut command: Command) -> std::io::Result<()> {
    command.spawn().map(drop)
}
