//! The question before a new vault is made beside one that cannot be opened.

use yew::prelude::*;

use super::sheet::Sheet;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

/// What is kept, and what a new vault does not have.
pub(super) fn start_anew_sheet(busy: bool, desk: &Desk) -> Html {
    let says = html! { <p>{words::ANEW_SAYS}</p> };
    html! {
        <Sheet {desk} title={words::ANEW_TITLE} {says} narrow={true} testid="anew-sheet">
            <ul class="effects sheet-effects">{for words::ANEW_EFFECTS.iter().map(|effect| html! { <li>{*effect}</li> })}</ul>
            <div class="sheet-foot">
                <span class="grow"></span>
                <button class="btn" data-first="" onclick={desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button
                    class="btn btn-danger-fill"
                    data-testid="anew-confirm"
                    aria-disabled={busy.then_some("true")}
                    onclick={desk.on_act(|| Act::StartAnew)}
                >
                    {words::START_ANEW}
                </button>
            </div>
        </Sheet>
    }
}
