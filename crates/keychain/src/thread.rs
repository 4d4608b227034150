//! The one thread on which a keychain is called.
//!
//! It serialises access, which Windows needs, and it is never a worker of an
//! async runtime, in which D-Bus calls would panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::store::Store;
use crate::{KeychainError, State};

type Job = Box<dyn FnOnce(&dyn Store) + Send>;

/// A thread that owns a store; it ends when this is dropped and its last call has returned.
pub(crate) struct StoreThread {
    jobs: Option<Sender<Job>>,
    prompting: Arc<AtomicBool>,
    unlocking: Arc<Mutex<Option<Unlocking>>>,
}

/// An unlock whose caller waits.
struct Unlocking {
    cancel: Cancel,
    answer: SyncSender<Result<(), KeychainError>>,
}

/// Whether an unlock is still wanted, and how its window is closed. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Cancel(Arc<Mutex<Cancelling>>);

#[derive(Default)]
struct Cancelling {
    cancelled: bool,
    close: Option<Box<dyn FnOnce() + Send>>,
}

impl Cancel {
    /// From now on `close` is called, once and from another thread, when nobody waits any more.
    /// Gives whether somebody still does; if not, `close` is not called.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only a Secret Service's window can be closed"))]
    pub(crate) fn on_cancel(&self, close: impl FnOnce() + Send + 'static) -> bool {
        let mut state = self.state();
        state.close = Some(Box::new(close));
        !state.cancelled
    }

    fn cancel(&self) {
        let close = {
            let mut state = self.state();
            state.cancelled = true;
            state.close.take()
        };
        if let Some(close) = close {
            close();
        }
    }

    fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    fn state(&self) -> MutexGuard<'_, Cancelling> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoreThread {
    /// Starts the thread; where the system gives none, every call answers [`State::Other`].
    pub(crate) fn start(store: Box<dyn Store>) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let started = thread::Builder::new().name("keychain".into()).spawn(move || {
            for job in queue {
                // A panic in a platform library costs this call its answer, not the thread.
                let _ = catch_unwind(AssertUnwindSafe(|| job(store.as_ref())));
            }
        });
        Self { jobs: started.is_ok().then_some(jobs), prompting: Arc::default(), unlocking: Arc::default() }
    }

    /// Runs `work` there and waits at most `limit` for it. A call that is still
    /// queued when the limit has passed is not made any more.
    pub(crate) fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&dyn Store) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        if self.prompting.load(Ordering::Acquire) {
            return Err(State::Waiting.into());
        }
        let deadline = Instant::now() + limit;
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(Box::new(move |store| {
            if Instant::now() < deadline {
                let _ = answer.send(work(store));
            }
        }))?;
        match answered.recv_timeout(limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) if self.prompting.load(Ordering::Acquire) => Err(State::Waiting.into()),
            Err(RecvTimeoutError::Timeout) => Err(State::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(State::Other.into()),
        }
    }

    /// Runs `work` there and waits for the creator, however long that takes, or until it is cancelled;
    /// until `work` has returned every other call answers [`State::Waiting`].
    pub(crate) fn prompting(
        &self,
        work: impl FnOnce(&dyn Store, &Cancel) -> Result<(), KeychainError> + Send + 'static,
    ) -> Result<(), KeychainError> {
        if self.prompting.swap(true, Ordering::AcqRel) {
            return Err(State::Waiting.into());
        }
        // One place for the answer and one for a cancel, so that neither waits for the other.
        let (answer, answered) = mpsc::sync_channel(2);
        let cancel = Cancel::default();
        *self.unlocking() = Some(Unlocking { cancel: cancel.clone(), answer: answer.clone() });
        let done = Done { prompting: self.prompting.clone(), unlocking: self.unlocking.clone() };
        let sent = self.send(Box::new(move |store| {
            let result = if cancel.is_cancelled() { Err(State::Dismissed.into()) } else { work(store, &cancel) };
            drop(done);
            let _ = answer.send(result);
        }));
        sent.and_then(|()| answered.recv().unwrap_or(Err(State::Other.into())))
    }

    /// Lets go of the caller of an unlock that waits, and closes its window where that can be done.
    pub(crate) fn cancel(&self) {
        let Some(unlocking) = self.unlocking().take() else { return };
        let _ = unlocking.answer.try_send(Err(State::Dismissed.into()));
        unlocking.cancel.cancel();
    }

    /// Whether the system asks the creator now.
    pub(crate) fn is_prompting(&self) -> bool {
        self.prompting.load(Ordering::Acquire)
    }

    fn unlocking(&self) -> MutexGuard<'_, Option<Unlocking>> {
        self.unlocking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, job: Job) -> Result<(), KeychainError> {
        let jobs = self.jobs.as_ref().ok_or(State::Other)?;
        jobs.send(job).map_err(|_| State::Other.into())
    }
}

