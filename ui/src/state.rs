//! What the page shows, and how each message changes it.

use std::collections::BTreeMap;
use std::rc::Rc;

use floom_protocol::Failure;
use floom_protocol::import::{ImportPreview, ImportReport};
use floom_protocol::view::{
    AppRef, AppView, ConnectionView, DoctorView, LinkView, SecretView, Snapshot, VaultView, VersionView,
};
use floom_secret::Policy;
use yew::Reducible;

use crate::act::{Outcome, Task};
use crate::backend::News;
use crate::kit::Code;
use crate::words;

/// Everything that the page shows. It holds no value; a recovery code only while its sheet is open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct State {
    /// What the agent said last.
    pub(crate) snapshot: Option<Rc<Snapshot>>,
    /// Why the agent does not answer, while it does not.
    pub(crate) lost: Option<Failure>,
    /// The app that was chosen: its connection's id and its slug.
    pub(crate) chosen: Option<(String, String)>,
    /// What lies over the page.
    pub(crate) layer: Option<Layer>,
    /// The questions that the creator's own acts raised, by key.
    pub(crate) asks: BTreeMap<String, Ask>,
    /// What is under way.
    pub(crate) busy: Vec<Task>,
    /// The last refusal, until it is put away.
    pub(crate) problem: Option<Failure>,
    /// A short word that something was done, with a number that tells two apart.
    pub(crate) toast: Option<(u32, String)>,
    /// The versions of one secret.
    pub(crate) history: Option<History>,
    /// What the doctor found.
    pub(crate) doctor: Option<DoctorView>,
    /// Whether Activity is shown; none leaves it to the window's width.
    pub(crate) activity: Option<bool>,
    /// Whether the rail lies over a narrow page.
    pub(crate) rail_open: bool,
    /// Whether a file is held over the window.
    pub(crate) drag: bool,
    /// The name that the add form begins with, with a number that tells two requests apart.
    pub(crate) prefill: Option<(u32, String)>,
    /// The path that the creator chose for the sheet that is open, numbered likewise.
    pub(crate) place: Option<(u32, String)>,
}

/// What lies over the page; one at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layer {
    /// What an import would do.
    Import(Rc<ImportPreview>),
    /// No app declares the previewed keys: one can be made.
    NewApp(Rc<ImportPreview>),
    /// A Floom is added.
    Connect,
    /// The add form, where the page has no room for it.
    Add,
    /// A secret's value would be removed from Floom.
    Remove(String),
    /// The recovery kit that there is.
    Kit,
    /// A recovery kit is made; once its file is saved, its code is shown.
    NewKit(Option<Code>),
    /// Two groups of a new code, counted from 0, are typed from the creator's copy.
    Drill { code: Code, asked: [usize; 2] },
    /// A kit is opened with its whole code, to prove that it can be.
    ProveKit,
    /// The vault is opened with a recovery kit.
    UseKit,
    /// A vault is made that opens with a passphrase.
    Passphrase,
    /// A new vault would be made beside the old one.
    StartAnew,
    /// What the doctor finds while nothing stops the vault.
    Doctor,
}

/// A question in a row that the creator's own act raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether to change the policy to this one.
    Policy(Policy),
    /// The new value.
    Value,
}

/// The versions of one secret.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// Its name.
    pub(crate) key: String,
    /// Its versions, newest first; none until they came.
    pub(crate) versions: Option<Vec<VersionView>>,
}

/// What changes the page.
#[derive(Debug, Clone)]
pub(crate) enum Msg {
    News(News),
    Started(Task),
    Ended(Task, Result<Rc<Outcome>, Failure>),
    Show {
        connection: String,
        slug: String,
    },
    Ask(String, Ask),
    Unask(String),
    Open(Layer),
    OpenHistory(String),
    CloseHistory,
    CloseLayer,
    /// Puts away what lies on top, one thing at a time.
    Escape,
    ToggleActivity {
        wide: bool,
    },
    ToggleRail,
    PutAwayProblem,
    PutAwayToast(u32),
    Prefill(String),
}

impl State {
    /// The app that is shown: the chosen one, else the first.
    pub(crate) fn app(&self) -> Option<&AppView> {
        let apps = &self.snapshot.as_ref()?.apps;
        let chosen = self.chosen.as_ref();
        chosen
            .and_then(|(connection, slug)| apps.iter().find(|app| app.connection == *connection && app.slug == *slug))
            .or_else(|| apps.first())
    }

