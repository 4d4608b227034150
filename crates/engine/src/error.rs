//! Everything that can stop the engine, and how it is said.

use floom_client::FloomError;
use floom_protocol::Failure;
use floom_vault::VaultError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The vault's own refusal.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Floom's refusal, or no answer from it.
    #[error(transparent)]
    Floom(#[from] FloomError),
    /// Refused by the engine's own rules.
    #[error(transparent)]
    Refused(#[from] Failure),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Vault(error) => of_vault(&error),
            EngineError::Floom(error) => of_floom(&error),
            EngineError::Refused(failure) => failure,
        }
    }
}

/// A vault's refusal, for people.
pub(crate) fn of_vault(error: &VaultError) -> Failure {
    Failure::new(error.code(), error.to_string(), error.kept(), error.hint())
}

/// Floom's refusal, for people.
pub(crate) fn of_floom(error: &FloomError) -> Failure {
    Failure::new(error.code(), error.to_string(), "What is stored here stays here, encrypted.", error.hint())
}

/// A refusal by the engine's own rules.
pub(crate) fn refused(code: &str, message: impl Into<String>, next: impl Into<String>) -> EngineError {
    EngineError::Refused(Failure::new(code, message, "Nothing was changed.", next))
}
