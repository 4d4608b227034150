//! One line per request: what was asked, what came of it. Never a query (a link's key is in one), a header or a body.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use super::answer::instant;

/// One request that was answered.
#[derive(Debug, Clone, Serialize)]
pub struct LogEntry {
    /// When it came, RFC 3339 in UTC.
    pub at: String,
    /// Its method.
    pub method: String,
    /// Its path as it was sent, without the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How long that took, in microseconds.
    pub microseconds: u64,
}

/// Takes the entries, in the order of the answers.
pub type Log = Arc<dyn Fn(LogEntry) + Send + Sync>;

pub(super) async fn write(State(log): State<Log>, request: Request, next: Next) -> Response {
    let (begun, at) = (Instant::now(), instant(Timestamp::now()));
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    log(LogEntry { at, method, path, status: response.status().as_u16(), microseconds });
    response
}
