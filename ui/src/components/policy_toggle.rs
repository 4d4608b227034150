//! The policy toggle: the window's main control.

use floom_secret::Policy;
use web_sys::Element;
use yew::prelude::*;

use super::focus::focus_first;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct PolicyToggleProps {
    /// The name of the group.
    pub(super) label: AttrValue,
    pub(super) policy: Policy,
    /// A choice is on its way, or cannot be made here.
    #[prop_or_default]
    pub(super) off: bool,
    /// How tests find the two options: `{testid}-creator`, `{testid}-user`.
    pub(super) testid: &'static str,
    pub(super) on_choose: Callback<Policy>,
}

/// Two options of which one holds. Arrows move the keyboard, Space and Enter choose.
#[component]
pub(super) fn PolicyToggle(props: &PolicyToggleProps) -> Html {
    let node = use_node_ref();
    let onkeydown = {
        let node = node.clone();
        Callback::from(move |event: KeyboardEvent| {
            let selector = match event.key().as_str() {
                "ArrowLeft" => ".seg-opt:first-child",
                "ArrowRight" => ".seg-opt:last-child",
                _ => return,
            };
            event.prevent_default();
            if let Some(group) = node.cast::<Element>() {
                focus_first(&group, selector);
            }
        })
    };
    let option = |policy: Policy, side: &'static str| {
        let checked = props.policy == policy;
        let on_choose = props.on_choose.clone();
        let off = props.off;
        html! {
            <button
                type="button"
                class="seg-opt"
                role="radio"
                aria-checked={checked.to_string()}
                aria-disabled={off.then_some("true")}
                tabindex={if checked { "0" } else { "-1" }}
                data-testid={format!("{}-{side}", props.testid)}
                onclick={Callback::from(move |_| if !off && !checked { on_choose.emit(policy) })}
            >
                {words::policy(policy)}
            </button>
        }
    };
    html! {
        <div
            class={classes!("seg", props.off.then_some("is-off"))}
            role="radiogroup"
            aria-label={props.label.clone()}
            ref={node}
            {onkeydown}
        >
            {option(Policy::Creator, "creator")}
            {option(Policy::User, "user")}
        </div>
    }
}
