//! What the extension shows of secrets: never a value.

use floom_secret::Policy;
use serde_json::{Value, json};

use super::super::answer::instant;
use crate::LocalError;
use crate::rotation::Held;
use crate::store::{self, App, PolicyRow, Store};

/// The answer of `GET …/secrets`: the declared names in their order, then others that have a value.
pub(super) fn secrets(store: &Store, app: &App) -> Result<Value, LocalError> {
    let mut secrets = Vec::new();
    let mut missing = Vec::new();
    let rows = store.policies(app)?;
    let declared = rows.len();
    let others = store.undeclared(app)?;
    for (place, row) in rows.into_iter().chain(others).enumerate() {
        let is_declared = place < declared;
        let secret = secret(store, app, &row, is_declared)?;
        if is_declared && row.policy == Policy::Creator && secret["value"].is_null() {
            missing.push(row.key);
        }
        secrets.push(secret);
    }
    Ok(json!({
        "app": { "id": app.id, "slug": app.manifest.slug, "name": app.manifest.name, "status": "active" },
        "secrets": secrets,
        "missing": missing,
    }))
}

fn secret(store: &Store, app: &App, row: &PolicyRow, declared: bool) -> Result<Value, LocalError> {
    let key = row.key.as_str();
    let held = store.held(app, key)?;
    let users = store.users(app, key)?;
    let value = match store.current(app, key)? {
        Some(current) => json!({
            "version": current.version,
            "preview": current.preview.as_ref().map(|preview| preview.as_str()),
            "set_at": current.set_at.map(instant),
            "last_used_at": store.last_use(app, key)?.as_deref().and_then(store::instant).map(instant),
        }),
        None => Value::Null,
    };
    let mut rotation = rotation(&held);
    if let Some(previous) = held.previous {
        rotation["runs_on_previous"] = store.is_run_with(app, key, previous.version)?.into();
    }
    Ok(json!({
        "key": key,
        "declared": declared,
        "policy": row.policy.wire(),
        "policy_set_at": row.updated_at.as_deref().and_then(store::instant).map(instant),
        "value": value,
        "rotation": rotation,
        "users": { "connected": users.connected, "active_7d": users.active, "runners_7d": users.runners },
    }))
}

/// What a change of `key` is answered with.
pub(super) fn change(key: &str, policy: Policy, held: &Held) -> Value {
    json!({ "key": key, "policy": policy.wire(), "version": held.number(), "rotation": rotation(held) })
}

fn rotation(held: &Held) -> Value {
    match held.previous {
        Some(previous) => json!({
            "previous_version": previous.version,
            "started_at": instant(previous.started_at),
            "retires_at": instant(previous.retires_at),
        }),
        None => Value::Null,
    }
}
