//! A vault that opens with a passphrase, where there is no keychain: chosen in so many words.

use floom_secret::SecretValue;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::sheet::Sheet;
use super::value_form::take_value;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

/// The fewest characters of a passphrase; the agent has the last word.
const SHORTEST: usize = 12;

/// Why a passphrase is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Short,
    Different,
}

impl Refusal {
    /// The refusal in words.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Short => words::PASSPHRASE_SHORT,
            Self::Different => words::PASSPHRASES_DIFFER,
        }
    }
}

/// Whether a passphrase that was typed twice can be one.
pub(super) fn check(typed: &SecretValue, again: &SecretValue) -> Result<(), Refusal> {
    if typed.expose().chars().count() < SHORTEST {
        return Err(Refusal::Short);
    }
    if typed == again { Ok(()) } else { Err(Refusal::Different) }
}

/// Takes the passphrase out of its two fields. Where it is refused, both keep what was typed.
pub(super) fn take_twice(field: &NodeRef, again: &NodeRef) -> Result<Option<SecretValue>, Refusal> {
    let typed = |field: &NodeRef| {
        SecretValue::new(field.cast::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default())
    };
    check(&typed(field), &typed(again))?;
    drop(take_value(again));
    Ok(take_value(field))
}

#[derive(Properties, PartialEq)]
pub(super) struct PassphraseFieldsProps {
    pub(super) field: NodeRef,
    pub(super) again: NodeRef,
    pub(super) refusal: Option<Refusal>,
    #[prop_or_default]
    pub(super) first: bool,
}

/// The passphrase and the passphrase again.
#[component]
pub(super) fn PassphraseFields(props: &PassphraseFieldsProps) -> Html {
    let wrong = |refusal| props.refusal == Some(refusal);
    let field = |wrong: bool| classes!("field", wrong.then_some("is-error"));
    html! {
        <>
            <div>
                <label class="lab" for="pass-1">{words::PASSPHRASE}</label>
                <input
                    class={field(wrong(Refusal::Short))}
                    id="pass-1"
                    type="password"
                    autocomplete="new-password"
                    aria-describedby="pass-says"
                    aria-invalid={wrong(Refusal::Short).then_some("true")}
                    data-first={props.first.then_some("")}
                    data-testid="passphrase"
                    ref={props.field.clone()}
                />
            </div>
            <div>
                <label class="lab" for="pass-2">{words::PASSPHRASE_AGAIN}</label>
                <input
                    class={field(wrong(Refusal::Different))}
                    id="pass-2"
                    type="password"
                    autocomplete="new-password"
                    aria-invalid={wrong(Refusal::Different).then_some("true")}
                    data-testid="passphrase-again"
                    ref={props.again.clone()}
                />
            </div>
            <p class={classes!("span", if props.refusal.is_some() { "err" } else { "hint" })} id="pass-says" role="status" data-testid="passphrase-says">
                {props.refusal.map_or(words::PASSPHRASE_RULE, Refusal::says)}
            </p>
        </>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct PassphraseSheetProps {
    pub(super) desk: Desk,
    pub(super) busy: bool,
}

/// What a passphrase means, and its two fields.
#[component]
pub(super) fn PassphraseSheet(props: &PassphraseSheetProps) -> Html {
    let (field, again) = (use_node_ref(), use_node_ref());
    let refusal = use_state(|| None::<Refusal>);
    let busy = props.busy;
    let onsubmit = {
        let (desk, field, again, refusal) = (props.desk.clone(), field.clone(), again.clone(), refusal.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if busy {
                return;
            }
            match take_twice(&field, &again) {
                Ok(passphrase) => {
                    refusal.set(None);
                    desk.act(Act::MakeVault { passphrase });
                }
                Err(why) => refusal.set(Some(why)),
            }
        })
    };
    let says = html! { <p>{words::PASSPHRASE_SAYS}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::PASSPHRASE_TITLE} {says} narrow={true} testid="passphrase-sheet">
            <form class="aff" id="passphrase-form" {onsubmit}>
                <ul class="effects span">{for words::PASSPHRASE_EFFECTS.iter().map(|effect| html! { <li>{*effect}</li> })}</ul>
                <PassphraseFields {field} {again} refusal={*refusal} first={true} />
            </form>
            <div class="sheet-foot">
                <span class="grow"></span>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-primary" type="submit" form="passphrase-form" data-testid="passphrase-submit" aria-disabled={busy.then_some("true")}>
                    {words::MAKE_VAULT}
                </button>
            </div>
        </Sheet>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_long_enough_and_typed_twice() {
        let check =
            |typed: &str, again: &str| check(&SecretValue::new(typed.to_owned()), &SecretValue::new(again.to_owned()));
        assert_eq!(check("eleven char", "eleven char"), Err(Refusal::Short), "11 characters are too few");
        assert_eq!(check("twelve chars", "twelve chars"), Ok(()), "12 are enough");
        assert_eq!(check("zwölf Zeiche", "zwölf Zeiche"), Ok(()), "characters are counted, not bytes");
        assert_eq!(check("twelve chars", "twelve charz"), Err(Refusal::Different), "a slip is told");
    }
}
