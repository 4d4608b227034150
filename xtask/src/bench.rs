//! `cargo xtask bench`.

use crate::job::{Outcome, say};

/// Says that nothing is measured yet.
pub(crate) fn bench() -> Outcome {
    say("bench", "there are no benchmarks yet");
    Ok(())
}
