//! The rail: apps, watched files, the connection, the vault.

use floom_protocol::view::{AppView, ConnectionState, ConnectionView, LinkView, Snapshot};
use yew::prelude::*;

use super::icon::icon;
use super::kit_sheet;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::{Layer, Msg, State};
use crate::words;

/// Everything that can be chosen to look at.
pub(super) fn rail(state: &State, snapshot: &Snapshot, desk: &Desk) -> Html {
    html! {
        <nav class="rail" aria-label={words::RAIL}>
            <div class="brand" data-tauri-drag-region="">
                <span class="mark" aria-hidden="true">{"F"}</span>{words::PRODUCT}
                <button class="icon-btn rail-close" aria-label={words::CLOSE_RAIL} onclick={desk.on_tell(|| Msg::ToggleRail)}>
                    {icon("x", "")}
                </button>
            </div>
            <div class="rail-body">
                {apps(state, snapshot, desk)}
                {files(state, snapshot, desk)}
                {connections(state, snapshot, desk)}
                {vault(snapshot, desk)}
            </div>
            <div class="rail-foot foot">
                <button
                    class="rail-item"
                    title={words::LOCK_TITLE}
                    aria-keyshortcuts="Control+L"
                    data-testid="vault-state"
                    aria-disabled={state.is_busy(&Task::Vault).then_some("true")}
                    onclick={desk.on_act(|| Act::Lock)}
                >
                    {icon("unlock", "")}{words::vault_unlocked(&snapshot.keychain.name)}
                </button>
            </div>
        </nav>
    }
}

/// The recovery kit and the doctor.
fn vault(snapshot: &Snapshot, desk: &Desk) -> Html {
    let (says, warns) = kit_sheet::standing(snapshot.recovery.as_ref(), snapshot.now);
    let there = snapshot.recovery.is_some();
    html! {
        <section class="rail-sec" aria-labelledby="r-vault">
            <div class="rail-head"><h2 class="eyebrow" id="r-vault">{words::VAULT}</h2></div>
            <button
                class="rail-item rail-tool"
                aria-haspopup="dialog"
                data-testid="recovery-kit"
                onclick={desk.on_tell(move || Msg::Open(if there { Layer::Kit } else { Layer::NewKit(None) }))}
            >
                {icon("key", "")}<span class="rail-name">{words::RECOVERY_KIT}</span>
                <span class={classes!("end", warns.then_some("warn-text"))} data-testid="kit-standing">{says}</span>
            </button>
            <button
                class="rail-item rail-tool"
                aria-haspopup="dialog"
                data-testid="open-doctor"
                onclick={desk.on_tell(|| Msg::Open(Layer::Doctor))}
            >
                {icon("info", "")}<span class="rail-name">{words::DOCTOR}</span>
            </button>
        </section>
    }
}

fn apps(state: &State, snapshot: &Snapshot, desk: &Desk) -> Html {
    let shown = state.app();
    let connected = snapshot.connections.iter().any(|connection| connection.state == ConnectionState::Connected);
    html! {
        <section class="rail-sec" aria-labelledby="r-apps">
            <div class="rail-head"><h2 class="eyebrow" id="r-apps">{words::APPS}</h2></div>
            if snapshot.apps.is_empty() {
                <p class="rail-empty">{if connected { words::NO_APPS_HERE } else { words::NO_APPS }}</p>
            }
            <ul>{for snapshot.apps.iter().map(|app| self::app(app, shown == Some(app), desk))}</ul>
        </section>
    }
}

fn app(app: &AppView, on: bool, desk: &Desk) -> Html {
    let (connection, slug) = (app.connection.clone(), app.slug.clone());
    let initial: String = app.name.chars().next().map(|first| first.to_lowercase().collect()).unwrap_or_default();
    let missing = app.missing.len();
    html! {
        <li key={format!("{connection}/{slug}")}>
            <button
                class={classes!("rail-item", on.then_some("is-on"))}
                aria-current={on.then_some("page")}
                data-testid={format!("app-{slug}")}
                onclick={desk.on_tell(move || Msg::Show { connection: connection.clone(), slug: slug.clone() })}
            >
                <span class="tile" aria-hidden="true">{initial}</span><span class="rail-name">{&app.name}</span>
                if missing > 0 {
                    <span class="end">
                        <span class="count-dot">{missing}<span class="sr">{words::missing_aloud(missing)}</span></span>
                    </span>
                }
            </button>
        </li>
    }
}

