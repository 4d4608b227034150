//! Who may ask at all: this computer, this page's own origin, the owner's bearer, within the budget.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use floom_secret::SecretValue;
use jiff::Timestamp;

use super::answer::{Refusal, unrouted};
use super::{Access, Server, Shared, page};
use crate::store::{AGENT_PREFIX, AgentToken, Scope};

/// Who asks.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    Owner,
    Agent(Arc<AgentToken>),
}

/// The order of checks: Host and Origin, credential (except for health), budget of changes, then the route's own rule.
pub(super) async fn check(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !from_here(request.headers(), server.address) {
        return Refusal::coded(StatusCode::FORBIDDEN, "forbidden_origin", "This Floom answers its own computer only")
            .into_response();
    }
    if path.starts_with("/p/") {
        return visit(&server, request, next).await;
    }
    if path == "/api/health" || !path.starts_with("/api/") {
        return sealed(next.run(request).await);
    }
    let caller = match caller(&server, request.headers()).await {
        Ok(caller) => caller,
        Err(refusal) => return sealed(refusal.into_response()),
    };
    // An empty name is no name, though the router would take it as one.
    if path.contains("//") {
        return sealed(unrouted().await);
    }
    let spent = match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => None,
        _ => Some(server.spend(path, &caller)),
    };
    let run = is_run(path);
    request.extensions_mut().insert(caller);
    let mut response = match spent.as_ref().and_then(|spent| spent.wait.map(|wait| (spent, wait))) {
        None => next.run(request).await,
        Some((spent, wait)) => Refusal::rate_limited(wait, run, spent.scope).into_response(),
    };
    if let Some(spent) = spent {
        response.headers_mut().extend(spent.headers());
    }
    sealed(response)
}

/// The rule of one route, by its row in the table.
pub(super) async fn permit(State(access): State<Access>, request: Request, next: Next) -> Response {
    let refusal = match (access, request.extensions().get::<Caller>()) {
        (Access::Open | Access::Visitor, _) | (_, Some(Caller::Owner)) => None,
        (_, None) => Some(Refusal::unauthorized()),
        (Access::Owner, Some(Caller::Agent(_))) => Some(Refusal::session_required()),
        (Access::Read, Some(Caller::Agent(token))) => match token.scope {
            Scope::Read | Scope::ReadWrite => None,
            Scope::PublishOnly => Some(Refusal::forbidden_scope(token.scope.wire())),
        },
        (Access::Write, Some(Caller::Agent(token))) => match token.scope {
            Scope::ReadWrite => None,
            Scope::Read | Scope::PublishOnly => Some(Refusal::forbidden_scope(token.scope.wire())),
        },
    };
    match refusal {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    }
}

async fn caller(server: &Shared, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let given = single(headers, header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(Refusal::unauthorized)?;
    let given = SecretValue::new(given.to_owned());
    if given == server.bearer.0 {
        return Ok(Caller::Owner);
    }
    if !given.expose().starts_with(AGENT_PREFIX) {
        return Err(Refusal::unauthorized());
    }
    let token = server.stored(move |store| store.agent_token(given.expose())).await?;
    token.map(|token| Caller::Agent(Arc::new(token))).ok_or_else(Refusal::agent_token)
}

fn is_run(path: &str) -> bool {
    path == "/api/run" || path.ends_with("/run")
}

/// Run pages look at the visitor themselves: they are opened by a link's key, then by a cookie.
async fn visit(server: &Shared, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let wait = if changes { server.spend(request.uri().path(), &Caller::Owner).wait } else { None };
    match wait {
        None => page::protected(next.run(request).await),
        Some(seconds) => page::protected(page::busy(seconds)),
    }
}

impl Server {
    /// Takes one change at `path` from the budget that it is made from: the owner's of changes or of runs, or a token's
    /// own, for both.
    fn spend(&self, path: &str, caller: &Caller) -> Spent {
        match caller {
            Caller::Owner if is_run(path) => self.run_starts.spend("user"),
            Caller::Owner => self.writes.spend("user"),
            Caller::Agent(token) => {
                let mut budgets = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                let budget = budgets.entry(token.id.clone()).or_insert_with(|| Budget::per_minute(token.per_minute));
                budget.spend("agent_token")
            }
        }
    }
}

/// Answers are for this one request and are never kept, framed or guessed at.
fn sealed(mut response: Response) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// A page of another site that resolves its name to loopback has another Host; one that posts here has its own Origin.
fn from_here(headers: &HeaderMap, address: SocketAddr) -> bool {
    let port = address.port();
    let ours =
        [format!("{address}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}"), format!("localhost:{port}")];
    let is_ours = |text: &str| ours.iter().any(|name| name.eq_ignore_ascii_case(text));
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let host = single(headers, header::HOST).map(text);
    let origins: Vec<String> = headers.get_all(header::ORIGIN).iter().map(text).collect();
    let own_origin = |origin: &String| origin.strip_prefix("http://").is_some_and(is_ours);
    host.is_some_and(|host| is_ours(&host)) && origins.iter().all(own_origin)
}

fn single(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// How many changes may still be made in a span of time.
pub(super) struct Budget {
    limit: u64,
    span: Duration,
    window: Mutex<Window>,
}

struct Window {
    begun: Instant,
    spent: u64,
}

/// What one request found left.
struct Spent {
    scope: &'static str,
    limit: u64,
    remaining: u64,
    reset: i64,
    wait: Option<u64>,
}

impl Budget {
    pub(super) fn per_minute(limit: u64) -> Self {
        Self::per(limit, Duration::from_secs(60))
    }

    pub(super) fn per_hour(limit: u64) -> Self {
        Self::per(limit, Duration::from_secs(3_600))
    }

    fn per(limit: u64, span: Duration) -> Self {
        Self { limit, span, window: Mutex::new(Window { begun: Instant::now(), spent: 0 }) }
    }

    fn spend(&self, scope: &'static str) -> Spent {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.begun.elapsed() >= self.span {
            *window = Window { begun: Instant::now(), spent: 0 };
        }
        window.spent += 1;
        let left = self.span.saturating_sub(window.begun.elapsed()).as_secs() + 1;
        Spent {
            scope,
            limit: self.limit,
            remaining: self.limit.saturating_sub(window.spent),
            reset: Timestamp::now().as_second().saturating_add_unsigned(left),
            wait: (window.spent > self.limit).then_some(left.min(300)),
        }
    }
}

impl Spent {
    fn headers(&self) -> HeaderMap {
        let pairs = [
            (HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(self.limit)),
            (HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from(self.remaining)),
            (HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(self.reset)),
            (HeaderName::from_static("x-ratelimit-scope"), HeaderValue::from_static(self.scope)),
        ];
        pairs.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_refuses_and_says_for_how_long() {
        let budget = Budget::per_minute(2);
        assert_eq!(budget.spend("user").remaining, 1, "one of two is left");
        assert_eq!(budget.spend("user").wait, None, "the second is still taken");
        let over = budget.spend("user");
        assert!(over.wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "the third waits for the minute to end");
        assert_eq!(over.headers()["x-ratelimit-remaining"], "0", "and its headers say so");
    }

    #[test]
    fn a_budget_comes_back_after_its_span() {
        let budget = Budget::per(0, Duration::ZERO);
        assert!(budget.spend("user").wait.is_some(), "a budget of nothing refuses");
        assert_eq!(budget.spend("user").remaining, 0, "a new span starts at the same limit");
    }
}
