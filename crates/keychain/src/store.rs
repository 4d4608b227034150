//! What each system's keychain has to be able to do.

use std::convert::Infallible;

use base64::{Engine, prelude::BASE64_STANDARD};
use floom_guarded::{GuardedKey, LENGTH};
use zeroize::Zeroizing;

use crate::thread::Cancel;
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

    /// Lets the system ask the creator, and waits for the answer. `cancel` says when nobody waits any more.
    fn unlock(&self, cancel: &Cancel) -> Result<(), KeychainError>;
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

/// The key of an entry's text.
///
/// # Errors
/// [`State::Foreign`] where the text is not a key of ours.
pub(crate) fn decode_key(text: &str) -> Result<GuardedKey, KeychainError> {
    let bytes = decode(text)?;
    let bytes: &[u8; LENGTH] = bytes.as_slice().try_into().map_err(|_| State::Foreign)?;
    let Ok(key) = GuardedKey::fill_with(|place| {
        place.copy_from_slice(bytes);
        Ok::<_, Infallible>(())
    });
    Ok(key)
}
