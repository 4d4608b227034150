//! What Floom answers, as far as this program reads it.

use floom_secret::{Policy, SecretValue};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `GET /api/health`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// The server's version.
    pub version: String,
    /// Extensions of the API that it announces; none on a Floom of today.
    #[serde(default)]
    pub extensions: Vec<String>,
}

/// `GET /api/session/me`: who the server takes us for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The user's id, `local` for the one user of a self-hosted Floom.
    pub user_id: String,
    /// Whether that is the built-in local user.
    pub is_local: bool,
    /// Whether the server has accounts.
    pub cloud_mode: bool,
    /// Whether we act as somebody: an account where there are accounts, the local user where there are none.
    ///
    /// In cloud mode the local user is a guest; that is also what an API key
    /// looks like whose requests of this minute are used up.
    pub signed_in: bool,
}

/// One of my apps, from `GET /api/hub/mine`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppSummary {
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// `active`, or the server's word for another state.
    pub status: String,
}

/// One app, from `GET /api/hub/:slug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppDetail {
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// The keys that its manifest declares, in its order.
    pub secrets_needed: Vec<String>,
}

/// One declared key, from `GET /api/me/apps/:slug/secret-policies`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PolicyEntry {
    /// The key.
    pub key: String,
    /// Who supplies its value.
    pub policy: Policy,
    /// Whether Floom holds a creator value, used or dormant.
    pub creator_has_value: bool,
    /// When the policy was last set; `None` if it never was. Not the time of the value.
    #[serde(default, deserialize_with = "server_time")]
    pub updated_at: Option<Timestamp>,
}

/// One run, from `GET /api/run/:id`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: RunStatus,
    /// What it put out; null until it has.
    #[serde(default)]
    pub outputs: Value,
    /// What went wrong, in the server's words.
    #[serde(default)]
    pub error: Option<String>,
    /// What kind of thing went wrong, such as `missing_secret`.
    #[serde(default)]
    pub error_type: Option<String>,
    /// How long it took, in milliseconds, once it is over.
    #[serde(default)]
    pub duration_ms: Option<u64>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Accepted, not started.
    Pending,
    /// Under way.
    Running,
    /// Ended well.
    Success,
    /// Ended with an error.
    Error,
    /// Stopped at its time limit.
    Timeout,
    /// A word that this program does not know.
    #[serde(other)]
    Unknown,
}

impl RunStatus {
    /// Whether the run has ended.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Error | Self::Timeout)
    }
}

#[derive(Deserialize)]
pub(crate) struct SessionAnswer {
    user: UserAnswer,
    cloud_mode: bool,
}

#[derive(Deserialize)]
struct UserAnswer {
    id: String,
    is_local: bool,
}

impl From<SessionAnswer> for Session {
    fn from(answer: SessionAnswer) -> Self {
        let UserAnswer { id, is_local } = answer.user;
        let cloud_mode = answer.cloud_mode;
        Self { user_id: id, is_local, cloud_mode, signed_in: !(cloud_mode && is_local) }
    }
}

#[derive(Deserialize)]
pub(crate) struct MineAnswer {
    pub(crate) apps: Vec<AppSummary>,
}

#[derive(Deserialize)]
pub(crate) struct DetailAnswer {
    slug: String,
    name: String,
    description: Option<String>,
    manifest: ManifestAnswer,
}

#[derive(Deserialize)]
struct ManifestAnswer {
    #[serde(default)]
    secrets_needed: Vec<String>,
}

impl From<DetailAnswer> for AppDetail {
    fn from(answer: DetailAnswer) -> Self {
        Self {
            slug: answer.slug,
            name: answer.name,
            description: answer.description.unwrap_or_default(),
            secrets_needed: answer.manifest.secrets_needed,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PoliciesAnswer {
    pub(crate) policies: Vec<PolicyEntry>,
}

#[derive(Deserialize)]
pub(crate) struct SharingAnswer {
    pub(crate) link_share_token: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Done {
    #[serde(rename = "ok")]
    pub(crate) done: bool,
}

#[derive(Deserialize)]
pub(crate) struct Removed {
    pub(crate) removed: bool,
}

#[derive(Deserialize)]
pub(crate) struct Registered {
    pub(crate) slug: String,
}

/// One agent token of the user's, from `GET /api/me/agent-keys`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AgentTokenEntry {
    /// Its id; no token.
    pub id: String,
    /// Its first characters.
    pub prefix: String,
    /// What its owner called it.
    pub label: String,
    /// `read`, `read-write` or `publish-only`.
    pub scope: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Whether its power was taken away.
    pub revoked: bool,
}

/// A token that was just made; it is told this once.
#[derive(Deserialize)]
pub(crate) struct Minted {
    #[serde(with = "floom_secret::wire")]
    pub(crate) raw_token: SecretValue,
}

/// Where an app's run page is; the key in it goes with this value.
#[derive(Deserialize, zeroize::ZeroizeOnDrop)]
pub(crate) struct RunPageLink {
    pub(crate) path: String,
}

#[derive(Deserialize)]
pub(crate) struct Started {
    pub(crate) run_id: String,
}

/// Reads `YYYY-MM-DD HH:MM:SS`, which is UTC without saying so, or RFC 3339.
fn server_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let read = text.parse::<Timestamp>().or_else(|_| {
        let time = text.parse::<civil::DateTime>()?;
        TimeZone::UTC.to_timestamp(time)
    });
    read.map(Some).map_err(|_| serde::de::Error::custom("not a time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_zone_are_utc() {
        let read = |time: &str| -> PolicyEntry {
            let text =
                format!(r#"{{"key":"A","policy":"creator_override","creator_has_value":true,"updated_at":"{time}"}}"#);
            serde_json::from_str(&text).expect("a policy entry")
        };
        let expected: Timestamp = "2026-11-23T10:44:01Z".parse().expect("a time");
        assert_eq!(read("2026-11-23 10:44:01").updated_at, Some(expected), "SQLite's form is UTC");
        assert_eq!(read("2026-11-23T10:44:01Z").updated_at, Some(expected), "RFC 3339 says so itself");
    }

    #[test]
    fn a_key_never_decided_on_has_no_time() {
        let entry: PolicyEntry =
            serde_json::from_str(r#"{"key":"A","policy":"user_vault","creator_has_value":false}"#).expect("an entry");
        assert_eq!(entry.updated_at, None, "no policy was ever set");
    }

    #[test]
    fn a_guest_of_a_cloud_is_not_signed_in() {
        let session = |is_local: bool, cloud: bool| -> Session {
            let text = format!(r#"{{"user":{{"id":"u","is_local":{is_local}}},"cloud_mode":{cloud}}}"#);
            serde_json::from_str::<SessionAnswer>(&text).expect("a session").into()
        };
        assert!(!session(true, true).signed_in, "the local user of a cloud is a guest");
        assert!(session(false, true).signed_in, "an account is signed in");
        assert!(session(true, false).signed_in, "without accounts the local user is the owner");
    }

    #[test]
    fn an_unknown_run_state_is_kept_apart() {
        let run: Run = serde_json::from_str(r#"{"id":"run_1","status":"queued"}"#).expect("a run");
        assert_eq!(run.status, RunStatus::Unknown, "a new word is not an error");
        assert!(!run.status.is_over(), "nobody said that it ended");
    }
}
