//! The vault is locked.

use floom_protocol::view::KeychainView;
use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use super::value_form::take_value;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::{Layer, Msg, State};
use crate::words;

/// The key stays where it is until the creator unlocks.
pub(super) fn locked(state: &State, keychain: &KeychainView, files: usize, desk: &Desk) -> Html {
    let waiting = keychain.state == "waiting";
    let busy = state.is_busy(&Task::Vault);
    html! {
        <FullView key="locked" {desk} testid="locked" foot={Some(("pause", words::sync_paused(files)))} inert={state.layer.is_some()}>
            <div class="center">
                <span class="glyph">{icon("lock", "ic-24")}</span>
                <h1 class="big" id="full-title">{words::VAULT_LOCKED}</h1>
                if waiting {
                    <p role="status" data-testid="waiting">{words::WAITING_FOR_YOU}</p>
                } else {
                    <p>{words::locked_says(&keychain.name)}</p>
                }
                <div class="center-do">
                    if waiting {
                        <button
                            class="btn btn-lg btn-wide"
                            data-testid="cancel-unlock"
                            aria-disabled={state.is_busy(&Task::Cancel).then_some("true")}
                            onclick={desk.on_act(|| Act::CancelUnlock)}
                        >
                            {words::CANCEL}
                        </button>
                    } else {
                        <button
                            class="btn btn-lg btn-primary btn-wide"
                            data-first=""
                            data-testid="unlock"
                            aria-disabled={busy.then_some("true")}
                            onclick={desk.on_act(|| Act::Unlock { passphrase: None })}
                        >
                            {words::UNLOCK}
                        </button>
                    }
                </div>
            </div>
        </FullView>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct PassphraseLockProps {
    pub(super) desk: Desk,
    /// How many watched files wait.
    pub(super) files: usize,
    pub(super) busy: bool,
    pub(super) inert: bool,
}

/// A vault that opens with a passphrase. The field is emptied when it is sent.
#[component]
pub(super) fn PassphraseLock(props: &PassphraseLockProps) -> Html {
    let field = use_node_ref();
    let busy = props.busy;
    let onsubmit = {
        let (desk, field) = (props.desk.clone(), field.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if busy {
                return;
            }
            if let Some(passphrase) = take_value(&field) {
                desk.act(Act::Unlock { passphrase: Some(passphrase) });
            }
        })
    };
    html! {
        <FullView desk={&props.desk} testid="locked" foot={Some(("pause", words::sync_paused(props.files)))} inert={props.inert}>
            <div class="center">
                <span class="glyph">{icon("lock", "ic-24")}</span>
                <h1 class="big" id="full-title">{words::VAULT_LOCKED}</h1>
                <p>{words::LOCKED_BY_PASSPHRASE}</p>
                <form class="center-form" {onsubmit}>
                    <input
                        class="field"
                        type="password"
                        aria-label={words::PASSPHRASE}
                        placeholder={words::PASSPHRASE}
                        autocomplete="off"
                        spellcheck="false"
                        data-first=""
                        data-testid="passphrase"
                        ref={field}
                    />
                    <button type="submit" class="btn btn-lg btn-primary" data-testid="unlock" aria-disabled={busy.then_some("true")}>
                        if busy { {icon("arc", "spin ic-14")} }
                        {words::UNLOCK}
                    </button>
                </form>
                <button
                    class="btn btn-ghost center-more"
                    data-testid="use-kit"
                    onclick={props.desk.on_tell(|| Msg::Open(Layer::UseKit))}
                >
                    {words::USE_KIT_ASKING}
                </button>
            </div>
        </FullView>
    }
}