    /// How commands name the app that is shown.
    pub(crate) fn app_ref(&self) -> Option<AppRef> {
        self.app().map(app_ref)
    }

    /// The connection whose apps are shown.
    pub(crate) fn connection(&self) -> Option<&ConnectionView> {
        let connections = &self.snapshot.as_ref()?.connections;
        match self.app() {
            Some(app) => connections.iter().find(|connection| connection.id == app.connection),
            None => connections.iter().find(|connection| connection.shown),
        }
    }

    /// The watched file with this absolute path.
    pub(crate) fn link_at(&self, path: &str) -> Option<&LinkView> {
        self.snapshot.as_ref()?.links.iter().find(|link| link.path == path)
    }

    /// The secret `key` of the app that is shown.
    pub(crate) fn secret(&self, key: &str) -> Option<&SecretView> {
        self.app()?.secrets.iter().find(|secret| secret.key == key)
    }

    /// Whether `task` is under way.
    pub(crate) fn is_busy(&self, task: &Task) -> bool {
        self.busy.contains(task)
    }

    fn say(&mut self, text: String) {
        let number = self.toast.as_ref().map_or(0, |(number, _)| number.wrapping_add(1));
        self.toast = Some((number, text));
    }

    fn news(&mut self, news: News) {
        match news {
            News::Snapshot(snapshot) => self.take(*snapshot),
            News::AgentLost(failure) => self.lost = Some(failure),
            // The app asks for the preview; nothing is shown until it comes.
            News::File(_) => self.drag = false,
            News::Drag(over) => self.drag = over,
            News::DropRefused(failure) => {
                self.drag = false;
                self.problem = Some(failure);
            }
        }
    }

    fn take(&mut self, snapshot: Snapshot) {
        self.lost = None;
        if snapshot.vault != VaultView::Open {
            // What an open vault showed goes with it; the ways to open it stay.
            self.layer.take_if(|layer| !matches!(layer, Layer::UseKit | Layer::Passphrase | Layer::StartAnew));
            self.history = None;
        }
        self.snapshot = Some(Rc::new(snapshot));
        let keys: Vec<String> =
            self.app().map(|app| app.secrets.iter().map(|secret| secret.key.clone()).collect()).unwrap_or_default();
        self.asks.retain(|key, _| keys.contains(key));
    }

    fn show(&mut self, connection: String, slug: String) {
        self.chosen = Some((connection, slug));
        self.asks.clear();
        self.history = None;
        self.rail_open = false;
        self.prefill = None;
    }

    fn ended(&mut self, task: Task, outcome: &Outcome) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Done => match task {
                Task::Vault => self.layer = None,
                Task::Row(key) => {
                    self.asks.remove(&key);
                    self.prefill = None;
                    if self.layer == Some(Layer::Remove(key)) || self.layer == Some(Layer::Add) {
                        self.layer = None;
                    }
                }
                Task::Connection if self.layer == Some(Layer::Connect) => self.layer = None,
                Task::Link(_) if matches!(self.layer, Some(Layer::Import(_))) => self.layer = None,
                _ => {}
            },
            Outcome::Snapshot(snapshot) => {
                let newer = self.lost.is_some()
                    || self.snapshot.as_ref().is_none_or(|shown| shown.sequence <= snapshot.sequence);
                if newer {
                    self.take((**snapshot).clone());
                }
            }
            Outcome::Previewed(preview) => {
                let preview = Rc::new((**preview).clone());
                self.rail_open = false;
                self.layer = Some(if preview.app.is_none() && preview.new_app.is_some() {
                    Layer::NewApp(preview)
                } else {
                    Layer::Import(preview)
                });
            }
            Outcome::Imported(report) => self.imported(report),
            Outcome::History { key, versions } => {
                if let Some(history) = self.history.as_mut().filter(|history| history.key == *key) {
                    history.versions = Some(versions.clone());
                }
            }
            Outcome::Synced(report) => match &report.failure {
                Some(failure) => self.problem = Some(failure.clone()),
                None => self.say(words::synced(report.waiting)),
            },
            Outcome::Doctor(view) => self.doctor = Some(view.clone()),
            Outcome::Place(path) => {
                let number = self.place.as_ref().map_or(0, |(number, _)| number.wrapping_add(1));
                self.place = Some((number, path.clone()));
            }
            Outcome::KitMade(code) => self.layer = Some(Layer::NewKit(Some(code.clone()))),
            // Another sheet may have been opened meanwhile.
            Outcome::Proven(drill) if !matches!(self.layer, Some(Layer::Drill { .. } | Layer::ProveKit)) => {
                self.say(words::proven(drill));
            }
            Outcome::Proven(drill) => self.close_and_say(words::proven(drill)),
            Outcome::Restored(drill) => self.close_and_say(words::restored(drill)),
            Outcome::Kept(file) => self.close_and_say(words::kept_at(file)),
            Outcome::ReportCopied => self.say(words::REPORT_COPIED.to_owned()),
        }
    }

    fn imported(&mut self, report: &ImportReport) {
        self.layer = None;
        self.say(words::imported(report));
        let shown = |app: &&AppView| {
            app.slug == report.app.slug && report.app.connection.as_ref().is_none_or(|id| *id == app.connection)
        };
        let found = self.snapshot.as_ref().and_then(|snapshot| snapshot.apps.iter().find(shown));
        if let Some((connection, slug)) = found.map(|app| (app.connection.clone(), app.slug.clone())) {
            self.show(connection, slug);
        } else if let Some(connection) = report.app.connection.clone() {
            self.show(connection, report.app.slug.clone());
        }
    }

    fn close_layer(&mut self) {
        self.layer = None;
        self.prefill = None;
        self.place = None;
    }

    fn close_and_say(&mut self, text: String) {
        self.close_layer();
        self.say(text);
    }

    fn escape(&mut self) {
        if self.problem.take().is_some() {
            return;
        }
        match &self.layer {
            // A code is shown once; a key that was pressed by chance does not take it away.
            Some(Layer::NewKit(Some(_))) => return,
            Some(Layer::Drill { code, .. }) => {
                self.layer = Some(Layer::NewKit(Some(code.clone())));
                return;
            }
            _ => {}
        }
        if self.layer.is_some() {
            self.close_layer();
        } else if self.rail_open {
            self.rail_open = false;
        } else if self.history.take().is_none() {
            self.asks.clear();
        }
    }
}

