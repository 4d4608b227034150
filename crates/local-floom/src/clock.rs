//! Time as graces are measured by: wall time that nobody can set back or forth while the server runs.

use std::fmt;
use std::sync::Mutex;
#[cfg(not(target_os = "linux"))]
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// What tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's time when the program started, and what has passed since, suspended or not: a clock that is set
/// meanwhile ends no grace early and prolongs none.
#[derive(Debug)]
pub struct SystemClock {
    started: Timestamp,
    #[cfg(target_os = "linux")]
    since_boot: SignedDuration,
    #[cfg(not(target_os = "linux"))]
    instant: Instant,
}

impl SystemClock {
    /// Starts from the system's time.
    pub fn start() -> Self {
        Self {
            started: Timestamp::now(),
            #[cfg(target_os = "linux")]
            since_boot: since_boot(),
            #[cfg(not(target_os = "linux"))]
            instant: Instant::now(),
        }
    }

    fn passed(&self) -> SignedDuration {
        #[cfg(target_os = "linux")]
        return since_boot() - self.since_boot;
        #[cfg(not(target_os = "linux"))]
        return SignedDuration::try_from(self.instant.elapsed()).unwrap_or(SignedDuration::MAX);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.started.checked_add(self.passed()).unwrap_or(Timestamp::MAX)
    }
}

/// `CLOCK_BOOTTIME` goes on while the computer sleeps; `std`'s instants do not on Linux.
#[cfg(target_os = "linux")]
fn since_boot() -> SignedDuration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    SignedDuration::new(time.tv_sec, i32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A clock that stands still until it is told to go on; for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Goes on by `time`; a negative one sets it back.
    pub fn pass(&self, time: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.checked_add(time).unwrap_or(*now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
