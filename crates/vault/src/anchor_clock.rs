//! When the chain of receipts is anchored. It reads no clock itself, so that its rule is tested without one.

use std::time::{Duration, Instant};

/// How far apart two anchors are that nothing hurries.
const APART: Duration = Duration::from_secs(60);

/// When the chain is anchored: before the first value is sent after an unlock, at most once a
/// minute after that, and at the end. Made anew at each unlock; it reads no clock itself.
#[derive(Debug, Clone, Default)]
pub struct AnchorClock {
    last: Option<(i64, Instant)>,
    failed: Option<Instant>,
}

impl AnchorClock {
    /// Whether the next value waits for an anchor: so the first one after an unlock. Where the keychain
    /// refuses, it is tried again, and the value waits, until what [`AnchorClock::due`] says.
    pub fn before_sending(&self) -> bool {
        self.last.is_none()
    }

    /// When a chain of `receipts` is to be anchored; a time that is past means now, `None` that
    /// nothing is to be noted. After a failure it is a minute later.
    pub fn due(&self, receipts: i64, now: Instant) -> Option<Instant> {
        let due = match self.last {
            Some((anchored, _)) if anchored == receipts => return None,
            Some((_, at)) => at + APART,
            None => now,
        };
        Some(self.failed.map_or(due, |at| due.max(at + APART)))
    }

    /// Whether to anchor a chain of `receipts` on lock and exit.
    pub fn at_the_end(&self, receipts: i64) -> bool {
        self.last.is_none_or(|(anchored, _)| anchored != receipts)
    }

    /// A chain of `receipts` was anchored.
    pub fn anchored(&mut self, receipts: i64, now: Instant) {
        *self = Self { last: Some((receipts, now)), failed: None };
    }

    /// It could not be anchored.
    pub fn failed(&mut self, now: Instant) {
        self.failed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_anchors_first_then_once_a_minute_then_at_the_end() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = AnchorClock::default();
        assert!(clock.before_sending(), "nothing is sent after an unlock before it was anchored");
        assert_eq!(clock.due(4, start), Some(start), "it is due at once");
        clock.anchored(4, start);
        assert!(!clock.before_sending(), "later ones do not wait for the keychain");
        assert_eq!(clock.due(4, after(500)), None, "a chain that did not grow is not noted again");
        assert!(!clock.at_the_end(4), "not at the end either");
        assert_eq!(clock.due(5, after(1)), Some(after(60)), "the next note is a minute after the last");
        assert!(clock.at_the_end(5), "the end does not wait");
        clock.failed(after(60));
        assert_eq!(clock.due(5, after(61)), Some(after(120)), "a failed one is tried again a minute later");
        clock.anchored(5, after(120));
        assert_eq!(clock.due(6, after(121)), Some(after(180)), "and then it goes on as before");
    }
}
