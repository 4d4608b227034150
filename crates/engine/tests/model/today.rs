//! One key on a Floom of today: policy and value are two calls.

use floom_engine::replaces;
use floom_engine::saga::{Ask, End, Entry, Goal, Progress, Saga, Told};
use floom_secret::Policy;
use floom_vault::OutboxChange;
use stateright::{Model, Property};

use crate::{budget, walk};

/// A change that the creator decided; values are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Change {
    Value(u8),
    Policy(Policy),
    Remove,
}

impl Change {
    fn goal(self) -> Goal {
        match self {
            Self::Value(_) => Goal::Value,
            Self::Policy(policy) => Goal::Policy(policy),
            Self::Remove => Goal::Removed,
        }
    }

    fn stored(self) -> OutboxChange {
        match self {
            Self::Value(number) => OutboxChange::Value { version: number.into(), policy: Policy::Creator },
            Self::Policy(policy) => OutboxChange::Policy(policy),
            Self::Remove => OutboxChange::Remove,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// What Floom has.
    policy: Policy,
    value: Option<u8>,
    /// What the agent has on the disk: changes in their order, and the policy that Floom was last known to have.
    outbox: Vec<Change>,
    known: Option<Policy>,
    acknowledged: Option<u8>,
    /// What it has in memory: the sending of the first change.
    sending: Option<Saga>,
    /// A call of an agent that was killed; it arrives before the next one's first call, or never.
    orphan: Option<(Ask, Change)>,
    /// What the creator meant last.
    meant: Meant,
    next_value: u8,
    decisions: u8,
    faults: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Meant {
    policy: Policy,
    value: Option<u8>,
    /// Whether a removal was ever decided.
    removed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Decide(Change),
    Begin,
    Answered,
    RequestLost,
    AnswerLost,
    /// The agent dies, and its call was never made.
    Killed,
    /// The agent dies, and its call is on its way.
    KilledOver,
    OrphanArrives,
}

struct Today {
    policy: Policy,
    value: Option<u8>,
}

impl State {
    /// What Floom does with a call.
    fn floom(&mut self, ask: Ask, change: Change) -> Told {
        match (ask, change) {
            (Ask::Entry, _) => {
                return Told::Entry(Some(Entry { policy: self.policy, has_value: self.value.is_some() }));
            }
            (Ask::SetPolicy(policy), _) => self.policy = policy,
            // Refused: the policy does not fit (floom-api, creator-secrets).
            (Ask::SetValue, _) if self.policy != Policy::Creator => return Told::Failed,
            (Ask::SetValue, Change::Value(value)) => self.value = Some(value),
            (Ask::SetValue, _) => return Told::Failed,
            (Ask::RemoveValue, _) => self.value = None,
        }
        Told::Done
    }

    /// Decides as the program does: creator vault without an acknowledged value sends the value, and a removal leaves
    /// the policy that was decided.
    fn decide(&mut self, change: Change) {
        match (change, self.meant.value) {
            (Change::Policy(Policy::Creator), Some(value)) if self.acknowledged != Some(value) => {
                self.enqueue(Change::Value(value));
            }
            (Change::Remove, _) if !self.outbox.is_empty() => {
                self.enqueue(Change::Policy(self.meant.policy));
                self.enqueue(change);
            }
            _ => self.enqueue(change),
        }
        match change {
            Change::Value(value) => {
                self.meant = Meant { policy: Policy::Creator, value: Some(value), ..self.meant };
                self.next_value += 1;
            }
            Change::Policy(policy) => self.meant.policy = policy,
            Change::Remove => self.meant = Meant { value: None, removed: true, ..self.meant },
        }
    }

    fn enqueue(&mut self, change: Change) {
        let flying = usize::from(self.sending.is_some());
        let mut place = 0;
        self.outbox.retain(|older| {
            place += 1;
            place <= flying || !replaces(change.stored(), older.stored())
        });
        self.outbox.push(change);
    }

    fn told(&mut self, saga: Saga, told: Told) {
        match saga.told(told) {
            Progress::Goes(next) => self.sending = Some(next),
            Progress::Ends(end) => {
                self.sending = None;
                let first = self.outbox[0].stored();
                let superseded = self.outbox[1..].iter().any(|newer| replaces(newer.stored(), first));
                if end == End::Confirmed {
                    self.known = Some(self.policy);
                    match self.outbox[0] {
                        Change::Value(value) => self.acknowledged = Some(value),
                        Change::Remove => self.acknowledged = None,
                        Change::Policy(_) => {}
                    }
                }
                // What failed is tried again, unless it would undo what was decided since.
                if end == End::Confirmed || superseded {
                    self.outbox.remove(0);
                }
            }
        }
    }

    fn is_settled(&self) -> bool {
        self.outbox.is_empty() && self.sending.is_none() && self.orphan.is_none()
    }
}

impl Model for Today {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            policy: self.policy,
            value: self.value,
            outbox: Vec::new(),
            known: Some(self.policy),
            acknowledged: self.value,
            sending: None,
            orphan: None,
            meant: Meant { policy: self.policy, value: self.value, removed: false },
            next_value: 1,
            decisions: budget(4, 6),
            faults: budget(5, 8),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.decisions > 0 {
            actions.push(Action::Decide(Change::Value(state.next_value)));
            actions.push(Action::Decide(Change::Remove));
            actions.push(Action::Decide(Change::Policy(Policy::User)));
            // The program offers this only where there is a value.
            if state.meant.value.is_some() && state.value.is_some() {
                actions.push(Action::Decide(Change::Policy(Policy::Creator)));
            }
        }
        if state.orphan.is_some() {
            actions.push(Action::OrphanArrives);
        }
        match state.sending {
            None if !state.outbox.is_empty() => actions.push(Action::Begin),
            None => {}
            Some(_) => {
                actions.push(Action::Answered);
                if state.faults > 0 {
                    let faults = [Action::RequestLost, Action::AnswerLost, Action::Killed, Action::KilledOver];
                    actions.extend(faults);
                }
            }
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        let first = state.outbox.first().copied();
        match (action, state.sending) {
            (Action::Decide(change), _) => {
                state.decisions -= 1;
                state.decide(change);
            }
            (Action::Begin, _) => {
                state.orphan = None;
                state.sending = Some(Saga::start(first?.goal(), state.known));
            }
            (Action::OrphanArrives, _) => {
                let (ask, change) = state.orphan.take()?;
                state.floom(ask, change);
            }
            (Action::Answered, Some(saga)) => {
                let told = state.floom(saga.ask(), first?);
                state.told(saga, told);
            }
            (fault, Some(saga)) => {
                state.faults -= 1;
                match fault {
                    Action::RequestLost => state.told(saga, Told::Failed),
                    Action::AnswerLost => {
                        state.floom(saga.ask(), first?);
                        state.told(saga, Told::Failed);
                    }
                    Action::KilledOver => {
                        state.orphan = Some((saga.ask(), first?));
                        state.sending = None;
                    }
                    _ => state.sending = None,
                }
            }
            _ => return None,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a value that Floom had is gone only by a decision", |model: &Self, state: &State| {
                model.value.is_none() || state.value.is_some() || state.meant.removed
            }),
            Property::always("what is settled is what was meant last", |_, state: &State| {
                let value = state.meant.policy != Policy::Creator || state.value == state.meant.value;
                !state.is_settled() || (state.policy == state.meant.policy && value)
            }),
            Property::sometimes("a change arrives although the agent was killed", |_, state: &State| {
                state.is_settled() && state.next_value > 1 && state.faults == 0 && state.value.is_some()
            }),
            Property::sometimes("a flip is put back", |_, state: &State| {
                matches!(state.sending.map(|saga| saga.ask()), Some(Ask::SetPolicy(Policy::User)))
                    && state.outbox.first().is_some_and(|change| matches!(change, Change::Value(_)))
            }),
        ]
    }
}

#[test]
fn from_a_key_that_each_user_supplies() {
    walk(Today { policy: Policy::User, value: None }, 1_000);
}

#[test]
fn from_a_key_that_the_creator_supplies() {
    // The flip that is put back is only where users supply.
    walk(Today { policy: Policy::Creator, value: Some(0) }, 1_000);
}
