//! The run page `/p/:slug`: rendered here, without a script. Each browser is a visitor of its own at each app.

mod show;
mod text;
mod visitor;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use floom_secret::SecretValue;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;
use crate::store::{App, RunRow};
use show::{AppPage, ConnectPage, NoticePage, RemovePage, State as Shown};
use visitor::{Visit, own_keys};

const STYLE: &str = include_str!("../../../templates/run-page.css");

/// No script, nothing from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// An answer of the page: kept nowhere, framed nowhere. Its own address is told to itself only: with less than that a
/// browser hides the origin of the page's own forms.
pub(super) fn protected(mut response: Response) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Too much at once.
pub(super) fn busy(seconds: u64) -> Response {
    let mut response = Problem::Busy(seconds).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Why a page is not shown.
pub(super) enum Problem {
    /// No app, no key, no cookie or another's: nobody is told which.
    NoLink,
    NoRun,
    Busy(u64),
    /// A body that no form of the page sends.
    Form,
    /// A body beyond the limit.
    TooLarge,
    Internal,
}

impl From<Refusal> for Problem {
    fn from(_: Refusal) -> Self {
        Self::Internal
    }
}

impl From<askama::Error> for Problem {
    fn from(_: askama::Error) -> Self {
        Self::Internal
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, what, next) = match self {
            Self::NoLink => {
                let next = "Open the whole link that its creator gave you. It ends in a key.".to_owned();
                (StatusCode::NOT_FOUND, "This page opens by its link.", next)
            }
            Self::NoRun => {
                (StatusCode::NOT_FOUND, "There is no such run of yours.", "Go back to the app's page.".to_owned())
            }
            Self::Busy(seconds) => {
                let next = format!("Nothing was started. Try again in {seconds} s.");
                (StatusCode::TOO_MANY_REQUESTS, "Too much at once.", next)
            }
            Self::Form => {
                let next = "Nothing was changed. Go back and send the form again.".to_owned();
                (StatusCode::BAD_REQUEST, "That could not be read.", next)
            }
            Self::TooLarge => {
                let next = "Nothing was changed. Go back and send less.".to_owned();
                (StatusCode::PAYLOAD_TOO_LARGE, "That is too large.", next)
            }
            Self::Internal => {
                let next = "What was stored is kept. Try again.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "Local Floom could not do that.", next)
            }
        };
        match askama::Template::render(&NoticePage { what, next }) {
            Ok(page) => (status, Html(page)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

pub(super) type Page = Result<Response, Problem>;

fn page(template: &impl askama::Template) -> Page {
    Ok(Html(template.render()?).into_response())
}

fn home(app: &App) -> Page {
    Ok(Redirect::to(&format!("/p/{}", app.manifest.slug)).into_response())
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

#[derive(Deserialize)]
pub(super) struct Link {
    key: Option<String>,
}

/// The page; with the link's key, a cookie and then the page without the key in its address.
pub(super) async fn open(
    State(server): State<Shared>,
    Path(slug): Path<String>,
    link: Query<Link>,
    visit: Visit,
) -> Page {
    if let Some(key) = link.0.key {
        return visitor::enter(&server, slug, key, &visit).await;
    }
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    if !keys.lacking.is_empty() {
        return page(&ConnectPage::first(&app, &keys.lacking));
    }
    page(&AppPage::new(&app, keys.connected, Shown::Ready))
}

/// Stores what was pasted; fields that are not the visitor's to fill are passed over.
pub(super) async fn connect(
    State(server): State<Shared>,
    Path(slug): Path<String>,
    visit: Visit,
    body: Result<RawBody, Refusal>,
) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    let replacing = keys.lacking.is_empty();
    let mut problems = Vec::new();
    for (key, value) in form(body)? {
        if !keys.all().any(|own| *own == key) || value.expose().is_empty() {
            continue;
        }
        match visitor::usable(&value) {
            Ok(()) => {
                let visitor = visitor.clone();
                server.stored(move |store| store.connect(visitor.id(), &key, &value)).await?;
            }
            Err(problem) => problems.push((key, problem)),
        }
    }
    let now = own_keys(&server, &app, &visitor)?;
    if problems.is_empty() && now.lacking.is_empty() {
        return home(&app);
    }
    let asked = if replacing { &now.connected } else { &now.lacking };
    let mut response = page(&ConnectPage::again(&app, asked, problems, replacing))?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

pub(super) async fn replace(State(server): State<Shared>, Path(slug): Path<String>, visit: Visit) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    if !keys.lacking.is_empty() || keys.connected.is_empty() {
        return home(&app);
    }
    page(&ConnectPage::again(&app, &keys.connected, Vec::new(), true))
}

pub(super) async fn ask_removal(State(server): State<Shared>, Path(slug): Path<String>, visit: Visit) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    if keys.connected.is_empty() {
        return home(&app);
    }
    page(&RemovePage::new(&app, keys.connected.len()))
}

pub(super) async fn remove(State(server): State<Shared>, Path(slug): Path<String>, visit: Visit) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    server.stored(move |store| store.disconnect(visitor.id())).await?;
    home(&app)
}

pub(super) async fn start(
    State(server): State<Shared>,
    Path(slug): Path<String>,
    visit: Visit,
    body: Result<RawBody, Refusal>,
) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    if !keys.lacking.is_empty() {
        return home(&app);
    }
    let mut given = Map::new();
    for (name, text) in form(body)? {
        if app.manifest.inputs.iter().any(|input| input.name == name) {
            given.insert(name, Value::String(text.expose().to_owned()));
        }
    }
    let inputs = match app.manifest.take_inputs(&given) {
        Ok(inputs) => inputs,
        Err(missing) => {
            let problem = format!("{} is needed.", missing.label.as_ref().unwrap_or(&missing.name));
            let mut response = page(&AppPage::new(&app, keys.connected, Shown::Ready).with(given, Some(problem)))?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let slug = app.manifest.slug.clone();
    let id = server.start(app, visitor.user().clone(), Value::Object(inputs)).await?;
    Ok(Redirect::to(&format!("/p/{slug}/runs/{id}")).into_response())
}

pub(super) async fn run(State(server): State<Shared>, Path((slug, id)): Path<(String, String)>, visit: Visit) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let keys = own_keys(&server, &app, &visitor)?;
    // First what it has put out, then how it stands: a run that ends in between has its lines in its row.
    let live = server.runner.live().get(&id);
    let row = own_run(&server, &app, &visitor, id).await?;
    let lines = live.map_or_else(Vec::new, |live| live.lines());
    let state = show::state(&row, &keys.connected);
    let inputs = row.inputs.as_object().cloned().unwrap_or_default();
    let shown = AppPage::new(&app, keys.connected, state).with(inputs, None);
    page(&shown.of_run(&row, lines, server.store.now()))
}

pub(super) async fn stop(State(server): State<Shared>, Path((slug, id)): Path<(String, String)>, visit: Visit) -> Page {
    let (app, visitor) = visit.at(&server, &slug)?;
    let row = own_run(&server, &app, &visitor, id).await?;
    server.runner.live().stop(&row.id);
    Ok(Redirect::to(&format!("/p/{}/runs/{}", app.manifest.slug, row.id)).into_response())
}

/// The fields that were filled in.
fn form(body: Result<RawBody, Refusal>) -> Result<Vec<(String, SecretValue)>, Problem> {
    body.map_err(|_| Problem::TooLarge)?.form().ok_or(Problem::Form)
}

async fn own_run(server: &Shared, app: &App, visitor: &visitor::Visitor, id: String) -> Result<RunRow, Problem> {
    let user = visitor.user().clone();
    let row = server.read(|store| store.run(&user, &id))?;
    row.filter(|row| row.app_id == app.id).ok_or(Problem::NoRun)
}
