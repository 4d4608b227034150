//! The question or the notice in a row; at most one.

use floom_protocol::Failure;
use floom_protocol::command::Choice;
use floom_protocol::view::{AppRef, Prompt, SecretView, SyncView};
use floom_secret::Policy;
use jiff::Timestamp;
use yew::prelude::*;

use super::icon::icon;
use super::moments::{Ring, Until};
use super::value_form::{Typed, ValueForm};
use crate::act::Act;
use crate::desk::Desk;
use crate::state::{Ask, Msg};
use crate::time;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct RowPromptProps {
    pub(super) desk: Desk,
    pub(super) app: AppRef,
    pub(super) secret: SecretView,
    /// What the creator's own act asks; it comes before what the agent asks.
    pub(super) ask: Option<Ask>,
    pub(super) busy: bool,
    /// Whether Floom keeps a replaced value for a grace.
    pub(super) overlap: bool,
}

impl RowPromptProps {
    /// What becomes of the old value.
    fn replaces(&self) -> &'static str {
        if self.overlap { words::OVERLAP } else { words::NO_OVERLAP }
    }
}

/// What the creator began comes first, then what was not sent, then what the agent asks.
#[component]
pub(super) fn RowPrompt(props: &RowPromptProps) -> Html {
    let ended = use_state(|| None::<Timestamp>);
    let asked = match props.ask {
        Some(Ask::Policy(Policy::User)) => Some(to_user(props)),
        Some(Ask::Policy(Policy::Creator)) => Some(to_creator(props)),
        Some(Ask::Value) => Some(new_value(props)),
        None => None,
    };
    let told = || match (&props.secret.sync, &props.secret.prompt) {
        (SyncView::NotSent { failure, retry_at }, _) => not_sent(props, failure, *retry_at),
        (_, Some(Prompt::Conflict { file, line, removed_there, removes })) => {
            let here = words::conflict::here(file.as_deref(), *line, *removes, props.overlap);
            conflict(
                props,
                words::conflict::happened(file.as_deref(), *removed_there, *removes),
                &[
                    (words::conflict::there(*removed_there), "prompt-keep-floom", Choice::KeepFloom),
                    (here, "prompt-confirm", Choice::UseFile),
                ],
            )
        }
        (_, Some(Prompt::Changed { file, replaces, .. })) => changed(props, file, *replaces),
        (_, Some(Prompt::Rotated { until, overlap, .. }))
            if *ended != Some(*until) && time::seconds_left(time::now(), *until) > 0 =>
        {
            let ended = ended.clone();
            let until = *until;
            rotated(props, until, *overlap, Callback::from(move |()| ended.set(Some(until))))
        }
        (_, Some(Prompt::SetAside { file, line })) => set_aside(props, file, *line),
        (_, Some(Prompt::Exposed { file, commit, page })) => exposed(props, file, commit.as_deref(), page.as_deref()),
        (_, Some(Prompt::Old { days, page })) => old(props, *days, page.as_deref()),
        _ => Html::default(),
    };
    asked.unwrap_or_else(told)
}

fn testid(props: &RowPromptProps) -> String {
    format!("prompt-{}", props.secret.key)
}

fn answer(props: &RowPromptProps, choice: Choice) -> Callback<MouseEvent> {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    props.desk.on_act(move || Act::Answer { app: app.clone(), key: key.clone(), choice })
}

fn unask(props: &RowPromptProps) -> Callback<()> {
    let key = props.secret.key.clone();
    props.desk.on_tell(move || Msg::Unask(key.clone()))
}

/// What happens to those who run the app when they supply their own.
fn to_user(props: &RowPromptProps) -> Html {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    let switch = props.desk.on_act(move || Act::SetPolicy {
        app: app.clone(),
        key: key.clone(),
        policy: Policy::User,
        value: None,
    });
    html! {
        <div class="prompt" role="group" aria-label={words::POLICY_CHANGE} data-testid={testid(props)}>
            {icon("users", "")}
            <p class="say">{words::TO_USER}<small>{words::TO_USER_EFFECT}</small></p>
            <div class="do">
                <button class="btn btn-ghost" data-testid="prompt-cancel" onclick={unask(props).reform(|_| ())}>{words::CANCEL}</button>
                <button class="btn" data-testid="prompt-confirm" aria-disabled={props.busy.then_some("true")} onclick={switch}>
                    {words::SWITCH}
                </button>
            </div>
        </div>
    }
}

