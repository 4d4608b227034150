//! What runs under way have put out so far, and how one is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// One line of output, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When it was put out, in milliseconds since the Unix epoch.
    pub(crate) at: i64,
    /// Its text, without the line's end.
    pub(crate) text: String,
}

/// One run under way.
#[derive(Debug, Default)]
pub(crate) struct Live {
    lines: Mutex<Vec<Line>>,
    stop: Notify,
}

impl Live {
    /// Adds one line.
    pub(super) fn add(&self, text: &str) {
        let text = text.trim_end_matches('\r').to_owned();
        hold(&self.lines).push(Line { at: Timestamp::now().as_millisecond(), text });
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        hold(&self.lines).clone()
    }

    /// Is done once the run was asked to stop.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }
}

/// The runs under way, by id. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveRuns(Arc<Mutex<HashMap<String, Arc<Live>>>>);

impl LiveRuns {
    /// Counts the run `id` as under way until what is given back is dropped.
    pub(super) fn enter(&self, id: &str) -> Entered {
        let live = Arc::new(Live::default());
        hold(&self.0).insert(id.to_owned(), live.clone());
        Entered { runs: self.clone(), id: id.to_owned(), live }
    }

    /// The run `id`, while it is under way.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Live>> {
        hold(&self.0).get(id).cloned()
    }

    /// Asks the run `id` to stop. One that is over stays as it ended.
    pub(crate) fn stop(&self, id: &str) {
        if let Some(live) = self.get(id) {
            live.stop.notify_one();
        }
    }
}

/// A run that is counted as under way.
pub(super) struct Entered {
    runs: LiveRuns,
    id: String,
    pub(super) live: Arc<Live>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        hold(&self.runs.0).remove(&self.id);
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
