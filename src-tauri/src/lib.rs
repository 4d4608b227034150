//! The window process: it starts, forwards and takes drops. It decides nothing.
//!
//! What is shown comes from the agent as snapshots and is handed to the page as
//! events; what the creator does comes from the page as commands and is handed
//! to the agent. The only value that passes through here without having been
//! typed into the page is pasted text, and that goes to the agent without
//! entering the page.

#![forbid(unsafe_code)]

mod agent;
mod clipboard;
mod command_line;
mod dialog;
mod drop_target;
mod event;
mod opened;
mod page;
mod start;
mod window;

use floom_protocol::Failure;
use tauri::{Builder, Context, Runtime, Wry};

pub use agent::{Agent, Opening};
pub use command_line::file_to_open;
pub use opened::OpenedFile;

/// The configuration in `tauri.conf.json` with the front end, the permissions and the icons.
pub fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// Everything that the window does, on any runtime: its commands, its drop target
/// and the window itself, with `agent` behind it and `file` to be opened first.
pub fn assemble<R: Runtime>(builder: Builder<R>, agent: Agent, file: Option<String>) -> Builder<R> {
    builder
        .manage(agent)
        .manage(OpenedFile::new(file))
        .invoke_handler(tauri::generate_handler![
            page::call,
            page::snapshot,
            page::paste_preview,
            page::choose_file,
            page::opened_file,
            page::window_control,
        ])
        .on_window_event(|window, event| {
            drop_target::on_window_event(window, event);
            window::on_window_event(window, event);
        })
        .setup(|app| Ok(window::open(app)?))
}

/// Opens the window and returns when it was closed. A second start hands `file`
/// to the window that is open and ends this process.
///
/// # Errors
/// `no_display` where there is nothing to draw on; `window_not_opened`.
pub fn run(file: Option<String>) -> Result<(), Failure> {
    require_display()?;
    // First of all plugins: a second start must end before it opens anything.
    let builder = Builder::<Wry>::new().plugin(tauri_plugin_single_instance::init(opened::from_second_start));
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_dialog::init());
    let Err(error) = assemble(builder, Agent::of_this_user(), file).run(context()) else { return Ok(()) };
    let failure = Failure::new(
        "window_not_opened",
        format!("The window could not be opened: {error}."),
        "Nothing was changed; an agent that runs goes on syncing.",
        "Try again; `floomsec` does the same things without a window.",
    );
    if start::met_an_end(&error) { start::again(failure) } else { Err(failure) }
}

#[cfg(target_os = "linux")]
fn require_display() -> Result<(), Failure> {
    gtk::init().map_err(|_| {
        Failure::new(
            "no_display",
            "There is no display to open a window on.",
            "Nothing was started or changed.",
            "Start it from a desktop session, or use `floomsec`, which needs none.",
        )
    })
}

#[cfg(not(target_os = "linux"))]
fn require_display() -> Result<(), Failure> {
    Ok(())
}
