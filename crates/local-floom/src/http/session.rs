//! Health and session.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Refusal, instant};
use super::{Shared, extension};

/// The id of the one workspace.
pub(super) const WORKSPACE: &str = "local";

pub(super) async fn health(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let apps = server.read(|store| store.apps())?.len();
    let mut health = json!({
        "status": "ok",
        "service": "floom-local",
        "version": env!("CARGO_PKG_VERSION"),
        "apps": apps,
        "threads": 0,
        "timestamp": instant(Timestamp::now()),
    });
    if server.extension {
        health["extensions"] = json!([extension::NAME]);
    }
    Ok(Json(health))
}

/// One user, as on a Floom without accounts.
pub(super) async fn me() -> Json<Value> {
    let workspace = json!({ "id": "local", "slug": "local", "name": "Local", "role": "admin" });
    Json(json!({
        "user": { "id": "local", "email": null, "name": null, "image": null, "is_local": true },
        "active_workspace": workspace,
        "workspaces": [workspace],
        "cloud_mode": false,
        "auth_providers": { "google": false, "github": false },
        "deploy_enabled": false,
    }))
}

/// The one workspace.
pub(super) async fn workspaces(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let mut workspace = local(&server)?;
    workspace["role"] = "admin".into();
    Ok(Json(json!({ "workspaces": [workspace] })))
}

pub(super) async fn workspace(State(server): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    if id != WORKSPACE {
        let error = format!("workspace {id} not found");
        return Err(Refusal::coded(StatusCode::NOT_FOUND, "workspace_not_found", &error));
    }
    Ok(Json(json!({ "workspace": local(&server)? })))
}

fn local(server: &Shared) -> Result<Value, Refusal> {
    // It is as old as the first app here: nothing else says when it was made.
    let apps = server.read(|store| store.apps())?;
    let made = apps.into_iter().map(|app| app.created_at).min();
    Ok(json!({ "id": WORKSPACE, "slug": WORKSPACE, "name": "Local", "plan": "oss", "created_at": made }))
}
