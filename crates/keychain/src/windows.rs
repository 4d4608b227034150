//! The Credential Manager. It is unlocked while the user is logged on and never asks.

use std::collections::HashMap;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use crate::keychain::Bus;
use crate::store::Store;
use crate::thread::Cancel;
use crate::{KeychainError, State};

pub(crate) const NAME: &str = "Credential Manager";

/// An account that is never written: asking for it tells whether anything answers.
const PROBE: &str = "probe";

/// The store that keeps entries under `service`; there is no bus on Windows.
pub(crate) fn store(service: &str, _bus: Bus, _limit: Duration) -> Box<dyn Store> {
    Box::new(CredentialManager { service: service.to_owned() })
}

struct CredentialManager {
    service: String,
}

impl CredentialManager {
    /// The entry of this machine; "local" keeps it out of roaming profiles.
    fn entry(&self, account: &str) -> Result<Entry, KeychainError> {
        let store = windows_native_keyring_store::Store::new().map_err(failed)?;
        store.build(&self.service, account, Some(&HashMap::from([("persistence", "local")]))).map_err(failed)
    }
}

impl Store for CredentialManager {
    fn state(&self) -> State {
        self.read(PROBE).map_or_else(|error| error.state, |_| State::Ready)
    }

    fn read(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        let bytes = match self.entry(account)?.get_secret() {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| State::Foreign)?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    fn write(&self, account: &str, text: &str) -> Result<(), KeychainError> {
        self.entry(account)?.set_secret(text.as_bytes()).map_err(failed)
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn unlock(&self, _cancel: &Cancel) -> Result<(), KeychainError> {
        match self.state() {
            State::Ready => Ok(()),
            state => Err(state.into()),
        }
    }
}

fn failed(error: Error) -> KeychainError {
    let state = match error {
        // The only cause that the store gives this for: no logon session, so no credential set.
        Error::NoStorageAccess(_) | Error::NoDefaultStore => State::NoService,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            State::Foreign
        }
        Error::BadStoreFormat(_) | Error::Ambiguous(_) => State::Foreign,
        _ => State::Other,
    };
    state.into()
}
