//! Everything that is refused, with the real server's codes and in its order of checks.

use floom_client::FloomError;
use floom_local::LocalError;
use floom_secret::Policy;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Answer, Floom, client_of, open, secret};

const POLICY: &str = "/api/me/apps/flyfast/secret-policies/OPENAI_API_KEY";
const VALUE: &str = "/api/me/apps/flyfast/creator-secrets/OPENAI_API_KEY";

const GUARDED: &[(&str, &str)] = &[
    ("GET", "/api/session/me"),
    ("GET", "/api/hub/mine"),
    ("GET", "/api/hub/flyfast"),
    ("GET", "/api/me/apps/flyfast/secret-policies"),
    ("PUT", POLICY),
    ("PUT", VALUE),
    ("DELETE", VALUE),
    ("GET", "/api/secrets"),
    ("POST", "/api/secrets"),
    ("DELETE", "/api/secrets/A"),
    ("POST", "/api/flyfast/run"),
    ("POST", "/api/run"),
    ("GET", "/api/run/run_1"),
    ("GET", "/api/me/runs"),
    ("POST", "/api/local/apps"),
    ("DELETE", "/api/me/apps/flyfast"),
    ("GET", "/api/nothing"),
];

fn field_error(answer: &Answer, field: &str) -> Value {
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("invalid_body")), "a wrong shape: {field}");
    answer.json()["details"]["fieldErrors"][field][0].clone()
}

#[tokio::test]
async fn nothing_but_health_answers_without_the_bearer() {
    let floom = Floom::start().await;
    let host = format!("Host: {}\r\n", floom.address);
    let bearer = floom.bearer();
    let wrong = [
        host.clone(),
        format!("{host}Authorization: Bearer {bearer}x\r\n"),
        format!("{host}Authorization: Bearer {}\r\n", &bearer[..bearer.len() - 1]),
        format!("{host}Authorization: bearer {bearer}\r\n"),
        format!("{host}Authorization: {bearer}\r\n"),
        format!("{host}Authorization: Bearer wrong\r\nAuthorization: Bearer {bearer}\r\n"),
    ];
    for headers in &wrong {
        for (method, path) in GUARDED {
            let answer = floom.raw(method, path, headers, "{}").await;
            assert_eq!(answer.status, 401, "{method} {path} wants the bearer");
            let body = answer.json();
            assert_eq!(body["code"], "auth_required", "in the real shape");
            assert!(body["hint"].is_string() && body["docs_url"].is_string(), "with a hint and where to read");
        }
    }
    assert_eq!(floom.raw("GET", "/api/health", &host, "").await.status, 200, "health is always open");
    let error = client_of(floom.address, None).my_apps().await.expect_err("no bearer");
    assert_eq!(error.code(), "floom_token_refused", "the client says so");
    let app = floom.client.policies("flyfast").await.expect("policies");
    assert!(app.iter().all(|entry| entry.updated_at.is_none()), "and none of it changed anything");
}

#[tokio::test]
async fn other_hosts_and_origins_are_refused() {
    let floom = Floom::start().await;
    let port = floom.address.port();
    let authorized = format!("Authorization: Bearer {}\r\n", floom.bearer());
    let foreign = [
        String::new(),
        "Host: floom.dev\r\n".into(),
        format!("Host: evil.example:{port}\r\n"),
        "Host: 127.0.0.1\r\n".into(),
        format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
        format!("Host: 127.0.0.1:{port}.evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: null\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: tauri://localhost\r\n"),
    ];
    for headers in foreign {
        for path in ["/api/health", "/api/hub/mine"] {
            let answer = floom.raw("GET", path, &format!("{headers}{authorized}"), "").await;
            assert!(matches!(answer.status, 400 | 403), "{path} is not for {headers:?}");
            assert!(!answer.body.contains("flyfast"), "and nothing of it is told");
        }
    }
    for own in [
        format!("Host: localhost:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"),
    ] {
        let answer = floom.raw("GET", "/api/hub/mine", &format!("{own}{authorized}"), "").await;
        assert_eq!(answer.status, 200, "this computer's own names are taken: {own:?}");
    }
}

