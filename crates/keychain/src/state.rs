//! What the keychain answers when it is asked how it is.

use serde::{Deserialize, Serialize};

/// The state of the operating system's keychain, as it can be told without a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It answers and is unlocked.
    Ready,
    /// The service answers, but has no default collection yet; the creator's unlock makes one.
    Absent,
    /// It is there and locked.
    Locked,
    /// The system shows a password window and waits for the creator.
    Waiting,
    /// The creator closed the system's password window without the password.
    Dismissed,
    /// The system's rules keep this program out.
    Denied,
    /// It did not answer within [`LIMIT`](crate::LIMIT).
    TimedOut,
    /// Nothing answers for it.
    NoService,
    /// An entry under our name holds something that we did not write, or there are two.
    Foreign,
    /// It failed in a way that fits none of these.
    Other,
}

impl State {
    /// The stable code of this state.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ready => "keychain_ready",
            Self::Absent => "keychain_absent",
            Self::Locked => "keychain_locked",
            Self::Waiting => "keychain_waiting",
            Self::Dismissed => "keychain_dismissed",
            Self::Denied => "keychain_denied",
            Self::TimedOut => "keychain_timed_out",
            Self::NoService => "keychain_no_service",
            Self::Foreign => "keychain_foreign",
            Self::Other => "keychain_other",
        }
    }

    /// One sentence for people: what was found.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Ready => "The keychain is ready.",
            Self::Absent => "There is no keychain on this account yet.",
            Self::Locked => "The keychain is locked.",
            Self::Waiting => "Waiting for you: your system shows a password window.",
            Self::Dismissed => "The password window was closed.",
            Self::Denied => "The keychain said no.",
            Self::TimedOut => "The keychain did not answer in 5 s.",
            Self::NoService => "No keychain service is running.",
            Self::Foreign => "An entry under our name does not fit this vault. It was left as it is.",
            Self::Other => "The keychain failed.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Ready => "There is nothing to do.",
            Self::Absent => "Unlock it; your system asks for a password and makes one.",
            Self::Locked => "Unlock it; your system asks for your password.",
            Self::Waiting => "Answer the password window, or cancel it.",
            Self::Dismissed => "Try again, and type the password when your system asks.",
            Self::Denied => "Allow Floom Secrets there, then try again.",
            Self::TimedOut => "Try again; it may only be busy.",
            Self::NoService => "Start the service that your desktop uses, then try again.",
            Self::Foreign => "Open the vault with the recovery kit.",
            Self::Other => "Try again; the doctor says what the system answered.",
        }
    }
}

/// A keychain call that gave no answer, and the state that explains it.
///
/// It carries nothing of an entry. An error never means "there is no such entry".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", .state.sentence())]
pub struct KeychainError {
    /// Why there was no answer; never [`State::Ready`].
    pub state: State,
}

impl KeychainError {
    /// The stable code: that of the state.
    pub fn code(&self) -> &'static str {
        self.state.code()
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        self.state.hint()
    }
}

impl From<State> for KeychainError {
    fn from(state: State) -> Self {
        Self { state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 10] = [
        State::Ready,
        State::Absent,
        State::Locked,
        State::Waiting,
        State::Dismissed,
        State::Denied,
        State::TimedOut,
        State::NoService,
        State::Foreign,
        State::Other,
    ];

    #[test]
    fn the_code_is_the_name_on_the_wire() {
        for state in ALL {
            let wire = serde_json::to_value(state).expect("a state is always text");
            assert_eq!(format!("keychain_{}", wire.as_str().unwrap()), state.code(), "one name in both places");
        }
    }

    #[test]
    fn every_error_says_what_happened_and_what_to_do() {
        for state in ALL {
            let error = KeychainError::from(state);
            assert!(error.to_string().ends_with('.'), "{state:?} has a whole sentence");
            assert!(error.hint().ends_with('.'), "{state:?} has a next step");
        }
    }
}
