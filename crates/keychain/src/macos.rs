//! The user's default Keychain.
//!
//! Calls from the background switch off the system's own windows first, so that a
//! locked Keychain, or one that wants to ask about this program, answers with an
//! error instead of a question.

use std::time::Duration;

use security_framework::base::Error;
use security_framework::os::macos::keychain::SecKeychain;
use security_framework::os::macos::keychain_item::SecKeychainItem;
use security_framework::os::macos::passwords::SecKeychainItemPassword;
use zeroize::Zeroizing;

use crate::keychain::Bus;
use crate::store::Store;
use crate::thread::Cancel;
use crate::{KeychainError, State};

pub(crate) const NAME: &str = "Keychain";

/// Status codes of Security.framework's `SecBase.h`.
mod status {
    pub(super) const USER_CANCELED: i32 = -128;
    pub(super) const NOT_AVAILABLE: i32 = -25291;
    pub(super) const AUTHORISATION_FAILED: i32 = -25293;
    pub(super) const NO_SUCH_KEYCHAIN: i32 = -25294;
    pub(super) const ITEM_NOT_FOUND: i32 = -25300;
    pub(super) const NO_DEFAULT_KEYCHAIN: i32 = -25307;
    pub(super) const INTERACTION_NOT_ALLOWED: i32 = -25308;
    pub(super) const INTERACTION_REQUIRED: i32 = -25315;
}

/// The store that keeps entries under `service`; there is no bus on macOS.
pub(crate) fn store(service: &str, _bus: Bus, _limit: Duration) -> Box<dyn Store> {
    Box::new(LoginKeychain { service: service.to_owned() })
}

struct LoginKeychain {
    service: String,
}

impl LoginKeychain {
    /// Does `work` on the unlocked Keychain, with the system's windows switched off.
    fn silently<T>(&self, work: impl FnOnce(&SecKeychain) -> Result<T, KeychainError>) -> Result<T, KeychainError> {
        let _silent = SecKeychain::disable_user_interaction().map_err(failed)?;
        let mut keychain = SecKeychain::default().map_err(failed)?;
        // Without windows this tells whether it is unlocked: it does nothing then, and fails otherwise.
        keychain.unlock(None).map_err(failed)?;
        work(&keychain)
    }

    fn find(
        &self,
        keychain: &SecKeychain,
        account: &str,
    ) -> Result<Option<(SecKeychainItemPassword, SecKeychainItem)>, KeychainError> {
        match keychain.find_generic_password(&self.service, account) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code() == status::ITEM_NOT_FOUND => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Store for LoginKeychain {
    fn state(&self) -> State {
        self.silently(|_| Ok(State::Ready)).unwrap_or_else(|error| error.state)
    }

    fn read(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        self.silently(|keychain| {
            let Some((password, _)) = self.find(keychain, account)? else { return Ok(None) };
            let text = std::str::from_utf8(password.as_ref()).map_err(|_| State::Foreign)?;
            Ok(Some(Zeroizing::new(text.to_owned())))
        })
    }

    fn write(&self, account: &str, text: &str) -> Result<(), KeychainError> {
        self.silently(|keychain| keychain.set_generic_password(&self.service, account, text.as_bytes()).map_err(failed))
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        self.silently(|keychain| {
            let Some((_, item)) = self.find(keychain, account)? else { return Ok(()) };
            item.delete();
            // The library drops the answer, so whether it is gone is looked up.
            match self.find(keychain, account)? {
                None => Ok(()),
                Some(_) => Err(State::Denied.into()),
            }
        })
    }

    fn unlock(&self, _cancel: &Cancel) -> Result<(), KeychainError> {
        let mut keychain = SecKeychain::default().map_err(failed)?;
        keychain.unlock(None).map_err(failed)
    }
}

fn failed(error: Error) -> KeychainError {
    let state = match error.code() {
        status::INTERACTION_NOT_ALLOWED | status::INTERACTION_REQUIRED => State::Locked,
        status::USER_CANCELED => State::Dismissed,
        status::AUTHORISATION_FAILED => State::Denied,
        status::NO_DEFAULT_KEYCHAIN | status::NO_SUCH_KEYCHAIN => State::Absent,
        status::NOT_AVAILABLE => State::NoService,
        _ => State::Other,
    };
    state.into()
}
