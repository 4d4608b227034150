//! Where the keyboard is, when something opens and when it closes.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// While the component lives, the keyboard is inside `node`, first on what is
/// marked `data-first`; afterwards it is back where it was.
#[hook]
pub(super) fn use_focus_within(node: NodeRef) {
    use_effect_with((), move |()| {
        let before =
            web_sys::window().and_then(|window| window.document()).and_then(|document| document.active_element());
        if let Some(element) = node.cast::<Element>() {
            focus_first(&element, "[data-first]");
        }
        move || {
            if let Some(before) = before {
                focus(before);
            }
        }
    });
}

/// Puts the keyboard on the first element in `within` that `selector` names.
pub(super) fn focus_first(within: &Element, selector: &str) {
    if let Ok(Some(element)) = within.query_selector(selector) {
        focus(element);
    }
}

/// Puts the keyboard on `element`, if it can be there.
pub(super) fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // An element that left the page cannot be focused, and need not be.
        let _ = element.focus();
    }
}

/// Puts the keyboard on the first element that `selector` names, unless it is somewhere already.
pub(crate) fn focus_if_nowhere(selector: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let nowhere = document.active_element().is_none_or(|element| element.tag_name() == "BODY");
    if let (true, Some(root)) = (nowhere, document.document_element()) {
        focus_first(&root, selector);
    }
}
