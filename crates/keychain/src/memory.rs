//! A keychain in this process's memory, for tests: it answers as in any state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::store::Store;
use crate::thread::Cancel;
use crate::{KeychainError, State};

/// Entries and the state in which every call is answered. Clones share both.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Content>>);

struct Content {
    state: State,
    entries: BTreeMap<String, Zeroizing<String>>,
}

impl Default for Content {
    fn default() -> Self {
        Self { state: State::Ready, entries: BTreeMap::new() }
    }
}

impl Memory {
    pub(crate) fn set_state(&self, state: State) {
        self.content().state = state;
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self) -> Result<MutexGuard<'_, Content>, KeychainError> {
        let content = self.content();
        match content.state {
            State::Ready => Ok(content),
            state => Err(state.into()),
        }
    }
}

impl Store for Memory {
    fn state(&self) -> State {
        self.content().state
    }

    fn read(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        Ok(self.ready()?.entries.get(account).cloned())
    }

    fn write(&self, account: &str, text: &str) -> Result<(), KeychainError> {
        self.ready()?.entries.insert(account.to_owned(), Zeroizing::new(text.to_owned()));
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        self.ready()?.entries.remove(account);
        Ok(())
    }

    fn unlock(&self, _cancel: &Cancel) -> Result<(), KeychainError> {
        let mut content = self.content();
        match content.state {
            State::Ready | State::Absent | State::Locked | State::Waiting => {
                content.state = State::Ready;
                Ok(())
            }
            state => Err(state.into()),
        }
    }
}
