//! The icons: symbols of the page's sprite, drawn in the colour of the text.

use yew::prelude::*;

/// The icon `name` with further classes.
pub(super) fn icon(name: &'static str, class: &'static str) -> Html {
    html! { <svg class={classes!("ic", class)} aria-hidden="true"><use href={format!("#i-{name}")} /></svg> }
}
