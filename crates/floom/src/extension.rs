//! The extension `secrets-v1`: values travel sealed, policy and value change in one request, a rotation has a grace.

use std::time::Duration;

use floom_seal::{Sealed, SealingKey};
use floom_secret::{Policy, Preview};
use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::transport::Json;
use crate::{FloomError, Health};

/// Its name in [`Health::extensions`].
const NAME: &str = "secrets-v1";

/// How a Floom is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Two calls for a change; last use, users and versions are not told.
    Today,
    /// With the extension.
    SecretsV1,
}

impl Health {
    /// What this Floom can do.
    pub fn dialect(&self) -> Dialect {
        match self.extensions.iter().any(|extension| extension == NAME) {
            true => Dialect::SecretsV1,
            false => Dialect::Today,
        }
    }
}

/// Every secret of one app, from `GET …/secrets`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Secrets {
    /// The declared names in the app's order, then others that have a value.
    pub secrets: Vec<SecretEntry>,
    /// Declared names under the creator vault that have no value.
    pub missing: Vec<String>,
}

/// One secret.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SecretEntry {
    /// Its name.
    pub key: String,
    /// Whether the app declares it.
    pub declared: bool,
    /// Who supplies its value.
    pub policy: Policy,
    /// When the policy was decided; none where it never was.
    pub policy_set_at: Option<Timestamp>,
    /// What Floom holds of the creator; none where that is nothing.
    pub value: Option<ValueEntry>,
    /// The value before it, in a grace.
    pub rotation: Option<Rotation>,
    /// Who uses it.
    pub users: Users,
}

/// What is told of a value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ValueEntry {
    /// Its number.
    pub version: u32,
    /// Its masked form; none of a value from before previews were kept.
    pub preview: Option<Preview>,
    /// When it was set; none of a value from before that was kept.
    pub set_at: Option<Timestamp>,
    /// When a run was last given it; none where none was.
    pub last_used_at: Option<Timestamp>,
}

/// A value that was replaced and is still held.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rotation {
    /// Its number.
    pub previous_version: u32,
    /// When it was replaced.
    pub started_at: Timestamp,
    /// When it is destroyed.
    pub retires_at: Timestamp,
    /// Whether a run under way still has it; told in lists only.
    #[serde(default)]
    pub runs_on_previous: bool,
}

/// How many users a secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Users {
    /// Those with a value of their own.
    pub connected: u32,
    /// Those of them who ran the app in the last 7 days.
    pub active_7d: u32,
    /// All who ran it in the last 7 days.
    pub runners_7d: u32,
}

/// One change: policy, value, or both, in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Put {
    /// The policy from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// The value from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    /// The version that must be current; 0 for none. Without it the value is replaced whatever is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u32>,
    /// How long the value before is kept.
    #[serde(rename = "rotate", skip_serializing_if = "Option::is_none", serialize_with = "rotate")]
    pub grace: Option<Duration>,
}

/// What a change was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Changed {
    /// The secret's name.
    pub key: String,
    /// Its policy now.
    pub policy: Policy,
    /// The version that is current now; 0 for none.
    pub version: u32,
    /// The value before it, where it is kept.
    pub rotation: Option<Rotation>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    secrets: Vec<Changed>,
}

#[derive(Deserialize)]
struct DeclaredAnswer {
    declared: bool,
}

fn rotate<S: serde::Serializer>(grace: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "grace_seconds": grace.map(|grace| grace.as_secs()) }).serialize(serializer)
}

impl Client {
    /// Every secret of `slug`, without values.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], [`FloomError::NotOwner`], and any of the connection.
    pub async fn secrets(&self, slug: &str) -> Result<Secrets, FloomError> {
        self.get(&["api", "me", "apps", slug, "secrets"], self.about(slug, "")).await
    }

    /// The key to which values of `slug` are sealed. The caller compares it with the one that it pinned.
    ///
    /// # Errors
    /// As [`Client::secrets`].
    pub async fn sealing_key(&self, slug: &str) -> Result<SealingKey, FloomError> {
        self.get(&["api", "me", "apps", slug, "sealing-key"], self.about(slug, "")).await
    }

