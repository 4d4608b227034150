//! The recovery kit that there is.

use floom_protocol::view::RecoveryView;
use jiff::Timestamp;
use yew::prelude::*;

use super::icon::icon;
use super::sheet::Sheet;
use crate::desk::Desk;
use crate::state::{Layer, Msg};
use crate::time;
use crate::words;

/// The word beside the rail's entry, and whether it asks for something.
pub(super) fn standing(kit: Option<&RecoveryView>, now: Timestamp) -> (String, bool) {
    match kit {
        None => (words::NO_KIT.to_owned(), false),
        Some(RecoveryView { tested_at: None, .. }) => (words::NOT_PROVEN.to_owned(), true),
        Some(RecoveryView { tested_at: Some(at), .. }) => (words::proven_on(&date(*at, now)), false),
    }
}

fn date(at: Timestamp, now: Timestamp) -> String {
    time::date(time::wall(at), time::wall(now))
}

/// When it was made and proven, and what can be done with it.
pub(super) fn kit_sheet(kit: &RecoveryView, now: Timestamp, keychain: &str, desk: &Desk) -> Html {
    let proven = match kit.tested_at {
        None => words::NOT_PROVEN_YET.to_owned(),
        Some(at) => words::last_proven(&date(at, now)),
    };
    let primary = kit.tested_at.is_none().then_some("btn-primary");
    let says = html! { <p>{words::kit_opens(keychain)}</p> };
    html! {
        <Sheet {desk} title={words::RECOVERY_KIT} {says} narrow={true} testid="kit-sheet">
            <div class="kit-rows">
                <div class="set-row">
                    {icon("key", "")}
                    <div class="grow"><p class="t" data-testid="kit-proven">{proven}</p><p class="s">{words::kit_made(&date(kit.made_at, now))}</p></div>
                    <button
                        class={classes!("btn", primary)}
                        data-first=""
                        data-testid="prove-kit"
                        onclick={desk.on_tell(|| Msg::Open(Layer::ProveKit))}
                    >
                        {words::PROVE_IT}
                    </button>
                </div>
                <div class="set-row">
                    {icon("file-in", "")}
                    <div class="grow"><p class="t">{words::ANOTHER_KIT}</p><p class="s">{words::REPLACES_KIT}</p></div>
                    <button class="btn" data-testid="new-kit" onclick={desk.on_tell(|| Msg::Open(Layer::NewKit(None)))}>
                        {words::NEW_KIT_ASKING}
                    </button>
                </div>
            </div>
        </Sheet>
    }
}
