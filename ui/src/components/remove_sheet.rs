//! The question before a secret's value is removed from Floom.

use floom_protocol::view::{AppRef, SecretView};
use yew::prelude::*;

use super::sheet::Sheet;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

/// What a removal does, and that the file's line and the versions here stay.
pub(super) fn remove_sheet(app: &AppRef, secret: &SecretView, busy: bool, desk: &Desk) -> Html {
    let (app_ref, key) = (app.clone(), secret.key.clone());
    let remove = desk.on_act(move || Act::Remove { app: app_ref.clone(), key: key.clone() });
    let says = html! { <p>{words::remove_says(&app.slug, secret.declared)}</p> };
    html! {
        <Sheet {desk} title={words::remove_title(&secret.key)} {says} narrow={true} testid="remove-sheet">
            <div class="sheet-foot">
                <span class="grow"></span>
                <button class="btn" data-first="" onclick={desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-danger-fill" data-testid="remove-confirm" aria-disabled={busy.then_some("true")} onclick={remove}>
                    {words::REMOVE}
                </button>
            </div>
        </Sheet>
    }
}
