//! Files dropped on the window.

use std::path::PathBuf;

use floom_protocol::Failure;
use tauri::{DragDropEvent, Manager, Runtime, Window, WindowEvent, async_runtime};

use crate::event::{self, Drag};
use crate::opened;

/// Tells the page what is dragged over the window and what is dropped on it.
pub(crate) fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { paths, .. }) if !paths.is_empty() => {
            event::tell(app, event::DRAG, Drag { over: true });
        }
        WindowEvent::DragDrop(DragDropEvent::Leave) => event::tell(app, event::DRAG, Drag { over: false }),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            event::tell(app, event::DRAG, Drag { over: false });
            let (app, paths) = (app.clone(), paths.clone());
            // A look at the file can take long where it lies on another computer.
            async_runtime::spawn_blocking(move || match taken(&paths) {
                Ok(Some(file)) => event::tell(&app, event::FILE, file),
                Ok(None) => {}
                Err(failure) => event::tell(&app, event::DROP_REFUSED, failure),
            });
        }
        _ => {}
    }
}

/// The one file in a drop; nothing where there was no file in it.
fn taken(paths: &[PathBuf]) -> Result<Option<String>, Failure> {
    match paths {
        [] => Ok(None),
        [path] if path.is_dir() => Err(Failure::new(
            "drop_folder",
            "That is a folder.",
            "Nothing was read or changed.",
            "Drop the .env file in it.",
        )),
        [path] => opened::text_of(path).map(Some),
        _ => Err(Failure::new(
            "drop_many",
            "Drop one file at a time.",
            "Nothing was read or changed.",
            "Drop the files one after the other.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(paths: &[PathBuf]) -> Option<String> {
        taken(paths).err().map(|failure| failure.code)
    }

    #[test]
    fn one_file_is_taken_and_everything_else_is_refused() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let file = here.join("Cargo.toml");
        assert_eq!(taken(std::slice::from_ref(&file)), Ok(file.to_str().map(str::to_owned)), "one file is handed on");
        assert_eq!(taken(&[]), Ok(None), "dragged text is no file");
        assert_eq!(refusal(&[file.clone(), file]), Some("drop_many".into()), "two files are one too many");
        assert_eq!(refusal(&[here]), Some("drop_folder".into()), "a folder is no file");
    }
}
