//! Sending one change to Floom: a saga, because the real API needs two calls for it.
//!
//! Read the policies, flip the policy if needed, put the value, read back. Between
//! flip and value the key is missing for every run, so a value that fails after a
//! flip puts the policy back. Every step may be repeated: a change that was killed
//! half-way is sent again from its first step.

use std::future::Future;

use floom_client::{Client, FloomError, PolicyEntry};
use floom_secret::{Policy, SecretValue};

use crate::EngineError;
use crate::error::refused;

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
/// `before` is the policy that Floom was last known to have: when an earlier try was
/// killed between flip and value, it tells what the policy has to go back to.
///
/// # Errors
/// Floom's refusals; `floom_not_confirmed` when what is read back is something else.
pub async fn push(
    remote: &impl Remote,
    slug: &str,
    key: &str,
    change: &Change,
    before: Option<Policy>,
) -> Result<PolicyEntry, EngineError> {
    match change {
        Change::Value(value) => push_value(remote, slug, key, value, before).await?,
        Change::Policy(policy) => remote.set_policy(slug, key, *policy).await?,
        Change::Remove => {
            remote.remove_value(slug, key).await?;
        }
    }
    let entry = entry(remote, slug, key).await?;
    let confirmed = match change {
        Change::Value(_) => entry.policy == Policy::Creator && entry.creator_has_value,
        Change::Policy(policy) => entry.policy == *policy,
        Change::Remove => !entry.creator_has_value,
    };
    if confirmed {
        return Ok(entry);
    }
    Err(refused(
        "floom_not_confirmed",
        format!("Floom took the change of {key} and then said something else."),
        "It is sent again.",
    ))
}

async fn push_value(
    remote: &impl Remote,
    slug: &str,
    key: &str,
    value: &SecretValue,
    before: Option<Policy>,
) -> Result<(), EngineError> {
    let entry = entry(remote, slug, key).await?;
    let flips = entry.policy != Policy::Creator;
    let flipped_earlier = !entry.creator_has_value && before == Some(Policy::User);
    if flips {
        remote.set_policy(slug, key, Policy::Creator).await?;
    }
    let put = remote.set_value(slug, key, value).await;
    if put.is_err() && (flips || flipped_earlier) {
        // The first failure is the one to report; this one shows itself at the next try.
        let _ = remote.set_policy(slug, key, Policy::User).await;
    }
    Ok(put?)
}

async fn entry(remote: &impl Remote, slug: &str, key: &str) -> Result<PolicyEntry, EngineError> {
    let all = remote.policies(slug).await?;
    all.into_iter().find(|entry| entry.key == key).ok_or_else(|| {
        refused(
            "floom_key_unknown",
            format!("{slug} does not declare {key}. It stays on this computer."),
            "Declare it in the app's manifest, then sync again.",
        )
    })
}
