//! The extension `secrets-v1`: sealed values, policy and value in one step, rotation with a grace, previews, last use.

mod body;
mod view;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use floom_secret::Policy;
use serde_json::{Value, json};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;
use crate::rotation::Held;
use crate::store::{App, Change, Refused, Request, Step};
use body::{Declared, Parsed, Stepped};

/// What `/api/health` calls it.
pub(super) const NAME: &str = "secrets-v1";

type Slug = Path<String>;
type Named = Path<(String, String)>;

pub(super) async fn list(State(server): State<Shared>, Path(slug): Slug) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    Ok(Json(server.read(|store| view::secrets(store, &app))?))
}

pub(super) async fn sealing_key(State(server): State<Shared>, Path(slug): Slug) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let (_, key) = server.stored(move |store| store.sealing_key(&app)).await?;
    serde_json::to_value(key).map(Json).map_err(|_| Refusal::internal())
}

pub(super) async fn put(
    State(server): State<Shared>,
    Path((slug, key)): Named,
    body: RawBody,
) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    declared(&app, &key)?;
    let parsed = Parsed::one(body.json()?, &key)?;
    let request = parsed.request("put");
    let changes = opened(&server, &app, parsed).await?;
    let answer = move |done: &[(Policy, Held)]| {
        let mut answer = done.first().map(|(policy, held)| view::change(&key, *policy, held)).unwrap_or_default();
        answer["ok"] = true.into();
        answer
    };
    changed(&server, app, request, changes, answer).await
}

pub(super) async fn batch(
    State(server): State<Shared>,
    Path(slug): Slug,
    body: RawBody,
) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let parsed = Parsed::many(body.json()?)?;
    parsed.keys().try_for_each(|key| declared(&app, key))?;
    let request = parsed.request("batch");
    let changes = opened(&server, &app, parsed).await?;
    let keys: Vec<String> = changes.iter().map(|change| change.key.clone()).collect();
    let answer = move |done: &[(Policy, Held)]| {
        let secrets = keys.iter().zip(done).map(|(key, (policy, held))| view::change(key, *policy, held));
        json!({ "ok": true, "secrets": secrets.collect::<Vec<_>>() })
    };
    changed(&server, app, request, changes, answer).await
}

pub(super) async fn rollback(state: State<Shared>, named: Named, body: RawBody) -> Result<Json<Value>, Refusal> {
    step(state, named, &body, Step::Rollback, "rollback").await
}

pub(super) async fn retire(state: State<Shared>, named: Named, body: RawBody) -> Result<Json<Value>, Refusal> {
    step(state, named, &body, Step::Retire, "retire").await
}

pub(super) async fn remove(state: State<Shared>, named: Named, body: RawBody) -> Result<Json<Value>, Refusal> {
    step(state, named, &body, Step::Remove, "delete").await
}

pub(super) async fn declare(state: State<Shared>, named: Named, body: RawBody) -> Result<Json<Value>, Refusal> {
    set_declared(state, named, &body, true).await
}

pub(super) async fn undeclare(state: State<Shared>, named: Named, body: RawBody) -> Result<Json<Value>, Refusal> {
    set_declared(state, named, &body, false).await
}

async fn step(
    State(server): State<Shared>,
    Path((slug, key)): Named,
    body: &RawBody,
    step: Step,
    call: &str,
) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let Stepped { expected_version, request_id } = body::read(body.json()?)?;
    let call = format!("{call} {key} expected {expected_version}");
    let request = Request { id: request_id.to_string(), call };
    let outcome = server.stored(move |store| {
        store.step(&app, &request, (&key, expected_version), step, |policy, held| {
            let mut answer = view::change(&key, policy, &held);
            answer["ok"] = true.into();
            answer
        })
    });
    told(&server, outcome.await?)
}

async fn set_declared(
    State(server): State<Shared>,
    Path((slug, key)): Named,
    body: &RawBody,
    declared: bool,
) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let Declared { request_id } = body::read(body.json()?)?;
    let request = Request { id: request_id.to_string(), call: format!("declared {key} {declared}") };
    let answer = json!({ "ok": true, "key": key, "declared": declared });
    let outcome = server.stored(move |store| match store.declare(&app, &request, &key, declared, answer) {
        Err(crate::LocalError::Manifest(error)) => Ok(Err(error)),
        outcome => outcome.map(Ok),
    });
    match outcome.await? {
        Ok(outcome) => told(&server, outcome),
        Err(error) => Err(Refusal::shape(&[], json!({ "key": [error.reason] }))),
    }
}

fn declared(app: &App, key: &str) -> Result<(), Refusal> {
    if app.manifest.declares(key) {
        return Ok(());
    }
    let error = format!("Key \"{key}\" is not declared in secrets_needed for this app");
    Err(Refusal::coded(StatusCode::BAD_REQUEST, "unknown_secret_key", &error))
}

/// The changes with their values opened; they are checked as the real server checks values.
async fn opened(server: &Shared, app: &App, parsed: Parsed) -> Result<Vec<Change>, Refusal> {
    if !parsed.has_values() {
        return parsed.open(|_, _| Err(Refusal::internal()));
    }
    let same = app.clone();
    let (pair, key) = server.stored(move |store| store.sealing_key(&same)).await?;
    parsed.open(|name, sealed| {
        let refused = |code: &str, error: &str| Refusal::coded(StatusCode::UNPROCESSABLE_ENTITY, code, error);
        if sealed.key_id != key.key_id {
            return Err(refused("unknown_sealing_key", "This sealing key is not the app's; ask for it again"));
        }
        let value = pair.open(&key.app_id, name, sealed);
        let value = value.map_err(|_| refused("cannot_open", "The sealed value does not open for this app and key"))?;
        value.check().map_err(|error| Refusal::shape(&[], json!({ "sealed": [error.to_string()] })))?;
        Ok(value)
    })
}

async fn changed(
    server: &Shared,
    app: App,
    request: Request,
    changes: Vec<Change>,
    answer: impl FnOnce(&[(Policy, Held)]) -> Value + Send + 'static,
) -> Result<Json<Value>, Refusal> {
    let outcome = server.stored(move |store| store.change(&app, &request, &changes, answer)).await?;
    told(server, outcome)
}

fn told(server: &Shared, outcome: Result<Value, Refused>) -> Result<Json<Value>, Refusal> {
    match outcome {
        Ok(answer) => {
            // A grace may have begun that ends before what is awaited.
            server.graces.notify_one();
            Ok(Json(answer))
        }
        Err(Refused::Conflict(keys)) => Err(Refusal::version_conflict(&keys)),
        Err(Refused::RequestReused) => {
            let error = "This request_id was used for another change";
            Err(Refusal::coded(StatusCode::UNPROCESSABLE_ENTITY, "request_id_reused", error))
        }
        Err(Refused::NoGrace) => {
            Err(Refusal::coded(StatusCode::CONFLICT, "no_grace", "No previous value is held for this key"))
        }
    }
}