fn files(state: &State, snapshot: &Snapshot, desk: &Desk) -> Html {
    html! {
        <section class="rail-sec" aria-labelledby="r-files">
            <div class="rail-head">
                <h2 class="eyebrow" id="r-files">{words::WATCHED_FILES}</h2>
                if !snapshot.links.is_empty() { <span class="rail-note">{words::AUTO_SYNC}</span> }
            </div>
            if snapshot.links.is_empty() { <p class="rail-empty">{words::NO_FILES}</p> }
            <ul>{for snapshot.links.iter().enumerate().map(|(number, link)| file(number, link, state, desk))}</ul>
            <button
                class="rail-item rail-plus"
                data-testid="watch-file"
                aria-disabled={state.is_busy(&Task::Preview).then_some("true")}
                onclick={desk.on_act(|| Act::ChooseFile { app: None })}
            >
                {icon("plus", "")}{words::WATCH_A_FILE}
            </button>
        </section>
    }
}

fn file(number: usize, link: &LinkView, state: &State, desk: &Desk) -> Html {
    let (name, class, says) = words::link(&link.state);
    let busy = state.is_busy(&Task::Link(link.id.clone()));
    let (id, auto) = (link.id.clone(), link.auto);
    let (path, app) = (
        link.path.clone(),
        floom_protocol::view::AppRef { connection: Some(link.connection.clone()), slug: link.app.clone() },
    );
    html! {
        <li class="wfile" key={link.id.clone()} data-testid={format!("link-{number}")}>
            <button
                class="path"
                title={link.path.clone()}
                aria-label={words::look_at(&link.file)}
                data-testid="link-path"
                onclick={desk.on_act(move || Act::PreviewFile { path: path.clone(), app: Some(app.clone()) })}
            >
                {&link.file}
            </button>
            <span class="what" data-testid="link-state">{icon(name, class)}{says}</span>
            <button
                class="switch"
                role="switch"
                aria-checked={link.auto.to_string()}
                aria-label={words::auto_sync_of(&link.file)}
                aria-disabled={busy.then_some("true")}
                data-testid="link-switch"
                onclick={desk.on_act(move || Act::SetAuto { link: id.clone(), auto: !auto })}
            ></button>
        </li>
    }
}

fn connections(state: &State, snapshot: &Snapshot, desk: &Desk) -> Html {
    html! {
        <section class="rail-sec" aria-labelledby="r-conn">
            <div class="rail-head"><h2 class="eyebrow" id="r-conn">{words::CONNECTION}</h2></div>
            <div role="radiogroup" aria-labelledby="r-conn">
                {for snapshot.connections.iter().map(|connection| self::connection(connection, state, desk))}
            </div>
            <button
                class="rail-item rail-plus"
                aria-haspopup="dialog"
                data-testid="connect-another"
                onclick={desk.on_tell(|| Msg::Open(Layer::Connect))}
            >
                {icon("plus", "")}{words::CONNECT_ANOTHER}
            </button>
        </section>
    }
}

fn connection(connection: &ConnectionView, state: &State, desk: &Desk) -> Html {
    let (mark, word) = words::connection(&connection.state, connection.local);
    let on = connection.shown && connection.state != ConnectionState::NotRunning;
    let starts = connection.local && connection.state == ConnectionState::NotRunning;
    let id = connection.id.clone();
    let choose = desk.on_act(move || if starts { Act::StartLocal } else { Act::ShowConnection(id.clone()) });
    let testid = if connection.local { "connection-local".to_owned() } else { format!("connection-{}", connection.id) };
    let warns = matches!(connection.state, ConnectionState::Offline { .. } | ConnectionState::Refused { .. });
    html! {
        <button
            class="rail-item"
            role="radio"
            key={connection.id.clone()}
            aria-checked={on.to_string()}
            aria-disabled={state.is_busy(&Task::Connection).then_some("true")}
            data-testid={testid}
            onclick={choose}
        >
            <span class="radio"></span><span class="rail-name">{&connection.label}</span>
            <span class={classes!("end", warns.then_some("warn-text"))}>
                {for mark.map(|(name, class)| html! { <span class={class}>{icon(name, "ic-14")}</span> })}
                {word}
            </span>
        </button>
    }
}
