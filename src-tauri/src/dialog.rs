//! The system's dialog in which the creator chooses a file.

use std::path::PathBuf;

use floom_protocol::Failure;
use tauri::{Runtime, WebviewWindow};
use tokio::sync::oneshot;

const TITLE: &str = "Choose a .env file";

/// The file that the creator chose, or nothing when they cancelled.
///
/// # Errors
/// `dialog_not_shown` where the window is closing.
pub(crate) async fn choose<R: Runtime>(window: &WebviewWindow<R>) -> Result<Option<PathBuf>, Failure> {
    let (answer, answered) = oneshot::channel();
    let parent = window.clone();
    window.run_on_main_thread(move || show(&parent, answer)).map_err(|_| not_shown())?;
    answered.await.map_err(|_| not_shown())
}

#[cfg(target_os = "linux")]
fn show<R: Runtime>(parent: &WebviewWindow<R>, answer: oneshot::Sender<Option<PathBuf>>) {
    use gtk::prelude::{FileChooserExt, NativeDialogExt, NativeDialogExtManual};
    let parent = parent.gtk_window().ok();
    let dialog = gtk::FileChooserNative::new(Some(TITLE), parent.as_ref(), gtk::FileChooserAction::Open, None, None);
    dialog.set_modal(true);
    dialog.set_show_hidden(true);
    gtk::glib::MainContext::default().spawn_local(async move {
        let accepted = dialog.run_future().await == gtk::ResponseType::Accept;
        let _ = answer.send(dialog.filename().filter(|_| accepted));
        dialog.destroy();
    });
}

#[cfg(not(target_os = "linux"))]
fn show<R: Runtime>(parent: &WebviewWindow<R>, answer: oneshot::Sender<Option<PathBuf>>) {
    use tauri_plugin_dialog::DialogExt;
    parent.dialog().file().set_title(TITLE).set_parent(parent).pick_file(move |file| {
        let _ = answer.send(file.and_then(|file| file.into_path().ok()));
    });
}

fn not_shown() -> Failure {
    Failure::new(
        "dialog_not_shown",
        "The system did not show its dialog for files.",
        "Nothing was read or changed.",
        "Drop the file on the window instead.",
    )
}
