//! Runs: one command per run, with exactly the declared variables.

mod live;
mod process;
mod redact;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::LocalError;
use crate::store::{App, Ended, RunValues, Store, User};
pub(crate) use live::{Line, LiveRuns};
use process::{Exit, Output};
use redact::Patterns;

/// Runs that are under way at the same time; further ones wait their turn as `pending`.
const AT_ONCE: usize = 8;

/// What starts runs.
#[derive(Clone)]
pub(crate) struct Runner {
    store: Store,
    slots: Arc<Semaphore>,
    live: LiveRuns,
}

/// One run that was accepted.
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) app: App,
    pub(crate) user: User,
    pub(crate) inputs: Value,
}

impl Runner {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, slots: Arc::new(Semaphore::new(AT_ONCE)), live: LiveRuns::default() }
    }

    /// The runs under way.
    pub(crate) fn live(&self) -> &LiveRuns {
        &self.live
    }

    /// Sees an accepted run through to its end. Values are read when its turn comes.
    ///
    /// # Errors
    /// [`LocalError`] of the store; everything else is how the run ended.
    pub(crate) async fn see_through(self, accepted: Accepted) -> Result<(), LocalError> {
        let Accepted { id, app, user, inputs } = accepted;
        let entered = self.live.enter(&id);
        let turn = tokio::select! {
            biased;
            () = entered.live.stopped() => None,
            slot = self.slots.acquire() => slot.ok(),
        };
        let Some(_slot) = turn else {
            let ended = from_output(Output::never_begun(), app.manifest.timeout_seconds);
            return self.stored(&app, move |store, _| store.end_run(&id, &ended)).await;
        };
        let begun = Instant::now();
        let run = id.clone();
        let RunValues { values, missing } =
            self.stored(&app, move |store, app| store.run_values(app, &user, &run)).await?;
        let mut ended = if missing.is_empty() {
            let run = id.clone();
            self.stored(&app, move |store, _| store.begin_run(&run)).await?;
            let values: Vec<_> = values.into_iter().map(|value| (value.key, value.value)).collect();
            let limit = Duration::from_secs(app.manifest.timeout_seconds);
            let patterns = Patterns::of(&values);
            let input = inputs.to_string().into_bytes();
            let output = process::run(&app.manifest.command, values, input, limit, (&patterns, &entered.live)).await;
            from_output(output, app.manifest.timeout_seconds)
        } else {
            from_missing(&missing)
        };
        ended.duration_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        ended.transcript = entered.live.lines();
        let written = self.stored(&app, move |store, _| store.end_run(&id, &ended)).await;
        // Only now: until its end is written down, it is looked for here.
        drop(entered);
        written
    }

    async fn stored<T: Send + 'static>(
        &self,
        app: &App,
        work: impl FnOnce(&Store, &App) -> Result<T, LocalError> + Send + 'static,
    ) -> Result<T, LocalError> {
        let (store, app) = (self.store.clone(), app.clone());
        let done = tokio::task::spawn_blocking(move || work(&store, &app)).await;
        done.map_err(|error| LocalError::Network(error.into()))?
    }
}

/// The real server's words for keys without a value.
fn from_missing(missing: &[String]) -> Ended {
    let names = missing.join(", ");
    let error = format!("Missing required secrets: {names}");
    Ended {
        status: "error",
        error_type: Some("missing_secret"),
        outputs: json!({
            "error": "missing_secrets",
            "required": missing,
            "help": format!("This action needs {names}. Set a creator value, or add it to your own vault."),
        }),
        logs: format!("[local] error: {error}"),
        error: Some(error),
        duration_ms: 0,
        transcript: Vec::new(),
    }
}

fn from_output(output: Output, limit: u64) -> Ended {
    let (status, error_type, error) = match output.exit {
        Exit::Success => ("success", None, None),
        Exit::Code(code) => ("error", Some("runtime_error"), Some(format!("The command ended with code {code}."))),
        Exit::Signal => ("error", Some("runtime_error"), Some("The command was ended by a signal.".into())),
        Exit::TimedOut => ("timeout", Some("timeout"), Some(format!("The command was stopped after {limit} s."))),
        Exit::Stopped => ("error", Some("cancelled"), Some("The run was stopped.".into())),
        Exit::NotStarted(reason) => {
            ("error", Some("runtime_error"), Some(format!("The command did not start: {reason}.")))
        }
    };
    let outputs = last_object(&output.stdout).unwrap_or_else(|| json!({ "stdout": output.stdout }));
    Ended { status, error, error_type, outputs, logs: output.stderr, duration_ms: 0, transcript: Vec::new() }
}

/// The last line that is a JSON object.
fn last_object(text: &str) -> Option<Value> {
    let objects = text.lines().rev().filter(|line| line.trim_start().starts_with('{'));
    objects.filter_map(|line| serde_json::from_str(line).ok()).find(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_the_last_json_object() {
        let text = "starting\n{\"a\":1}\nnoise\n{\"b\":2}\n[3]\n{broken\n";
        assert_eq!(last_object(text), Some(json!({ "b": 2 })), "the last whole object is the answer");
        assert_eq!(last_object("no object\n[1]\n"), None, "text alone is no object");
    }
}
