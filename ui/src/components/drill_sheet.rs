//! The drill after a new kit: two groups are typed from the copy, then the kit's file is opened.

use floom_secret::SecretValue;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::icon::icon;
use super::new_kit_sheet::group;
use super::sheet::Sheet;
use crate::act::Act;
use crate::desk::Desk;
use crate::kit::{Code, GROUPS};
use crate::state::{Layer, Msg};
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct DrillSheetProps {
    pub(super) desk: Desk,
    pub(super) code: Code,
    /// The groups that are asked for, counted from 0.
    pub(super) asked: [usize; 2],
    pub(super) busy: bool,
}

/// The groups that are asked for have a field; the others stay hidden.
#[component]
pub(super) fn DrillSheet(props: &DrillSheetProps) -> Html {
    let fields = [use_node_ref(), use_node_ref()];
    let wrong = use_state(|| None::<usize>);
    let (asked, busy) = (props.asked, props.busy);
    let onsubmit = {
        let (desk, code, fields, wrong) = (props.desk.clone(), props.code.clone(), fields.clone(), wrong.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if busy {
                return;
            }
            let misses = asked.iter().zip(&fields).find(|(number, field)| !code.fits(**number, &typed(field)));
            wrong.set(misses.map(|(number, _)| *number));
            if misses.is_none() {
                desk.act(Act::ProveKit { path: code.file().to_owned(), code: code.whole() });
            }
        })
    };
    let back = {
        let code = props.code.clone();
        props.desk.on_tell(move || Msg::Open(Layer::NewKit(Some(code.clone()))))
    };
    let shown = |number: usize| match asked.iter().position(|asked| *asked == number) {
        Some(place) => html! {
            <input
                aria-label={words::group(number)}
                aria-invalid={(*wrong == Some(number)).then_some("true")}
                class={(*wrong == Some(number)).then_some("is-error")}
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                data-first={(place == 0).then_some("")}
                data-testid={format!("group-{}", number + 1)}
                ref={&fields[place]}
            />
        },
        None => html! { <span aria-label={words::HIDDEN}>{words::HIDDEN_GROUP}</span> },
    };
    let file = props.code.file().rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let step =
        |says: Html| html! { <li>{if busy { icon("arc", "spin") } else { icon("clock", "") }}<span>{says}</span></li> };
    let says = html! { <p>{words::drill_says(asked)}</p> };
    html! {
        <Sheet key="drill" desk={&props.desk} title={words::PROVE_THE_KIT} {says} narrow={true} testid="drill-sheet">
            <form id="drill-form" {onsubmit}>
                <ol class="kitcode" aria-label={words::CODE_ASKED}>
                    {for (0..GROUPS).map(|number| group(number + 1, shown(number)))}
                </ol>
            </form>
            if let Some(number) = *wrong {
                <p class="kit-err err" role="alert" data-testid="drill-wrong">{words::group_wrong(number)}</p>
            }
            <ul class="kit-rows drill">
                {step(html! { {words::compared(asked)} })}
                {step(html! { <><span class="mono">{file}</span>{words::OPENED_IN_MEMORY}</> })}
                {step(html! { {words::VALUES_CHECKED} })}
            </ul>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::PROVEN_ONLY_AFTER}</p>
                <button class="btn" data-testid="drill-back" onclick={back}>{words::BACK}</button>
                <button class="btn btn-primary" type="submit" form="drill-form" data-testid="drill-submit" aria-disabled={busy.then_some("true")}>
                    {words::PROVE_KIT}
                </button>
            </div>
        </Sheet>
    }
}

fn typed(field: &NodeRef) -> SecretValue {
    SecretValue::new(field.cast::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default())
}
