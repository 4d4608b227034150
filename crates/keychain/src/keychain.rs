//! The keychain as the rest of the program sees it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use floom_guarded::GuardedKey;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::fetch::Fetcher;
use crate::memory::Memory;
use crate::store::{decode, decode_key, encode};
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
pub struct Keychain {
    inner: Arc<Inner>,
    fetcher: Option<Arc<Fetcher>>,
}

struct Inner {
    name: &'static str,
    service: String,
    limit: Duration,
    thread: StoreThread,
    bus: Bus,
    memory: Option<Memory>,
}

impl Keychain {
    /// The system's keychain; entries are kept under `service` ([`SERVICE`](crate::SERVICE), or a test's own).
    /// Nothing is connected before the first call.
    pub fn system(service: &str) -> Self {
        Self::bounded(service, LIMIT)
    }

    /// [`Keychain::system`] whose background calls wait for `limit` in place of [`LIMIT`].
    pub fn bounded(service: &str, limit: Duration) -> Self {
        let bus = Bus::default();
        let thread = StoreThread::start(system::store(service, bus.clone(), limit));
        let service = service.to_owned();
        Self { inner: Arc::new(Inner { name: system::NAME, service, limit, thread, bus, memory: None }), fetcher: None }
    }

    /// A keychain that is this process's memory and starts out ready and empty. It is for tests:
    /// entries are gone with the last clone. [`Keychain::set_state`] injects faults.
    pub fn in_memory() -> Self {
        let memory = Memory::default();
        let thread = StoreThread::start(Box::new(memory.clone()));
        let (service, bus) = (String::new(), Bus::default());
        let inner = Inner { name: "keyring", service, limit: LIMIT, thread, bus, memory: Some(memory) };
        Self { inner: Arc::new(inner), fetcher: None }
    }

    /// Lets [`Keychain::read_key`] run `program` with `arguments`, which calls
    /// [`answer_fetch`](crate::answer_fetch): the key then never passes through a library of this process.
    #[must_use]
    pub fn with_fetcher(self, program: PathBuf, arguments: impl IntoIterator<Item = String>) -> Self {
        let arguments = arguments.into_iter().collect();
        Self { fetcher: Some(Arc::new(Fetcher { program, arguments })), ..self }
    }

    /// Makes every later call of an [in-memory](Keychain::in_memory) keychain answer as in `state`;
    /// its entries stay. The system's keychain is not changed.
    pub fn set_state(&self, state: State) {
        if let Some(memory) = &self.inner.memory {
            memory.set_state(state);
        }
    }

    /// What the system calls it: "keyring", "Keychain" or "Credential Manager".
    pub fn name(&self) -> &'static str {
        self.inner.name
    }

    /// Later calls use the session bus at `address`, or with `None` the environment's own. Linux only.
    pub fn set_bus(&self, address: Option<String>) {
        *self.inner.bus.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// How the keychain is, without a prompt, within [`LIMIT`].
    pub fn state(&self) -> State {
        self.inner.thread.within(self.inner.limit, |store| Ok(store.state())).unwrap_or_else(|error| error.state)
    }

    /// The bytes of the entry `account`; `None` only where the keychain answered, is unlocked
    /// and has no such entry.
    ///
    /// # Errors
    /// The state in which the keychain could not answer.
    pub fn read(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        let account = account.to_owned();
        let text = self.inner.thread.within(self.inner.limit, move |store| store.read(&account))?;
        text.map(|text| decode(&text)).transpose()
    }

    /// The key in the entry `account`, in protected memory; `None` only where the keychain answered, is
    /// unlocked and has no such entry. Its own short-lived process reads it where
    /// [`Keychain::with_fetcher`] names one.
    ///
    /// # Errors
    /// [`State::Foreign`] where the entry is not 32 bytes long, else the state in which the keychain
    /// could not answer.
    pub fn read_key(&self, account: &str) -> Result<Option<GuardedKey>, KeychainError> {
        let inner = &self.inner;
        if let Some(fetcher) = &self.fetcher {
            if inner.thread.is_prompting() {
                return Err(State::Waiting.into());
            }
            let bus = inner.bus.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return fetcher.fetch(&inner.service, account, bus.as_deref(), inner.limit);
        }
        let account = account.to_owned();
        let text = inner.thread.within(inner.limit, move |store| store.read(&account))?;
        text.map(|text| decode_key(&text)).transpose()
    }

    /// Makes or replaces the entry `account` of a key, and reads it back as [`Keychain::read_key`] does.
    ///
    /// # Errors
    /// The state in which the keychain could not answer; after [`State::TimedOut`] the entry
    /// may have been written.
    pub fn write_key(&self, account: &str, key: &[u8; floom_guarded::LENGTH]) -> Result<(), KeychainError> {
        let (entry, text) = (account.to_owned(), encode(key));
        self.inner.thread.within(self.inner.limit, move |store| store.write(&entry, &text))?;
        match self.read_key(account)? {
            Some(kept) if kept.bytes().ct_eq(key).into() => Ok(()),
            _ => Err(State::Other.into()),
        }
    }

    /// Makes or replaces the entry `account`, and reads it back through a fresh connection.
    ///
    /// # Errors
    /// The state in which the keychain could not answer; after [`State::TimedOut`] the entry
    /// may have been written.
    pub fn write(&self, account: &str, bytes: &[u8]) -> Result<(), KeychainError> {
        let account = account.to_owned();
        let text = encode(bytes);
        self.inner.thread.within(self.inner.limit, move |store| {
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
        self.inner.thread.within(self.inner.limit, move |store| store.delete(&account))
    }

    /// Unlocks the keychain, and makes the default collection where there is none: the creator's
    /// own act. The system asks; this waits for the answer and has no limit of its own.
    ///
    /// # Errors
    /// [`State::Dismissed`] where the creator closed the window, [`State::Waiting`] where
    /// another call already waits, else the state in which the keychain could not answer.
    /// After [`Keychain::cancel_unlock`] it is [`State::Dismissed`] too.
    pub fn unlock(&self) -> Result<(), KeychainError> {
        self.inner.thread.prompting(|store, cancel| store.unlock(cancel))
    }

    /// Ends an [`Keychain::unlock`] that waits: its window is closed where the system can do that, and its
    /// caller gets [`State::Dismissed`]. Where the window cannot be closed (macOS), calls go on answering
    /// [`State::Waiting`] until it was answered. Without an unlock that waits nothing happens.
    pub fn cancel_unlock(&self) {
        self.inner.thread.cancel();
    }
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keychain").field(&self.inner.name).finish()
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
        for state in [
            State::Absent,
            State::Locked,
            State::Dismissed,
            State::Denied,
            State::TimedOut,
            State::NoService,
            State::Other,
        ] {
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
