//! The one thread on which a keychain is called.
//!
//! It serialises access, which Windows needs, and it is never a worker of an
//! async runtime, in which D-Bus calls would panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::store::Store;
use crate::{KeychainError, State};

type Job = Box<dyn FnOnce(&dyn Store) + Send>;

/// A thread that owns a store; it ends when this is dropped and its last call has returned.
pub(crate) struct StoreThread {
    jobs: Option<Sender<Job>>,
    prompting: AtomicBool,
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
        Self { jobs: started.is_ok().then_some(jobs), prompting: AtomicBool::new(false) }
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

    /// Runs `work` there and waits for the creator, however long that takes;
    /// meanwhile every other call answers [`State::Waiting`].
    pub(crate) fn prompting<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        if self.prompting.swap(true, Ordering::AcqRel) {
            return Err(State::Waiting.into());
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let result = self
            .send(Box::new(move |store| {
                let _ = answer.send(work(store));
            }))
            .and_then(|()| answered.recv().unwrap_or(Err(State::Other.into())));
        self.prompting.store(false, Ordering::Release);
        result
    }

    fn send(&self, job: Job) -> Result<(), KeychainError> {
        let jobs = self.jobs.as_ref().ok_or(State::Other)?;
        jobs.send(job).map_err(|_| State::Other.into())
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
                thread.prompting(move |_| {
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
    fn a_panic_in_one_call_leaves_the_others_working() {
        let thread = thread();
        let failed = thread.within::<()>(Duration::from_secs(5), |_| panic!("a platform library panicked"));
        assert_eq!(failed, Err(State::Other.into()), "the call has failed");
        assert_eq!(thread.within(Duration::from_secs(5), |_| Ok(1)), Ok(1), "the thread is still there");
    }
}
