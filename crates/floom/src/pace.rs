//! When the next write may go out.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

/// Waits up to this long are waited for; longer ones are given back to the caller.
const PATIENCE: Duration = Duration::from_secs(15);

/// From this many writes left on, the rest is spread over the time until the limit is reset.
const SPREAD_FROM: u64 = 5;

/// The longest wait that the server's headers are believed.
const LONGEST: Duration = Duration::from_secs(300);

/// The state of one of the server's budgets, as its last answer described it.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    not_before: Option<Instant>,
}

impl Pace {
    /// Waits for the next turn.
    ///
    /// # Errors
    /// How long it would have to wait, where that is longer than a caller should be kept.
    pub(crate) async fn turn(&self) -> Result<(), Duration> {
        let Some(at) = self.not_before else { return Ok(()) };
        let wait = at.saturating_duration_since(Instant::now());
        if wait > PATIENCE {
            return Err(wait);
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Learns from the headers of an answer to a write. Attempts made while blocked count, so a refusal is obeyed.
    pub(crate) fn learn(&mut self, headers: &HeaderMap, refused: bool) {
        let wait = if refused { Some(after_refusal(headers)) } else { spread(headers) };
        self.not_before = wait.map(|wait| Instant::now() + wait);
    }
}

/// How long a 429 asks to wait, with one second on top because the server rounds down.
pub(crate) fn after_refusal(headers: &HeaderMap) -> Duration {
    let seconds = number(headers, RETRY_AFTER.as_str()).map_or(Duration::from_secs(60), Duration::from_secs);
    seconds.min(LONGEST) + Duration::from_secs(1)
}

fn spread(headers: &HeaderMap) -> Option<Duration> {
    let left = number(headers, "x-ratelimit-remaining")?;
    if left > SPREAD_FROM {
        return None;
    }
    let reset = i64::try_from(number(headers, "x-ratelimit-reset")?).ok()?;
    let wait = reset.saturating_sub(server_now(headers).as_second());
    let wait = Duration::from_secs(u64::try_from(wait).ok()?).min(LONGEST);
    Some(wait / u32::try_from(left + 1).ok()?)
}

/// The server's own clock, so that a wrong one here does not matter.
fn server_now(headers: &HeaderMap) -> Timestamp {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()).unwrap_or_else(Timestamp::now)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    const DATE_0: (&str, &str) = ("date", "Thu, 01 Jan 1970 00:16:40 GMT");

    #[test]
    fn the_last_writes_are_spread_by_the_servers_clock() {
        let at =
            |left, reset| spread(&headers(&[DATE_0, ("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset)]));
        assert_eq!(at("6", "1060"), None, "with enough left nothing waits");
        assert_eq!(at("5", "1060"), Some(Duration::from_secs(10)), "60 s for six turns");
        assert_eq!(at("0", "1060"), Some(Duration::from_secs(60)), "nothing left waits for the reset");
        assert_eq!(at("0", "900"), None, "a reset that is over is no reason to wait");
        assert_eq!(at("0", "99999999"), Some(LONGEST), "a wild header cannot stop us for days");
    }

    #[test]
    fn a_refusal_is_obeyed_with_a_second_more() {
        assert_eq!(after_refusal(&headers(&[("retry-after", "58")])), Duration::from_secs(59), "58 s, and one");
        assert_eq!(after_refusal(&headers(&[])), Duration::from_secs(61), "a minute where nothing is said");
    }

    #[tokio::test(start_paused = true)]
    async fn short_waits_are_waited_for_and_long_ones_are_told() {
        let mut pace = Pace::default();
        pace.learn(&headers(&[("retry-after", "9")]), true);
        let before = Instant::now();
        pace.turn().await.expect("ten seconds are waited for");
        assert_eq!(before.elapsed().as_secs(), 10, "the whole wait was kept");

        pace.learn(&headers(&[("retry-after", "120")]), true);
        let wait = pace.turn().await.expect_err("two minutes are not waited for");
        assert_eq!(wait.as_secs(), 121, "the caller learns how long");
    }
}
