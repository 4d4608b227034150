//! A short word that something was done.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::icon::icon;
use crate::desk::Desk;
use crate::state::Msg;

#[derive(Properties, PartialEq)]
pub(super) struct ToastProps {
    pub(super) desk: Desk,
    /// Tells two toasts with the same words apart.
    pub(super) number: u32,
    pub(super) says: AttrValue,
}

const SHOWN_FOR_MS: u32 = 5000;

/// Goes by itself.
#[component]
pub(super) fn Toast(props: &ToastProps) -> Html {
    let desk = props.desk.clone();
    use_effect_with(props.number, move |number| {
        let number = *number;
        let timeout = Timeout::new(SHOWN_FOR_MS, move || desk.tell(Msg::PutAwayToast(number)));
        move || drop(timeout)
    });
    html! { <div class="toast" role="status" data-testid="toast">{icon("check", "")}{&props.says}</div> }
}
