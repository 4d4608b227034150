//! The keychain as the rest of the program sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::store::{decode, encode};
use crate::thread::StoreThread;
use crate::{KeychainError, State, system};

/// How long a call from the background waits for an answer.
pub const LIMIT: Duration = Duration::from_secs(5);

/// The address of a D-Bus session bus that replaces the environment's.
pub(crate) type Bus = Arc<Mutex<Option<String>>>;

/// The operating system's keychain under one service name. Clones are the same keychain.
///
/// Every call blocks its caller, so an async caller uses a blocking thread.
/// Nothing but [`Keychain::unlock`] ever makes the system ask the creator.
#[derive(Clone)]
pub struct Keychain(Arc<Inner>);

struct Inner {
    name: &'static str,
    thread: StoreThread,
    bus: Bus,
    memory: Option<Memory>,
}

impl Keychain {
    /// The system's keychain; entries are kept under `service` ([`SERVICE`](crate::SERVICE), or a test's own).
    /// Nothing is connected before the first call.
    pub fn system(service: &str) -> Self {
        let bus = Bus::default();
        let store = system::store(service, bus.clone());
        Self(Arc::new(Inner { name: system::NAME, thread: StoreThread::start(store), bus, memory: None }))
    }

    /// A keychain that is this process's memory and starts out ready and empty. It is for tests:
    /// entries are gone with the last clone. [`Keychain::set_state`] injects faults.
    pub fn in_memory() -> Self {
        let memory = Memory::default();
        let thread = StoreThread::start(Box::new(memory.clone()));
        Self(Arc::new(Inner { name: "keyring", thread, bus: Bus::default(), memory: Some(memory) }))
    }

    /// Makes every later call of an [in-memory](Keychain::in_memory) keychain answer as in `state`;
    /// its entries stay. The system's keychain is not changed.
    pub fn set_state(&self, state: State) {
        if let Some(memory) = &self.0.memory {
            memory.set_state(state);
        }
    }

    /// What the system calls it: "keyring", "Keychain" or "Credential Manager".
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Later calls use the session bus at `address`, or with `None` the environment's own. Linux only.
    pub fn set_bus(&self, address: Option<String>) {
        *self.0.bus.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// How the keychain is, without a prompt, within [`LIMIT`].
    pub fn state(&self) -> State {
        self.0.thread.within(LIMIT, |store| Ok(store.state())).unwrap_or_else(|error| error.state)
    }

    /// The bytes of the entry `account`; `None` only where the keychain answered, is unlocked
    /// and has no such entry.
    ///
    /// # Errors
    /// The state in which the keychain could not answer.
    pub fn read(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        let account = account.to_owned();
        let text = self.0.thread.within(LIMIT, move |store| store.read(&account))?;
        text.map(|text| decode(&text)).transpose()
    }

    /// Makes or replaces the entry `account`, and reads it back through a fresh connection.
    ///
    /// # Errors
    /// The state in which the keychain could not answer; after [`State::TimedOut`] the entry
    /// may have been written.
    pub fn write(&self, account: &str, bytes: &[u8]) -> Result<(), KeychainError> {
        let account = account.to_owned();
        let text = encode(bytes);
        self.0.thread.within(LIMIT, move |store| {
            store.write(&account, &text)?;
            let kept = store.read(&account)?;
            match kept.is_some_and(|kept| kept.as_bytes().ct_eq(text.as_bytes()).into()) {
                true => Ok(()),
                false => Err(State::Other.into()),
            }
        })
    }

    /// Removes the entry `account`; one that is not there is no error.
    ///
    /// # Errors
    /// The state in which the keychain could not answer.
    pub fn delete(&self, account: &str) -> Result<(), KeychainError> {
        let account = account.to_owned();
        self.0.thread.within(LIMIT, move |store| store.delete(&account))
    }

    /// Unlocks the keychain, and makes the default collection where there is none: the creator's
    /// own act. The system asks; this waits for the answer and has no limit of its own.
    ///
    /// # Errors
    /// [`State::Denied`] where the creator dismissed the window, [`State::Waiting`] where
    /// another call already waits, else the state in which the keychain could not answer.
    pub fn unlock(&self) -> Result<(), KeychainError> {
        self.0.thread.prompting(|store| store.unlock())
    }
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keychain").field(&self.0.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_until_it_is_deleted() {
        let keychain = Keychain::in_memory();
        assert_eq!(keychain.read("index").unwrap(), None, "an empty keychain has no entry");
        keychain.write("index", b"\x00\xffone").unwrap();
        keychain.clone().write("index", b"\x00\xfftwo").unwrap();
        let read = keychain.read("index").unwrap();
        assert_eq!(read.as_deref().map(Vec::as_slice), Some(&b"\x00\xfftwo"[..]), "the later write is the entry");
        keychain.delete("index").unwrap();
        keychain.delete("index").expect("deleting what is not there is no error");
        assert_eq!(keychain.read("index").unwrap(), None, "a deleted entry is gone");
    }

    #[test]
    fn a_keychain_that_cannot_answer_is_never_an_empty_one() {
        let keychain = Keychain::in_memory();
        keychain.write("index", b"kept").unwrap();
        for state in [State::Absent, State::Locked, State::Denied, State::TimedOut, State::NoService, State::Other] {
            keychain.set_state(state);
            assert_eq!(keychain.state(), state, "the state is told");
            assert_eq!(keychain.read("index"), Err(state.into()), "{state:?} is an error, not a missing entry");
            assert_eq!(keychain.read("other"), Err(state.into()), "{state:?} says nothing about other entries");
            assert_eq!(keychain.write("index", b"new"), Err(state.into()), "{state:?} refuses to write");
            assert_eq!(keychain.delete("index"), Err(state.into()), "{state:?} refuses to delete");
        }
        keychain.set_state(State::Locked);
        keychain.unlock().unwrap();
        assert_eq!(
            keychain.read("index").unwrap().as_deref().map(Vec::as_slice),
            Some(&b"kept"[..]),
            "nothing was lost"
        );
    }

    #[test]
    fn a_refusal_is_not_turned_into_an_unlock() {
        let keychain = Keychain::in_memory();
        keychain.set_state(State::Denied);
        assert_eq!(keychain.unlock(), Err(State::Denied.into()), "no is no");
    }
}
