//! Who may ask at all: this computer, this page's own origin, the owner's bearer, within the budget.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use floom_secret::SecretValue;
use jiff::Timestamp;

use super::answer::{Refusal, unrouted};
use super::{Server, Shared, page};

/// The order of checks: Host and Origin, bearer (except for health), budget of changes, route.
pub(super) async fn check(State(server): State<Shared>, request: Request, next: Next) -> Response {
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
    if !bears(request.headers(), &server.bearer.0) {
        return sealed(Refusal::unauthorized().into_response());
    }
    // An empty name is no name, though the router would take it as one.
    if path.contains("//") {
        return sealed(unrouted().await);
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return sealed(next.run(request).await);
    }
    let (budget, run) = server.budget(path);
    let spent = budget.spend();
    let mut response = match spent.wait {
        None => next.run(request).await,
        Some(wait) => Refusal::rate_limited(wait, run).into_response(),
    };
    response.headers_mut().extend(spent.headers());
    sealed(response)
}

/// Run pages look at the visitor themselves: they are opened by a link's key, then by a cookie.
async fn visit(server: &Shared, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let wait = if changes { server.budget(request.uri().path()).0.spend().wait } else { None };
    match wait {
        None => page::protected(next.run(request).await),
        Some(seconds) => page::protected(page::busy(seconds)),
    }
}

impl Server {
    /// What a change at `path` is taken from, and whether it starts a run.
    fn budget(&self, path: &str) -> (&Budget, bool) {
        let run = path == "/api/run" || path.ends_with("/run");
        (if run { &self.run_starts } else { &self.writes }, run)
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

fn bears(headers: &HeaderMap, bearer: &SecretValue) -> bool {
    let given = single(headers, header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| SecretValue::new(given.to_owned()) == *bearer)
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

    fn spend(&self) -> Spent {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.begun.elapsed() >= self.span {
            *window = Window { begun: Instant::now(), spent: 0 };
        }
        window.spent += 1;
        let left = self.span.saturating_sub(window.begun.elapsed()).as_secs() + 1;
        Spent {
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
            (HeaderName::from_static("x-ratelimit-scope"), HeaderValue::from_static("user")),
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
        assert_eq!(budget.spend().remaining, 1, "one of two is left");
        assert_eq!(budget.spend().wait, None, "the second is still taken");
        let over = budget.spend();
        assert!(over.wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "the third waits for the minute to end");
        assert_eq!(over.headers()["x-ratelimit-remaining"], "0", "and its headers say so");
    }

    #[test]
    fn a_budget_comes_back_after_its_span() {
        let budget = Budget::per(0, Duration::ZERO);
        assert!(budget.spend().wait.is_some(), "a budget of nothing refuses");
        assert_eq!(budget.spend().remaining, 0, "a new span starts at the same limit");
    }
}
