//! What happened: names and times, newest first.

use floom_protocol::view::ActivityView;
use jiff::Timestamp;
use yew::prelude::*;

use super::icon::icon;
use crate::desk::Desk;
use crate::state::Msg;
use crate::time;
use crate::words;

const A_DAY_IN_SECONDS: i64 = 86_400;

/// The panel on the right.
pub(super) fn activity(entries: &[ActivityView], now: Timestamp, wide: bool, desk: &Desk) -> Html {
    html! {
        <aside class="side" aria-labelledby="act-title" data-testid="activity">
            <div class="side-head">
                <h2 id="act-title">{words::ACTIVITY}</h2>
                <button
                    class="icon-btn"
                    aria-label={words::HIDE_ACTIVITY}
                    aria-keyshortcuts="Control+J"
                    onclick={desk.on_tell(move || Msg::ToggleActivity { wide })}
                >
                    {icon("panel", "")}
                </button>
            </div>
            <div class="side-body" role="log" aria-label={words::SYNC_EVENTS}>
                if entries.is_empty() {
                    <p class="side-empty">{words::NOTHING_YET}</p>
                }
                {for days(entries, now).into_iter().map(|(name, entries)| html! {
                    <><p class="eyebrow day">{name}</p><ol class="feed">{for entries.iter().map(entry)}</ol></>
                })}
            </div>
            <p class="side-foot foot">{words::NAMES_ONLY}</p>
        </aside>
    }
}

/// The entries by day, with the day's name, in the order in which they come.
fn days(entries: &[ActivityView], now: Timestamp) -> Vec<(String, &[ActivityView])> {
    let today = time::wall(now);
    let earlier = Timestamp::from_second(now.as_second() - A_DAY_IN_SECONDS).unwrap_or(now);
    let yesterday = time::wall(earlier);
    let name = |entry: &ActivityView| time::day(time::wall(entry.at), today, yesterday);
    entries
        .chunk_by(|one, next| name(one) == name(next))
        .filter_map(|day| day.first().map(|first| (name(first), day)))
        .collect()
}

fn entry(entry: &ActivityView) -> Html {
    let (name, class) = words::activity(&entry.what);
    html! {
        <li key={entry.sequence}>
            {icon(name, class)}
            <b class={(!entry.key).then_some("txt")}>{&entry.title}</b>
            <time datetime={entry.at.to_string()}>{time::minutes(time::wall(entry.at))}</time>
            <span>{&entry.text}</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(sequence: i64, at: &str) -> ActivityView {
        ActivityView {
            sequence,
            at: at.parse().expect("a timestamp in a test"),
            what: "value_stored".into(),
            title: "OPENAI_API_KEY".into(),
            key: true,
            text: "stored".into(),
        }
    }

    #[test]
    fn entries_stand_under_their_day() {
        let entries = [at(3, "2026-03-01T09:00:00Z"), at(2, "2026-02-28T23:00:00Z"), at(1, "2026-02-28T08:00:00Z")];
        let now = "2026-03-01T10:00:00Z".parse().expect("a timestamp in a test");
        let named: Vec<(String, usize)> =
            days(&entries, now).into_iter().map(|(name, day)| (name, day.len())).collect();
        assert_eq!(named, [("Today".to_owned(), 1), ("Yesterday".to_owned(), 2)], "one heading for each day");
    }
}
