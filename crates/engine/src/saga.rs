//! The sending of one change to a Floom of today as a state machine: what is asked next, and what an answer makes of it.
//!
//! The real API needs two calls for one change. Between flip and value the key is missing for every run, so a value that
//! fails after a flip puts the policy back. Every step may be repeated: what was killed half-way begins again.
//! It knows no network; [`push`](crate::push::push) asks for it, and the model in `tests/model` loses, repeats and kills.

use floom_secret::Policy;

/// What Floom is brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// It has the value, under the creator vault.
    Value,
    /// It has this policy.
    Policy(Policy),
    /// It has no value; the policy stays.
    Removed,
}

/// One call to Floom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// What the key's entry is.
    Entry,
    /// This policy.
    SetPolicy(Policy),
    /// The value.
    SetValue,
    /// No value.
    RemoveValue,
}

/// A key's entry, as Floom told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Who supplies the value.
    pub policy: Policy,
    /// Whether Floom has a creator's value.
    pub has_value: bool,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// The entry; none for a key that the app does not declare.
    Entry(Option<Entry>),
    /// It is done.
    Done,
    /// It is not done, or nobody knows.
    Failed,
}

/// Where the sending stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Saga {
    goal: Goal,
    before: Option<Policy>,
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Looks,
    Flips,
    PutsValue { after_flip: bool },
    PutsBack,
    Does,
    Confirms,
}

/// What an answer makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The next call is due.
    Goes(Saga),
    /// It is over.
    Ends(End),
}

/// How it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// What was read back is what was meant.
    Confirmed,
    /// What was read back is something else.
    NotConfirmed,
    /// The app does not declare the key.
    Undeclared,
    /// A call failed.
    Failed,
}

impl Saga {
    /// From its beginning. `before` is the policy that Floom was last known to have: where an earlier try was killed
    /// between flip and value, it tells what the policy has to go back to.
    pub fn start(goal: Goal, before: Option<Policy>) -> Self {
        let at = match goal {
            Goal::Value => At::Looks,
            Goal::Policy(_) | Goal::Removed => At::Does,
        };
        Self { goal, before, at }
    }

    /// The call that is due.
    pub fn ask(&self) -> Ask {
        match (self.at, self.goal) {
            (At::Looks | At::Confirms, _) => Ask::Entry,
            (At::Flips, _) => Ask::SetPolicy(Policy::Creator),
            (At::PutsBack, _) => Ask::SetPolicy(Policy::User),
            (At::PutsValue { .. }, _) | (At::Does, Goal::Value) => Ask::SetValue,
            (At::Does, Goal::Policy(policy)) => Ask::SetPolicy(policy),
            (At::Does, Goal::Removed) => Ask::RemoveValue,
        }
    }

    /// What `told`, the answer of [`Saga::ask`], makes of it.
    pub fn told(self, told: Told) -> Progress {
        let goes = |at| Progress::Goes(Self { at, ..self });
        match (self.at, told) {
            // What failed is said already; the next try finds the policy as it is.
            (At::PutsBack, _) | (_, Told::Failed) if !self.puts_back() => Progress::Ends(End::Failed),
            (_, Told::Failed) => goes(At::PutsBack),
            (At::Looks | At::Confirms, Told::Entry(None)) => Progress::Ends(End::Undeclared),
            (At::Looks, Told::Entry(Some(entry))) if entry.policy == Policy::Creator => {
                // No value under the creator vault where it was user vault: an earlier try left that.
                let after_flip = !entry.has_value && self.before == Some(Policy::User);
                goes(At::PutsValue { after_flip })
            }
            (At::Looks, _) => goes(At::Flips),
            (At::Flips, _) => goes(At::PutsValue { after_flip: true }),
            (At::PutsValue { .. } | At::Does, _) => goes(At::Confirms),
            (At::Confirms, Told::Entry(Some(entry))) if self.is_reached(entry) => Progress::Ends(End::Confirmed),
            (At::Confirms | At::PutsBack, _) => Progress::Ends(End::NotConfirmed),
        }
    }

    /// Whether a failure now leaves a key without a value that had a user's before.
    fn puts_back(&self) -> bool {
        self.at == At::PutsValue { after_flip: true }
    }

    fn is_reached(&self, entry: Entry) -> bool {
        match self.goal {
            Goal::Value => entry.policy == Policy::Creator && entry.has_value,
            Goal::Policy(policy) => entry.policy == policy,
            Goal::Removed => !entry.has_value,
        }
    }
}
