//! A view that takes the whole window.

use yew::prelude::*;

use super::focus::use_focus_within;
use super::icon::icon;
use super::title_bar::controls;
use crate::desk::Desk;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct FullViewProps {
    pub(super) desk: Desk,
    pub(super) testid: &'static str,
    /// The icon and the words at the foot.
    #[prop_or_default]
    pub(super) foot: Option<(&'static str, String)>,
    /// Whether a sheet lies over it and has the keyboard.
    #[prop_or_default]
    pub(super) inert: bool,
    pub(super) children: Html,
}

/// The brand, the window's controls, the content and a line at the foot.
#[component]
pub(super) fn FullView(props: &FullViewProps) -> Html {
    let node = use_node_ref();
    use_focus_within(node.clone());
    html! {
        <div class="full" role="dialog" aria-modal="true" aria-labelledby="full-title" data-testid={props.testid} inert={props.inert} ref={node}>
            <div class="full-bar" data-tauri-drag-region="">
                <div class="brand" data-tauri-drag-region=""><span class="mark" aria-hidden="true">{"F"}</span>{words::PRODUCT}</div>
                {controls(&props.desk)}
            </div>
            {props.children.clone()}
            if let Some((name, says)) = &props.foot {
                <p class="full-foot">{icon(name, "ic-14")}{says}</p>
            }
        </div>
    }
}
