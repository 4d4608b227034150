//! Waiting for what announces itself in no other way.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Trouble;

/// How long a thing may take on a slow, busy machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `look` until it gives something, for [`PATIENCE`]; gives that and how long it took.
///
/// # Errors
/// [`Trouble`] naming `what` when it never came.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> Result<(T, Duration), Trouble> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok((found, started.elapsed()));
        }
        if started.elapsed() > PATIENCE {
            return Err(Trouble::new(format!("{what} did not happen within {} s", PATIENCE.as_secs())));
        }
        sleep(Duration::from_millis(5));
    }
}
