//! Words and a ring that change as time goes by. Each wakes only when what it shows changes.

use gloo_timers::callback::Timeout;
use jiff::Timestamp;
use yew::prelude::*;

use crate::time;
use crate::words;

/// Draws again after `seconds`, each time anew; never where there is nothing to wait for.
#[hook]
fn use_redraw_in(seconds: Option<u64>) {
    let turn = use_state(|| 0_u32);
    use_effect_with((*turn, seconds), move |(count, seconds)| {
        let count = *count;
        // At most an hour at once: a browser's timers are 32 bits of milliseconds.
        let timeout = seconds
            .map(|seconds| Timeout::new(seconds.clamp(1, 3600) as u32 * 1000, move || turn.set(count.wrapping_add(1))));
        move || drop(timeout)
    });
}

#[derive(Properties, PartialEq)]
pub(super) struct AgoProps {
    pub(super) at: Timestamp,
}

/// "12s ago".
#[component]
pub(super) fn Ago(props: &AgoProps) -> Html {
    let seconds = time::seconds_between(props.at, time::now());
    use_redraw_in(Some(time::until_ago_changes(seconds)));
    html! { <time datetime={props.at.to_string()}>{time::ago(seconds)}</time> }
}

#[derive(Properties, PartialEq)]
pub(super) struct UntilProps {
    pub(super) until: Timestamp,
    /// What is said of the seconds that are left; 0 when none are.
    pub(super) says: Callback<u64, String>,
}

/// Words that count down.
#[component]
pub(super) fn Until(props: &UntilProps) -> Html {
    let left = time::seconds_left(time::now(), props.until);
    use_redraw_in((left > 0).then_some(1));
    html! { {props.says.emit(left)} }
}

#[derive(Properties, PartialEq)]
pub(super) struct RingProps {
    pub(super) until: Timestamp,
    /// Called once when nothing is left.
    pub(super) on_end: Callback<()>,
}

/// The ring of a rotation: one step a second, amber under 30 s.
#[component]
pub(super) fn Ring(props: &RingProps) -> Html {
    let left = time::seconds_left(time::now(), props.until);
    use_redraw_in((left > 0).then_some(1));
    let on_end = props.on_end.clone();
    use_effect_with(left == 0, move |over| {
        if *over {
            on_end.emit(());
        }
    });
    html! {
        <>
            <span
                class={classes!("ring", (left < 30).then_some("is-last"))}
                role="timer"
                aria-live="off"
                aria-label={words::left_aloud(left)}
            >
                <svg viewBox="0 0 44 44" aria-hidden="true">
                    <circle class="t" cx="22" cy="22" r="19" />
                    <circle class="v" cx="22" cy="22" r="19" pathLength="300" stroke-dasharray={format!("{} 300", left.min(300))} />
                </svg>
                {time::countdown(left)}
            </span>
            <span class="sr" role="status">{if left == 60 { words::left_aloud(left) } else { String::new() }}</span>
        </>
    }
}
