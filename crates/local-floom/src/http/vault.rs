//! The owner's own vault: values for keys under user vault.

use axum::Json;
use axum::extract::{Path, State};
use floom_secret::MAX_CODE_UNITS;
use serde_json::{Value, json};

use super::Shared;
use super::answer::Refusal;
use super::body::RawBody;

const LONGEST_KEY: usize = 128;

pub(super) async fn list(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let keys = server.read(|store| store.user_keys())?;
    let entry = |(key, updated_at)| json!({ "key": key, "updated_at": updated_at });
    Ok(Json(json!({ "entries": keys.into_iter().map(entry).collect::<Vec<Value>>() })))
}

pub(super) async fn set(State(server): State<Shared>, body: RawBody) -> Result<Json<Value>, Refusal> {
    let mut fields = body.object()?;
    let key = fields.text("key", LONGEST_KEY).expose().to_owned();
    let value = fields.text("value", MAX_CODE_UNITS);
    fields.done()?;
    let done = json!({ "ok": true, "key": key });
    server.stored(move |store| store.set_user_value(&key, &value)).await?;
    Ok(Json(done))
}

pub(super) async fn remove(State(server): State<Shared>, Path(key): Path<String>) -> Result<Json<Value>, Refusal> {
    let removed = server.stored(move |store| store.remove_user_value(&key)).await?;
    Ok(Json(json!({ "ok": true, "removed": removed })))
}
