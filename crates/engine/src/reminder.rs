//! When a value is old, and what the creator said about being reminded of it.

use floom_protocol::command::Remind;
use floom_protocol::view::Prompt;
use floom_secret::{Policy, provider};
use floom_vault::{NewReceipt, Secret, SecretId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::engine::Engine;
use crate::error::refused;
use crate::plan::policy_of;

/// After so many days a value is old, unless the creator says otherwise.
const DAYS: u16 = 90;

/// How long "later" is.
const LATER: SignedDuration = SignedDuration::from_hours(30 * 24);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the creator said about one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reminder {
    /// After how many days its value is old; none for never.
    days: Option<u16>,
    /// Nothing is said before this.
    not_before: Option<Timestamp>,
}

impl Default for Reminder {
    fn default() -> Self {
        Self { days: Some(DAYS), not_before: None }
    }
}

impl Reminder {
    /// How many days old a value from `made_at` is, if that is to be said at `now`.
    fn due(self, made_at: Timestamp, now: Timestamp) -> Option<u32> {
        let days = u32::try_from(now.duration_since(made_at).as_secs() / DAY.as_secs()).ok()?;
        let old = days >= u32::from(self.days?);
        let waits = self.not_before.is_some_and(|at| now < at);
        (old && !waits).then_some(days)
    }
}

fn setting(secret: SecretId) -> String {
    format!("reminder/{secret}")
}

impl Engine {
    fn reminder(&self, secret: SecretId) -> Reminder {
        let stored = self.vault().ok().and_then(|vault| vault.setting(&setting(secret)).ok().flatten());
        stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// The prompt about an old value that the creator supplies.
    pub(crate) fn old(&self, secret: &Secret) -> Option<Prompt> {
        let current = secret.current.as_ref().filter(|_| secret.removed_at.is_none())?;
        let now = Timestamp::now();
        // Nothing is old within its first day: that spares the look at what was said.
        if now.duration_since(current.created_at) < DAY || policy_of(Some(secret), Policy::Creator) != Policy::Creator {
            return None;
        }
        let days = self.reminder(secret.id).due(current.created_at, now)?;
        Some(Prompt::Old {
            days,
            page: provider::of_name(&secret.name).and_then(|known| known.new_key).map(str::to_owned),
        })
    }

    /// Notes what the creator said about being reminded.
    pub(crate) fn remind(&mut self, call: &Remind) -> Result<(), EngineError> {
        use floom_protocol::command::Reminder as Said;
        let app = self.app(&call.app)?;
        let key = call.key.as_str();
        let secret = self.vault()?.find_secret(app.id, key)?;
        let Some(secret) = secret else {
            return Err(refused(
                "secret_unknown",
                format!("There is no secret {key}."),
                "Look at the list of secrets.",
            ));
        };
        let now = Timestamp::now();
        let before = self.reminder(secret.id);
        let (reminder, detail) = match call.when {
            Said::Later => {
                let later = now.checked_add(LATER).ok();
                (Reminder { not_before: later, ..before }, "reminder in 30 days".to_owned())
            }
            Said::Never => (Reminder { days: None, not_before: None }, "no reminder any more".to_owned()),
            Said::Every { days: 0 } => {
                return Err(refused("reminder_invalid", "A reminder needs at least one day.", "Give 1 to 3650 days."));
            }
            Said::Every { days } if days > 3650 => {
                return Err(refused("reminder_invalid", "That is more than ten years.", "Give 1 to 3650 days."));
            }
            Said::Every { days } => {
                (Reminder { days: Some(days), not_before: None }, format!("reminder after {days} days"))
            }
        };
        let text = serde_json::to_string(&reminder).unwrap_or_default();
        self.vault_mut()?.transaction(|tx| {
            tx.set_setting(&setting(secret.id), &text)?;
            let receipt = NewReceipt { what: "reminder_set", app: Some(&app.slug), key: Some(key), detail: &detail };
            tx.append_receipt(&receipt, now)?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * 24 * 3600).unwrap()
    }

    #[test]
    fn a_value_is_old_after_90_days_and_not_before() {
        let reminder = Reminder::default();
        assert_eq!(reminder.due(day(0), day(89)), None, "89 days are not old");
        assert_eq!(reminder.due(day(0), day(90)), Some(90), "90 are");
        assert_eq!(reminder.due(day(0), day(400)), Some(400), "and it is said how old");
        assert_eq!(reminder.due(day(10), day(0)), None, "a clock that was set back makes nothing old");
    }

    #[test]
    fn what_the_creator_said_counts() {
        let later = Reminder { not_before: Some(day(120)), ..Reminder::default() };
        assert_eq!(later.due(day(0), day(119)), None, "not before its time");
        assert_eq!(later.due(day(0), day(120)), Some(120), "and then");
        let never = Reminder { days: None, not_before: None };
        assert_eq!(never.due(day(0), day(5000)), None, "never is never");
        let weekly = Reminder { days: Some(7), not_before: None };
        assert_eq!(weekly.due(day(0), day(7)), Some(7), "an interval of its own");
    }
}