#[tokio::test]
async fn policies_are_checked_in_floom_s_order() {
    let floom = Floom::start().await;
    for (path, status, code) in [
        ("/api/me/apps/nope/secret-policies/NOPE", 404, "not_found"),
        ("/api/me/apps/FLYFAST/secret-policies/OPENAI_API_KEY", 404, "not_found"),
        ("/api/me/apps/flyfast/secret-policies/openai_api_key", 400, "unknown_secret_key"),
        (POLICY, 400, "invalid_body"),
    ] {
        let answer = floom.ask("PUT", path, "{nope").await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{path} with a broken body");
    }
    let empty = floom.ask("PUT", POLICY, "").await;
    assert_eq!(empty.json(), json!({ "error": "Body must be JSON", "code": "invalid_body" }), "an empty body");
    let shared = field_error(&floom.ask("PUT", POLICY, r#"{"policy":"shared"}"#).await, "policy");
    let expected = "Invalid enum value. Expected 'user_vault' | 'creator_override', received 'shared'";
    assert_eq!(shared, expected, "an unknown policy");
    assert_eq!(field_error(&floom.ask("PUT", POLICY, "{}").await, "policy"), "Required", "no policy");
    let number = field_error(&floom.ask("PUT", POLICY, r#"{"policy":1}"#).await, "policy");
    assert_eq!(number, "Expected 'user_vault' | 'creator_override', received number", "another type");
    let list = floom.ask("PUT", POLICY, "[]").await.json();
    assert_eq!(list["details"]["formErrors"][0], "Expected object, received array", "another shape");
}

#[tokio::test]
async fn values_are_checked_in_floom_s_order() {
    let floom = Floom::start().await;
    for (path, code) in [
        ("/api/me/apps/nope/creator-secrets/NOPE", "not_found"),
        ("/api/me/apps/flyfast/creator-secrets/NOPE", "unknown_secret_key"),
        (VALUE, "policy_mismatch"),
    ] {
        let answer = floom.ask("PUT", path, "{nope").await;
        assert_eq!(answer.json()["code"], code, "{path} with a broken body");
    }
    floom.client.set_policy("flyfast", "OPENAI_API_KEY", Policy::Creator).await.expect("a policy");
    assert_eq!(floom.ask("PUT", VALUE, "nope").await.json()["error"], "Body must be JSON", "then the body is read");
    for (value, complaint) in [
        (json!({}), "Required"),
        (json!({ "value": "" }), "String must contain at least 1 character(s)"),
        (json!({ "value": 123 }), "Expected string, received number"),
        (json!({ "value": null }), "Expected string, received null"),
        (json!({ "value": "x".repeat(65_537) }), "String must contain at most 65536 character(s)"),
        (json!({ "value": "🔑".repeat(32_769) }), "String must contain at most 65536 character(s)"),
    ] {
        let answer = floom.ask("PUT", VALUE, &value.to_string()).await;
        assert_eq!(field_error(&answer, "value"), complaint, "a value is 1 to 65,536 UTF-16 code units");
    }
    let policies = floom.client.policies("flyfast").await.expect("policies");
    assert!(!policies[0].creator_has_value, "nothing of that was stored");
    for value in ["x".repeat(65_536), "🔑".repeat(32_768), "\u{1}".repeat(65_536)] {
        let answer = floom.ask("PUT", VALUE, &json!({ "value": value }).to_string()).await;
        assert_eq!(answer.status, 200, "the longest values are taken");
    }
    let large = floom.ask("PUT", VALUE, &json!({ "value": "x".repeat(600_000) }).to_string()).await;
    assert_eq!((large.status, &large.json()["code"]), (413, &json!("request_body_too_large")), "a body has an end");
}

#[tokio::test]
async fn the_client_names_each_refusal() {
    let floom = Floom::start().await;
    let value = secret("a good value");
    let code = |result: Result<(), FloomError>| result.map_or_else(|error| error.code(), |()| "done");
    let set = async |slug, key| code(floom.client.set_value(slug, key, &value).await);
    assert_eq!(set("flyfast", "OPENAI_API_KEY").await, "floom_policy_mismatch", "user vault takes no creator value");
    assert_eq!(set("flyfast", "NOPE").await, "floom_key_unknown", "an undeclared key");
    assert_eq!(set("nope", "OPENAI_API_KEY").await, "floom_app_not_found", "an unknown app");
    assert_eq!(set("..", "OPENAI_API_KEY").await, "floom_app_not_found", "a name that is no path");
    assert_eq!(set("flyfast", "..").await, "floom_key_unknown", "a key that is no path");
    let long = secret(&"x".repeat(65_537));
    assert_eq!(
        code(floom.client.set_value("flyfast", "A", &long).await),
        "value_too_long",
        "refused before it is sent"
    );
    assert_eq!(floom.client.app("nope").await.expect_err("no app").code(), "floom_app_not_found", "no such app");
    assert_eq!(floom.client.run("run_nope").await.expect_err("no run").code(), "floom_run_not_found", "no such run");
    let error = floom.client.start_run("nope", json!({})).await.expect_err("no app");
    assert_eq!(error.code(), "floom_app_not_found", "nothing to run");
}

#[tokio::test]
async fn what_is_no_route_is_a_plain_404() {
    let floom = Floom::start().await;
    for (method, path) in [
        ("GET", VALUE),
        ("POST", POLICY),
        ("GET", "/api/me/apps/flyfast/creator-secrets"),
        ("GET", "/api/me/apps/flyfast/secret-policies/"),
        ("GET", "/api/me/apps//secret-policies"),
        ("GET", "/api/health/"),
        ("PUT", "/api/secrets/OPENAI_API_KEY"),
        ("GET", "/api/secrets/OPENAI_API_KEY"),
        ("POST", "/api/secrets/bulk"),
        ("GET", "/"),
    ] {
        let answer = floom.ask(method, path, "{}").await;
        assert_eq!((answer.status, answer.body.as_str()), (404, "404 Not Found"), "{method} {path} is no route");
    }
}

#[tokio::test]
async fn a_vault_entry_and_a_manifest_are_checked() {
    let floom = Floom::start().await;
    let post = async |body: Value| floom.ask("POST", "/api/secrets", &body.to_string()).await;
    let long = post(json!({ "key": "K".repeat(129), "value": "x" })).await;
    assert_eq!(field_error(&long, "key"), "String must contain at most 128 character(s)", "a name has an end");
    let both = post(json!({})).await;
    assert_eq!(field_error(&both, "key"), "Required", "both fields are named");
    assert_eq!(field_error(&both, "value"), "Required", "both fields are named");
    let list = post(json!([{ "key": "A", "value": "1" }])).await.json();
    assert_eq!(list["details"]["formErrors"][0], "Expected object, received array", "there is no bulk import");

    let good = json!({ "slug": "a", "name": "A", "command": ["true"] });
    for (field, value) in [("slug", json!("No Slug")), ("command", json!([])), ("secrets_needed", json!(["A", "A"]))] {
        let mut manifest = good.clone();
        manifest[field] = value;
        let answer = floom.ask("POST", "/api/local/apps", &manifest.to_string()).await;
        assert!(field_error(&answer, field).is_string(), "the refusal names {field}");
    }
    assert_eq!(floom.ask("POST", "/api/local/apps", "{").await.json()["code"], "invalid_body", "not JSON");
    assert_eq!(floom.client.my_apps().await.expect("apps").len(), 1, "nothing was registered");
}

#[tokio::test]
async fn a_listener_for_other_machines_is_refused() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let error = floom_local::serve(listener, store, std::future::pending()).await.expect_err("not loopback");
    assert!(matches!(error, LocalError::NotLoopback), "it answers this computer only");
}

#[tokio::test]
async fn a_client_that_never_finishes_holds_nobody_up() {
    let floom = Floom::start().await;
    floom.client.set_policy("flyfast", "OPENAI_API_KEY", Policy::Creator).await.expect("a policy");
    let mut slow = Vec::new();
    for begun in [
        "PUT ".to_owned(),
        format!("PUT {VALUE} HTTP/1.1\r\nHost: {}\r\nAuthor", floom.address),
        format!(
            "PUT {VALUE} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 20\r\n\r\n{{\"value\":\"sk",
            floom.address,
            floom.bearer()
        ),
    ] {
        let mut socket = TcpStream::connect(floom.address).await.expect("a connection");
        socket.write_all(begun.as_bytes()).await.expect("its beginning");
        slow.push(socket);
    }
    let policies = floom.client.policies("flyfast").await.expect("others are answered");
    assert!(!policies[0].creator_has_value, "half a request stores nothing");
    // Stopping does not wait for them either, and a cut request stays nothing.
    let folder = floom.stop().await;
    drop(slow);
    let again = Floom::start_in(folder).await;
    let policies = again.client.policies("flyfast").await.expect("policies");
    assert!(!policies[0].creator_has_value, "nor does it later");
}