/// Says that no window is open any more, also after a panic.
struct Done {
    prompting: Arc<AtomicBool>,
    unlocking: Arc<Mutex<Option<Unlocking>>>,
}

impl Drop for Done {
    fn drop(&mut self) {
        // First, so that it is not the next unlock's that is cleared.
        *self.unlocking.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.prompting.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn thread() -> StoreThread {
        StoreThread::start(Box::new(Memory::default()))
    }

    #[test]
    fn a_call_that_does_not_return_times_out_and_the_next_is_not_lost() {
        let thread = thread();
        let (release, held) = mpsc::channel::<()>();
        let stuck = thread.within(Duration::from_millis(20), move |_| {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(stuck, Err(State::TimedOut.into()), "the caller is not held longer than the limit");
        release.send(()).unwrap();
        assert_eq!(thread.within(Duration::from_secs(5), |_| Ok(7)), Ok(7), "the thread goes on with the next call");
    }

    #[test]
    fn a_call_whose_caller_has_gone_is_not_made() {
        let thread = thread();
        let (release, held) = mpsc::channel::<()>();
        let (made, was_made) = mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let _ = thread.within(limit, move |_| {
            let _ = held.recv();
            Ok(())
        });
        let late = thread.within(limit, move |_| {
            let _ = made.send(());
            Ok(())
        });
        assert_eq!(late, Err(State::TimedOut.into()), "it waited behind the stuck call");
        release.send(()).unwrap();
        thread.within(Duration::from_secs(5), |_| Ok(())).expect("the queue was worked off");
        assert!(was_made.try_recv().is_err(), "a write that was reported as failed does not happen later");
    }

    #[test]
    fn while_the_creator_is_asked_background_calls_say_so() {
        let thread = thread();
        let (asked, is_asked) = mpsc::channel::<()>();
        let (answer, answered) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let unlock = scope.spawn(|| {
                thread.prompting(move |_, _| {
                    asked.send(()).unwrap();
                    answered.recv().unwrap();
                    Ok(())
                })
            });
            is_asked.recv().unwrap();
            let background = thread.within(Duration::from_secs(5), |_| Ok(()));
            assert_eq!(background, Err(State::Waiting.into()), "a background call does not queue behind a prompt");
            answer.send(()).unwrap();
            assert_eq!(unlock.join().unwrap(), Ok(()), "the prompt was answered");
        });
        assert_eq!(thread.within(Duration::from_secs(5), |_| Ok(1)), Ok(1), "afterwards calls are made again");
    }

    #[test]
    fn an_unlock_that_is_cancelled_lets_its_caller_go_and_the_window_is_closed() {
        let thread = thread();
        let (asked, is_asked) = mpsc::channel::<()>();
        let (close, closed) = mpsc::channel::<()>();
        let (end, ended) = mpsc::channel::<()>();
        thread.cancel();
        std::thread::scope(|scope| {
            let unlock = scope.spawn(|| {
                thread.prompting(move |_, cancel| {
                    assert!(cancel.on_cancel(move || close.send(()).unwrap()), "nobody has cancelled it yet");
                    asked.send(()).unwrap();
                    ended.recv().unwrap();
                    Ok(())
                })
            });
            is_asked.recv().unwrap();
            thread.cancel();
            assert_eq!(unlock.join().unwrap(), Err(State::Dismissed.into()), "its caller does not wait for the window");
            closed.recv().expect("the window was closed");
            assert_eq!(thread.prompting(|_, _| Ok(())), Err(State::Waiting.into()), "the window may still be there");
            end.send(()).unwrap();
        });
        // The answer to the closed window is not waited for by anybody.
        while thread.is_prompting() {
            std::thread::yield_now();
        }
        assert_eq!(thread.prompting(|_, _| Ok(())), Ok(()), "afterwards the creator can be asked again");
    }

    #[test]
    fn a_panic_in_one_call_leaves_the_others_working() {
        let thread = thread();
        let failed = thread.within::<()>(Duration::from_secs(5), |_| panic!("a platform library panicked"));
        assert_eq!(failed, Err(State::Other.into()), "the call has failed");
        assert_eq!(thread.within(Duration::from_secs(5), |_| Ok(1)), Ok(1), "the thread is still there");
    }
}
