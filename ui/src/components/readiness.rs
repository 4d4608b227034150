//! Would a run work now? The badge in the title bar, and its reasons.

use floom_protocol::readiness::{Readiness as Told, Reason, Verdict};
use yew::prelude::*;

use super::focus::use_focus_within;
use super::icon::icon;
use crate::desk::Desk;
use crate::state::{Ask, Msg};
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct ReadinessProps {
    pub(super) desk: Desk,
    /// The app's name.
    pub(super) app: AttrValue,
    pub(super) told: Told,
}

/// The badge; pressed, it opens the reasons.
#[component]
pub(super) fn Readiness(props: &ReadinessProps) -> Html {
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_| open.set(!*open))
    };
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(false))
    };
    let live = !matches!(props.told.verdict, Verdict::NotKnown { .. } | Verdict::Unasked);
    html! {
        <div class="ready wide-only">
            <button
                class={classes!("badge", live.then_some("badge-live"))}
                aria-haspopup="dialog"
                aria-expanded={open.to_string()}
                aria-label={words::badge_aloud(live)}
                data-testid="readiness"
                onclick={toggle}
            >
                <span class="dot"></span>{if live { words::LIVE } else { words::NOT_LIVE }}
            </button>
            if *open { <Reasons desk={&props.desk} app={&props.app} told={props.told.clone()} on_close={close} /> }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ReasonsProps {
    desk: Desk,
    app: AttrValue,
    told: Told,
    on_close: Callback<()>,
}

#[component]
fn Reasons(props: &ReasonsProps) -> Html {
    let node = use_node_ref();
    use_focus_within(node.clone());
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                on_close.emit(());
            }
        })
    };
    let (name, class, says) = words::verdict(&props.told.verdict);
    html! {
        <>
            <div class="menu-back" data-testid="close-reasons" onclick={props.on_close.reform(|_| ())}></div>
            <div
                class="menu ready-pop"
                role="dialog"
                aria-labelledby="ready-title"
                tabindex="-1"
                data-first=""
                data-testid="reasons"
                ref={node}
                {onkeydown}
            >
                <p class="eyebrow" id="ready-title">{words::WOULD_A_RUN_WORK}</p>
                <p class="ready-say" data-testid="verdict">{icon(name, class)}{says}</p>
                <ul class="reasons">{for props.told.reasons.iter().map(|reason| self::reason(reason, &props.app))}</ul>
                {foot(props)}
            </div>
        </>
    }
}

fn reason(reason: &Reason, app: &str) -> Html {
    let (name, class) = words::reason_icon(reason);
    let (key, says, small) = words::reason(reason, app);
    html! {
        <li>
            {icon(name, class)}
            <div>
                {for key.map(|key| html! { <span class="mono">{key}</span> })}{says}
                {for small.map(|small| html! { <small>{small}</small> })}
            </div>
        </li>
    }
}

/// The way out of the first reason against a run; else what is not looked at.
fn foot(props: &ReasonsProps) -> Html {
    let missing = props.told.reasons.iter().find_map(|reason| match reason {
        Reason::Missing { key } => Some(key.clone()),
        _ => None,
    });
    let Some(key) = missing else { return html! { <p class="ready-foot">{words::NOT_CHECKED}</p> } };
    let set = {
        let (desk, on_close, key) = (props.desk.clone(), props.on_close.clone(), key.clone());
        Callback::from(move |_| {
            on_close.emit(());
            desk.tell(Msg::Ask(key.clone(), Ask::Value));
        })
    };
    html! {
        <div class="ready-foot">
            <span class="grow">{words::FAILS_UNTIL}</span>
            <button class="btn btn-sm btn-primary" data-testid="set-missing" onclick={set}>{words::set(&key)}</button>
        </div>
    }
}
