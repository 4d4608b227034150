//! Moments as people read them: how long ago, at what time, on which day.

use jiff::Timestamp;

/// Now, by this computer's clock.
#[cfg(target_arch = "wasm32")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Now, by this computer's clock.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A moment on the clock and the calendar on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wall {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

/// `at` in this computer's time zone, which the browser knows.
#[cfg(target_arch = "wasm32")]
pub(crate) fn wall(at: Timestamp) -> Wall {
    let date = js_sys::Date::new(&(at.as_millisecond() as f64).into());
    Wall {
        year: date.get_full_year() as i32,
        month: date.get_month() + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
        second: date.get_seconds(),
    }
}

/// `at` in UTC: outside a browser there is no zone to be asked for.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn wall(at: Timestamp) -> Wall {
    let date = jiff::tz::TimeZone::UTC.to_datetime(at);
    Wall {
        year: date.year().into(),
        month: date.month() as u32,
        day: date.day() as u32,
        hour: date.hour() as u32,
        minute: date.minute() as u32,
        second: date.second() as u32,
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "14:27", for lists.
pub(crate) fn minutes(at: Wall) -> String {
    format!("{:02}:{:02}", at.hour, at.minute)
}

/// "14:32:10", for deadlines.
pub(crate) fn seconds(at: Wall) -> String {
    format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second)
}

/// "2 Oct", with the year where it is another one than today's.
pub(crate) fn date(at: Wall, today: Wall) -> String {
    let month = MONTHS[(at.month as usize).saturating_sub(1) % 12];
    if at.year == today.year { format!("{} {month}", at.day) } else { format!("{} {month} {}", at.day, at.year) }
}

/// "Today", "Yesterday" or the date: the heading of a day in a list.
pub(crate) fn day(at: Wall, today: Wall, yesterday: Wall) -> String {
    let same = |other: Wall| (at.year, at.month, at.day) == (other.year, other.month, other.day);
    if same(today) {
        "Today".to_owned()
    } else if same(yesterday) {
        "Yesterday".to_owned()
    } else {
        date(at, today)
    }
}

/// Whole seconds from `from` to `to`; 0 where `to` is not later.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond()) / 1000).unwrap_or(0)
}

/// Whole seconds left until `until`, counted so that "0" comes only at the end.
pub(crate) fn seconds_left(now: Timestamp, until: Timestamp) -> u64 {
    u64::try_from((until.as_millisecond().saturating_sub(now.as_millisecond()) + 999) / 1000).unwrap_or(0)
}

/// "12s ago", "2m ago", "3h ago", "5d ago".
pub(crate) fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3600 => format!("{}m ago", seconds / 60),
        3600..86_400 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// In how many seconds [`ago`] says something else.
pub(crate) fn until_ago_changes(seconds: u64) -> u64 {
    match seconds {
        0..60 => 1,
        60..3600 => 60 - seconds % 60,
        3600..86_400 => 3600 - seconds % 3600,
        _ => 86_400 - seconds % 86_400,
    }
}

/// "4:37".
pub(crate) fn countdown(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp in a test")
    }

    #[test]
    fn the_past_is_said_in_the_largest_whole_unit() {
        let said: Vec<String> = [0, 12, 59, 60, 125, 3599, 3600, 86_399, 86_400, 432_000].map(ago).into();
        let expected =
            ["0s ago", "12s ago", "59s ago", "1m ago", "2m ago", "59m ago", "1h ago", "23h ago", "1d ago", "5d ago"];
        assert_eq!(said, expected, "each unit begins where the smaller one ends");
    }

    #[test]
    fn the_words_change_exactly_when_it_is_said() {
        for seconds in [0, 1, 59, 60, 61, 119, 3599, 3600, 7000, 86_399, 86_400, 200_000] {
            let wait = until_ago_changes(seconds);
            assert_ne!(ago(seconds), ago(seconds + wait), "after {wait} s the words of {seconds} s are old");
            assert_eq!(ago(seconds), ago(seconds + wait - 1), "a second earlier they still stand");
        }
    }

    #[test]
    fn a_day_has_a_name_while_it_is_near() {
        let today = wall(at("2026-03-01T10:00:00Z"));
        let yesterday = wall(at("2026-02-28T10:00:00Z"));
        let named = |text: &str| day(wall(at(text)), today, yesterday);
        assert_eq!(named("2026-03-01T00:00:01Z"), "Today", "the same date");
        assert_eq!(named("2026-02-28T23:59:59Z"), "Yesterday", "the date before, over the end of a month");
        assert_eq!(named("2026-01-12T08:00:00Z"), "12 Jan", "earlier this year");
        assert_eq!(named("2025-12-31T08:00:00Z"), "31 Dec 2025", "another year is named");
    }

    #[test]
    fn a_countdown_reaches_zero_at_the_end_and_not_before() {
        let until = at("2026-03-01T14:32:10Z");
        assert_eq!(seconds_left(at("2026-03-01T14:27:33Z"), until), 277, "4 minutes 37 seconds");
        assert_eq!(seconds_left(at("2026-03-01T14:32:09.500Z"), until), 1, "half a second is not yet over");
        assert_eq!(seconds_left(at("2026-03-01T14:32:10Z"), until), 0, "over");
        assert_eq!(seconds_left(at("2026-03-01T15:00:00Z"), until), 0, "long over is not negative");
        assert_eq!(countdown(277), "4:37", "as the ring shows it");
        assert_eq!(countdown(28), "0:28", "seconds have two digits");
        assert_eq!(seconds(wall(until)), "14:32:10", "a deadline has seconds");
        assert_eq!(minutes(wall(until)), "14:32", "a list has none");
    }
}
