//! A native side for tests: it keeps what it was asked and gives prepared answers.

use std::cell::RefCell;
use std::collections::VecDeque;

use floom_protocol::import::ImportPreview;
use floom_protocol::view::{AppRef, Snapshot};
use floom_protocol::{Command, Failure};
use serde_json::Value;
use yew::Callback;

use super::{Answer, Backend, FileDialog, News, WindowControl, unasked};

/// Asked in words, answered from a queue.
#[derive(Default)]
pub(crate) struct Fake {
    /// What was asked, as JSON where it was a command.
    pub(crate) asked: RefCell<Vec<String>>,
    /// The answers, first come first served; none left means that nobody answers.
    pub(crate) answers: RefCell<VecDeque<Result<Value, Failure>>>,
}

impl Fake {
    /// A native side that gives `answers` in their order.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Result<Value, Failure>>) -> Self {
        Self { asked: RefCell::default(), answers: RefCell::new(answers.into_iter().collect()) }
    }

    fn answer<T: serde::de::DeserializeOwned + 'static>(&self, asked: String) -> Answer<T> {
        self.asked.borrow_mut().push(asked);
        let answer = self.answers.borrow_mut().pop_front().unwrap_or_else(|| Err(unasked()));
        Box::pin(async move { answer.map(|json| serde_json::from_value(json).expect("an answer of the right kind")) })
    }
}

impl Backend for Fake {
    fn command(&self, command: Command) -> Answer<String> {
        let answer: Answer<Value> = self.answer(serde_json::to_string(&command).expect("commands serialise"));
        Box::pin(async move { answer.await.map(|json| json.to_string()) })
    }

    fn snapshot(&self) -> Answer<Snapshot> {
        self.answer("snapshot".to_owned())
    }

    fn paste_preview(&self, app: Option<AppRef>) -> Answer<ImportPreview> {
        self.answer(format!("paste_preview {}", app.map_or_else(|| "-".to_owned(), |app| app.slug)))
    }

    fn choose_file(&self, what: FileDialog) -> Answer<Option<String>> {
        self.answer(format!("choose_file {what:?}"))
    }

    fn copy(&self, text: String) -> Answer<()> {
        self.answer(format!("copy {text}"))
    }

    fn opened_file(&self) -> Answer<Option<String>> {
        self.answer("opened_file".to_owned())
    }

    fn window_control(&self, what: WindowControl) -> Answer<()> {
        self.answer(format!("{what:?}"))
    }

    fn listen(&self, _: Callback<News>) {}
}
