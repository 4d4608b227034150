//! Floom's shapes for a refusal.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A refusal: a status and a body in one of the real server's shapes.
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
    retry_after: Option<u64>,
}

impl Refusal {
    /// `{error, code}`.
    pub(super) fn coded(status: StatusCode, code: &str, error: &str) -> Self {
        Self::of(status, json!({ "error": error, "code": code }))
    }

    /// `{error}`, which some routes of the real server have alone.
    pub(super) fn plain(status: StatusCode, error: &str) -> Self {
        Self::of(status, json!({ "error": error }))
    }

    /// `{error, field}` of an input that a run needs.
    pub(super) fn with_field(error: &str, field: &str) -> Self {
        Self::of(StatusCode::BAD_REQUEST, json!({ "error": error, "field": field }))
    }

    /// `{error, code, details}` of a body whose shape is wrong.
    pub(super) fn shape(form_errors: &[&str], field_errors: Value) -> Self {
        let details = json!({ "formErrors": form_errors, "fieldErrors": field_errors });
        let error = "Invalid body shape";
        Self::of(StatusCode::BAD_REQUEST, json!({ "error": error, "code": "invalid_body", "details": details }))
    }

    /// 404 of the routes under `/api/me/apps`.
    pub(super) fn no_app() -> Self {
        Self::coded(StatusCode::NOT_FOUND, "not_found", "App not found")
    }

    /// 401.
    pub(super) fn unauthorized() -> Self {
        let body = json!({
            "error": "Unauthorized: missing or invalid Floom token",
            "code": "auth_required",
            "hint": "Present the bearer of this installation of Local Floom via Authorization: Bearer <token>.",
            "docs_url": "https://floom.dev/docs/auth",
        });
        Self::of(StatusCode::UNAUTHORIZED, body)
    }

    /// 401 of a token that is none, or was revoked.
    pub(super) fn agent_token() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "invalid_agent_token")
    }

    /// 401 of what a token may not do for its owner.
    pub(super) fn session_required() -> Self {
        let error = "Agent-token management requires a user session.";
        Self::coded(StatusCode::UNAUTHORIZED, "session_required", error)
    }

    /// 403 of a token whose scope is too small. Floom's own server lets it pass.
    pub(super) fn forbidden_scope(scope: &str) -> Self {
        let error = format!("A token with the scope {scope} may not do this");
        Self::coded(StatusCode::FORBIDDEN, "forbidden_scope", &error)
    }

    /// 429 of a write, or of a run.
    pub(super) fn rate_limited(seconds: u64, run: bool, scope: &str) -> Self {
        let error = "rate_limit_exceeded";
        let body = if run {
            json!({ "error": error, "retry_after_seconds": seconds, "scope": scope })
        } else {
            json!({ "error": error, "retryAfter": seconds })
        };
        let mut refusal = Self::of(StatusCode::TOO_MANY_REQUESTS, body);
        refusal.retry_after = Some(seconds);
        refusal
    }

    /// 409 of a change that expected other versions.
    pub(super) fn version_conflict(keys: &[(String, u32)]) -> Self {
        let conflicts: Vec<Value> =
            keys.iter().map(|(key, version)| json!({ "key": key, "current_version": version })).collect();
        let error = "The value was changed meanwhile";
        let current = keys.first().map(|(_, version)| *version);
        let body = json!({
            "error": error,
            "code": "version_conflict",
            "current_version": current,
            "conflicts": conflicts,
        });
        Self::of(StatusCode::CONFLICT, body)
    }

    /// 500, with nothing about its cause.
    pub(super) fn internal() -> Self {
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error")
    }

    fn of(status: StatusCode, body: Value) -> Self {
        Self { status, body, retry_after: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A time as Floom shows instants: RFC 3339 in UTC, to the millisecond.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Every path and method that is no route.
pub(super) async fn unrouted() -> Response {
    (StatusCode::NOT_FOUND, "404 Not Found").into_response()
}
