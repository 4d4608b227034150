//! What stops the vault: what was found, what to do, and a report that can be copied.

use floom_protocol::Failure;
use floom_protocol::view::{Check, DoctorView};
use yew::prelude::*;

use super::full_view::FullView;
use super::icon::icon;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::{Layer, Msg};
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct DoctorProps {
    pub(super) desk: Desk,
    /// What stops the vault; none where the creator only looks.
    pub(super) failure: Option<Failure>,
    /// What was looked at; none until it was.
    pub(super) found: Option<DoctorView>,
    pub(super) busy: bool,
    /// Whether the agent answers, so that it can be asked what it finds.
    pub(super) agent: bool,
    /// Whether there is a last good copy of the vault's file.
    #[prop_or_default]
    pub(super) good_copy: bool,
    /// How many watched files wait.
    #[prop_or_default]
    pub(super) files: usize,
    #[prop_or_default]
    pub(super) inert: bool,
}

/// What the creator can do about it. The first one is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Look again.
    Again,
    /// Have the system ask for the keychain's password.
    Unlock,
    /// Take back the system's password window.
    Cancel,
    /// Put the last good copy in the damaged file's place.
    GoodCopy,
    /// Open the vault with the recovery kit.
    Kit,
    /// Make a vault that needs no keychain.
    Passphrase,
    /// Make a new vault; the old one is kept.
    Anew,
}

impl Way {
    /// The ways out of what has this code.
    pub(super) fn out_of(code: &str) -> &'static [Self] {
        use Way::{Again, Anew, Cancel, GoodCopy, Kit, Passphrase, Unlock};
        match code {
            "keychain_no_service" => &[Again, Kit, Passphrase],
            "keychain_locked" | "keychain_absent" => &[Unlock],
            "keychain_waiting" => &[Cancel],
            "keychain_dismissed" | "keychain_denied" | "keychain_timed_out" | "keychain_other" => &[Again, Kit],
            "keychain_foreign" | "vault_key_missing" | "vault_wrong_key" => &[Kit, Again, Anew],
            "vault_file_missing" => &[Again, Kit, Anew],
            "vault_damaged" => &[GoodCopy, Kit, Anew],
            _ => &[Again],
        }
    }
}

/// The cause in words, the checks, the cure and the code.
#[component]
pub(super) fn Doctor(props: &DoctorProps) -> Html {
    let desk = props.desk.clone();
    let code = props.failure.as_ref().map(|failure| failure.code.clone());
    use_effect_with((code, props.agent, props.busy), move |(code, agent, busy)| {
        // While the system's window is open the agent answers, and nothing else will end the wait.
        let waits = code.as_deref() == Some("keychain_waiting");
        if *agent && (!*busy || waits) {
            desk.act(Act::Doctor);
        }
    });
    let checks = props.found.as_ref().map(|found| found.checks.as_slice()).unwrap_or_default();
    let told = checks.iter().find(|check| !check.ok && check.cause.is_some());
    let foot = props.agent.then(|| ("pause", words::sync_paused(props.files))).filter(|_| props.failure.is_some());
    html! {
        <FullView desk={&props.desk} testid="doctor" {foot} inert={props.inert}>
            <div class="start"><div class="start-in">
                {head(props, told)}
                if !checks.is_empty() {
                    <h2 class="eyebrow cure-h">{words::WHAT_WAS_FOUND}</h2>
                    <ul class="card checks">
                        {for checks.iter().map(|check| self::check(check, told.is_some_and(|told| std::ptr::eq(told, check))))}
                    </ul>
                }
                if let Some(failure) = &props.failure {
                    <h2 class="eyebrow cure-h">{words::WHAT_TO_DO}</h2>
                    <ul class="card cure">
                        {for ways(props, failure).enumerate().map(|(number, way)| {
                            self::way(way, number == 0, failure, told.and_then(|told| told.cure.as_deref()), props)
                        })}
                    </ul>
                }
                {self::foot(props)}
            </div></div>
        </FullView>
    }
}

/// The ways out that there are.
fn ways(props: &DoctorProps, failure: &Failure) -> impl Iterator<Item = Way> {
    let good_copy = props.good_copy;
    Way::out_of(&failure.code).iter().copied().filter(move |way| *way != Way::GoodCopy || good_copy)
}

/// What happened and why; nothing that the agent did not say.
fn head(props: &DoctorProps, told: Option<&Check>) -> Html {
    match &props.failure {
        Some(failure) => {
            let cause = told.and_then(|told| told.cause.clone()).map(|cause| format!("{cause} ")).unwrap_or_default();
            html! {
                <>
                    <p class="eyebrow">{words::doctor(&failure.code)}</p>
                    <h1 id="full-title">{failure.message.trim_end_matches('.')}</h1>
                    <p class="lede" data-testid="doctor-cause">{cause}{&failure.kept}</p>
                </>
            }
        }
        None => {
            let well = props.found.as_ref().is_none_or(|found| found.checks.iter().all(|check| check.ok));
            html! {
                <>
                    <p class="eyebrow">{words::DOCTOR}</p>
                    <h1 id="full-title">{if well { words::ALL_WELL } else { words::VAULT_OPEN_BUT }}</h1>
                </>
            }
        }
    }
}

fn check(check: &Check, told: bool) -> Html {
    let (name, class) = if check.ok { ("check", "ok") } else { ("x", "bad") };
    let more = [&check.cause, &check.cure].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    html! {
        <li>
            {icon(name, class)}
            <span class="t">{&check.what}</span>
            <span class="s">{&check.found}if !told && !check.ok && !more.is_empty() { <small>{more}</small> }</span>
        </li>
    }
}

