//! Health and session.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Refusal, instant};
use super::{Shared, extension};

pub(super) async fn health(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let apps = server.stored(|store| store.apps()).await?.len();
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
