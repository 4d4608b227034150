//! What becomes of the versions of one creator value: pure, numbers and times in, numbers and times out.
//!
//! At most two versions have a ciphertext: the current one, and in a grace the one before it.

use jiff::{SignedDuration, Timestamp};

/// The number of a version: from 1, never used again.
pub type Version = u32;

/// The versions that Floom holds of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Held {
    /// The version that is in use.
    pub current: Option<Current>,
    /// The version before it, in a grace.
    pub previous: Option<Previous>,
    /// The highest number that was ever given.
    pub last: Version,
}

/// The version that a run which starts now is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Current {
    /// Its number.
    pub version: Version,
    /// Whether a run was given it.
    pub used: bool,
}

/// The version before it, until its grace ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Previous {
    /// Its number.
    pub version: Version,
    /// When its grace began.
    pub started_at: Timestamp,
    /// When its grace ends, and its ciphertext with it.
    pub retires_at: Timestamp,
}

/// There is no grace that could be ended or gone back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoGrace;

impl Held {
    /// The current version's number; 0 where there is none.
    pub fn number(&self) -> Version {
        self.current.map_or(0, |current| current.version)
    }

    /// A new value. With a `grace` the one before is kept so long. A current version that no run was given yet is
    /// replaced, and the one before it keeps its deadline: a typo that is mended at once costs nothing.
    pub fn put(self, grace: SignedDuration, now: Timestamp) -> Self {
        let held = self.at(now);
        let last = held.last + 1;
        let current = Some(Current { version: last, used: false });
        let previous = match (held.current, held.previous) {
            (Some(Current { used: false, .. }), Some(previous)) => Some(previous),
            (Some(current), _) if grace.is_positive() => {
                let retires_at = now.checked_add(grace).unwrap_or(Timestamp::MAX);
                Some(Previous { version: current.version, started_at: now, retires_at })
            }
            _ => None,
        };
        Self { current, previous, last }
    }

    /// The previous value is current again, under a new number; the withdrawn one is gone.
    ///
    /// # Errors
    /// [`NoGrace`] where there is none.
    pub fn rollback(self, now: Timestamp) -> Result<Self, NoGrace> {
        let held = self.at(now);
        held.previous.ok_or(NoGrace)?;
        let last = held.last + 1;
        Ok(Self { current: Some(Current { version: last, used: false }), previous: None, last })
    }

    /// The grace ends now.
    ///
    /// # Errors
    /// [`NoGrace`] where there is none.
    pub fn retire(self, now: Timestamp) -> Result<Self, NoGrace> {
        let held = self.at(now);
        held.previous.ok_or(NoGrace)?;
        Ok(Self { previous: None, ..held })
    }

    /// No value any more, and no grace.
    pub fn remove(self) -> Self {
        Self { current: None, previous: None, ..self }
    }

    /// A run was given the current version. The store notes it with the run itself.
    pub fn used(self) -> Self {
        Self { current: self.current.map(|current| Current { used: true, ..current }), ..self }
    }

    /// What is held at `now`: a grace that is over is over.
    pub fn at(self, now: Timestamp) -> Self {
        Self { previous: self.previous.filter(|previous| now < previous.retires_at), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const GRACE: SignedDuration = SignedDuration::from_secs(300);

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn a_rotation_keeps_the_old_value_to_the_end_of_its_grace_and_not_longer() {
        let held = Held::default().put(GRACE, at(0)).used().put(GRACE, at(1_000));
        assert_eq!((held.number(), held.previous.map(|previous| previous.version)), (2, Some(1)), "both are held");
        assert!(held.at(at(300_900)).previous.is_some(), "299.9 s after the rotation both are");
        assert!(held.at(at(301_100)).previous.is_none(), "300.1 s after it the old one is not");
        assert!(held.at(at(301_000)).previous.is_none(), "its end belongs to what comes after");
        assert_eq!(held.at(at(301_100)).number(), 2, "and the new one stays");
    }

    #[test]
    fn a_typo_that_no_run_saw_is_replaced_and_the_good_value_keeps_its_deadline() {
        let held = Held::default().put(GRACE, at(0)).used().put(GRACE, at(1_000));
        let mended = held.put(GRACE, at(60_000));
        assert_eq!(mended.number(), 3, "the mended value is current");
        assert_eq!(mended.previous, held.previous, "the last good one is held as long as before");
    }

    #[test]
    fn a_value_that_a_run_saw_is_rotated_and_the_one_before_it_goes_early() {
        let held = Held::default().put(GRACE, at(0)).used().put(GRACE, at(1_000)).used().put(GRACE, at(60_000));
        let previous = held.previous.unwrap();
        assert_eq!((held.number(), previous.version), (3, 2), "at most two are held");
        assert_eq!(previous.retires_at, at(360_000), "with a grace of its own");
    }

    #[test]
    fn what_is_taken_back_is_a_new_version_and_only_within_the_grace() {
        let held = Held::default().put(GRACE, at(0)).used().put(GRACE, at(1_000));
        let back = held.rollback(at(2_000)).unwrap();
        assert_eq!((back.number(), back.previous), (3, None), "under a new number, and the withdrawn one is gone");
        assert_eq!(held.rollback(at(400_000)), Err(NoGrace), "after the grace there is nothing to go back to");
        assert_eq!(back.retire(at(2_001)), Err(NoGrace), "nor a grace to end");
        assert_eq!(held.put(SignedDuration::ZERO, at(3_000)).previous, held.previous, "a typo mended without a grace");
        assert_eq!(held.used().put(SignedDuration::ZERO, at(3_000)).previous, None, "a replacement keeps nothing");
    }

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Put(i64),
        Rollback,
        Retire,
        Remove,
        Run,
    }

    fn events() -> impl Strategy<Value = Vec<(u16, Event)>> {
        let event = prop_oneof![
            (0..400_i64).prop_map(Event::Put),
            Just(Event::Rollback),
            Just(Event::Retire),
            Just(Event::Remove),
            Just(Event::Run),
        ];
        proptest::collection::vec((any::<u16>(), event), 0..40)
    }

    proptest! {
        #[test]
        fn every_version_comes_once_dies_once_and_a_key_that_has_a_value_keeps_one(events in events()) {
            let (mut held, mut time) = (Held::default(), 0);
            let (mut seen, mut dead) = (BTreeSet::new(), BTreeSet::new());
            let numbers = |held: Held| -> BTreeSet<Version> {
                held.current.map(|it| it.version).into_iter().chain(held.previous.map(|it| it.version)).collect()
            };
            for (wait, event) in events {
                time += i64::from(wait) * 10;
                let now = at(time);
                let before = held.at(now);
                let after = match event {
                    Event::Put(seconds) => before.put(SignedDuration::from_secs(seconds), now),
                    Event::Rollback => before.rollback(now).unwrap_or(before),
                    Event::Retire => before.retire(now).unwrap_or(before),
                    Event::Remove => before.remove(),
                    Event::Run => before.used(),
                };
                dead.extend(numbers(held).difference(&numbers(after)).copied());
                seen.extend(numbers(after));
                prop_assert!(numbers(after).is_disjoint(&dead), "what died stays dead");
                prop_assert!(after.last >= before.last, "numbers only grow");
                prop_assert!(numbers(after).iter().all(|version| *version <= after.last), "and are never used again");
                let removed = matches!(event, Event::Remove);
                prop_assert!(removed || before.current.is_none() || after.current.is_some(), "never without a value");
                held = after;
            }
            let alive = numbers(held);
            prop_assert!(seen.iter().all(|version| dead.contains(version) != alive.contains(version)), "each dies once");
        }
    }
}
