//! The whole window: which view the vault's state calls for, and what lies over it.

use floom_protocol::Failure;
use floom_protocol::view::{DoctorView, Snapshot, VaultView};
use yew::prelude::*;

use super::activity::activity;
use super::bar::{Bar, notices};
use super::connect_sheet::ConnectSheet;
use super::doctor::Doctor;
use super::drill_sheet::DrillSheet;
use super::drop_veil::drop_veil;
use super::first_run::first_run;
use super::first_vault::first_vault;
use super::full_view::FullView;
use super::history::HistoryPanel;
use super::import_sheet::ImportSheet;
use super::kit_sheet::kit_sheet;
use super::locked::{PassphraseLock, locked};
use super::new_app_sheet::NewAppSheet;
use super::new_kit_sheet::{NewKitSheet, code_sheet};
use super::page::{add_form, page};
use super::passphrase_sheet::PassphraseSheet;
use super::problem::problem;
use super::prove_sheet::ProveSheet;
use super::rail::rail;
use super::remove_sheet::remove_sheet;
use super::restore_sheet::{KitFile, RestoreSheet};
use super::sheet::Sheet;
use super::start_anew_sheet::start_anew_sheet;
use super::title_bar::title_bar;
use super::toast::Toast;
use crate::act::Task;
use crate::desk::Desk;
use crate::state::{Layer, Msg, State, app_ref};
use crate::words;

/// Everything that is drawn for `state`. `wide` says whether Activity has room beside the page.
pub(crate) fn window(state: &State, wide: bool, desk: &Desk) -> Html {
    html! {
        <>
            {view(state, wide, desk)}
            {for state.layer.as_ref().map(|layer| over(layer, state, desk))}
            if state.drag { {drop_veil(state.app().map(|app| app.name.as_str()))} }
            <div class="notes">
                {for state.problem.as_ref().filter(|failure| !told_by_doctor(failure, state)).map(|failure| problem(failure, desk))}
                if let Some((number, says)) = state.toast.clone() { <Toast {desk} {number} {says} /> }
            </div>
        </>
    }
}

/// Whether the doctor's page says the same already.
fn told_by_doctor(problem: &Failure, state: &State) -> bool {
    let vault = state.snapshot.as_ref().map(|snapshot| &snapshot.vault);
    state.layer.is_none() && matches!(vault, Some(VaultView::Stopped { failure }) if failure == problem)
}

fn view(state: &State, wide: bool, desk: &Desk) -> Html {
    let Some(snapshot) = &state.snapshot else { return before(state, desk) };
    let (keychain, files) = (&snapshot.keychain, snapshot.links.len());
    let (busy, inert) = (state.is_busy(&Task::Vault), state.layer.is_some());
    match &snapshot.vault {
        VaultView::Fresh => first_vault(state, keychain, desk),
        VaultView::Locked { passphrase: false } => locked(state, keychain, files, desk),
        VaultView::Locked { passphrase: true } => html! { <PassphraseLock {desk} {files} {busy} {inert} /> },
        VaultView::Stopped { failure } => html! {
            <Doctor {desk} failure={failure.clone()} found={state.doctor.clone()} {busy} agent={true} {files} {inert} good_copy={snapshot.good_copy.is_some()} />
        },
        VaultView::Open => open(state, snapshot, wide, desk),
    }
}

/// Nothing is known yet: quiet, or why the agent does not answer.
fn before(state: &State, desk: &Desk) -> Html {
    match &state.lost {
        Some(failure) => html! {
            <Doctor {desk} failure={failure.clone()} found={None::<DoctorView>} busy={state.is_busy(&Task::Refresh)} agent={false} />
        },
        None => html! {
            <FullView key="starting" {desk} testid="starting">
                <div class="center" role="status"><span class="sr" id="full-title">{words::STARTING}</span></div>
            </FullView>
        },
    }
}

