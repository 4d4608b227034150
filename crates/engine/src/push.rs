//! Sending one change to a Floom of today: the saga's calls, made one after the other.

use std::future::Future;

use floom_client::{Client, FloomError, PolicyEntry};
use floom_secret::{Policy, SecretValue};

use crate::EngineError;
use crate::error::refused;
use crate::saga::{Ask, End, Entry, Goal, Progress, Saga, Told};

/// What Floom is told about one key.
#[derive(Debug)]
pub enum Change {
    /// This value, under the creator vault.
    Value(SecretValue),
    /// This policy.
    Policy(Policy),
    /// No value any more; the policy stays.
    Remove,
}

/// The calls of Floom that a push needs; the client's, or a test's.
pub trait Remote: Sync {
    /// The policies of an app.
    fn policies(&self, slug: &str) -> impl Future<Output = Result<Vec<PolicyEntry>, FloomError>> + Send;
    /// Sets one policy.
    fn set_policy(&self, slug: &str, key: &str, policy: Policy) -> impl Future<Output = Result<(), FloomError>> + Send;
    /// Puts one value.
    fn set_value(
        &self,
        slug: &str,
        key: &str,
        value: &SecretValue,
    ) -> impl Future<Output = Result<(), FloomError>> + Send;
    /// Removes one value.
    fn remove_value(&self, slug: &str, key: &str) -> impl Future<Output = Result<bool, FloomError>> + Send;
}

impl Remote for Client {
    fn policies(&self, slug: &str) -> impl Future<Output = Result<Vec<PolicyEntry>, FloomError>> + Send {
        Client::policies(self, slug)
    }

    fn set_policy(&self, slug: &str, key: &str, policy: Policy) -> impl Future<Output = Result<(), FloomError>> + Send {
        Client::set_policy(self, slug, key, policy)
    }

    fn set_value(
        &self,
        slug: &str,
        key: &str,
        value: &SecretValue,
    ) -> impl Future<Output = Result<(), FloomError>> + Send {
        Client::set_value(self, slug, key, value)
    }

    fn remove_value(&self, slug: &str, key: &str) -> impl Future<Output = Result<bool, FloomError>> + Send {
        Client::remove_value(self, slug, key)
    }
}

/// Brings `key` of the app `slug` into the state that `change` says, and reads it back.
///
/// `before` is the policy that Floom was last known to have ([`Saga::start`]).
///
/// # Errors
/// Floom's refusals, of which the first is told; `floom_not_confirmed` when what is read back is something else.
pub async fn push(
    remote: &impl Remote,
    slug: &str,
    key: &str,
    change: &Change,
    before: Option<Policy>,
) -> Result<PolicyEntry, EngineError> {
    let mut saga = Saga::start(change.goal(), before);
    let mut entry = None;
    let mut failed = None;
    loop {
        let answer = match saga.ask() {
            Ask::Entry => remote.policies(slug).await.map(|all| {
                entry = all.into_iter().find(|entry| entry.key == key);
                Told::Entry(entry.as_ref().map(told_entry))
            }),
            Ask::SetPolicy(policy) => remote.set_policy(slug, key, policy).await.map(|()| Told::Done),
            Ask::SetValue => match change {
                Change::Value(value) => remote.set_value(slug, key, value).await.map(|()| Told::Done),
                Change::Policy(_) | Change::Remove => Ok(Told::Failed),
            },
            Ask::RemoveValue => remote.remove_value(slug, key).await.map(|_| Told::Done),
        };
        let told = answer.unwrap_or_else(|error| {
            failed.get_or_insert(error);
            Told::Failed
        });
        match (saga.told(told), failed.take(), entry.take()) {
            (Progress::Goes(next), kept, seen) => (saga, failed, entry) = (next, kept, seen),
            (Progress::Ends(End::Confirmed), _, Some(entry)) => return Ok(entry),
            (Progress::Ends(End::Failed), Some(error), _) => return Err(error.into()),
            (Progress::Ends(End::Undeclared), ..) => return Err(undeclared(slug, key)),
            (Progress::Ends(_), ..) => return Err(not_confirmed(key)),
        }
    }
}

impl Change {
    fn goal(&self) -> Goal {
        match self {
            Self::Value(_) => Goal::Value,
            Self::Policy(policy) => Goal::Policy(*policy),
            Self::Remove => Goal::Removed,
        }
    }
}

fn told_entry(entry: &PolicyEntry) -> Entry {
    Entry { policy: entry.policy, has_value: entry.creator_has_value }
}

fn undeclared(slug: &str, key: &str) -> EngineError {
    refused(
        "floom_key_unknown",
        format!("{slug} does not declare {key}. It stays on this computer."),
        "Declare it in the app's manifest, then sync again.",
    )
}

fn not_confirmed(key: &str) -> EngineError {
    refused(
        "floom_not_confirmed",
        format!("Floom took the change of {key} and then said something else."),
        "It is sent again.",
    )
}
