//! Who may do what: every row of the table of routes × every kind of caller × every way to name what is not theirs.

use floom_local::{Access, ROUTES, Route};
use serde_json::json;

use crate::harness::{Answer, Floom, KEYS};

/// Values that no answer may contain, whoever asks.
const CANARIES: [&str; 3] = ["canary-of-the-creator", "canary-of-the-owners-vault", "canary-of-a-visitor"];
const RUN: &str = "run_000000000000";

/// Somebody who asks.
struct Caller {
    name: &'static str,
    token: Option<String>,
    may: fn(Access) -> May,
}

/// What a rule says to a caller.
#[derive(Debug, PartialEq, Eq)]
enum May {
    Pass,
    /// Refused with this status and this code or error.
    Refused(u16, &'static str),
}

fn anonymous(access: Access) -> May {
    match access {
        Access::Open => May::Pass,
        Access::Visitor => May::Refused(404, ""),
        _ => May::Refused(401, "auth_required"),
    }
}

fn dead(access: Access) -> May {
    match anonymous(access) {
        May::Refused(401, _) => May::Refused(401, "invalid_agent_token"),
        other => other,
    }
}

fn owner(access: Access) -> May {
    match access {
        Access::Visitor => May::Refused(404, ""),
        _ => May::Pass,
    }
}

fn read(access: Access) -> May {
    match access {
        Access::Write => May::Refused(403, "forbidden_scope"),
        Access::Owner => May::Refused(401, "session_required"),
        other => owner(other),
    }
}

fn read_write(access: Access) -> May {
    match access {
        Access::Write => May::Pass,
        other => read(other),
    }
}

fn publish_only(access: Access) -> May {
    match access {
        Access::Read => May::Refused(403, "forbidden_scope"),
        other => read(other),
    }
}

/// How what is not there, or not theirs, is named.
#[derive(Debug, Clone, Copy)]
enum Named {
    Right,
    Unknown,
    OtherCase,
    DoubleSlash,
    TrailingSlash,
    Hostile,
}

impl Named {
    const ALL: [Self; 6] =
        [Self::Right, Self::Unknown, Self::OtherCase, Self::DoubleSlash, Self::TrailingSlash, Self::Hostile];

    fn path(self, route: &Route) -> String {
        let (slug, key) = match self {
            Self::Unknown => ("unknown", "NOT_DECLARED"),
            Self::OtherCase => ("FLYFAST", "openai_api_key"),
            Self::Hostile => ("%3Cscript%3E", "..%2F..%2Fetc"),
            _ => ("flyfast", KEYS[0]),
        };
        let path = route.path.replace("{slug}", slug).replace("{key}", key).replace("{id}", RUN);
        match self {
            Self::DoubleSlash => path.replacen("/api/", "/api//", 1).replacen("/p/", "/p//", 1),
            Self::TrailingSlash => format!("{path}/"),
            _ => path,
        }
    }

    /// Whether the router knows such a path at all.
    fn is_route(self) -> bool {
        !matches!(self, Self::DoubleSlash | Self::TrailingSlash)
    }
}

/// A body that the route takes, as far as it takes one.
fn body(route: &Route) -> String {
    match (route.method, route.path) {
        ("GET", _) | (_, "/p/{slug}/run") => String::new(),
        (_, "/p/{slug}/connect") => format!("{}=changed", KEYS[0]),
        (_, "/api/me/agent-keys") => json!({ "label": "more", "scope": "read-write" }).to_string(),
        (_, "/api/local/apps") => json!({ "slug": "planted", "name": "x", "command": ["true"] }).to_string(),
        (_, "/api/secrets") => json!({ "key": "PLANTED", "value": "changed" }).to_string(),
        (_, path) if path.contains("creator-secrets") => json!({ "value": "changed" }).to_string(),
        (_, path) if path.contains("secret-policies") => json!({ "policy": "user_vault" }).to_string(),
        (_, path) if path.ends_with("run") => json!({ "app_slug": "flyfast" }).to_string(),
        _ => json!({ "policy": "user_vault", "expected_version": 1, "request_id": uuid() }).to_string(),
    }
}

fn uuid() -> &'static str {
    "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
}

