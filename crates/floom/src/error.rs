//! What can go wrong between this program and a Floom.

use std::time::Duration;

use floom_secret::ValueError;

/// Why a call did not do what was asked.
///
/// It carries names (host, app, key), never a value, a token or a piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FloomError {
    /// The text is no address of a Floom.
    #[error("This is not the address of a Floom.")]
    UrlInvalid,
    /// `http` to another machine.
    #[error("This address would send keys unencrypted over the network.")]
    UrlInsecure,
    /// The token has characters that no HTTP header may carry.
    #[error("This is not an API key: it contains characters that no key has.")]
    TokenMalformed,
    /// The value is one that Floom does not take; it was not sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// No secure connection can be set up on this computer.
    #[error("This computer's certificates could not be read, so no secure connection can be made.")]
    NoTls,
    /// No connection, or one that broke.
    #[error("{host} cannot be reached.")]
    Unreachable {
        /// The Floom's host.
        host: String,
        /// Whether the request may have got there before the connection broke.
        sent: bool,
    },
    /// No answer within the time limit.
    #[error("{host} did not answer in time.")]
    Timeout {
        /// The Floom's host.
        host: String,
    },
    /// 401.
    #[error("Floom refused the API key.")]
    TokenRefused {
        /// Set where the same answer also means that the key's requests of this minute are used up.
        retry_after: Option<Duration>,
    },
    /// 403 `not_owner`.
    #[error("This account does not own {slug}.")]
    NotOwner {
        /// The app's slug.
        slug: String,
    },
    /// 404 for an app: unknown, or not visible to this account.
    #[error("Floom has no app {slug} for this account.")]
    AppNotFound {
        /// The app's slug.
        slug: String,
    },
    /// 404 for a run.
    #[error("Floom does not know this run.")]
    RunNotFound,
    /// 400 `unknown_secret_key`.
    #[error("{slug} does not declare {key}.")]
    KeyUnknown {
        /// The app's slug.
        slug: String,
        /// The key that its manifest does not list.
        key: String,
    },
    /// 400 `policy_mismatch`.
    #[error("{key} is under user vault on Floom, so it takes no value from the creator.")]
    PolicyMismatch {
        /// The key.
        key: String,
    },
    /// 409 `slug_taken`.
    #[error("There is an app {slug} already.")]
    SlugTaken {
        /// The slug.
        slug: String,
    },
    /// 409 `version_conflict`.
    #[error("{key} was changed on Floom meanwhile.")]
    VersionConflict {
        /// The first key of which another version is current.
        key: String,
        /// That version; 0 for none.
        current: u32,
    },
    /// 409 `no_grace`.
    #[error("Floom no longer holds the previous value of {key}.")]
    NoGrace {
        /// The key.
        key: String,
    },
    /// 422 `unknown_sealing_key` or `cannot_open`.
    #[error("Floom cannot open what was sealed for {key}: its sealing key is another one.")]
    SealingKeyUnknown {
        /// The key.
        key: String,
    },
    /// 422 `request_id_reused`.
    #[error("Floom knows this request as another change.")]
    RequestReused,
    /// 429, or a write that would have run into it.
    #[error("Floom takes no more changes for now.")]
    RateLimited {
        /// How long Floom asks to wait.
        retry_after: Duration,
    },
    /// 5xx.
    #[error("Floom answered {status}.")]
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// 500 `secret_encrypt_failed`.
    #[error("Floom's master key has changed: it cannot encrypt, and cannot read what it stored before.")]
    MasterKeyChanged,
    /// Any other refusal.
    #[error("Floom refused the request ({status}).")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that Floom does not give: not JSON, another shape, too large, a redirect.
    #[error("The answer did not come from a Floom that this program knows.")]
    BadAnswer {
        /// The HTTP status.
        status: u16,
    },
}

impl FloomError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UrlInvalid => "url_invalid",
            Self::UrlInsecure => "url_insecure",
            Self::TokenMalformed => "floom_token_malformed",
            Self::Value(error) => error.code(),
            Self::NoTls => "floom_no_tls",
            Self::Unreachable { .. } => "floom_unreachable",
            Self::Timeout { .. } => "floom_timeout",
            Self::TokenRefused { .. } => "floom_token_refused",
            Self::NotOwner { .. } => "floom_not_owner",
            Self::AppNotFound { .. } => "floom_app_not_found",
            Self::RunNotFound => "floom_run_not_found",
            Self::SlugTaken { .. } => "floom_slug_taken",
            Self::KeyUnknown { .. } => "floom_key_unknown",
            Self::PolicyMismatch { .. } => "floom_policy_mismatch",
            Self::VersionConflict { .. } => "floom_version_conflict",
            Self::NoGrace { .. } => "floom_no_grace",
            Self::SealingKeyUnknown { .. } => "floom_sealing_key_unknown",
            Self::RequestReused => "floom_request_reused",
            Self::RateLimited { .. } => "floom_rate_limited",
            Self::Server { .. } => "floom_server_error",
            Self::MasterKeyChanged => "floom_master_key_changed",
            Self::Refused { .. } => "floom_refused",
            Self::BadAnswer { .. } => "floom_bad_answer",
        }
    }

    /// What was kept, and what to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UrlInvalid => "Give an address such as https://floom.dev, with nothing after a ? or #.",
            Self::UrlInsecure => "Use https://. http:// is only for a Floom on this computer.",
            Self::TokenMalformed => "Nothing was sent. Copy the key from Floom again.",
            Self::Value(_) => "Nothing was sent. Floom takes values of 1 to 65,536 characters.",
            Self::NoTls => "Nothing was sent. Install your system's CA certificates, then try again.",
            Self::Unreachable { .. } => "Your changes are kept here. Check the address and the network.",
            Self::Timeout { .. } => {
                "Your changes are kept here. Floom may have taken the last one; it is checked first."
            }
            Self::TokenRefused { .. } => "Nothing was changed. Use another key.",
            Self::NotOwner { .. } => "Nothing was changed. Connect with the account that made the app.",
            Self::AppNotFound { .. } => "Nothing was changed. Check the name, and which account is connected.",
            Self::SlugTaken { .. } => "Nothing was changed. Choose another address.",
            Self::RunNotFound => "It may have been removed. Start it again.",
            Self::KeyUnknown { .. } => "It stays on this computer. Declare it in the app's manifest to send it.",
            Self::PolicyMismatch { .. } => "Nothing was changed. Set its policy to creator vault first.",
            Self::VersionConflict { .. } => "Nothing was changed. Look at both, then keep one.",
            Self::NoGrace { .. } => "Nothing was changed. Restore an older version from its history.",
            Self::SealingKeyUnknown { .. } => "Nothing was changed. The key is asked for again.",
            Self::RequestReused => "Nothing was changed. Send the change anew.",
            Self::RateLimited { .. } => "Your changes are kept here and sent when Floom takes them again.",
            Self::Server { .. } => "Your changes are kept here and tried again.",
            Self::MasterKeyChanged => {
                "Your values are kept here. Whoever runs this Floom has to restore its master key."
            }
            Self::Refused { .. } => "Nothing was changed. Your values are kept here.",
            Self::BadAnswer { .. } => "Your changes are kept here. Check the address.",
        }
    }

    /// How long to wait before the next attempt, where Floom said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::TokenRefused { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. } | Self::RateLimited { .. } | Self::Server { .. })
    }

    /// Whether Floom may have done what was asked although the call failed.
    ///
    /// `false` is certain: it was never sent, or Floom said no.
    pub fn sent(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::Timeout { .. } | Self::Server { .. } | Self::BadAnswer { .. } => true,
            _ => false,
        }
    }
}