fn way(way: Way, first: bool, failure: &Failure, cure: Option<&str>, props: &DoctorProps) -> Html {
    let desk = &props.desk;
    let agent = props.agent;
    let again = desk.on_act(move || if agent { Act::Unlock { passphrase: None } } else { Act::Refresh });
    let (name, testid, says, more, button, onclick) = match way {
        Way::Again => ("rotate", "try-again", words::LOOK_AGAIN, "", words::TRY_AGAIN, again),
        Way::Unlock => {
            let unlock = desk.on_act(|| Act::Unlock { passphrase: None });
            ("unlock", "unlock", words::UNLOCK_KEYCHAIN, "", words::UNLOCK, unlock)
        }
        Way::Cancel => {
            ("clock", "cancel-unlock", words::ANSWER_WINDOW, "", words::CANCEL, desk.on_act(|| Act::CancelUnlock))
        }
        Way::GoodCopy => {
            let restore = desk.on_act(|| Act::RestoreGoodCopy);
            ("undo", "good-copy", words::TO_GOOD_COPY, words::DAMAGED_KEPT, words::GO_BACK, restore)
        }
        Way::Kit => {
            let more = match failure.code.as_str() {
                "keychain_no_service" => words::KIT_THEN_PASSPHRASE,
                "vault_file_missing" | "vault_damaged" => words::KIT_HAS_COPY,
                _ => words::KIT_GIVES_KEY,
            };
            let open = desk.on_tell(|| Msg::Open(Layer::UseKit));
            ("key", "use-kit", words::OR_USE_KIT, more, words::USE_KIT_ASKING, open)
        }
        Way::Passphrase => {
            let open = desk.on_tell(|| Msg::Open(Layer::Passphrase));
            let more = words::ONLY_WITHOUT_VAULT;
            ("lock", "use-passphrase", words::OR_PASSPHRASE, more, words::CHOOSE_PASSPHRASE, open)
        }
        Way::Anew => {
            let open = desk.on_tell(|| Msg::Open(Layer::StartAnew));
            ("plus", "start-anew", words::OR_ANEW, words::OLD_KEPT, words::START_ANEW_ASKING, open)
        }
    };
    let (says, more) = match (first, cure) {
        (true, _) if way == Way::GoodCopy => (says, Some(failure.next.as_str())),
        (true, cure) => {
            let next = failure.next.trim_end_matches('.');
            let cure = cure.filter(|cure| cure.trim_end_matches('.') != next);
            (next, cure.or((!more.is_empty()).then_some(more)))
        }
        (false, _) => (says, (!more.is_empty()).then_some(more)),
    };
    let sheet = matches!(way, Way::Kit | Way::Passphrase | Way::Anew);
    let waits = props.busy && way != Way::Cancel;
    html! {
        <li key={testid}>
            {icon(name, "")}
            <div class="grow"><p class="t">{says.to_owned()}</p>{for more.map(|more| html! { <p class="s">{more.to_owned()}</p> })}</div>
            <button
                class={classes!("btn", (first && way != Way::Cancel).then_some("btn-primary"))}
                data-first={first.then_some("")}
                data-testid={testid}
                aria-haspopup={sheet.then_some("dialog")}
                aria-disabled={waits.then_some("true")}
                {onclick}
            >
                {button}
            </button>
        </li>
    }
}

/// The code, the report, and the way back where nothing stops the vault.
fn foot(props: &DoctorProps) -> Html {
    let code = props.failure.as_ref().map(|failure| failure.code.clone());
    let report = props.found.as_ref().map(|found| words::report(props.failure.as_ref(), found));
    html! {
        <p class="doc-foot" data-testid="doctor-code" data-code={code.clone()}>
            {for code.map(|code| html! { <code class="ch">{code}</code> })}
            if let Some(report) = report {
                <span class="grow">{words::REPORT}</span>
                <button
                    class="btn btn-sm btn-ghost"
                    data-testid="copy-report"
                    onclick={props.desk.on_act(move || Act::CopyReport(report.clone()))}
                >
                    {icon("copy", "ic-14")}{words::COPY_REPORT}
                </button>
            }
            if props.failure.is_none() {
                <button class="btn" data-first="" data-testid="doctor-close" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>
                    {words::CLOSE}
                </button>
            }
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOPS: [&str; 14] = [
        "keychain_no_service",
        "keychain_locked",
        "keychain_absent",
        "keychain_waiting",
        "keychain_dismissed",
        "keychain_denied",
        "keychain_timed_out",
        "keychain_foreign",
        "keychain_other",
        "vault_key_missing",
        "vault_wrong_key",
        "vault_file_missing",
        "vault_damaged",
        "vault_newer",
    ];

    #[test]
    fn every_state_has_a_way_out_and_a_new_vault_is_never_the_first() {
        for code in STOPS {
            let ways = Way::out_of(code);
            assert!(
                ways.first().is_some_and(|way| *way != Way::Anew),
                "{code} begins with what keeps the vault: {ways:?}"
            );
        }
    }

    #[test]
    fn a_keychain_that_is_only_shut_is_no_reason_for_a_new_vault() {
        for code in STOPS.iter().filter(|code| code.starts_with("keychain_") && **code != "keychain_foreign") {
            assert!(!Way::out_of(code).contains(&Way::Anew), "{code} goes by without one");
        }
        let without_keychain: Vec<_> =
            STOPS.iter().filter(|code| Way::out_of(code).contains(&Way::Passphrase)).collect();
        assert_eq!(without_keychain, [&"keychain_no_service"], "a passphrase is for computers without a keychain");
    }
}