impl Reducible for State {
    type Action = Msg;

    fn reduce(self: Rc<Self>, msg: Msg) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        match msg {
            Msg::News(news) => state.news(news),
            Msg::Started(task) => {
                if !matches!(task, Task::Refresh | Task::Doctor | Task::History) {
                    state.problem = None;
                }
                state.busy.push(task);
            }
            Msg::Ended(task, result) => {
                state.busy.retain(|other| *other != task);
                match result {
                    Ok(outcome) => state.ended(task, &outcome),
                    Err(failure) if task == Task::Refresh => state.lost = Some(failure),
                    Err(failure) => state.problem = Some(failure),
                }
            }
            Msg::Show { connection, slug } => state.show(connection, slug),
            Msg::Ask(key, ask) => {
                state.asks.insert(key, ask);
            }
            Msg::Unask(key) => {
                state.asks.remove(&key);
            }
            Msg::Open(layer) => {
                state.rail_open = false;
                state.prefill = None;
                state.place = None;
                state.layer = Some(layer);
            }
            Msg::OpenHistory(key) => state.history = Some(History { key, versions: None }),
            Msg::CloseHistory => state.history = None,
            Msg::CloseLayer => state.close_layer(),
            Msg::Escape => state.escape(),
            Msg::ToggleActivity { wide } => state.activity = Some(!state.activity.unwrap_or(wide)),
            Msg::ToggleRail => state.rail_open = !state.rail_open,
            Msg::PutAwayProblem => state.problem = None,
            Msg::PutAwayToast(number) => {
                if state.toast.as_ref().is_some_and(|(shown, _)| *shown == number) {
                    state.toast = None;
                }
            }
            Msg::Prefill(key) => {
                let number = state.prefill.as_ref().map_or(0, |(number, _)| number.wrapping_add(1));
                state.prefill = Some((number, key));
            }
        }
        Rc::new(state)
    }
}

