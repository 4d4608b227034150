//! There is no vault: one is made when the creator says so.

use floom_protocol::view::KeychainView;
use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::{Layer, Msg, State};
use crate::words;

/// Nothing has been written so far. A passphrase is offered only where no keychain answers.
pub(super) fn first_vault(state: &State, keychain: &KeychainView, desk: &Desk) -> Html {
    let no_service = keychain.state == "no_service";
    let (says, foot) = if no_service {
        (words::NO_KEYCHAIN_HERE.to_owned(), words::NO_VAULT_NO_KEYCHAIN)
    } else {
        (words::first_vault_says(&keychain.name), words::NOTHING_FOUND)
    };
    html! {
        <FullView key="first-vault" {desk} testid="first-vault" foot={Some(("info", foot.to_owned()))} inert={state.layer.is_some()}>
            <div class="center">
                <span class="glyph">{icon("key", "ic-24")}</span>
                <h1 class="big" id="full-title">{words::FIRST_VAULT}</h1>
                <p>{says}</p>
                <div class="center-do">
                    <button
                        class="btn btn-lg btn-primary"
                        data-first=""
                        data-testid="make-vault"
                        aria-disabled={state.is_busy(&Task::Vault).then_some("true")}
                        onclick={desk.on_act(|| Act::MakeVault { passphrase: None })}
                    >
                        {words::MAKE_VAULT}
                    </button>
                    if no_service {
                        <button
                            class="btn btn-lg"
                            aria-haspopup="dialog"
                            data-testid="use-passphrase"
                            onclick={desk.on_tell(|| Msg::Open(Layer::Passphrase))}
                        >
                            {words::USE_PASSPHRASE_ASKING}
                        </button>
                    }
                    <button
                        class="btn btn-lg"
                        aria-haspopup="dialog"
                        data-testid="use-kit"
                        onclick={desk.on_tell(|| Msg::Open(Layer::UseKit))}
                    >
                        {words::USE_KIT_ASKING}
                    </button>
                </div>
            </div>
        </FullView>
    }
}
