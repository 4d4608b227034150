//! The one bar over the page: what stands in the way, the gravest first.

use floom_protocol::Failure;
use floom_protocol::view::{AppRef, ConnectionState, LinkState, LinkView};
use jiff::Timestamp;
use web_sys::Element;
use yew::prelude::*;

use super::focus::focus_first;
use super::icon::icon;
use super::moments::Until;
use super::width::is_narrow;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::{Layer, Msg, State};
use crate::time;
use crate::words;

/// What a bar says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notice {
    /// The agent does not answer.
    Lost(Failure),
    /// Floom does not take the key.
    Refused(Failure),
    /// Something about the vault that the creator must know.
    Vault { failure: Failure, good_copy: bool },
    /// Runs will fail.
    Missing(Vec<String>),
    /// A brake holds a watched file.
    Brake { link: String, path: String, app: AppRef, brake: String, long: String },
    /// A watched file is not there any more.
    Gone { file: String, path: String },
    /// A watched file cannot be read.
    Unreadable { file: String, failure: Failure, last_read: Option<Timestamp> },
    /// Floom does not answer.
    Offline { code: String, waiting: u32, retry_at: Option<Timestamp> },
}

/// Everything that could be said over the page, the gravest first.
pub(super) fn notices(state: &State) -> Vec<Notice> {
    let mut notices: Vec<Notice> = state.lost.clone().map(Notice::Lost).into_iter().collect();
    let Some(snapshot) = &state.snapshot else { return notices };
    let connection = state.connection().map(|connection| &connection.state);
    if let Some(ConnectionState::Refused { failure }) = connection {
        notices.push(Notice::Refused(failure.clone()));
    }
    let good_copy = snapshot.good_copy.is_some();
    notices.extend(snapshot.notices.iter().cloned().map(|failure| Notice::Vault { failure, good_copy }));
    if let Some(app) = state.app().filter(|app| !app.missing.is_empty()) {
        notices.push(Notice::Missing(app.missing.clone()));
    }
    notices.extend(snapshot.links.iter().filter_map(of_link));
    if let Some(ConnectionState::Offline { failure, retry_at }) = connection {
        notices.push(Notice::Offline { code: failure.code.clone(), waiting: snapshot.waiting, retry_at: *retry_at });
    }
    notices
}

/// What a watched file needs the creator for.
fn of_link(link: &LinkView) -> Option<Notice> {
    let file = link.file.clone();
    match &link.state {
        LinkState::Paused { brake, long, .. } => Some(Notice::Brake {
            link: link.id.clone(),
            path: link.path.clone(),
            app: AppRef { connection: Some(link.connection.clone()), slug: link.app.clone() },
            brake: brake.clone(),
            long: long.clone(),
        }),
        LinkState::Gone => Some(Notice::Gone { file, path: link.path.clone() }),
        LinkState::CannotRead { failure, last_read } => {
            Some(Notice::Unreadable { file, failure: failure.clone(), last_read: *last_read })
        }
        _ => None,
    }
}

