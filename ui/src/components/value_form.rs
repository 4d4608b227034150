//! A field for a value, in a row's prompt.

use floom_secret::SecretValue;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::words;

/// Takes the text out of `field` and empties it: the page keeps no copy.
pub(super) fn take_value(field: &NodeRef) -> Option<SecretValue> {
    let field = field.cast::<HtmlInputElement>()?;
    let value = SecretValue::new(field.value());
    field.set_value("");
    (!value.is_empty()).then_some(value)
}

/// Carries a typed value from the field to where it is sent; it can be taken once.
#[derive(Clone, Default)]
pub(super) struct Typed(std::rc::Rc<std::cell::RefCell<Option<SecretValue>>>);

impl Typed {
    /// The value, if one was typed.
    pub(super) fn take(&self) -> Option<SecretValue> {
        self.0.take()
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct ValueFormProps {
    pub(super) key_name: AttrValue,
    /// Whether a value must be typed; without one the form only asks.
    pub(super) needed: bool,
    #[prop_or_default]
    pub(super) hint: &'static str,
    pub(super) confirm: &'static str,
    pub(super) busy: bool,
    /// Whether the creator asked for the field itself; a question that came up takes no keyboard.
    #[prop_or_default]
    pub(super) focus: bool,
    pub(super) on_confirm: Callback<Typed>,
    pub(super) on_cancel: Callback<()>,
}

/// The field, if one is needed, and the two buttons. The first is disabled until a value is there.
#[component]
pub(super) fn ValueForm(props: &ValueFormProps) -> Html {
    let field = use_node_ref();
    let there = use_state(|| false);
    {
        let field = field.clone();
        use_effect_with(props.focus, move |wanted| {
            if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| *wanted) {
                // A field that left the page meanwhile cannot be focused, and need not be.
                let _ = field.focus();
            }
        });
    }
    let disabled = props.busy || (props.needed && !*there);
    let onsubmit = {
        let (field, there, on_confirm) = (field.clone(), there.clone(), props.on_confirm.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if disabled {
                return;
            }
            there.set(false);
            on_confirm.emit(Typed(std::rc::Rc::new(std::cell::RefCell::new(take_value(&field)))));
        })
    };
    let oninput = {
        let field = field.clone();
        Callback::from(move |_| {
            there.set(field.cast::<HtmlInputElement>().is_some_and(|field| !field.value().is_empty()))
        })
    };
    html! {
        <form class="set" {onsubmit}>
            if props.needed {
                <input
                    class="field"
                    type="password"
                    aria-label={words::your(&props.key_name)}
                    autocomplete="off"
                    spellcheck="false"
                    data-testid="prompt-value"
                    ref={field}
                    {oninput}
                />
                <span class="hint">{props.hint}</span>
            }
            <span class="grow"></span>
            <button type="button" class="btn btn-ghost" data-testid="prompt-cancel" onclick={props.on_cancel.reform(|_| ())}>
                {words::CANCEL}
            </button>
            <button
                type="submit"
                class="btn btn-primary"
                data-testid="prompt-confirm"
                aria-disabled={disabled.then_some("true")}
            >
                {props.confirm}
            </button>
        </form>
    }
}
