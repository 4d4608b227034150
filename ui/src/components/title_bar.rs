//! The title bar: where one is, and the window's own controls.

use floom_protocol::readiness::Verdict;
use yew::prelude::*;

use super::icon::icon;
use super::readiness::Readiness;
use crate::act::Act;
use crate::backend::WindowControl;
use crate::desk::Desk;
use crate::state::{Msg, State};
use crate::words;

/// Minimise, maximise, close. Systems that draw their own hide these.
pub(super) fn controls(desk: &Desk) -> Html {
    let control = |what: WindowControl, label: &'static str, name: &'static str| {
        html! { <button aria-label={label} onclick={desk.on_act(move || Act::Window(what))}>{icon(name, "")}</button> }
    };
    html! {
        <div class="controls" role="group" aria-label={words::WINDOW}>
            {control(WindowControl::Minimise, words::MINIMISE, "min")}
            {control(WindowControl::Maximise, words::MAXIMISE, "max")}
            {control(WindowControl::Close, words::CLOSE, "x")}
        </div>
    }
}

/// The bar over the page.
pub(super) fn title_bar(state: &State, desk: &Desk) -> Html {
    html! {
        <header class="bar" data-tauri-drag-region="">
            <button
                class="icon-btn menu-btn"
                aria-label={words::OPEN_RAIL}
                aria-expanded={state.rail_open.to_string()}
                onclick={desk.on_tell(|| Msg::ToggleRail)}
            >
                {icon("menu", "ic-20")}
            </button>
            if let Some(app) = state.app() {
                <nav aria-label={words::BREADCRUMB}>
                    <ol class="crumbs">
                        <li class="wide-only"><span>{words::STUDIO}</span></li>
                        <li><span>{&app.name}</span></li>
                        <li><span aria-current="page">{words::SECRETS}</span></li>
                    </ol>
                </nav>
                if app.readiness.verdict != Verdict::Unasked {
                    <Readiness
                        key={format!("{}/{}", app.connection, app.slug)}
                        {desk}
                        app={app.name.clone()}
                        told={app.readiness.clone()}
                    />
                }
            }
            <span class="grow" data-tauri-drag-region=""></span>
            <span class="avatar narrow-only" aria-hidden="true">{"F"}</span>
            {controls(desk)}
        </header>
    }
}