impl Notice {
    /// Whether its button is the one that is filled.
    pub(super) fn is_primary(&self) -> bool {
        !matches!(self, Self::Vault { .. } | Self::Missing(_) | Self::Gone { .. } | Self::Unreadable { .. })
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct BarProps {
    pub(super) desk: Desk,
    pub(super) notices: Vec<Notice>,
}

/// One notice; where several stand in the way, a button shows the next.
#[component]
pub(super) fn Bar(props: &BarProps) -> Html {
    let turn = use_state(|| 0_usize);
    let Some(notice) = props.notices.get(*turn % props.notices.len().max(1)) else { return Html::default() };
    let others = props.notices.len() - 1;
    let next = (others > 0).then(|| {
        let turn = turn.clone();
        html! {
            <button class="btn btn-sm btn-ghost" aria-label={words::NEXT_BAR} onclick={Callback::from(move |_| turn.set(*turn + 1))}>
                {words::more_bars(others)}
            </button>
        }
    });
    let (class, name, code, says, buttons) = match notice {
        Notice::Lost(failure) => (
            "notice-bad",
            "x",
            Some(failure.code.clone()),
            html! { <><b>{&failure.message}</b>{format!(" {} {}", failure.kept, failure.next)}</> },
            button(words::TRY_AGAIN, true, props.desk.on_act(|| Act::Refresh)),
        ),
        Notice::Refused(failure) => (
            "notice-bad",
            "x",
            Some(failure.code.clone()),
            html! { <><b>{&failure.message}</b>{format!(" {}", failure.kept)}</> },
            button(words::ANOTHER_KEY, true, props.desk.on_tell(|| Msg::Open(Layer::Connect))),
        ),
        Notice::Vault { failure, good_copy } => vault(failure, *good_copy, &props.desk),
        Notice::Missing(keys) => missing(keys, &props.desk),
        Notice::Brake { link, path, app, brake, long } => {
            let (link, path, app) = (link.clone(), path.clone(), app.clone());
            let look = props.desk.on_act(move || Act::PreviewFile { path: path.clone(), app: Some(app.clone()) });
            let resume = props.desk.on_act(move || Act::Resume { link: link.clone() });
            (
                "notice-warn",
                "pause",
                Some(brake.clone()),
                html! { <><b>{long}</b>{words::PAUSED_RULE}</> },
                html! { <>{button(words::RESUME, false, resume)}{button(words::LOOK, true, look)}</> },
            )
        }
        Notice::Gone { file, path } => {
            let path = path.clone();
            let unlink = props.desk.on_act(move || Act::Unlink { path: path.clone() });
            (
                "notice-warn",
                "file",
                Some("file_gone".to_owned()),
                html! { <><b>{words::gone(file)}</b>{words::KEYS_STAY}</> },
                button(words::STOP_WATCHING, false, unlink),
            )
        }
        Notice::Unreadable { file, failure, last_read } => {
            let last = last_read.map(|at| words::last_read(&time::minutes(time::wall(at))));
            (
                "notice-warn",
                "file",
                Some(failure.code.clone()),
                html! { <><b>{words::cannot_read(file)}</b>{for last}</> },
                button(words::CHOOSE_AGAIN, false, props.desk.on_act(|| Act::ChooseFile { app: None })),
            )
        }
        Notice::Offline { code, waiting, retry_at } => {
            let waiting = *waiting;
            let says = match retry_at {
                Some(until) => {
                    let says = Callback::from(move |left| words::offline(waiting, Some(left).filter(|left| *left > 0)));
                    html! { <Until until={*until} {says} /> }
                }
                None => html! { {words::offline(waiting, None)} },
            };
            (
                "notice-calm",
                "cloud-off",
                Some(code.clone()),
                html! { <><b>{words::OFFLINE}</b>{says}</> },
                button(words::RETRY, true, props.desk.on_act(|| Act::Sync)),
            )
        }
    };
    html! {
        <div class={classes!("notice", class)} role="status" data-testid="bar" data-code={code}>
            {icon(name, "")}
            <span>{says}</span>
            <div class="do">{for next}{buttons}</div>
        </div>
    }
}

fn button(says: &'static str, primary: bool, onclick: Callback<MouseEvent>) -> Html {
    html! { <button class={classes!("btn", "btn-sm", primary.then_some("btn-primary"))} {onclick}>{says}</button> }
}

type Look = (&'static str, &'static str, Option<String>, Html, Html);

/// What was found out about the vault, and the creator's answer where one is needed.
fn vault(failure: &Failure, good_copy: bool, desk: &Desk) -> Look {
    let answer = |says: &'static str, act: fn() -> Act| {
        html! { <button class="btn btn-sm" data-testid="notice-accept" onclick={desk.on_act(act)}>{says}</button> }
    };
    let buttons = match failure.code.as_str() {
        "vault_rolled_back" | "vault_anchor_foreign" => answer(words::ACCEPT_OLDER, || Act::AcceptOlder),
        "vault_restored" => answer(words::ACCEPT_RESTORED, || Act::AcceptRestored),
        "vault_damaged" if good_copy => answer(words::TO_GOOD_COPY, || Act::RestoreGoodCopy),
        _ => Html::default(),
    };
    let says = html! { <><b>{&failure.message}</b>{format!(" {} {}", failure.kept, failure.next)}</> };
    ("notice-warn", "warn", Some(failure.code.clone()), says, buttons)
}

fn missing(keys: &[String], desk: &Desk) -> Look {
    let says = match keys {
        [key] => html! { <><b class="mono key12">{key}</b>{words::missing_bar(1)}</> },
        _ => html! { {words::missing_bar(keys.len())} },
    };
    let first = keys.first().cloned().unwrap_or_default();
    let buttons = if keys.len() == 1 {
        let desk = desk.clone();
        let set = Callback::from(move |_| {
            if is_narrow() {
                desk.tell(Msg::Open(Layer::Add));
            }
            desk.tell(Msg::Prefill(first.clone()));
        });
        button(words::SET_IT_BELOW, false, set)
    } else {
        let show = Callback::from(move |_| {
            if let Some(body) = page() {
                focus_first(&body, &format!("[data-testid=\"row-{first}\"] .seg-opt[tabindex=\"0\"]"));
            }
        });
        button(words::SHOW, false, show)
    };
    ("notice-warn", "warn", Some("secret_missing".to_owned()), says, buttons)
}

fn page() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}
