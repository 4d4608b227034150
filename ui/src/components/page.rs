//! The page of one app's secrets.

use floom_protocol::view::{AppView, Prompt, SyncView};
use yew::prelude::*;

use super::add_form::AddForm;
use super::bar::{Bar, Notice};
use super::icon::icon;
use super::table::table;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::{Layer, Msg, State, app_ref};
use crate::words;

/// Bar, head, table, add form, foot.
pub(super) fn page(app: &AppView, notices: Vec<Notice>, state: &State, desk: &Desk) -> Html {
    let local = state.connection().is_some_and(|connection| connection.local);
    let overlap = state.connection().is_some_and(|connection| connection.overlap);
    let rotation = if overlap { words::ROTATION_OVERLAPS } else { words::ROTATION_REPLACES };
    let taken = state.layer.is_some() || notices.first().is_some_and(Notice::is_primary) || asks(app, state);
    html! {
        <main class="main" id="main">
            if !notices.is_empty() { <Bar {desk} {notices} /> }
            <div class="scroll"><div class="page">
                {head(app)}
                {table(app, state, desk)}
                <section aria-labelledby="add-title" class="wide-only">
                    <h2 class="eyebrow add-head" id="add-title">{words::ADD_TITLE}</h2>
                    <div class="card add">
                        if state.layer != Some(Layer::Add) { {add_form(app, state, !taken, desk)} }
                        {paste(app, local, state, desk)}
                    </div>
                </section>
            </div></div>
            <footer class="foot security wide-only">{icon("lock", "")}<p>{words::SECURITY}{rotation}</p></footer>
            {strip(state)}
            <div class="dock narrow-only">
                <button class={classes!("btn", "btn-lg", (!taken).then_some("btn-primary"))} onclick={desk.on_tell(|| Msg::Open(Layer::Add))}>
                    {icon("plus", "")}{words::ADD_A_SECRET}
                </button>
                <button class="btn btn-lg" onclick={paste_act(app, desk)}>{words::PASTE}</button>
            </div>
        </main>
    }
}

/// The form with the app's names in it.
pub(super) fn add_form(app: &AppView, state: &State, primary: bool, desk: &Desk) -> Html {
    html! {
        <AddForm
            key={format!("{}/{}", app.connection, app.slug)}
            {desk}
            app={app_ref(app)}
            secrets={app.secrets.clone()}
            prefill={state.prefill.clone()}
            {primary}
            busy={state.busy.clone()}
        />
    }
}

/// Whether a row asks something: then its button is the filled one.
fn asks(app: &AppView, state: &State) -> bool {
    !state.asks.is_empty()
        || app.secrets.iter().any(|secret| {
            matches!(secret.prompt, Some(Prompt::Changed { .. } | Prompt::Rotated { .. }))
                || matches!(secret.sync, SyncView::NotSent { .. })
        })
}

fn head(app: &AppView) -> Html {
    let missing = app.missing.len();
    let lacks = html! { <span class={(missing > 0).then_some("lacks")}>{words::missing(missing)}</span> };
    let configured = words::configured(app.configured);
    html! {
        <>
            <div class="page-head">
                <p class="eyebrow" data-testid="counts">
                    <span class="wide-only">{words::SECRETS}{" · "}</span>
                    {configured}
                    <span class={(missing == 0).then_some("wide-only")}>{" · "}{lacks}</span>
                </p>
                if let Some(url) = &app.url {
                    <span class="weblink wide-only">{url.trim_start_matches("https://")}</span>
                }
            </div>
            <h1><span class="wide-only">{words::TITLE}</span><span class="narrow-only">{words::SECRETS}</span></h1>
            <p class="lede wide-only">
                {words::LEDE[0]}<b>{words::CREATOR_VAULT}</b>
                {words::LEDE[1]}<b>{words::USER_VAULT}</b>
                {words::LEDE[2]}
                <span class="nowrap">{words::CIPHER}</span>{"."}
            </p>
            <div class="rule wide-only">
                {icon("info", "")}
                <p>
                    <b>{words::POLICY_RULE}</b>{words::RULE[0]}<code class="ch">{format!("/p/{}", app.slug)}</code>
                    {words::RULE[1]}
                </p>
            </div>
        </>
    }
}

fn paste_act(app: &AppView, desk: &Desk) -> Callback<MouseEvent> {
    let app = app_ref(app);
    desk.on_act(move || Act::Paste { app: Some(app.clone()) })
}

fn paste(app: &AppView, local: bool, state: &State, desk: &Desk) -> Html {
    let busy = state.is_busy(&Task::Preview).then_some("true");
    let chosen = app_ref(app);
    html! {
        <div class="paste" tabindex="0" role="group" aria-label={words::PASTE_HERE}>
            <div class="grow"><p class="eyebrow">{words::PASTE_TITLE}</p><p class="sub">{words::paste_says(local)}</p></div>
            <button
                class="btn"
                type="button"
                data-testid="choose-file"
                aria-disabled={busy}
                onclick={desk.on_act(move || Act::ChooseFile { app: Some(chosen.clone()) })}
            >
                {words::CHOOSE_FILE}
            </button>
            <button class="btn" type="button" data-testid="paste-env" aria-disabled={busy} onclick={paste_act(app, desk)}>
                {words::PASTE}<kbd>{words::CTRL_V}</kbd>
            </button>
        </div>
    }
}

fn strip(state: &State) -> Html {
    let Some(connection) = state.connection() else { return Html::default() };
    let (mark, _) = words::connection(&connection.state, connection.local);
    html! {
        <p class="strip narrow-only">
            <span>
                {for mark.map(|(name, class)| html! { <span class={class}>{icon(name, "ic-14")}</span> })}
                {words::strip(&connection.label, &connection.state)}
            </span>
            <span class="grow"></span>{icon("unlock", "ic-14")}{words::VAULT_UNLOCKED}
        </p>
    }
}
