//! From a bounded answer to a typed one, or to the error that its status and code mean.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};

use crate::FloomError;
use crate::pace::after_refusal;
use crate::transport::Reply;

/// What a call was about, so that a refusal can name it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) slug: &'a str,
    pub(crate) key: &'a str,
    /// Whether the token is an API key, whose requests can be used up for a minute (then it looks like a guest).
    pub(crate) budgeted_token: bool,
}

/// The two fields that tell Floom's error shapes apart; none of their text is kept.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    conflicts: Vec<Conflict>,
}

#[derive(Deserialize)]
struct Conflict {
    key: String,
    current_version: u32,
}

/// Reads an answer.
///
/// # Errors
/// The error that the status and the code mean; [`FloomError::BadAnswer`] for what Floom does not say.
pub(crate) fn read<T: DeserializeOwned>(reply: &Reply, about: About<'_>) -> Result<T, FloomError> {
    match reply.status {
        200..=299 => serde_json::from_slice(&reply.body).map_err(|_| FloomError::BadAnswer { status: reply.status }),
        _ => Err(refusal(reply, about)),
    }
}

fn refusal(reply: &Reply, about: About<'_>) -> FloomError {
    let status = reply.status;
    let shape = serde_json::from_slice::<Refusal>(&reply.body).ok();
    let told = shape.is_some();
    let Refusal { error, code, conflicts } = shape.unwrap_or_default();
    // Some routes put the code into `error`, some have no code at all.
    let code = if code.is_empty() { error.as_str() } else { code.as_str() };
    let slug = about.slug.to_owned();
    let key = about.key.to_owned();
    match (status, code) {
        (401, "invalid_agent_token") => FloomError::TokenRefused { retry_after: None },
        (401, _) => FloomError::TokenRefused { retry_after: about.budgeted_token.then_some(Duration::from_secs(60)) },
        (403, "not_owner") => FloomError::NotOwner { slug },
        (404, "Run not found") => FloomError::RunNotFound,
        (404, _) if told && !about.slug.is_empty() => FloomError::AppNotFound { slug },
        (400, "unknown_secret_key") => FloomError::KeyUnknown { slug, key },
        (400, "policy_mismatch") => FloomError::PolicyMismatch { key },
        (409, "slug_taken") => FloomError::SlugTaken { slug },
        (409, "version_conflict") => match conflicts.into_iter().next() {
            Some(Conflict { key, current_version: current }) => FloomError::VersionConflict { key, current },
            None => FloomError::BadAnswer { status },
        },
        (409, "no_grace") => FloomError::NoGrace { key },
        (422, "unknown_sealing_key" | "cannot_open") => FloomError::SealingKeyUnknown { key },
        (422, "request_id_reused") => FloomError::RequestReused,
        (429, _) => FloomError::RateLimited { retry_after: after_refusal(&reply.headers) },
        (500, "secret_encrypt_failed") => FloomError::MasterKeyChanged,
        (500..=599, _) => FloomError::Server { status },
        (400..=499, _) if told => FloomError::Refused { status },
        _ => FloomError::BadAnswer { status },
    }
}
