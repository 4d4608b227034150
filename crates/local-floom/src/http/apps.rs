//! My apps, one app, registering and removing one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;
use crate::store::App;
use crate::{LocalError, Manifest};

pub(super) async fn mine(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let apps = server.read(|store| {
        let apps = store.apps()?.into_iter();
        apps.map(|app| Ok((store.runs_of(&app)?, app))).collect::<Result<Vec<_>, LocalError>>()
    })?;
    let apps: Vec<Value> = apps.iter().map(|((count, last), app)| summary(app, *count, last.as_deref())).collect();
    Ok(Json(json!({ "apps": apps })))
}

pub(super) async fn detail(State(server): State<Shared>, Path(slug): Path<String>) -> Result<Json<Value>, Refusal> {
    // This route has no code in its 404.
    let app = server.app(&slug, Refusal::plain(StatusCode::NOT_FOUND, "App not found"))?;
    let Manifest { slug, name, description, secrets_needed, inputs, .. } = &app.manifest;
    let inputs: Vec<Value> = inputs
        .iter()
        .map(|input| {
            let label = input.label.as_ref().unwrap_or(&input.name);
            json!({ "name": input.name, "label": label, "type": input.kind, "required": input.required })
        })
        .collect();
    let run = json!({
        "label": "Run",
        "description": description,
        "inputs": inputs,
        "outputs": [{ "name": "response", "label": "Response", "type": "json", "description": "What the command put out" }],
        "secrets_needed": secrets_needed,
    });
    Ok(Json(json!({
        "slug": slug,
        "name": name,
        "description": description,
        "category": null,
        "author": "local",
        "author_display": null,
        "creator_handle": null,
        "version": "0.1.0",
        "version_status": "stable",
        "published_at": app.created_at,
        "icon": null,
        "manifest": {
            "name": name,
            "description": description,
            "actions": { "run": run },
            "runtime": "local",
            "python_dependencies": [],
            "node_dependencies": {},
            "secrets_needed": secrets_needed,
            "manifest_version": "2.0",
        },
        "visibility": "private",
        "upstream_host": null,
        "is_async": false,
        "async_mode": null,
        "timeout_ms": app.manifest.timeout_seconds * 1_000,
        "max_run_retention_days": null,
        "renderer": null,
        "created_at": app.created_at,
    })))
}

/// Local Floom's own call: a manifest as JSON makes an app.
pub(super) async fn register(
    State(server): State<Shared>,
    body: RawBody,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let refused = |error: crate::ManifestError| match error.field {
        "manifest" => Refusal::shape(&[&error.reason], json!({})),
        field => Refusal::shape(&[], json!({ field: [error.reason] })),
    };
    let manifest = Manifest::from_json(body.json()?).map_err(refused)?;
    let made = json!({ "slug": manifest.slug, "name": manifest.name, "created": true });
    let registered = server.stored(move |store| match store.register(&manifest) {
        Err(LocalError::SlugTaken { slug }) => Ok(Err(slug)),
        other => other.map(Ok),
    });
    match registered.await? {
        Ok(()) => Ok((StatusCode::CREATED, Json(made))),
        Err(slug) => {
            let error = format!("The slug \"{slug}\" is taken");
            Err(Refusal::coded(StatusCode::CONFLICT, "slug_taken", &error))
        }
    }
}

/// Local Floom's own call: where the app's run page is, with the key that opens it.
pub(super) async fn link(State(server): State<Shared>, Path(slug): Path<String>) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let slug = app.manifest.slug.clone();
    let key = server.stored(move |store| store.link_key(&app)).await?;
    Ok(Json(json!({ "path": format!("/p/{slug}?key={}", key.expose()) })))
}

pub(super) async fn remove(State(server): State<Shared>, Path(slug): Path<String>) -> Result<Json<Value>, Refusal> {
    match server.stored(move |store| store.delete_app(&slug)).await? {
        true => Ok(Json(json!({ "ok": true }))),
        false => Err(Refusal::no_app()),
    }
}

fn summary(app: &App, run_count: u32, last_run_at: Option<&str>) -> Value {
    json!({
        "slug": app.manifest.slug,
        "name": app.manifest.name,
        "description": app.manifest.description,
        "category": null,
        "icon": null,
        "author": "local",
        "status": "active",
        "app_type": "local",
        "openapi_spec_url": null,
        "created_at": app.created_at,
        "updated_at": app.updated_at,
        "run_count": run_count,
        "last_run_at": last_run_at,
        "visibility": "private",
        "is_async": false,
        "publish_status": "published",
    })
}
