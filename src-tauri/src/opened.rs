//! Files that this program was started with.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use floom_protocol::Failure;
use tauri::{AppHandle, Manager, Runtime};

use crate::{command_line, event, window};

/// The file of the command line, until the page has asked for it.
#[derive(Debug)]
pub struct OpenedFile(Mutex<Page>);

/// Whether the page can be told.
#[derive(Debug)]
enum Page {
    /// It is still loading; this waits for it.
    Loading(Option<String>),
    /// It has asked, and listens from now on.
    Listening,
}

impl OpenedFile {
    /// `file` waits for the page.
    pub fn new(file: Option<String>) -> Self {
        Self(Mutex::new(Page::Loading(file)))
    }

    /// The file that waits: once, then nothing.
    pub(crate) fn take(&self) -> Option<String> {
        match std::mem::replace(&mut *self.page(), Page::Listening) {
            Page::Loading(file) => file,
            Page::Listening => None,
        }
    }

    /// Has `file` wait where the page is still loading; else gives it back, to be told.
    fn keep(&self, file: String) -> Option<String> {
        match &mut *self.page() {
            Page::Loading(waiting) => {
                *waiting = Some(file);
                None
            }
            Page::Listening => Some(file),
        }
    }

    fn page(&self) -> std::sync::MutexGuard<'_, Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A second start: the window comes to the front with the file of that start.
pub(crate) fn from_second_start<R: Runtime>(app: &AppHandle<R>, arguments: Vec<String>, folder: String) {
    if let Some(window) = app.get_webview_window(window::LABEL) {
        let _ = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    }
    // That process has refused wrong usage already.
    let arguments = arguments.into_iter().map(OsString::from);
    let file = command_line::file_to_open(arguments, Path::new(&folder)).ok().flatten();
    if let Some(file) = file.and_then(|file| app.state::<OpenedFile>().keep(file)) {
        event::tell(app, event::FILE, file);
    }
}

/// A path as it goes to the page and the agent.
///
/// # Errors
/// `path_not_text` where it cannot be written in Unicode.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(
            "path_not_text",
            "The path of this file cannot be written in Unicode.",
            "Nothing was read or changed.",
            "Rename the file or its folder, then try again.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_is_taken_once() {
        let opened = OpenedFile::new(Some("/a/.env".into()));
        assert_eq!(opened.take().as_deref(), Some("/a/.env"), "the page gets the file of the command line");
        assert_eq!(opened.take(), None, "a reloaded page does not get it again");
    }

    #[test]
    fn a_second_start_is_not_lost_while_the_page_loads() {
        let opened = OpenedFile::new(None);
        assert_eq!(opened.keep("/b/.env".into()), None, "a page that loads cannot be told");
        assert_eq!(opened.take().as_deref(), Some("/b/.env"), "it finds the file when it asks");
        assert_eq!(opened.keep("/c/.env".into()).as_deref(), Some("/c/.env"), "a page that listens is told");
    }
}
