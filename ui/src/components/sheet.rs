//! A dialog over the page.

use yew::prelude::*;

use super::focus::use_focus_within;
use super::icon::icon;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct SheetProps {
    pub(super) desk: Desk,
    pub(super) title: AttrValue,
    #[prop_or_default]
    pub(super) says: Html,
    #[prop_or_default]
    pub(super) narrow: bool,
    pub(super) testid: &'static str,
    pub(super) children: Html,
}

/// Head, content and foot; Esc and the cross close it, and the keyboard goes back where it was.
#[component]
pub(super) fn Sheet(props: &SheetProps) -> Html {
    let node = use_node_ref();
    use_focus_within(node.clone());
    html! {
        <div class="scrim">
            <div
                class={classes!("sheet", props.narrow.then_some("sheet-640"))}
                role="dialog"
                aria-modal="true"
                aria-labelledby="sheet-title"
                data-testid={props.testid}
                ref={node}
            >
                <div class="sheet-head">
                    <div class="grow"><h2 id="sheet-title">{&props.title}</h2>{props.says.clone()}</div>
                    <button class="icon-btn" aria-label={words::CLOSE} data-testid="sheet-close" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>
                        {icon("x", "")}
                    </button>
                </div>
                {props.children.clone()}
            </div>
        </div>
    }
}
