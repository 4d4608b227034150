//! The menu of a row.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::focus::{focus, use_focus_within};
use super::icon::icon;
use crate::words;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowCommand {
    History,
    NewValue,
    Remove,
}

#[derive(Properties, PartialEq)]
pub(super) struct RowMenuProps {
    /// Whether a value of the creator's can be set.
    pub(super) settable: bool,
    pub(super) on_choose: Callback<RowCommand>,
    pub(super) on_close: Callback<()>,
}

/// History, a new value, removal. Arrows move, Esc and a click beside it close.
#[component]
pub(super) fn RowMenu(props: &RowMenuProps) -> Html {
    let node = use_node_ref();
    use_focus_within(node.clone());
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            let item = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let next = |step: fn(&Element) -> Option<Element>| {
                let mut other = item.as_ref().and_then(step);
                while other.as_ref().is_some_and(|element| element.get_attribute("role").as_deref() != Some("menuitem"))
                {
                    other = other.as_ref().and_then(step);
                }
                if let Some(other) = other {
                    focus(other);
                }
            };
            match event.key().as_str() {
                "ArrowDown" => next(Element::next_element_sibling),
                "ArrowUp" => next(Element::previous_element_sibling),
                "Escape" | "Tab" => on_close.emit(()),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let item = |command: RowCommand, name: &'static str, says: &'static str, class: &'static str, first: bool| {
        let on_choose = props.on_choose.clone();
        html! {
            <button
                class={classes!("menu-item", class)}
                role="menuitem"
                tabindex="-1"
                data-first={first.then_some("")}
                onclick={Callback::from(move |_| on_choose.emit(command))}
            >
                {icon(name, "")}{says}
                if command == RowCommand::History { <span class="hint">{"H"}</span> }
            </button>
        }
    };
    html! {
        <>
            <div class="menu-back" onclick={props.on_close.reform(|_| ())}></div>
            <div class="menu" role="menu" ref={node} {onkeydown}>
                if props.settable { {item(RowCommand::NewValue, "key", words::NEW_VALUE, "", true)} }
                {item(RowCommand::History, "history", words::HISTORY, "", !props.settable)}
                <div class="menu-sep" role="separator"></div>
                {item(RowCommand::Remove, "trash", words::REMOVE_ASKING, "is-danger", false)}
            </div>
        </>
    }
}