/// What happens to those who run the app when the creator supplies for them.
fn to_creator(props: &RowPromptProps) -> Html {
    let key = props.secret.key.as_str();
    let on_confirm = {
        let (desk, app, key) = (props.desk.clone(), props.app.clone(), props.secret.key.clone());
        Callback::from(move |typed: Typed| {
            desk.act(Act::SetPolicy {
                app: app.clone(),
                key: key.clone(),
                policy: Policy::Creator,
                value: typed.take(),
            });
        })
    };
    html! {
        <div class="prompt prompt-flip" role="group" aria-label={words::POLICY_CHANGE} data-testid={testid(props)}>
            {icon("users", "")}
            <div class="grow">
                <p class="q">{words::TO_CREATOR[0]}<span class="mono">{key}</span>{words::TO_CREATOR[1]}</p>
                <ul class="effects">{for words::TO_CREATOR_EFFECTS.iter().map(|effect| html! { <li>{*effect}</li> })}</ul>
                <ValueForm
                    key_name={key.to_owned()}
                    needed={props.secret.preview.is_none()}
                    hint={words::NEEDS_KEY}
                    confirm={words::SWITCH}
                    busy={props.busy}
                    {on_confirm}
                    on_cancel={unask(props)}
                />
            </div>
        </div>
    }
}

/// A value that the creator types.
fn new_value(props: &RowPromptProps) -> Html {
    let key = props.secret.key.as_str();
    let first = props.secret.sync == SyncView::Missing;
    let on_confirm = {
        let (desk, app, key) = (props.desk.clone(), props.app.clone(), props.secret.key.clone());
        Callback::from(move |typed: Typed| {
            if let Some(value) = typed.take() {
                desk.act(Act::SetValue { app: app.clone(), key: key.clone(), policy: None, value });
            }
        })
    };
    html! {
        <div class="prompt prompt-flip" role="group" aria-label={words::NEW_VALUE_GROUP} data-testid={testid(props)}>
            {icon("key", "")}
            <div class="grow">
                if first {
                    <p class="q">{words::NEEDS_KEY}</p>
                } else {
                    <p class="q">{words::ROTATE[0]}<span class="mono">{key}</span>{words::ROTATE[1]}</p>
                }
                <ul class="effects"><li>{if first { words::FAILS_UNTIL_SET } else { props.replaces() }}</li></ul>
                <ValueForm
                    key_name={key.to_owned()}
                    needed={true}
                    focus={true}
                    confirm={if first { words::SET_VALUE } else { words::ROTATE_NOW }}
                    busy={props.busy}
                    {on_confirm}
                    on_cancel={unask(props)}
                />
            </div>
        </div>
    }
}

fn changed(props: &RowPromptProps, file: &str, replaces: bool) -> Html {
    let (before, after) = words::changed(file, replaces);
    let (keep, take) = if replaces { (words::KEEP_OLD, words::ROTATE_NOW) } else { (words::NOT_NOW, words::USE_IT) };
    let disabled = props.busy.then_some("true");
    html! {
        <div class="prompt" role="group" aria-label={words::ROTATION} data-testid={testid(props)}>
            {icon("rotate", "")}
            <p class="say">
                {before}<span class="mono">{&props.secret.key}</span>{after}
                if replaces { <small>{props.replaces()}</small> }
            </p>
            <div class="do">
                <button class="btn btn-ghost" data-testid="prompt-cancel" aria-disabled={disabled} onclick={answer(props, Choice::KeepStored)}>
                    {keep}
                </button>
                <button class="btn btn-primary" data-testid="prompt-confirm" aria-disabled={disabled} onclick={answer(props, Choice::UseFile)}>
                    {take}
                </button>
            </div>
        </div>
    }
}

fn rotated(props: &RowPromptProps, until: Timestamp, overlap: bool, on_end: Callback<()>) -> Html {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    let undo = props.desk.on_act(move || Act::Undo { app: app.clone(), key: key.clone() });
    html! {
        <div class="prompt" role="group" aria-label={words::ROTATION_IN_PROGRESS} data-testid={testid(props)}>
            <Ring {until} {on_end} />
            <p class="say">{words::rotated(overlap, &time::seconds(time::wall(until)))}<small>{words::OLD_RUNS}</small></p>
            <div class="do">
                <button class="btn" data-testid="undo" aria-disabled={props.busy.then_some("true")} onclick={undo}>
                    {icon("undo", "")}{words::UNDO}
                </button>
            </div>
        </div>
    }
}

