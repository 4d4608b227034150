//! What the page can ask of the window's native side, and what it is told.

pub(crate) mod tauri;

#[cfg(test)]
pub(crate) mod fake;

use std::future::Future;
use std::pin::Pin;

use floom_protocol::import::ImportPreview;
use floom_protocol::view::{AppRef, Snapshot};
use floom_protocol::{Call, Command, Failure};
use floom_secret::SecretValue;
use yew::Callback;

/// An answer that is on its way.
pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// What the title bar's buttons do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowControl {
    Minimise,
    Maximise,
    Close,
}

/// What a file is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileDialog {
    /// A `.env` to preview.
    EnvFile,
    /// A recovery kit that there is.
    Kit,
    /// The place where a recovery kit goes.
    NewKit,
}

/// What the native side says without being asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    /// Everything that is shown, newer than before.
    Snapshot(Box<Snapshot>),
    /// The agent does not answer any more.
    AgentLost(Failure),
    /// A file was dropped or opened: its absolute path.
    File(String),
    /// A file is held over the window, or no longer.
    Drag(bool),
    /// What was dropped cannot be previewed.
    DropRefused(Failure),
}

/// The native side of the window.
pub(crate) trait Backend {
    /// Sends a command to the agent; the answer is its JSON.
    fn command(&self, command: Command) -> Answer<String>;
    /// Everything that is shown, now.
    fn snapshot(&self) -> Answer<Snapshot>;
    /// A preview of the text on the clipboard, which the native side reads.
    fn paste_preview(&self, app: Option<AppRef>) -> Answer<ImportPreview>;
    /// The system's file dialog; none where the creator chose nothing.
    fn choose_file(&self, what: FileDialog) -> Answer<Option<String>>;
    /// Puts `text`, which carries no value, on the clipboard.
    fn copy(&self, text: String) -> Answer<()>;
    /// The file that was handed to the program at its start.
    fn opened_file(&self) -> Answer<Option<String>>;
    /// What a button of the title bar does.
    fn window_control(&self, what: WindowControl) -> Answer<()>;
    /// Tells `sink` all news from now on, for as long as the page lives.
    fn listen(&self, sink: Callback<News>);
}

/// Sends `call` to the agent and reads the answer that belongs to it.
///
/// # Errors
/// The agent's refusal, or `window_answer_unreadable`.
pub(crate) async fn call<C: Call>(backend: &dyn Backend, call: C) -> Result<C::Answer, Failure> {
    // An answer can carry a recovery code: this type wipes it.
    let answer = SecretValue::new(backend.command(call.into()).await?);
    serde_json::from_str(answer.expose()).map_err(|_| unreadable())
}

/// The native side could not be asked at all. Its own words are dropped: they may quote what was sent.
pub(crate) fn unasked() -> Failure {
    Failure::new(
        "window_call_failed",
        "The window could not pass this on.",
        "Nothing was changed.",
        "Close the window and open it again.",
    )
}

/// The answer is none that this page knows.
pub(crate) fn unreadable() -> Failure {
    Failure::new(
        "window_answer_unreadable",
        "The agent answered in a way that this window does not know.",
        "What was asked may have been done; the list shows the state.",
        "Close the window and open it again.",
    )
}
