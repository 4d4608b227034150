//! Texts about whether a run would work.

use floom_protocol::readiness::{Reason, Verdict};

use crate::time;

/// What the badge says aloud.
pub(crate) fn badge_aloud(live: bool) -> String {
    format!("{}: would a run work now?", if live { "LIVE" } else { "Offline" })
}

/// The icon, its class and the word of an answer.
pub(crate) fn verdict(verdict: &Verdict) -> (&'static str, &'static str, String) {
    match verdict {
        Verdict::Yes => ("check", "ok", "Yes".to_owned()),
        Verdict::No => ("warn", "warn", "No".to_owned()),
        Verdict::NotKnown { heard_at: Some(at) } => {
            ("cloud-off", "warn", format!("Not known. Last heard from Floom {}.", time::minutes(time::wall(*at))))
        }
        Verdict::NotKnown { heard_at: None } | Verdict::Unasked => ("cloud-off", "warn", "Not known.".to_owned()),
    }
}

/// The icon of a reason and its class.
pub(crate) fn reason_icon(reason: &Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Missing { .. } | Reason::NotThere { .. } => ("warn", "warn"),
        Reason::OldValue { .. } => ("clock", ""),
        Reason::Set { .. } | Reason::NothingWaits { .. } => ("check", "ok"),
        Reason::PerUser { .. } => ("users", ""),
    }
}

/// A reason: the key that it begins with, what follows, and what is said beneath.
pub(crate) fn reason(reason: &Reason, app: &str) -> (Option<String>, String, Option<String>) {
    let of = |key: &str, says: &str, small: String| (Some(key.to_owned()), format!(" {says}"), Some(small));
    match reason {
        Reason::Missing { key } => of(key, "is missing", format!("{app} declares it and it has no value.")),
        Reason::NotThere { key } => of(key, "waits", "Floom has no value of it yet.".to_owned()),
        Reason::OldValue { key } => of(key, "waits", "Floom still has the old value.".to_owned()),
        Reason::PerUser { key } => of(key, "comes from each user", "A new user connects it on first run.".to_owned()),
        Reason::Set { keys } => {
            let says = match keys.len() {
                1 => "1 creator vault key is set".to_owned(),
                number => format!("{number} creator vault keys are set"),
            };
            (None, says, Some(keys.join(", ")))
        }
        Reason::NothingWaits { acknowledged_at } => {
            let last = acknowledged_at
                .map(|at| format!("Floom acknowledged the last change {}.", time::minutes(time::wall(at))));
            (None, "Nothing waits to be sent".to_owned(), last)
        }
    }
}

/// "Set OPENAI_API_KEY".
pub(crate) fn set(key: &str) -> String {
    format!("Set {key}")
}