/// Two sides, neither of which is proposed: two clocks cannot be compared.
fn conflict(props: &RowPromptProps, happened: String, sides: &[(words::conflict::Side, &'static str, Choice)]) -> Html {
    let side = |(side, testid, choice): &(words::conflict::Side, &'static str, Choice)| {
        html! {
            <div class="one-side">
                <div class="grow"><div class="l1">{&side.place}</div><div class="l2">{&side.known}</div></div>
                <button
                    class="btn"
                    data-testid={*testid}
                    aria-disabled={props.busy.then_some("true")}
                    onclick={answer(props, *choice)}
                >
                    {&side.pick}
                </button>
            </div>
        }
    };
    html! {
        <div class="prompt prompt-danger prompt-two" role="group" aria-label={words::CONFLICT} data-testid={testid(props)}>
            <div class="head">{icon("conflict", "")}<p class="say">{happened}</p></div>
            <div class="sides">{for sides.iter().map(side)}</div>
        </div>
    }
}

fn set_aside(props: &RowPromptProps, file: &str, line: u32) -> Html {
    html! {
        <div class="prompt prompt-calm" role="group" aria-label={words::SET_ASIDE} data-testid={testid(props)}>
            {icon("undo", "")}
            <p class="say">{words::STILL_SET_ASIDE}<small>{words::ignored(line, file)}</small></p>
            <div class="do">
                <button
                    class="btn"
                    data-testid="prompt-confirm"
                    aria-disabled={props.busy.then_some("true")}
                    onclick={answer(props, Choice::UseFile)}
                >
                    {words::USE_FILES}
                </button>
            </div>
        </div>
    }
}

fn exposed(props: &RowPromptProps, file: &str, commit: Option<&str>, page: Option<&str>) -> Html {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    let accept = props.desk.on_act(move || Act::AcceptExposure { app: app.clone(), key: key.clone() });
    let rotate = {
        let key = props.secret.key.clone();
        props.desk.on_tell(move || Msg::Ask(key.clone(), Ask::Value))
    };
    html! {
        <div class="prompt prompt-danger" role="group" aria-label={words::EXPOSED} data-testid={testid(props)}>
            {icon("warn", "")}
            <p class="say">
                {words::stands_in_git(file, commit)}
                <small>{words::EXPOSED_MEANS}{words::make_a_new_one(page, from_file(props))}</small>
            </p>
            <div class="do">
                <button class="btn btn-ghost" data-testid="prompt-accept" aria-disabled={props.busy.then_some("true")} onclick={accept}>
                    {words::IT_MAY}
                </button>
                <button class="btn" data-testid="prompt-confirm" aria-disabled={props.busy.then_some("true")} onclick={rotate}>
                    {words::SET_ANOTHER}
                </button>
            </div>
        </div>
    }
}

fn from_file(props: &RowPromptProps) -> bool {
    props.secret.source.as_ref().is_some_and(|source| source.folder.is_some())
}

fn old(props: &RowPromptProps, days: u32, page: Option<&str>) -> Html {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    let later = props.desk.on_act(move || Act::RemindLater { app: app.clone(), key: key.clone() });
    let from_file = from_file(props);
    html! {
        <div class="prompt prompt-calm" role="group" aria-label={words::AGE} data-testid={testid(props)}>
            {icon("bell", "")}
            <p class="say">
                <span class="mono">{&props.secret.key}</span>{words::days_old(days)}
                <small>{words::make_a_new_one(page, from_file)}</small>
            </p>
            <div class="do">
                <button class="btn" data-testid="prompt-later" aria-disabled={props.busy.then_some("true")} onclick={later}>
                    {words::REMIND_LATER}
                </button>
            </div>
        </div>
    }
}

fn not_sent(props: &RowPromptProps, failure: &Failure, retry_at: Option<Timestamp>) -> Html {
    let (app, key) = (props.app.clone(), props.secret.key.clone());
    let trust = props.desk.on_act(move || Act::TrustKey { app: app.clone(), key: key.clone() });
    html! {
        <div
            class="prompt prompt-danger"
            role="group"
            aria-label={words::NOT_SENT_GROUP}
            data-testid={testid(props)}
            data-code={failure.code.clone()}
        >
            {icon("x", "")}
            <p class="say">
                {&failure.message}
                <small>
                    {format!("{} ", failure.kept)}
                    if let Some(until) = retry_at {
                        <Until {until} says={Callback::from(words::next_try)} />
                    } else {
                        {&failure.next}
                    }
                </small>
            </p>
            if failure.code == "sealing_key_changed" {
                <div class="do">
                    <button class="btn" data-testid="prompt-trust" aria-disabled={props.busy.then_some("true")} onclick={trust}>
                        {words::TRUST_KEY}
                    </button>
                </div>
            } else if retry_at.is_some() {
                <div class="do">
                    <button class="btn" data-testid="prompt-confirm" onclick={props.desk.on_act(|| Act::Sync)}>{words::TRY_AGAIN}</button>
                </div>
            }
        </div>
    }
}
