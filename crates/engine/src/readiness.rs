//! Would a run work now? A pure function of what Floom was last known to hold and what waits.

use floom_protocol::readiness::{Readiness, Reason, Verdict};
use floom_secret::Policy;
use floom_vault::Secret;
use jiff::Timestamp;

use crate::plan::policy_of;

/// What a run of the app would find.
pub(crate) struct Look<'a> {
    /// Its secrets, in its order.
    pub(crate) secrets: Vec<&'a Secret>,
    /// Whether a change of one is on its way or was not taken.
    pub(crate) waits: &'a dyn Fn(&Secret) -> bool,
    /// Whether its Floom answers; else when it last did.
    pub(crate) connected: Result<(), Option<Timestamp>>,
}

/// The answer with its reasons.
pub(crate) fn readiness(look: &Look<'_>) -> Readiness {
    let (mut against, mut set, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let declared = look.secrets.iter().filter(|secret| secret.remote.declared);
    for secret in declared {
        let key = secret.name.clone();
        // What a run finds is what Floom has, not what was decided here and waits; of a key that nobody decided on yet
        // it is what the creator is shown.
        let decided = secret.remote.policy.filter(|_| secret.remote.policy_set_at.is_some());
        let policy = decided.unwrap_or_else(|| policy_of(Some(secret), Policy::Creator));
        let waits = (look.waits)(secret);
        match (policy, secret.remote.has_value) {
            (Policy::User, _) => others.push(Reason::PerUser { key }),
            (Policy::Creator, Some(true)) if waits => others.push(Reason::OldValue { key }),
            (Policy::Creator, Some(true)) => set.push(key),
            (Policy::Creator, _) if waits => against.push(Reason::NotThere { key }),
            (Policy::Creator, _) => against.push(Reason::Missing { key }),
        }
    }
    let verdict = match (look.connected, against.is_empty()) {
        (Err(heard_at), _) => Verdict::NotKnown { heard_at },
        (Ok(()), true) => Verdict::Yes,
        (Ok(()), false) => Verdict::No,
    };
    let mut reasons = against;
    if !set.is_empty() {
        reasons.push(Reason::Set { keys: set });
    }
    reasons.extend(others);
    if look.secrets.iter().all(|secret| !(look.waits)(secret)) {
        let acknowledged_at = look.secrets.iter().filter_map(|secret| secret.remote.acknowledged_at).max();
        reasons.push(Reason::NothingWaits { acknowledged_at });
    }
    Readiness { verdict, reasons }
}

#[cfg(test)]
mod tests {
    use floom_vault::{AppId, RemoteState, SecretId};

    use super::*;

    fn secret(name: &str, policy: Policy, has_value: bool) -> Secret {
        Secret {
            id: SecretId::new(),
            app: AppId::new(),
            name: name.to_owned(),
            policy: None,
            current: None,
            removed_at: None,
            remote: RemoteState {
                declared: true,
                policy: Some(policy),
                policy_set_at: Some(Timestamp::UNIX_EPOCH),
                has_value: Some(has_value),
                ..RemoteState::default()
            },
        }
    }

    fn told(secrets: &[Secret], waiting: &[&str], connected: bool) -> Readiness {
        let waits = |secret: &Secret| waiting.contains(&secret.name.as_str());
        readiness(&Look {
            secrets: secrets.iter().collect(),
            waits: &waits,
            connected: connected.then_some(()).ok_or(None),
        })
    }

    #[test]
    fn every_creator_key_that_is_set_makes_a_run_work() {
        let secrets = [secret("A", Policy::Creator, true), secret("B", Policy::User, false)];
        let ready = told(&secrets, &[], true);
        assert_eq!(ready.verdict, Verdict::Yes, "a user's own key is asked of the user");
        let expected = [
            Reason::Set { keys: vec!["A".to_owned()] },
            Reason::PerUser { key: "B".to_owned() },
            Reason::NothingWaits { acknowledged_at: None },
        ];
        assert_eq!(ready.reasons, expected, "and the reasons are told");
    }

    #[test]
    fn a_key_without_a_value_stands_against_it_and_comes_first() {
        let secrets = [secret("A", Policy::Creator, true), secret("B", Policy::Creator, false)];
        let ready = told(&secrets, &[], true);
        assert_eq!(ready.verdict, Verdict::No, "a run would fail");
        assert_eq!(ready.reasons[0], Reason::Missing { key: "B".to_owned() }, "for this reason");
        let ready = told(&secrets, &["B"], true);
        assert_eq!(ready.reasons[0], Reason::NotThere { key: "B".to_owned() }, "its first value is on its way");
        assert_eq!(ready.verdict, Verdict::No, "and is not there yet");
    }

    #[test]
    fn a_key_that_nobody_decided_on_is_the_creator_s_to_set() {
        let mut undecided = secret("A", Policy::User, false);
        undecided.remote.policy_set_at = None;
        let ready = told(&[undecided], &[], true);
        assert_eq!(ready.verdict, Verdict::No, "user vault is only what Floom begins with");
        assert_eq!(ready.reasons[0], Reason::Missing { key: "A".to_owned() }, "as its row says");
    }

    #[test]
    fn a_changed_value_that_waits_is_no_reason_against_a_run() {
        let ready = told(&[secret("A", Policy::Creator, true)], &["A"], true);
        assert_eq!(ready.verdict, Verdict::Yes, "Floom has the value before");
        assert_eq!(ready.reasons, [Reason::OldValue { key: "A".to_owned() }], "which is said");
    }

    #[test]
    fn what_floom_does_not_tell_is_not_guessed() {
        let ready = told(&[secret("A", Policy::Creator, true)], &[], false);
        assert_eq!(ready.verdict, Verdict::NotKnown { heard_at: None }, "it does not answer");
    }
}
