//! What the pages say, as data for the templates.

use askama::Template;
use floom_secret::provider;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::text::{Piece, pieces, plain};
use crate::Manifest;
use crate::run::Line;
use crate::store::{App, RunRow, instant};

/// What each page of an app begins with.
struct Head {
    slug: String,
    initial: String,
    description: String,
}

impl Head {
    fn of(app: &App) -> Self {
        let Manifest { slug, description, .. } = &app.manifest;
        let initial = slug.chars().take(1).collect();
        Self { slug: slug.clone(), initial, description: plain(description) }
    }
}

/// Why nothing else is shown.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct NoticePage {
    pub(super) what: &'static str,
    pub(super) next: String,
}

/// One field per key.
#[derive(Template)]
#[template(path = "connect.html")]
pub(super) struct ConnectPage {
    head: Head,
    fields: Vec<KeyField>,
    replacing: bool,
}

/// Where a provider makes its keys.
struct KeyPage {
    address: &'static str,
    /// The address without its scheme.
    name: &'static str,
}

struct KeyField {
    key: String,
    page: Option<KeyPage>,
    problem: Option<String>,
}

impl ConnectPage {
    /// Before a visitor's first run.
    pub(super) fn first(app: &App, keys: &[String]) -> Self {
        Self::again(app, keys, Vec::new(), false)
    }

    /// With what was wrong with the last try, by key.
    pub(super) fn again(app: &App, keys: &[String], mut problems: Vec<(String, String)>, replacing: bool) -> Self {
        let field = |key: &String| {
            let problem = problems.iter().position(|(of, _)| of == key).map(|at| problems.swap_remove(at).1);
            let address = provider::of_name(key).and_then(|provider| provider.new_key);
            let page = address.map(|address| KeyPage { address, name: address.trim_start_matches("https://") });
            KeyField { key: key.clone(), page, problem }
        };
        Self { head: Head::of(app), fields: keys.iter().map(field).collect(), replacing }
    }
}

/// "Remove your key?"
#[derive(Template)]
#[template(path = "remove.html")]
pub(super) struct RemovePage {
    head: Head,
    keys: usize,
}

impl RemovePage {
    pub(super) fn new(app: &App, keys: usize) -> Self {
        Self { head: Head::of(app), keys }
    }
}

/// How an app's page stands.
pub(super) enum State {
    Ready,
    Running,
    Done,
    /// The creator's to mend: no name, no code.
    CreatorMissing,
    Failed(String),
}

impl State {
    fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }

    fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    fn is_creator_missing(&self) -> bool {
        matches!(self, Self::CreatorMissing)
    }

    fn why(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

/// How a run stands, for a visitor who connected `own`.
pub(super) fn state(run: &RunRow, own: &[String]) -> State {
    match run.status.as_str() {
        "pending" | "running" => State::Running,
        "success" => State::Done,
        _ if run.error_type.as_deref() == Some("missing_secret") => {
            let required = run.outputs["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_own = |key: &Value| own.iter().any(|own| *key == own.as_str());
            if required.iter().all(is_own) {
                State::Failed("A key that you connected cannot be read any more. Replace it.".into())
            } else {
                State::CreatorMissing
            }
        }
        _ => State::Failed(plain(run.error.as_deref().unwrap_or("The run failed."))),
    }
}

/// The app's inputs, the visitor's keys, and one run.
#[derive(Template)]
#[template(path = "app.html")]
pub(super) struct AppPage {
    head: Head,
    action: String,
    inputs: Vec<InputField>,
    keys: Vec<String>,
    declared: Vec<String>,
    problem: Option<String>,
    state: State,
    lines: Vec<ShownLine>,
    seconds: i64,
    clock: String,
}

struct InputField {
    name: String,
    label: String,
    kind: &'static str,
    required: bool,
    value: String,
}

struct ShownLine {
    at: String,
    pieces: Vec<Piece>,
}

impl AppPage {
    pub(super) fn new(app: &App, keys: Vec<String>, state: State) -> Self {
        let field = |input: &crate::Input| InputField {
            name: input.name.clone(),
            label: plain(input.label.as_ref().unwrap_or(&input.name)),
            kind: if input.kind == "number" { "number" } else { "text" },
            required: input.required,
            value: String::new(),
        };
        Self {
            action: format!("/p/{}/run", app.manifest.slug),
            inputs: app.manifest.inputs.iter().map(field).collect(),
            declared: app.manifest.secrets_needed.clone(),
            head: Head::of(app),
            keys,
            problem: None,
            state,
            lines: Vec::new(),
            seconds: 0,
            clock: String::new(),
        }
    }

    /// With what was given last.
    pub(super) fn with(mut self, mut given: Map<String, Value>, problem: Option<String>) -> Self {
        for input in &mut self.inputs {
            input.value = match given.remove(&input.name) {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            };
        }
        Self { problem, ..self }
    }

    /// With a run that stands at `now` as its row says, or, under way, as its lines so far.
    pub(super) fn of_run(mut self, run: &RunRow, so_far: Vec<Line>, now: Timestamp) -> Self {
        let begun = instant(&run.started_at).unwrap_or(now);
        let passed = run.duration_ms.map_or(now.duration_since(begun), SignedDuration::from_millis);
        self.seconds = passed.as_secs().max(0);
        self.clock = format!("{}:{:02}", self.seconds / 60, self.seconds % 60);
        if self.state.is_running() {
            self.action = format!("/p/{}/runs/{}/stop", self.head.slug, run.id);
        }
        let zone = TimeZone::system();
        let line = |line: &Line| ShownLine {
            at: Timestamp::from_millisecond(line.at)
                .map_or_else(|_| String::new(), |at| zone.to_datetime(at).strftime("%H:%M:%S").to_string()),
            pieces: pieces(&line.text, &self.declared),
        };
        let lines = if self.state.is_running() { &so_far } else { &run.transcript };
        self.lines = lines.iter().map(line).collect();
        self
    }
}
