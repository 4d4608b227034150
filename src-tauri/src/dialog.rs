//! The system's dialog in which the creator chooses a file, or the place of a new one.

use std::path::PathBuf;

use floom_protocol::Failure;
use serde::Deserialize;
use tauri::{Runtime, WebviewWindow};
use tokio::sync::oneshot;

/// What a file is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// A `.env` to preview.
    EnvFile,
    /// A recovery kit that there is.
    Kit,
    /// The place where a recovery kit goes. The agent writes it, and replaces nothing.
    NewKit,
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Self::EnvFile => "Choose a .env file",
            Self::Kit => "Choose the recovery kit's file",
            Self::NewKit => "Save the recovery kit's file",
        }
    }

    /// The name that a new file is proposed.
    fn new_name(self) -> Option<&'static str> {
        (self == Self::NewKit).then_some("floom-kit.vault")
    }
}

/// The file that the creator chose, or nothing when they cancelled.
///
/// # Errors
/// `dialog_not_shown` where the window is closing.
pub(crate) async fn choose<R: Runtime>(
    window: &WebviewWindow<R>,
    purpose: Purpose,
) -> Result<Option<PathBuf>, Failure> {
    let (answer, answered) = oneshot::channel();
    let parent = window.clone();
    window.run_on_main_thread(move || show(&parent, purpose, answer)).map_err(|_| not_shown())?;
    answered.await.map_err(|_| not_shown())
}

#[cfg(target_os = "linux")]
fn show<R: Runtime>(parent: &WebviewWindow<R>, purpose: Purpose, answer: oneshot::Sender<Option<PathBuf>>) {
    use gtk::prelude::{FileChooserExt, NativeDialogExt, NativeDialogExtManual};
    let parent = parent.gtk_window().ok();
    let action = match purpose {
        Purpose::EnvFile | Purpose::Kit => gtk::FileChooserAction::Open,
        Purpose::NewKit => gtk::FileChooserAction::Save,
    };
    let dialog = gtk::FileChooserNative::new(Some(purpose.title()), parent.as_ref(), action, None, None);
    if let Some(name) = purpose.new_name() {
        dialog.set_current_name(name);
    }
    dialog.set_modal(true);
    dialog.set_show_hidden(true);
    gtk::glib::MainContext::default().spawn_local(async move {
        let accepted = dialog.run_future().await == gtk::ResponseType::Accept;
        let _ = answer.send(dialog.filename().filter(|_| accepted));
        dialog.destroy();
    });
}

#[cfg(not(target_os = "linux"))]
fn show<R: Runtime>(parent: &WebviewWindow<R>, purpose: Purpose, answer: oneshot::Sender<Option<PathBuf>>) {
    use tauri_plugin_dialog::DialogExt;
    let dialog = parent.dialog().file().set_title(purpose.title()).set_parent(parent);
    let answer = move |file: Option<tauri_plugin_dialog::FilePath>| {
        let _ = answer.send(file.and_then(|file| file.into_path().ok()));
    };
    match purpose.new_name() {
        Some(name) => dialog.set_file_name(name).save_file(answer),
        None => dialog.pick_file(answer),
    }
}

fn not_shown() -> Failure {
    Failure::new(
        "dialog_not_shown",
        "The system did not show its dialog for files.",
        "Nothing was read or changed.",
        "Type its path, or drop the file on the window.",
    )
}
