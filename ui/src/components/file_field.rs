//! A field for the path of a file, with the system's dialog beside it.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::act::Act;
use crate::backend::FileDialog;
use crate::desk::Desk;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct FileFieldProps {
    pub(super) desk: Desk,
    pub(super) label: &'static str,
    #[prop_or_default]
    pub(super) hint: &'static str,
    pub(super) dialog: FileDialog,
    /// What was chosen in the dialog last, with a number that tells two choices apart.
    pub(super) chosen: Option<(u32, String)>,
    pub(super) busy: bool,
    /// Whether the sheet begins here.
    #[prop_or_default]
    pub(super) first: bool,
    /// Told every path that is chosen or typed.
    pub(super) on_path: Callback<String>,
}

/// The path, chosen or typed: a desktop without a dialog for files is no end of the way.
#[component]
pub(super) fn FileField(props: &FileFieldProps) -> Html {
    let path = use_state(String::new);
    {
        let (path, on_path) = (path.clone(), props.on_path.clone());
        use_effect_with(props.chosen.clone(), move |chosen| {
            if let Some((_, chosen)) = chosen {
                path.set(chosen.clone());
                on_path.emit(chosen.clone());
            }
        });
    }
    let oninput = {
        let (path, on_path) = (path.clone(), props.on_path.clone());
        Callback::from(move |event: InputEvent| {
            let typed = event.target_unchecked_into::<HtmlInputElement>().value();
            on_path.emit(typed.trim().to_owned());
            path.set(typed);
        })
    };
    let dialog = props.dialog;
    html! {
        <div class="span">
            <label class="lab" for="file-path">{props.label}</label>
            <div class="with-btn">
                <input
                    class="field"
                    id="file-path"
                    value={(*path).clone()}
                    autocomplete="off"
                    spellcheck="false"
                    data-first={props.first.then_some("")}
                    data-testid="file-path"
                    {oninput}
                />
                <button
                    type="button"
                    class="btn"
                    data-testid="choose-place"
                    aria-disabled={props.busy.then_some("true")}
                    onclick={props.desk.on_act(move || Act::ChoosePlace(dialog))}
                >
                    {words::CHOOSE}
                </button>
            </div>
            if !props.hint.is_empty() { <p class="hint">{props.hint}</p> }
        </div>
    }
}