fn open(state: &State, snapshot: &Snapshot, wide: bool, desk: &Desk) -> Html {
    let app = state.app();
    let history = state.history.as_ref().and_then(|history| Some((history, app?, state.secret(&history.key)?)));
    let side = match (app, &history) {
        (_, Some(_)) => "wide-side",
        (None, None) => "no-side",
        (Some(_), None) => match state.activity {
            Some(false) => "no-side",
            Some(true) => "side-open",
            None => "",
        },
    };
    let notices = notices(state);
    // What lies over the window takes the keyboard from it.
    let inert = state.layer.is_some();
    html! {
        <div class={classes!("win", side, state.rail_open.then_some("rail-open"))} {inert}>
            {rail(state, snapshot, desk)}
            if state.rail_open { <div class="rail-back" onclick={desk.on_tell(|| Msg::ToggleRail)}></div> }
            {title_bar(state, desk)}
            {match app {
                Some(app) => page(app, notices, state, desk),
                None if notices.is_empty() => first_run(state, &snapshot.keychain.name, desk),
                None => html! {
                    <div class="main main-start"><Bar {desk} {notices} />{first_run(state, &snapshot.keychain.name, desk)}</div>
                },
            }}
            {match (history, side) {
                (Some((history, app, secret)), _) => html! {
                    <HistoryPanel
                        {desk}
                        app={app_ref(app)}
                        history={history.clone()}
                        policy={secret.policy}
                        version={secret.version}
                        now={snapshot.now}
                        busy={state.is_busy(&Task::Row(secret.key.clone()))}
                    />
                },
                (None, "no-side") => Html::default(),
                (None, _) => activity(&snapshot.activity, snapshot.now, wide, desk),
            }}
        </div>
    }
}

fn over(layer: &Layer, state: &State, desk: &Desk) -> Html {
    match layer {
        Layer::Import(preview) => {
            let auto = preview.path.as_deref().and_then(|path| state.link_at(path)).is_some_and(|link| link.auto);
            html! {
                <ImportSheet key={preview.id.clone()} {desk} preview={preview.clone()} {auto} busy={state.is_busy(&Task::Import)} />
            }
        }
        Layer::NewApp(preview) => {
            let Some(proposal) = preview.new_app.clone() else { return Html::default() };
            html! { <NewAppSheet {desk} preview={preview.clone()} {proposal} busy={state.is_busy(&Task::Preview)} /> }
        }
        Layer::Connect => {
            let url =
                state.connection().filter(|connection| !connection.local).and_then(|connection| connection.url.clone());
            html! {
                <ConnectSheet {desk} url={url.unwrap_or_else(|| words::FLOOM_DEV.to_owned())} busy={state.is_busy(&Task::Connection)} floom_cli={state.snapshot.as_ref().is_some_and(|snapshot| snapshot.floom_cli)} />
            }
        }
        Layer::Add => match state.app() {
            Some(app) => html! {
                <Sheet {desk} title={words::ADD_A_SECRET} narrow={true} testid="add-sheet">{add_form(app, state, true, desk)}</Sheet>
            },
            None => Html::default(),
        },
        Layer::Kit | Layer::NewKit(_) | Layer::Drill { .. } | Layer::ProveKit => match &state.snapshot {
            Some(snapshot) => kit(layer, state, snapshot, desk),
            None => Html::default(),
        },
        Layer::UseKit => match &state.snapshot {
            Some(snapshot) => html! {
                <RestoreSheet
                    {desk}
                    file={KitFile::of(&snapshot.vault)}
                    passphrase={snapshot.keychain.state == "no_service"}
                    chosen={state.place.clone()}
                    busy={state.is_busy(&Task::Vault)}
                    choosing={state.is_busy(&Task::Place)}
                />
            },
            None => Html::default(),
        },
        Layer::Passphrase => html! { <PassphraseSheet {desk} busy={state.is_busy(&Task::Vault)} /> },
        Layer::StartAnew => start_anew_sheet(state.is_busy(&Task::Vault), desk),
        Layer::Doctor => html! {
            <Doctor {desk} failure={None::<Failure>} found={state.doctor.clone()} busy={false} agent={true} />
        },
        Layer::Remove(key) => match (state.app_ref(), state.secret(key)) {
            (Some(app), Some(secret)) => remove_sheet(&app, secret, state.is_busy(&Task::Row(key.clone())), desk),
            _ => Html::default(),
        },
    }
}

/// The sheets of the recovery kit.
fn kit(layer: &Layer, state: &State, snapshot: &Snapshot, desk: &Desk) -> Html {
    let keychain = snapshot.keychain.name.as_str();
    let (busy, choosing) = (state.is_busy(&Task::Kit), state.is_busy(&Task::Place));
    match (layer, &snapshot.recovery) {
        (Layer::NewKit(Some(code)), _) => code_sheet(code, keychain, desk),
        (Layer::Drill { code, asked }, _) => html! { <DrillSheet {desk} code={code.clone()} asked={*asked} {busy} /> },
        (Layer::ProveKit, _) => html! { <ProveSheet {desk} chosen={state.place.clone()} {busy} {choosing} /> },
        (Layer::Kit, Some(kit)) => kit_sheet(kit, snapshot.now, keychain, desk),
        (_, kit) => html! {
            <NewKitSheet {desk} keychain={keychain.to_owned()} replaces={kit.is_some()} chosen={state.place.clone()} {busy} {choosing} />
        },
    }
}