    /// Changes one secret. A repetition with the same `request` is done once.
    ///
    /// # Errors
    /// [`FloomError::VersionConflict`], [`FloomError::SealingKeyUnknown`], [`FloomError::KeyUnknown`],
    /// [`FloomError::RequestReused`], [`FloomError::RateLimited`], and any of the connection.
    pub async fn put_secret(&self, slug: &str, key: &str, put: &Put, request: Uuid) -> Result<Changed, FloomError> {
        let mut body = serde_json::to_value(put).unwrap_or_default();
        body["request_id"] = request.to_string().into();
        let path = ["api", "me", "apps", slug, "secrets", key];
        self.write(Method::PUT, &path, Some(Json::of(&body)), self.about(slug, key)).await
    }

    /// Changes many secrets, at most 500: all of them, or none.
    ///
    /// # Errors
    /// As [`Client::put_secret`].
    pub async fn put_secrets(
        &self,
        slug: &str,
        puts: &[(String, Put)],
        request: Uuid,
    ) -> Result<Vec<Changed>, FloomError> {
        let change = |(key, put): &(String, Put)| {
            let mut change = serde_json::to_value(put).unwrap_or_default();
            change["key"] = key.as_str().into();
            change
        };
        let changes: Vec<Value> = puts.iter().map(change).collect();
        let body = json!({ "changes": changes, "request_id": request.to_string() });
        let path = ["api", "me", "apps", slug, "secrets", "batch"];
        let answer: BatchAnswer = self.write(Method::POST, &path, Some(Json::of(&body)), self.about(slug, "")).await?;
        Ok(answer.secrets)
    }

    /// Within a grace: the previous value is current again, under a new number.
    ///
    /// # Errors
    /// [`FloomError::NoGrace`], and as [`Client::put_secret`].
    pub async fn roll_back(&self, slug: &str, key: &str, expected: u32, request: Uuid) -> Result<Changed, FloomError> {
        self.step(Method::POST, slug, key, &["rollback"], expected, request).await
    }

    /// Ends a grace now.
    ///
    /// # Errors
    /// As [`Client::roll_back`].
    pub async fn retire(&self, slug: &str, key: &str, expected: u32, request: Uuid) -> Result<Changed, FloomError> {
        self.step(Method::POST, slug, key, &["retire"], expected, request).await
    }

    /// Removes value and grace; the policy stays.
    ///
    /// # Errors
    /// As [`Client::put_secret`].
    pub async fn remove_secret(
        &self,
        slug: &str,
        key: &str,
        expected: u32,
        request: Uuid,
    ) -> Result<Changed, FloomError> {
        self.step(Method::DELETE, slug, key, &[], expected, request).await
    }

    /// Adds `key` to what the app declares, or takes it out.
    ///
    /// # Errors
    /// [`FloomError::Refused`] for a name that no app can declare, and any of the connection.
    pub async fn set_declared(&self, slug: &str, key: &str, declared: bool, request: Uuid) -> Result<(), FloomError> {
        let method = if declared { Method::PUT } else { Method::DELETE };
        let body = Json::of(&json!({ "request_id": request.to_string() }));
        let path = ["api", "me", "apps", slug, "declared", key];
        let answer: DeclaredAnswer = self.write(method, &path, Some(body), self.about(slug, key)).await?;
        match answer.declared == declared {
            true => Ok(()),
            false => Err(FloomError::BadAnswer { status: 200 }),
        }
    }

    async fn step(
        &self,
        method: Method,
        slug: &str,
        key: &str,
        step: &[&str],
        expected: u32,
        request: Uuid,
    ) -> Result<Changed, FloomError> {
        let path = [&["api", "me", "apps", slug, "secrets", key], step].concat();
        let body = json!({ "expected_version": expected, "request_id": request.to_string() });
        self.write(method, &path, Some(Json::of(&body)), self.about(slug, key)).await
    }
}
