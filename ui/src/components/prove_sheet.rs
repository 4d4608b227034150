//! The drill later on: neither the code nor the file's place is kept, so both are asked for.

use yew::prelude::*;

use super::file_field::FileField;
use super::icon::icon;
use super::restore_sheet::{CodeField, typed_code};
use super::sheet::Sheet;
use crate::act::Act;
use crate::backend::FileDialog;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct ProveSheetProps {
    pub(super) desk: Desk,
    pub(super) chosen: Option<(u32, String)>,
    pub(super) busy: bool,
    pub(super) choosing: bool,
}

/// The kit's file and its whole code.
#[component]
pub(super) fn ProveSheet(props: &ProveSheetProps) -> Html {
    let path = use_state(String::new);
    let code = use_node_ref();
    let busy = props.busy;
    let onsubmit = {
        let (desk, path, code) = (props.desk.clone(), path.clone(), code.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match typed_code(&code) {
                Some(code) if !busy && !path.is_empty() => desk.act(Act::ProveKit { path: (*path).clone(), code }),
                _ => {}
            }
        })
    };
    let can = !busy && !path.is_empty();
    let on_path = Callback::from(move |chosen| path.set(chosen));
    let says = html! { <p>{words::PROVE_SAYS}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::PROVE_THE_KIT} {says} narrow={true} testid="prove-sheet">
            <form class="aff" id="prove-form" {onsubmit}>
                <FileField
                    desk={&props.desk}
                    label={words::KIT_FILE}
                    dialog={FileDialog::Kit}
                    chosen={props.chosen.clone()}
                    busy={props.choosing}
                    first={true}
                    {on_path}
                />
                <CodeField field={code} />
            </form>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::PROVEN_ONLY_AFTER}</p>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-primary" type="submit" form="prove-form" data-testid="prove-submit" aria-disabled={(!can).then_some("true")}>
                    if busy { {icon("arc", "spin ic-14")} }
                    {words::PROVE_KIT}
                </button>
            </div>
        </Sheet>
    }
}
