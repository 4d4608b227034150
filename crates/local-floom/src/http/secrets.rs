//! Policies and creator values, with Floom's order of checks: app, key, policy, JSON, shape.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use floom_secret::{MAX_CODE_UNITS, Policy};
use serde_json::{Value, json};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;
use crate::store::{App, PolicyRow};

type Named = Path<(String, String)>;

pub(super) async fn policies(State(server): State<Shared>, Path(slug): Path<String>) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let rows = server.read(|store| store.policies(&app))?;
    let entry = |row: PolicyRow| {
        let mut entry = json!({
            "key": row.key,
            "policy": row.policy.wire(),
            "creator_has_value": row.creator_has_value,
        });
        if let Some(updated_at) = row.updated_at {
            entry["updated_at"] = updated_at.into();
        }
        entry
    };
    Ok(Json(json!({ "policies": rows.into_iter().map(entry).collect::<Vec<_>>() })))
}

pub(super) async fn set_policy(
    State(server): State<Shared>,
    Path((slug, key)): Named,
    body: RawBody,
) -> Result<Json<Value>, Refusal> {
    let app = declaring(&server, &slug, &key)?;
    let mut fields = body.object()?;
    let wire = fields.one_of("policy", &[Policy::User.wire(), Policy::Creator.wire()]);
    fields.done()?;
    let policy = Policy::from_wire(wire).ok_or_else(Refusal::internal)?;
    server.stored(move |store| store.set_policy(&app, &key, policy)).await?;
    Ok(Json(json!({ "ok": true, "policy": wire })))
}

pub(super) async fn set_value(
    State(server): State<Shared>,
    Path((slug, key)): Named,
    body: RawBody,
) -> Result<Json<Value>, Refusal> {
    let app = declaring(&server, &slug, &key)?;
    if server.read(|store| store.policy(&app, &key))? != Policy::Creator {
        let error = "Policy for this key is not creator_override. Flip the policy before storing a creator value.";
        return Err(Refusal::coded(StatusCode::BAD_REQUEST, "policy_mismatch", error));
    }
    let mut fields = body.object()?;
    let value = fields.text("value", MAX_CODE_UNITS);
    fields.done()?;
    let done = json!({ "ok": true, "key": key });
    server.stored(move |store| store.set_creator_value(&app, &key, &value)).await?;
    Ok(Json(done))
}

pub(super) async fn remove_value(
    State(server): State<Shared>,
    Path((slug, key)): Named,
) -> Result<Json<Value>, Refusal> {
    let app = server.app(&slug, Refusal::no_app())?;
    let removed = server.stored(move |store| store.remove_creator_value(&app, &key)).await?;
    Ok(Json(json!({ "ok": true, "removed": removed })))
}

fn declaring(server: &Shared, slug: &str, key: &str) -> Result<App, Refusal> {
    let app = server.app(slug, Refusal::no_app())?;
    if app.manifest.declares(key) {
        return Ok(app);
    }
    let error = format!("Key \"{key}\" is not declared in secrets_needed for this app");
    Err(Refusal::coded(StatusCode::BAD_REQUEST, "unknown_secret_key", &error))
}
