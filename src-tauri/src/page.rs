//! The commands of the page; `src-tauri/permissions` says who may call them.

use floom_protocol::command::Preview;
use floom_protocol::import::{ImportPreview, ImportSource};
use floom_protocol::view::{AppRef, Snapshot};
use floom_protocol::{Command, Failure};
use serde::Deserialize;
use tauri::{AppHandle, Runtime, State, WebviewWindow};

use crate::dialog::Purpose;
use crate::{Agent, OpenedFile, clipboard, dialog, opened};

/// Forwards one command to the agent and returns its answer.
#[tauri::command]
pub(crate) async fn call<R: Runtime>(
    app: AppHandle<R>,
    agent: State<'_, Agent>,
    command: serde_json::Value,
) -> Result<serde_json::Value, Failure> {
    // The parser's own words are dropped: they can quote what was typed.
    let command: Command = serde_json::from_value(command).map_err(|_| unknown())?;
    if matches!(command, Command::Environment(_) | Command::ExportPlain(_)) {
        return Err(not_for_the_page());
    }
    agent.send(&app, command).await
}

/// Everything that is shown, now; connects, and starts the agent, where that is needed.
#[tauri::command]
pub(crate) async fn snapshot<R: Runtime>(app: AppHandle<R>, agent: State<'_, Agent>) -> Result<Snapshot, Failure> {
    agent.snapshot(&app).await
}

/// Hands the clipboard's text to the agent and returns what importing it would do.
#[tauri::command]
pub(crate) async fn paste_preview<R: Runtime>(
    window: AppHandle<R>,
    agent: State<'_, Agent>,
    app: Option<AppRef>,
) -> Result<ImportPreview, Failure> {
    let text = clipboard::text().await?;
    agent.call(&window, Preview { source: ImportSource::Text { text }, app, reader: None }).await
}

/// Has the creator choose a file, or the place of a new one; nothing when they cancel.
#[tauri::command]
pub(crate) async fn choose_file<R: Runtime>(
    window: WebviewWindow<R>,
    what: Purpose,
) -> Result<Option<String>, Failure> {
    dialog::choose(&window, what).await?.as_deref().map(opened::text_of).transpose()
}

/// The file that this program was started with: once, then nothing.
#[tauri::command]
pub(crate) fn opened_file(file: State<'_, OpenedFile>) -> Option<String> {
    file.take()
}

/// A button of the title bar.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WindowControl {
    Minimise,
    /// To full size, and back from it.
    Maximise,
    Close,
}

/// Does what a button of the title bar says.
#[tauri::command]
pub(crate) fn window_control<R: Runtime>(window: WebviewWindow<R>, what: WindowControl) -> Result<(), Failure> {
    match what {
        WindowControl::Minimise => window.minimize(),
        WindowControl::Maximise if window.is_maximized().unwrap_or(false) => window.unmaximize(),
        WindowControl::Maximise => window.maximize(),
        WindowControl::Close => window.close(),
    }
    .map_err(|error| {
        Failure::new(
            "window_refused",
            format!("The desktop did not do that: {error}."),
            "Nothing was changed.",
            "Use the desktop's own keys for windows.",
        )
    })
}

fn unknown() -> Failure {
    Failure::new(
        "command_unknown",
        "The page asked for something that this program does not know.",
        "Nothing was changed.",
        "Close the window and open it again; if this stays, install Floom Secrets again.",
    )
}

fn not_for_the_page() -> Failure {
    Failure::new(
        "command_not_for_window",
        "The window never gets all values of an app.",
        "Nothing was read or changed.",
        "Use `floomsec run --app SLUG -- COMMAND`, which hands them to that command alone.",
    )
}
