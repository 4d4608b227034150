//! The versions of one secret.

use floom_protocol::view::{AppRef, VersionView};
use floom_secret::{Policy, Preview};
use jiff::Timestamp;
use yew::prelude::*;

use super::icon::icon;
use super::row::preview;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::{History, Msg};
use crate::time;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct HistoryPanelProps {
    pub(super) desk: Desk,
    pub(super) app: AppRef,
    pub(super) history: History,
    pub(super) policy: Policy,
    /// The current version's number: another one means that the list is old.
    pub(super) version: u32,
    pub(super) now: Timestamp,
    /// Whether something about the secret is under way.
    pub(super) busy: bool,
}

/// The panel on the right, in Activity's place.
#[component]
pub(super) fn HistoryPanel(props: &HistoryPanelProps) -> Html {
    let desk = props.desk.clone();
    use_effect_with((props.app.clone(), props.history.key.clone(), props.version), move |(app, key, _)| {
        desk.act(Act::History { app: app.clone(), key: key.clone() });
    });
    let versions = props.history.versions.as_deref();
    html! {
        <aside class="side" aria-labelledby="hist-title" data-testid="history">
            <div class="hist-head">
                <div class="hist-top">
                    <p class="eyebrow">{words::HISTORY}</p>
                    <button class="icon-btn" aria-label={words::CLOSE_HISTORY} onclick={props.desk.on_tell(|| Msg::CloseHistory)}>
                        {icon("x", "")}
                    </button>
                </div>
                <h2 class="name" id="hist-title">{&props.history.key}</h2>
                if let Some(versions) = versions {
                    <p class="hist-sub">{words::history_head(props.policy, versions.len())}</p>
                }
            </div>
            {match versions {
                None => html! { <p class="side-empty side-body" role="status">{words::LOADING}</p> },
                Some([]) => html! { <p class="side-empty side-body">{words::NO_VERSIONS}</p> },
                Some(versions) => html! {
                    <ol class="versions side-body">{for versions.iter().map(|version| self::version(version, props))}</ol>
                },
            }}
            <p class="side-foot foot">{words::KEPT_HERE}</p>
        </aside>
    }
}

fn version(version: &VersionView, props: &HistoryPanelProps) -> Html {
    let now = props.now;
    let at = time::wall(version.at);
    let today = time::wall(now);
    let day = time::date(at, today);
    let when = if day == time::date(today, today) { time::seconds(at) } else { format!("{day} {}", time::minutes(at)) };
    let shown: &Preview = &version.preview;
    let restore = (!version.current).then(|| {
        let (app, key, version) = (props.app.clone(), props.history.key.clone(), version.version);
        props.desk.on_act::<MouseEvent>(move || Act::RestoreVersion { app: app.clone(), key: key.clone(), version })
    });
    html! {
        <li class={classes!("ver", version.current.then_some("is-now"))} key={version.version}>
            <span class="node"><i></i></span>
            <div>
                <div class="l1">
                    {preview(shown)}
                    if version.current { <span class="badge badge-live">{words::CURRENT}</span> }
                </div>
                <p class="l2">{&version.source}{for version.kept.iter().map(|kept| format!(" · {kept}"))}</p>
                {for restore.map(|onclick| html! {
                    <button
                        class="btn btn-sm ver-do"
                        aria-label={words::restore_version(version.version)}
                        aria-disabled={props.busy.then_some("true")}
                        data-testid={format!("restore-{}", version.version)}
                        {onclick}
                    >
                        {icon("undo", "ic-14")}{words::RESTORE_VERSION}
                    </button>
                })}
            </div>
            <time datetime={version.at.to_string()}>{when}</time>
        </li>
    }
}
