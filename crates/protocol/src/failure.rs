//! What every face says when something did not happen.

use serde::{Deserialize, Serialize};

/// One refusal or failure, in words for people and with a code for programs.
///
/// Nothing in it is ever a piece of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Stable, `snake_case`; programs switch on this and never on the words.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What was kept: the state that things are in now.
    pub kept: String,
    /// What to do next.
    pub next: String,
}

impl Failure {
    /// A failure from its four parts.
    pub fn new(
        code: impl Into<String>,
        message: impl Into<String>,
        kept: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { code: code.into(), message: message.into(), kept: kept.into(), next: next.into() }
    }

    /// Whether the vault's key cannot be had: the command line ends with 4 then.
    pub fn is_locked(&self) -> bool {
        self.code.starts_with("keychain_") || matches!(self.code.as_str(), "vault_locked" | "vault_key_missing")
    }

    /// Whether only the creator can go on: the command line ends with 3 then.
    pub fn waits_for_creator(&self) -> bool {
        matches!(
            self.code.as_str(),
            "needs_answer"
                | "vault_none"
                | "vault_file_missing"
                | "vault_restored"
                | "vault_rolled_back"
                | "link_paused"
                | "app_not_chosen"
                | "policy_needs_value"
        )
    }
}
