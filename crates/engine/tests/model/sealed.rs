//! One key on a Floom with `secrets-v1`: one request for a change, on top of the version that was last seen, with an id
//! that is the same at every try.

use std::collections::{BTreeMap, BTreeSet};

use floom_local::rotation::{Held, Version};
use jiff::{SignedDuration, Timestamp};
use stateright::{Model, Property};

use crate::{budget, walk};

const GRACE: SignedDuration = SignedDuration::from_secs(300);
/// Half a grace: two of them end it.
const STEP: SignedDuration = SignedDuration::from_secs(150);

/// A request as it goes over the wire; its id is the row's, and so the value's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Put {
    value: u8,
    expected: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Done(Version),
    Conflict(Version),
    Reused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// What Floom has: versions and their ciphertexts, the requests that it did, which versions are gone.
    held: Held,
    sealed: BTreeMap<Version, u8>,
    done: BTreeMap<u8, Put>,
    gone: BTreeSet<Version>,
    now: Timestamp,
    /// What the agent has on the disk.
    outbox: Vec<u8>,
    /// What it has in memory: the version that Floom was last seen with, and the request on its way.
    seen: Option<Version>,
    sending: Option<Put>,
    /// Copies of requests that still wander through the network, to arrive at any time or never.
    wandering: BTreeSet<Put>,
    /// Values are numbers; the newest that was decided.
    newest: u8,
    decisions: u8,
    faults: u8,
    steps: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Decide,
    /// The agent asks what Floom has.
    Survey,
    Send,
    Answered,
    RequestLost,
    AnswerLost,
    /// The request is done, and a copy of it comes once more.
    Doubled,
    /// The agent dies; its request wanders.
    Killed,
    Arrives(Put),
    RunStarts,
    TimePasses,
}

struct Sealed;

impl State {
    /// What Floom does with a request (`floom_local`'s store, `once` and `change`).
    fn floom(&mut self, put: Put) -> Answer {
        if let Some(known) = self.done.get(&put.value) {
            return if *known == put { Answer::Done(self.held.number()) } else { Answer::Reused };
        }
        let held = self.held.at(self.now);
        if held.number() != put.expected {
            return Answer::Conflict(held.number());
        }
        self.become_held(held.put(GRACE, self.now));
        self.sealed.insert(self.held.number(), put.value);
        self.done.insert(put.value, put);
        Answer::Done(self.held.number())
    }

    /// The store keeps the ciphertexts of the versions that are held, and destroys the others.
    fn become_held(&mut self, held: Held) {
        let kept = [held.current.map(|current| current.version), held.previous.map(|previous| previous.version)];
        let (stays, goes): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.sealed).into_iter().partition(|(version, _)| kept.contains(&Some(*version)));
        self.gone.extend(goes.into_keys());
        self.sealed = stays;
        self.held = held;
    }

    fn told(&mut self, put: Put, answer: Answer) {
        self.sending = None;
        match answer {
            Answer::Done(version) => {
                self.seen = Some(version);
                self.outbox.retain(|value| *value != put.value);
            }
            // It was done by a try whose answer did not come back.
            Answer::Reused => {
                self.seen = Some(self.held.number());
                self.outbox.retain(|value| *value != put.value);
            }
            // What is there is asked for; the creator tries again on top of it.
            Answer::Conflict(version) => self.seen = Some(version),
        }
        // A newer decision replaces what was not taken.
        let newest = self.outbox.last().copied();
        self.outbox.retain(|value| Some(*value) == newest);
    }
}

impl Model for Sealed {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            held: Held::default(),
            sealed: BTreeMap::new(),
            done: BTreeMap::new(),
            gone: BTreeSet::new(),
            now: Timestamp::UNIX_EPOCH,
            outbox: Vec::new(),
            seen: Some(0),
            sending: None,
            wandering: BTreeSet::new(),
            newest: 0,
            decisions: budget(4, 6),
            faults: budget(4, 5),
            steps: budget(3, 4),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.decisions > 0 {
            actions.push(Action::Decide);
        }
        if state.held.current.is_some_and(|current| !current.used) {
            actions.push(Action::RunStarts);
        }
        if state.steps > 0 && state.held.previous.is_some() {
            actions.push(Action::TimePasses);
        }
        actions.extend(state.wandering.iter().map(|put| Action::Arrives(*put)));
        match (state.sending, state.seen) {
            (Some(_), _) => {
                actions.push(Action::Answered);
                if state.faults > 0 {
                    actions.extend([Action::RequestLost, Action::AnswerLost, Action::Doubled, Action::Killed]);
                }
            }
            (None, None) => actions.push(Action::Survey),
            (None, Some(_)) if !state.outbox.is_empty() => actions.extend([Action::Send, Action::Survey]),
            (None, Some(_)) => {}
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Decide => {
                state.decisions -= 1;
                state.newest += 1;
                let flying = state.sending.map(|put| put.value);
                state.outbox.retain(|value| Some(*value) == flying);
                state.outbox.push(state.newest);
            }
            Action::Survey => state.seen = Some(state.held.at(state.now).number()),
            Action::Send => state.sending = Some(Put { value: *state.outbox.first()?, expected: state.seen? }),
            Action::Answered => {
                let put = state.sending?;
                let answer = state.floom(put);
                state.told(put, answer);
            }
            Action::RequestLost => {
                state.faults -= 1;
                state.sending = None;
            }
            Action::AnswerLost => {
                state.faults -= 1;
                state.floom(state.sending?);
                state.sending = None;
            }
            Action::Doubled => {
                state.faults -= 1;
                let put = state.sending?;
                state.wandering.insert(put);
                let answer = state.floom(put);
                state.told(put, answer);
            }
            Action::Killed => {
                state.faults -= 1;
                state.wandering.insert(state.sending?);
                state.sending = None;
                state.seen = None;
            }
            Action::Arrives(put) => {
                state.wandering.remove(&put);
                state.floom(put);
            }
            Action::RunStarts => state.held = state.held.used(),
            Action::TimePasses => {
                state.steps -= 1;
                state.now = state.now.checked_add(STEP).ok()?;
                state.become_held(state.held.at(state.now));
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a value once there is there", |_, state: &State| {
                state.done.is_empty() || state.held.current.is_some_and(|it| state.sealed.contains_key(&it.version))
            }),
            Property::always("at most two values are valid", |_, state: &State| state.sealed.len() <= 2),
            Property::always("an old value dies once and for ever", |_, state: &State| {
                state.sealed.keys().all(|version| !state.gone.contains(version))
            }),
            Property::always("every change is made once", |_, state: &State| {
                let made = usize::try_from(state.held.last).unwrap_or(usize::MAX);
                made == state.done.len()
            }),
            Property::always("what was acknowledged stays until something newer is", |_, state: &State| {
                let current = state.held.current.and_then(|current| state.sealed.get(&current.version));
                !state.outbox.is_empty() || state.newest == 0 || current == Some(&state.newest)
            }),
            Property::sometimes("two values are valid", |_, state: &State| state.sealed.len() == 2),
            Property::sometimes("an old value has died", |_, state: &State| !state.gone.is_empty()),
            Property::sometimes("a change is known to be made already", |_, state: &State| {
                state.faults == 0 && state.outbox.is_empty() && state.newest > 1
            }),
        ]
    }
}

#[test]
fn one_request_for_a_change() {
    walk(Sealed, 10_000);
}
