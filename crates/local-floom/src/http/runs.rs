//! Starting a run, and looking at runs.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;
use crate::Manifest;
use crate::store::{App, RunRow, User};

const ACTION: &str = "run";

#[derive(Deserialize)]
pub(super) struct Page {
    limit: Option<String>,
}

/// `POST /api/:slug/run`.
pub(super) async fn start_named(
    State(server): State<Shared>,
    Path(slug): Path<String>,
    body: RawBody,
) -> Result<Json<Value>, Refusal> {
    // An empty body is a run without inputs.
    let body = if body.is_empty() { json!({}) } else { body.json()? };
    let app = runnable(&server, slug)?;
    accept(&server, app, body).await
}

/// `POST /api/run` with `app_slug`.
pub(super) async fn start(State(server): State<Shared>, body: RawBody) -> Result<Json<Value>, Refusal> {
    let body = if body.is_empty() { json!({}) } else { body.json()? };
    let Some(slug) = body["app_slug"].as_str().map(str::to_owned) else {
        return Err(Refusal::plain(StatusCode::BAD_REQUEST, "\"app_slug\" is required"));
    };
    let app = runnable(&server, slug)?;
    accept(&server, app, body).await
}

pub(super) async fn one(State(server): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let run = server.read(|store| store.run(&User::Owner, &id))?;
    let run = run.ok_or_else(|| Refusal::plain(StatusCode::NOT_FOUND, "Run not found"))?;
    Ok(Json(json!({
        "id": run.id,
        "app_id": run.app_id,
        "thread_id": null,
        "action": ACTION,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "status": run.status,
        "error": run.error,
        "error_type": run.error_type,
        "upstream_status": null,
        "duration_ms": run.duration_ms,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "logs": run.logs,
        "app_slug": run.app_slug,
    })))
}

pub(super) async fn mine(State(server): State<Shared>, Query(page): Query<Page>) -> Result<Json<Value>, Refusal> {
    let limit = page.limit.and_then(|limit| limit.parse().ok()).unwrap_or(50).clamp(1, 200);
    let runs = server.read(|store| store.runs(limit))?;
    let entry = |run: RunRow| {
        json!({
            "id": run.id,
            "action": ACTION,
            "status": run.status,
            "duration_ms": run.duration_ms,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "error": run.error,
            "error_type": run.error_type,
            "app_slug": run.app_slug,
            "app_name": run.app_name,
            "app_icon": null,
            "inputs": run.inputs,
            "outputs": run.outputs,
        })
    };
    Ok(Json(json!({ "runs": runs.into_iter().map(entry).collect::<Vec<_>>() })))
}

fn runnable(server: &Shared, slug: String) -> Result<App, Refusal> {
    let unknown = Refusal::plain(StatusCode::NOT_FOUND, &format!("App not found: {slug}"));
    server.app(&slug, unknown)
}

async fn accept(server: &Shared, app: App, body: Value) -> Result<Json<Value>, Refusal> {
    if let Some(action) = body["action"].as_str().filter(|action| !action.is_empty() && *action != ACTION) {
        return Err(Refusal::plain(StatusCode::BAD_REQUEST, &format!("Action \"{action}\" not found")));
    }
    let inputs = inputs(&app.manifest, &body["inputs"])?;
    let id = server.start(app, User::Owner, inputs).await?;
    Ok(Json(json!({ "run_id": id, "status": "pending" })))
}

/// The declared inputs that were given; a required one that was not is refused with its name.
fn inputs(manifest: &Manifest, given: &Value) -> Result<Value, Refusal> {
    let empty = Map::new();
    let given = match given {
        Value::Null => &empty,
        Value::Object(given) => given,
        _ => return Err(Refusal::plain(StatusCode::BAD_REQUEST, "\"inputs\" must be an object")),
    };
    manifest.take_inputs(given).map(Value::Object).map_err(|missing| {
        let error = format!("\"{}\" is required", missing.name);
        Refusal::with_field(&error, &missing.name)
    })
}