/// How commands name `app`.
pub(crate) fn app_ref(app: &AppView) -> AppRef {
    AppRef { connection: Some(app.connection.clone()), slug: app.slug.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use floom_protocol::import::Fate;

    fn after(state: State, msgs: impl IntoIterator<Item = Msg>) -> State {
        Rc::unwrap_or_clone(msgs.into_iter().fold(Rc::new(state), |state, msg| state.reduce(msg)))
    }

    fn showing(snapshot: Snapshot) -> State {
        after(State::default(), [Msg::News(News::Snapshot(Box::new(snapshot)))])
    }

    fn ended(task: Task, outcome: Outcome) -> Msg {
        Msg::Ended(task, Ok(Rc::new(outcome)))
    }

    #[test]
    fn the_chosen_app_is_shown_and_the_first_where_none_is() {
        let state = showing(sample::snapshot(vec![sample::flyfast(), sample::app("ferry-bot", vec![])]));
        assert_eq!(state.app().map(|app| app.slug.as_str()), Some("flyfast"), "the first by itself");
        let state = after(state, [Msg::Show { connection: "local".into(), slug: "ferry-bot".into() }]);
        assert_eq!(state.app().map(|app| app.slug.as_str()), Some("ferry-bot"), "the chosen one");
        let other = Box::new(sample::snapshot(vec![sample::flyfast()]));
        let state = after(state, [Msg::News(News::Snapshot(other))]);
        assert_eq!(state.app().map(|app| app.slug.as_str()), Some("flyfast"), "an app that is gone is not shown");
    }

    #[test]
    fn an_answer_that_is_older_than_the_news_is_not_shown() {
        let mut newer = sample::snapshot(vec![sample::flyfast()]);
        newer.sequence = 7;
        let older = sample::snapshot(vec![]);
        let state = after(showing(newer), [ended(Task::Refresh, Outcome::Snapshot(Box::new(older.clone())))]);
        assert_eq!(state.snapshot.as_ref().map(|shown| shown.sequence), Some(7), "the newer one stays");
        let lost = after(state, [Msg::News(News::AgentLost(sample::failure("agent_lost")))]);
        assert!(lost.snapshot.is_some(), "what was known stays in sight while the agent is away");
        let state = after(lost, [ended(Task::Refresh, Outcome::Snapshot(Box::new(older)))]);
        assert_eq!(state.snapshot.as_ref().map(|shown| shown.sequence), Some(1), "another agent counts anew");
        assert_eq!(state.lost, None, "and it answers");
    }

    #[test]
    fn a_question_goes_when_it_is_answered_and_stays_when_that_failed() {
        let key = "STRIPE_SECRET_KEY".to_owned();
        let ask = Msg::Ask(key.clone(), Ask::Policy(Policy::Creator));
        let state = after(showing(sample::snapshot(vec![sample::flyfast()])), [ask]);
        let failed = Msg::Ended(Task::Row(key.clone()), Err(sample::failure("policy_needs_value")));
        let refused = after(state.clone(), [Msg::Started(Task::Row(key.clone())), failed]);
        assert!(refused.asks.contains_key(&key), "the question stays, so that it can be answered again");
        assert_eq!(refused.problem.map(|failure| failure.code), Some("policy_needs_value".into()), "with the reason");
        assert!(refused.busy.is_empty(), "and its buttons can be pressed");
        let done = after(state, [ended(Task::Row(key.clone()), Outcome::Done)]);
        assert!(!done.asks.contains_key(&key), "an answered question is gone");
    }

    #[test]
    fn a_question_about_a_secret_that_is_gone_is_gone_too() {
        let state = showing(sample::snapshot(vec![sample::flyfast()]));
        let ask = Msg::Ask("OPENAI_API_KEY".into(), Ask::Value);
        let without = Box::new(sample::snapshot(vec![sample::app("flyfast", vec![])]));
        let state = after(state, [ask, Msg::News(News::Snapshot(without))]);
        assert!(state.asks.is_empty(), "nothing is asked about a row that is not there");
    }

    #[test]
    fn a_preview_opens_the_sheet_that_it_needs() {
        let previewed = |app| ended(Task::Preview, Outcome::Previewed(Box::new(sample::preview(app, &[Fate::New]))));
        let import = after(State::default(), [previewed(Some("flyfast"))]);
        assert!(matches!(import.layer, Some(Layer::Import(_))), "an app that declares the keys: the import preview");
        let new = after(State::default(), [previewed(None)]);
        assert!(matches!(new.layer, Some(Layer::NewApp(_))), "no app declares them: an app can be made");
    }

    #[test]
    fn after_an_import_its_app_is_shown() {
        let state = showing(sample::snapshot(vec![sample::flyfast(), sample::app("ferry-bot", vec![])]));
        let report = ImportReport {
            app: AppRef { connection: Some("local".into()), slug: "ferry-bot".into() },
            added: vec!["A".into()],
            rotated: vec![],
            kept_local: vec![],
            unchanged: vec![],
            skipped: 0,
            watched: true,
        };
        let preview = Rc::new(sample::preview(Some("ferry-bot"), &[Fate::New]));
        let state = after(state, [Msg::Open(Layer::Import(preview)), ended(Task::Import, Outcome::Imported(report))]);
        assert_eq!(state.app().map(|app| app.slug.as_str()), Some("ferry-bot"), "where the keys went");
        assert_eq!(state.layer, None, "the sheet is closed");
        assert!(state.toast.is_some(), "and what was done is said");
    }

    #[test]
    fn escape_puts_away_one_thing_at_a_time() {
        let state = showing(sample::snapshot(vec![sample::flyfast()]));
        let mut state = after(
            state,
            [
                Msg::OpenHistory("OPENAI_API_KEY".into()),
                Msg::Ask("AMADEUS_API_KEY".into(), Ask::Value),
                Msg::Open(Layer::Connect),
            ],
        );
        state.problem = Some(sample::failure("floom_refused"));
        let left = |state: &State| {
            [state.problem.is_some(), state.layer.is_some(), state.history.is_some(), !state.asks.is_empty()]
        };
        let mut seen = vec![left(&state)];
        for _ in 0..4 {
            state = after(state, [Msg::Escape]);
            seen.push(left(&state));
        }
        let expected =
            [[true; 4], [false, true, true, true], [false, false, true, true], [false, false, false, true], [false; 4]];
        assert_eq!(seen, expected, "the refusal, the sheet, the panel, the question");
    }

    #[test]
    fn a_code_is_shown_until_it_is_stored_and_known_until_the_drill_ends() {
        let made = ended(Task::Kit, Outcome::KitMade(sample::code()));
        let state = after(showing(sample::snapshot(vec![])), [Msg::Open(Layer::NewKit(None)), made, Msg::Escape]);
        let Some(Layer::NewKit(Some(code))) = state.layer.clone() else {
            panic!("the code is shown: {:?}", state.layer)
        };
        let drilled = after(state, [Msg::Open(Layer::Drill { code: code.clone(), asked: [1, 4] })]);
        let back = after(drilled.clone(), [Msg::Escape]);
        assert_eq!(back.layer, Some(Layer::NewKit(Some(code))), "one step back is the code, not nothing");
        let report = floom_protocol::view::DrillView { apps: 1, secrets: 1, values: 1, receipts: 3, damaged: vec![] };
        let proven = after(drilled, [ended(Task::Kit, Outcome::Proven(report))]);
        assert_eq!(proven.layer, None, "the drill's end forgets the code");
        assert!(proven.toast.is_some(), "and says what was proven");
    }

    #[test]
    fn a_vault_that_is_locked_takes_what_it_showed_with_it() {
        let state = after(showing(sample::snapshot(vec![])), [Msg::Open(Layer::NewKit(Some(sample::code())))]);
        let lock = |state: State| {
            let vault = VaultView::Locked { passphrase: false };
            after(state, [Msg::News(News::Snapshot(Box::new(Snapshot { vault, ..sample::snapshot(vec![]) })))])
        };
        assert_eq!(lock(state.clone()).layer, None, "a code does not outlive the open vault");
        let restoring = after(state, [Msg::Open(Layer::UseKit)]);
        assert_eq!(lock(restoring).layer, Some(Layer::UseKit), "the way to open it stays");
    }

    #[test]
    fn a_path_is_chosen_for_the_sheet_that_is_open() {
        let chosen = |path: &str| ended(Task::Place, Outcome::Place(path.into()));
        let state = after(State::default(), [Msg::Open(Layer::NewKit(None)), chosen("/a/kit"), chosen("/a/kit")]);
        assert_eq!(state.place, Some((1, "/a/kit".into())), "the same path twice is two choices");
        let state = after(state, [Msg::Open(Layer::ProveKit)]);
        assert_eq!(state.place, None, "another sheet asks anew");
    }

    #[test]
    fn activity_hides_where_it_is_shown_and_shows_where_it_is_not() {
        let toggled = |wide| after(State::default(), [Msg::ToggleActivity { wide }]).activity;
        assert_eq!(toggled(true), Some(false), "beside a wide page it is shown, so it hides");
        assert_eq!(toggled(false), Some(true), "beside a narrow page it is hidden, so it shows");
    }

    #[test]
    fn a_late_timer_leaves_the_next_toast_alone() {
        let say = |waiting| {
            ended(Task::Sync, Outcome::Synced(floom_protocol::view::SyncReport { waiting, failed: 0, failure: None }))
        };
        let state = after(State::default(), [say(1), say(0), Msg::PutAwayToast(0)]);
        assert_eq!(state.toast.map(|(number, _)| number), Some(1), "only the toast of that timer goes");
    }
}
