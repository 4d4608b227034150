//! A new recovery kit: its file is saved, then its code is shown, once.

use yew::prelude::*;

use super::file_field::FileField;
use super::icon::icon;
use super::sheet::Sheet;
use crate::act::Act;
use crate::backend::FileDialog;
use crate::desk::Desk;
use crate::kit::{Code, GROUPS, two_groups};
use crate::state::{Layer, Msg};
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct NewKitSheetProps {
    pub(super) desk: Desk,
    /// What the system calls its keychain.
    pub(super) keychain: String,
    /// Whether there is a kit already, which becomes worthless.
    pub(super) replaces: bool,
    pub(super) chosen: Option<(u32, String)>,
    pub(super) busy: bool,
    pub(super) choosing: bool,
}

/// Where the kit's file goes. The code is not made before the file is.
#[component]
pub(super) fn NewKitSheet(props: &NewKitSheetProps) -> Html {
    let path = use_state(String::new);
    let replace = props.replaces;
    let can = !props.busy && !path.is_empty();
    let onsubmit = {
        let (desk, path) = (props.desk.clone(), path.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if can {
                desk.act(Act::NewKit { path: (*path).clone(), replace });
            }
        })
    };
    let on_path = Callback::from(move |chosen| path.set(chosen));
    let says = html! { <p>{words::new_kit_says(&props.keychain)}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::NEW_KIT} {says} narrow={true} testid="new-kit-sheet">
            <ol class="kitcode" aria-label={words::CODE_TO_COME}>
                {for (1..=GROUPS).map(|number| group(number, html! { <span aria-hidden="true">{words::HIDDEN_GROUP}</span> }))}
            </ol>
            <form class="aff kit-form" id="new-kit-form" {onsubmit}>
                <FileField
                    desk={&props.desk}
                    label={words::SAVE_KIT}
                    hint={words::KIT_FILE_IS}
                    dialog={FileDialog::NewKit}
                    chosen={props.chosen.clone()}
                    busy={props.choosing}
                    first={true}
                    {on_path}
                />
                if replace { <p class="span note w">{icon("warn", "")}<span>{words::REPLACES_KIT}</span></p> }
            </form>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::NEXT_THE_CODE}</p>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-primary" type="submit" form="new-kit-form" data-testid="kit-save" aria-disabled={(!can).then_some("true")}>
                    if props.busy { {icon("arc", "spin ic-14")} }
                    {words::SAVE_FILE}
                </button>
            </div>
        </Sheet>
    }
}

/// The code, until the creator says that it is stored.
pub(super) fn code_sheet(code: &Code, keychain: &str, desk: &Desk) -> Html {
    let says = html! { <p>{words::new_kit_says(keychain)}</p> };
    let stored = {
        let (desk, code) = (desk.clone(), code.clone());
        Callback::from(move |_| {
            let asked = two_groups(js_sys::Math::random(), js_sys::Math::random());
            desk.tell(Msg::Open(Layer::Drill { code: code.clone(), asked }));
        })
    };
    html! {
        <Sheet key="code" {desk} title={words::NEW_KIT} {says} narrow={true} testid="code-sheet">
            <ol class="kitcode" aria-label={words::CODE_LABEL} data-testid="kit-code">
                {for code.groups().enumerate().map(|(number, text)| group(number + 1, spelled(text)))}
            </ol>
            <div class="kit-rows">
                <div class="set-row">
                    {icon("key", "")}
                    <div class="grow"><p class="t">{words::WRITE_THE_CODE}</p><p class="s">{words::CODE_OUTLIVES}</p></div>
                </div>
                <div class="set-row">
                    {icon("check", "ok")}
                    <div class="grow"><p class="t">{words::KIT_SAVED}</p><p class="s mono kit-path" data-testid="kit-file">{code.file()}</p></div>
                </div>
            </div>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::NEXT_A_DRILL}</p>
                <button class="btn btn-primary" data-first="" data-testid="kit-stored" onclick={stored}>{words::STORED}</button>
            </div>
        </Sheet>
    }
}

/// A group of the code with its number over it.
pub(super) fn group(number: usize, shown: Html) -> Html {
    html! { <li key={number}><small aria-hidden="true">{number}</small>{shown}</li> }
}

/// A group is read letter by letter: nobody hears a word in it.
fn spelled(text: &str) -> Html {
    let letters: Vec<String> = text.chars().map(String::from).collect();
    html! { <><b aria-hidden="true">{text.to_owned()}</b><span class="sr">{letters.join(" ")}</span></> }
}
