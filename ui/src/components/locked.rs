//! The vault is locked.

use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::State;
use crate::words;

/// The key stays where it is until the creator unlocks.
pub(super) fn locked(state: &State, keychain: &str, files: usize, desk: &Desk) -> Html {
    html! {
        <FullView key="locked" {desk} testid="locked" foot={Some(("pause", words::sync_paused(files)))}>
            <div class="center">
                <span class="glyph">{icon("lock", "ic-24")}</span>
                <h1 class="big" id="full-title">{words::VAULT_LOCKED}</h1>
                <p>{words::locked_says(keychain)}</p>
                <div class="center-do">
                    <button
                        class="btn btn-lg btn-primary btn-wide"
                        data-first=""
                        data-testid="unlock"
                        aria-disabled={state.is_busy(&Task::Vault).then_some("true")}
                        onclick={desk.on_act(|| Act::Unlock)}
                    >
                        {words::UNLOCK}
                    </button>
                </div>
            </div>
        </FullView>
    }
}