async fn floom() -> (Floom, Vec<Caller>) {
    let floom = Floom::start().await;
    floom.give("flyfast", KEYS[0], CANARIES[0]).await;
    floom.connect(KEYS[1], CANARIES[1]).await;
    let token = async |scope: &str| floom.mint(scope).await["raw_token"].as_str().map(str::to_owned);
    let revoked = floom.mint("read-write").await;
    let revoke = format!("/api/me/agent-keys/{}/revoke", revoked["id"].as_str().expect("an id"));
    assert_eq!(floom.ask("POST", &revoke, "").await.status, 204, "it is revoked");
    let mut callers = vec![
        Caller { name: "nobody", token: None, may: anonymous },
        Caller { name: "a guess", token: Some("floom_local_guess".into()), may: anonymous },
        Caller { name: "a cut bearer", token: Some(floom.bearer()[..40].to_owned()), may: anonymous },
        Caller { name: "no token of ours", token: Some(format!("floom_agent_{}", "A".repeat(32))), may: dead },
        Caller { name: "revoked", token: revoked["raw_token"].as_str().map(str::to_owned), may: dead },
        Caller { name: "a shouting read-write", token: None, may: dead },
        Caller { name: "publish-only", token: token("publish-only").await, may: publish_only },
        Caller { name: "read", token: token("read").await, may: read },
        Caller { name: "read-write", token: token("read-write").await, may: read_write },
        Caller { name: "the owner", token: Some(floom.bearer()), may: owner },
    ];
    let shouting = token("read-write").await.expect("a token");
    callers[5].token = Some(format!("floom_agent_{}", shouting["floom_agent_".len()..].to_uppercase()));
    (floom, callers)
}

/// All that a change would show in.
async fn state(floom: &Floom) -> String {
    let mut state = String::new();
    for path in [
        "/api/hub/mine",
        "/api/me/apps/flyfast/secrets",
        "/api/me/apps/flyfast/secret-policies",
        "/api/secrets",
        "/api/me/runs",
    ] {
        state += &floom.ask("GET", path, "").await.body;
    }
    let keys = floom.ask("GET", "/api/me/agent-keys", "").await.json();
    let standing = |key: &serde_json::Value| format!("{} {}", key["id"], key["revoked"]);
    state + &keys.as_array().expect("a list").iter().map(standing).collect::<String>()
}

#[tokio::test]
async fn nobody_passes_a_rule_that_is_not_theirs_and_nothing_is_changed_or_told() {
    let (floom, callers) = floom().await;
    let before = state(&floom).await;
    let mut asked = 0;
    for route in ROUTES {
        for caller in &callers {
            let mut refusals: Vec<Answer> = Vec::new();
            for named in Named::ALL {
                let may = (caller.may)(route.access);
                // Those who may are another test's: they would change things.
                if may == May::Pass && (route.method != "GET" || named.is_route()) {
                    continue;
                }
                let path = named.path(route);
                let answer = floom.ask_as(caller.token.as_deref(), route.method, &path, &body(route)).await;
                let what = format!("{} {path} by {}", route.method, caller.name);
                asked += 1;
                for canary in CANARIES {
                    assert!(!answer.body.contains(canary), "{what}: no value is told");
                }
                if !named.is_route() {
                    assert!(answer.status >= 400, "{what}: it is no route: {}", answer.status);
                    continue;
                }
                let May::Refused(status, code) = may else { continue };
                assert_eq!(answer.status, status, "{what}: {}", answer.body);
                assert!(answer.body.contains(code), "{what} is refused as {code}: {}", answer.body);
                refusals.push(answer);
            }
            let same = refusals.windows(2).all(|pair| pair[0].body == pair[1].body);
            assert!(
                same,
                "{} {}: what is there and what is not is answered alike to {}",
                route.method, route.path, caller.name
            );
        }
    }
    assert!(asked > 1_000, "the whole table was asked: {asked}");
    assert_eq!(state(&floom).await, before, "and nothing of it changed anything");
}

#[tokio::test]
async fn those_who_may_pass_and_no_value_comes_back() {
    let (floom, callers) = floom().await;
    let mut asked = 0;
    // Reading before writing, so that something is there to be read.
    for method in ["GET", "PUT", "POST", "DELETE"] {
        for route in ROUTES.iter().filter(|route| route.method == method) {
            for caller in callers.iter().filter(|caller| (caller.may)(route.access) == May::Pass) {
                for named in [Named::Right, Named::Unknown, Named::OtherCase, Named::Hostile] {
                    let path = named.path(route);
                    let answer = floom.ask_as(caller.token.as_deref(), method, &path, &body(route)).await;
                    let what = format!("{method} {path} by {}", caller.name);
                    asked += 1;
                    assert!(
                        !matches!(answer.status, 401 | 403 | 500..),
                        "{what} passes: {} {}",
                        answer.status,
                        answer.body
                    );
                    for canary in CANARIES {
                        assert!(!answer.body.contains(canary), "{what}: no value comes back");
                    }
                    let varies = route.path.contains("{slug}");
                    if varies && !matches!(named, Named::Right) {
                        assert_eq!(answer.status, 404, "{what}: another name is another app: {}", answer.body);
                    }
                }
            }
        }
    }
    assert!(asked > 200, "the whole table was asked: {asked}");
}

#[tokio::test]
async fn a_hidden_extension_has_none_of_its_routes() {
    let offered = |extension: bool| ROUTES.iter().filter(move |route| route.extension == extension).count();
    assert_eq!((offered(true), offered(false) >= 20), (9, true), "nine routes are the extension's");
    let open: Vec<_> = ROUTES.iter().filter(|route| route.access == Access::Open).map(|route| route.path).collect();
    assert_eq!(open, ["/api/health", "/p/run-page.css"], "nothing else is open to everybody on this computer");
}
