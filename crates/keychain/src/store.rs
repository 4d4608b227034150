//! What each system's keychain has to be able to do.

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use crate::{KeychainError, State};

/// The keychain of one system. Called from one thread only, one call at a time.
pub(crate) trait Store: Send {
    /// The state, without a prompt.
    fn state(&self) -> State;

    /// The entry's text; `None` only where the keychain answered, is unlocked and has no such entry.
    fn read(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainError>;

    /// Makes or replaces the entry.
    fn write(&self, account: &str, text: &str) -> Result<(), KeychainError>;

    /// Removes the entry; one that is not there is no error.
    fn delete(&self, account: &str) -> Result<(), KeychainError>;

    /// Lets the system ask the creator, and waits for the answer.
    fn unlock(&self) -> Result<(), KeychainError>;
}

/// An entry's text: base64, because KDE Wallet keeps text only.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE64_STANDARD.encode(bytes))
}

/// The bytes of an entry's text.
///
/// # Errors
/// [`State::Foreign`] where the text is not ours.
pub(crate) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
    BASE64_STANDARD.decode(text).map(Zeroizing::new).map_err(|_| State::Foreign.into())
}
