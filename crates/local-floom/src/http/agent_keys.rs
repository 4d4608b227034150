//! Agent tokens: made, listed and revoked by the owner, never by a token.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Refusal, instant};
use super::body::RawBody;
use super::session::WORKSPACE;
use crate::store::{AgentToken, Scope};

const LONGEST_LABEL: usize = 80;
const LONGEST_WORKSPACE: usize = 128;
const PER_MINUTE: u64 = 60;
const MOST_PER_MINUTE: u64 = 10_000;

pub(super) async fn mint(State(server): State<Shared>, body: RawBody) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut fields = body.object()?;
    let label = fields.text("label", LONGEST_LABEL).expose().trim().to_owned();
    let scope = fields.one_of("scope", &Scope::WIRE);
    let workspace = fields.optional_text("workspace_id", LONGEST_WORKSPACE);
    let per_minute = fields.whole("rate_limit_per_minute", MOST_PER_MINUTE).unwrap_or(PER_MINUTE);
    fields.done()?;
    if label.is_empty() {
        let says = "String must contain at least 1 character(s)";
        return Err(Refusal::shape(&[], json!({ "label": [says] })));
    }
    if workspace.is_some_and(|id| id.expose() != WORKSPACE) {
        let error = "Workspace not found or not accessible";
        return Err(Refusal::coded(StatusCode::NOT_FOUND, "workspace_not_found", error));
    }
    let scope = Scope::from_wire(scope).ok_or_else(Refusal::internal)?;
    let (token, raw) = server.stored(move |store| store.mint(&label, scope, per_minute)).await?;
    let made = json!({
        "id": token.id,
        "prefix": token.prefix,
        "label": token.label,
        "scope": token.scope.wire(),
        "workspace_id": WORKSPACE,
        "raw_token": raw.as_str(),
    });
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn list(State(server): State<Shared>) -> Result<Json<Value>, Refusal> {
    let entry = |token: AgentToken| {
        json!({
            "id": token.id,
            "prefix": token.prefix,
            "label": token.label,
            "scope": token.scope.wire(),
            "workspace_id": WORKSPACE,
            "created_at": instant(token.created_at),
            "last_used_at": token.last_used_at.map(instant),
            "revoked": token.revoked,
        })
    };
    let tokens = server.read(|store| store.agent_tokens())?;
    Ok(Json(tokens.into_iter().map(entry).collect()))
}

/// 204 also for an id that is not there, as on Floom.
pub(super) async fn revoke(State(server): State<Shared>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    server.stored(move |store| store.revoke(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
