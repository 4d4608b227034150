//! Adding one secret by hand.

use floom_protocol::view::{AppRef, SecretView};
use floom_secret::Policy;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::policy_toggle::PolicyToggle;
use super::value_form::take_value;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct AddFormProps {
    pub(super) desk: Desk,
    pub(super) app: AppRef,
    /// The secrets that the app has: a name with another policy is switched in its row.
    pub(super) secrets: Vec<SecretView>,
    /// The name to begin with.
    pub(super) prefill: Option<(u32, String)>,
    /// Whether its button is the filled one.
    pub(super) primary: bool,
    /// What is under way.
    pub(super) busy: Vec<Task>,
}

/// Why a form cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Name,
    NoValue,
    Policy(String, Policy),
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "key_invalid",
            Self::NoValue => "value_empty",
            Self::Policy(..) => "policy_differs",
        }
    }

    fn says(&self) -> String {
        match self {
            Self::Name => words::NAME_RULE.to_owned(),
            Self::NoValue => words::NEEDS_KEY.to_owned(),
            Self::Policy(key, policy) => words::policy_differs(key, *policy),
        }
    }
}

/// Whether `name` is one that Floom takes: A–Z, 0–9 and _, starting with a letter.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// What can be said of a name and a policy before anything is sent.
pub(super) fn check(name: &str, policy: Policy, has_value: bool, secrets: &[SecretView]) -> Result<(), Refusal> {
    if !is_name(name) {
        return Err(Refusal::Name);
    }
    if let Some(other) = secrets.iter().find(|secret| secret.key == name && secret.policy != policy) {
        return Err(Refusal::Policy(name.to_owned(), other.policy));
    }
    if policy == Policy::Creator && !has_value {
        return Err(Refusal::NoValue);
    }
    Ok(())
}

/// Name, policy, value, Add.
#[component]
pub(super) fn AddForm(props: &AddFormProps) -> Html {
    let name = use_node_ref();
    let value = use_node_ref();
    let policy = use_state(|| Policy::Creator);
    let refusal = use_state(|| None::<Refusal>);
    {
        let (name, value, policy) = (name.clone(), value.clone(), policy.clone());
        use_effect_with(props.prefill.clone(), move |prefill| {
            let fields = (name.cast::<HtmlInputElement>(), value.cast::<HtmlInputElement>());
            if let (Some((_, key)), (Some(name), Some(value))) = (prefill, fields) {
                name.set_value(key);
                policy.set(Policy::Creator);
                // An empty request only asks for the form: its first field is the name.
                let _ = if key.is_empty() { name.focus() } else { value.focus() };
            }
        });
    }
    let key = || name.cast::<HtmlInputElement>().map(|field| field.value().trim().to_owned()).unwrap_or_default();
    let busy = props.busy.contains(&Task::Row(key()));
    let onsubmit = {
        let (name, value, policy, refusal) = (name.clone(), value.clone(), policy.clone(), refusal.clone());
        let (desk, app, secrets) = (props.desk.clone(), props.app.clone(), props.secrets.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = name.cast::<HtmlInputElement>() else { return };
            let key = field.value().trim().to_owned();
            let has_value = value.cast::<HtmlInputElement>().is_some_and(|field| !field.value().is_empty());
            if let Err(why) = check(&key, *policy, has_value, &secrets) {
                refusal.set(Some(why));
                return;
            }
            refusal.set(None);
            field.set_value("");
            desk.act(match take_value(&value) {
                Some(value) => Act::SetValue { app: app.clone(), key, policy: Some(*policy), value },
                None => Act::SetPolicy { app: app.clone(), key, policy: *policy, value: None },
            });
        })
    };
    let wrong_name = matches!(*refusal, Some(Refusal::Name | Refusal::Policy(..)));
    html! {
        <form class="addrow" {onsubmit}>
            <input
                class={classes!("field", "mono", wrong_name.then_some("is-error"))}
                aria-label={words::NAME}
                aria-invalid={wrong_name.then_some("true")}
                placeholder={words::NAME_EXAMPLE}
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-testid="add-name"
                data-first=""
                ref={name}
            />
            <PolicyToggle
                label={words::policy_for(words::THE_NEW_SECRET)}
                policy={*policy}
                testid="add-policy"
                on_choose={let policy = policy.clone(); Callback::from(move |chosen| policy.set(chosen))}
            />
            <input
                class={classes!("field", (*refusal == Some(Refusal::NoValue)).then_some("is-error"))}
                type="password"
                aria-label={words::VALUE}
                placeholder={words::VALUE}
                autocomplete="off"
                spellcheck="false"
                data-testid="add-value"
                ref={value}
            />
            <button
                type="submit"
                class={classes!("btn", props.primary.then_some("btn-primary"))}
                data-testid="add-submit"
                aria-disabled={busy.then_some("true")}
            >
                {words::ADD}
            </button>
            if let Some(why) = &*refusal {
                <p class="err" role="alert" data-testid="error" data-code={why.code()}>{why.says()}</p>
            }
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::secret;

    #[test]
    fn a_name_is_one_that_floom_takes() {
        for name in ["A", "OPENAI_API_KEY", "S3", "A__1"] {
            assert!(is_name(name), "{name} is a name");
        }
        for name in ["", "1A", "_A", "openai", "A-B", "A B", "É", "A\n"] {
            assert!(!is_name(name), "{name:?} is none");
        }
    }

    #[test]
    fn a_policy_is_never_switched_by_adding() {
        let secrets = [secret("STRIPE_SECRET_KEY", Policy::User)];
        let wanted = check("STRIPE_SECRET_KEY", Policy::Creator, true, &secrets);
        let refused = Refusal::Policy("STRIPE_SECRET_KEY".into(), Policy::User);
        assert_eq!(wanted, Err(refused), "the switch is asked in its row");
        assert_eq!(
            check("NEW_KEY", Policy::Creator, false, &secrets),
            Err(Refusal::NoValue),
            "creator vault needs a value"
        );
        assert_eq!(check("NEW_KEY", Policy::User, false, &secrets), Ok(()), "user vault does not");
    }
}
