//! The table of secrets.

use floom_protocol::view::AppView;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use super::focus::focus;
use super::icon::icon;
use super::row::{Row, neighbour};
use crate::act::Task;
use crate::desk::Desk;
use crate::state::{State, app_ref};
use crate::words;

/// A head and one row for each secret; Up and Down move between rows.
pub(super) fn table(app: &AppView, state: &State, desk: &Desk) -> Html {
    if app.secrets.is_empty() {
        return html! {
            <div class="card table empty">
                {icon("key", "ic-20")}
                <p><b>{words::declares_none(&app.name)}</b></p>
                <p class="muted">{words::ADD_ONE_BELOW}</p>
            </div>
        };
    }
    let head = |word: &'static str| html! { <span class="eyebrow" role="columnheader">{word}</span> };
    html! {
        <div class="card table" role="table" aria-label={words::secrets_of(&app.name)} onkeydown={Callback::from(move_between_rows)}>
            <div class="thead" role="row">
                {head(words::SECRET_NAME)}
                {head(words::POLICY)}
                {head(words::LAST_USED)}
                <span class="eyebrow" role="columnheader"><span class="c-sync">{words::SYNC}</span></span>
                <span role="columnheader"><span class="sr">{words::ACTIONS}</span></span>
            </div>
            {for app.secrets.iter().map(|secret| html! {
                <Row
                    key={format!("{}/{}/{}", app.connection, app.slug, secret.key)}
                    {desk}
                    app={app_ref(app)}
                    secret={secret.clone()}
                    ask={state.asks.get(&secret.key).copied()}
                    busy={state.is_busy(&Task::Row(secret.key.clone()))}
                    overlap={state.connection().is_some_and(|connection| connection.overlap)}
                />
            })}
        </div>
    }
}

fn move_between_rows(event: KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    if target.dyn_ref::<HtmlInputElement>().is_some() {
        return;
    }
    if let Some(element) = neighbour(&target, down) {
        event.prevent_default();
        focus(element);
    }
}
