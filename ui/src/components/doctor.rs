//! The vault cannot be opened: what was found, and what to do.

use floom_protocol::Failure;
use floom_protocol::view::{Check, DoctorView};
use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use crate::act::Act;
use crate::desk::Desk;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct DoctorProps {
    pub(super) desk: Desk,
    pub(super) failure: Failure,
    /// What was looked at; none until it was.
    pub(super) found: Option<DoctorView>,
    pub(super) busy: bool,
    /// Whether the agent answers, so that it can be asked what it finds.
    pub(super) agent: bool,
}

/// The cause in words, the checks, the cure and the code.
#[component]
pub(super) fn Doctor(props: &DoctorProps) -> Html {
    let desk = props.desk.clone();
    use_effect_with((props.failure.code.clone(), props.agent), move |(_, agent)| {
        if *agent {
            desk.act(Act::Doctor);
        }
    });
    let agent = props.agent;
    let again = props.desk.on_act(move || if agent { Act::Unlock } else { Act::Refresh });
    html! {
        <FullView desk={&props.desk} testid="doctor">
            <div class="start"><div class="start-in">
                <p class="eyebrow">{words::doctor(&props.failure.code)}</p>
                <h1 id="full-title">{props.failure.message.trim_end_matches('.')}</h1>
                <p class="lede">{&props.failure.kept}</p>
                if let Some(found) = props.found.as_ref().filter(|found| !found.checks.is_empty()) {
                    <h2 class="eyebrow cure-h">{words::WHAT_WAS_FOUND}</h2>
                    <ul class="card checks">{for found.checks.iter().map(check)}</ul>
                }
                <h2 class="eyebrow cure-h">{words::WHAT_TO_DO}</h2>
                <ul class="card cure">
                    <li>
                        {icon("rotate", "")}
                        <div class="grow"><p class="t">{&props.failure.next}</p></div>
                        <button
                            class="btn btn-primary"
                            data-first=""
                            data-testid="try-again"
                            aria-disabled={props.busy.then_some("true")}
                            onclick={again}
                        >
                            {words::TRY_AGAIN}
                        </button>
                    </li>
                </ul>
                <p class="doc-foot" data-testid="doctor-code" data-code={props.failure.code.clone()}>
                    <code class="ch">{&props.failure.code}</code>if props.found.is_some() { <span class="grow">{words::REPORT}</span> }
                </p>
            </div></div>
        </FullView>
    }
}

fn check(check: &Check) -> Html {
    let (name, class) = if check.ok { ("check", "ok") } else { ("x", "bad") };
    html! { <li>{icon(name, class)}<span class="t">{&check.what}</span><span class="s">{&check.found}</span></li> }
}
