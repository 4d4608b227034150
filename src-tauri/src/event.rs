//! What the page is told without asking. No event carries a value.

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter, Runtime};

/// A new `Snapshot`.
pub(crate) const SNAPSHOT: &str = "snapshot";
/// The agent is gone: a `Failure`.
pub(crate) const AGENT_LOST: &str = "agent_lost";
/// One file was dropped, or came with a second start: its path.
pub(crate) const FILE: &str = "file";
/// Files are over the window, or no longer: a [`Drag`].
pub(crate) const DRAG: &str = "drag";
/// What was dropped is not taken: a `Failure`.
pub(crate) const DROP_REFUSED: &str = "drop_refused";

/// Whether files are over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drag {
    /// They are.
    pub(crate) over: bool,
}

/// Tells the page. A page that is gone has nothing to be told.
pub(crate) fn tell<R: Runtime, T: Serialize + Clone>(app: &AppHandle<R>, event: &str, what: T) {
    let _ = app.emit_to(crate::window::LABEL, event, what);
}
