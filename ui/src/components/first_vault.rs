//! There is no vault: one is made when the creator says so.

use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::State;
use crate::words;

/// Nothing has been written so far.
pub(super) fn first_vault(state: &State, keychain: &str, desk: &Desk) -> Html {
    html! {
        <FullView key="first-vault" {desk} testid="first-vault" foot={Some(("info", words::NOTHING_FOUND.to_owned()))}>
            <div class="center">
                <span class="glyph">{icon("key", "ic-24")}</span>
                <h1 class="big" id="full-title">{words::FIRST_VAULT}</h1>
                <p>{words::first_vault_says(keychain)}</p>
                <div class="center-do">
                    <button
                        class="btn btn-lg btn-primary"
                        data-first=""
                        data-testid="make-vault"
                        aria-disabled={state.is_busy(&Task::Vault).then_some("true")}
                        onclick={desk.on_act(|| Act::MakeVault)}
                    >
                        {words::MAKE_VAULT}
                    </button>
                </div>
            </div>
        </FullView>
    }
}
