//! No app declares the keys of a file: one can be made from it.

use std::rc::Rc;

use floom_protocol::import::{ImportPreview, NewApp};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::sheet::Sheet;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct NewAppSheetProps {
    pub(super) desk: Desk,
    pub(super) preview: Rc<ImportPreview>,
    pub(super) proposal: NewApp,
    pub(super) busy: bool,
}

/// Name, address and command, proposed from the folder; the keys that the app will declare.
#[component]
pub(super) fn NewAppSheet(props: &NewAppSheetProps) -> Html {
    let fields = [use_node_ref(), use_node_ref(), use_node_ref()];
    // What was typed is kept here: a field that is drawn again takes the text that it is drawn with.
    let typed =
        use_state(|| [&props.proposal.name, &props.proposal.slug, &props.proposal.command].map(|text| text.clone()));
    let oninput = {
        let (fields, typed) = (fields.clone(), typed.clone());
        Callback::from(move |_: InputEvent| {
            let read = |field: NodeRef| field.cast::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default();
            typed.set(fields.clone().map(read));
        })
    };
    let can = typed.iter().all(|text| !text.trim().is_empty()) && !props.busy;
    let onsubmit = {
        let (desk, preview, typed) = (props.desk.clone(), props.preview.clone(), typed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if can {
                let [name, slug, command] = (*typed).clone().map(|text| text.trim().to_owned());
                desk.act(Act::MakeApp { preview: preview.id.clone(), path: preview.path.clone(), name, slug, command });
            }
        })
    };
    let [name, slug, command] = fields;
    let lines = props.proposal.keys.iter().map(|key| {
        let line = props.preview.rows.iter().find(|row| row.key.as_ref() == Some(key)).map(|row| row.line);
        html! { <li class="imp imp-aff"><span class="ln">{for line}</span><span class="name">{key}</span></li> }
    });
    let says =
        html! { <p><span class="mono">{&props.preview.file}</span>{words::has_keys(props.proposal.keys.len())}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::NO_APP_DECLARES} {says} narrow={true} testid="app-sheet">
            <form class="aff" id="app-form" {onsubmit}>
                <div>
                    <label class="lab" for="aff-n">{words::NAME}</label>
                    <input class="field" id="aff-n" value={typed[0].clone()} autocomplete="off" spellcheck="false" data-testid="app-name" ref={name} oninput={&oninput} />
                </div>
                <div>
                    <label class="lab" for="aff-s">{words::ADDRESS}</label>
                    <div class="field affix">
                        <span>{"/p/"}</span>
                        <input id="aff-s" value={typed[1].clone()} aria-label={words::ADDRESS_LABEL} autocomplete="off" spellcheck="false" data-testid="app-slug" ref={slug} oninput={&oninput} />
                    </div>
                </div>
                <div class="span">
                    <label class="lab" for="aff-c">{words::COMMAND}</label>
                    <input class="field" id="aff-c" value={typed[2].clone()} autocomplete="off" spellcheck="false" data-testid="app-command" ref={command} {oninput} />
                    <p class="hint">{words::COMMAND_HINT}</p>
                </div>
            </form>
            <div class="imp-head imp-aff"><span class="eyebrow right">{words::LINE}</span><span class="eyebrow">{words::WILL_DECLARE}</span></div>
            <ul class="imp-list" aria-label={words::KEYS_IN_THE_FILE}>{for lines}</ul>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::THEN_PREVIEW}<br />{words::NOTHING_LEAVES}</p>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button
                    class="btn btn-primary"
                    type="submit"
                    form="app-form"
                    data-first=""
                    data-testid="app-make"
                    aria-disabled={(!can).then_some("true")}
                >
                    {words::MAKE_APP}
                </button>
            </div>
        </Sheet>
    }
}
