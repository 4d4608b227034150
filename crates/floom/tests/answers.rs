//! The client against a server that says exactly what the test wants.

mod script;

use floom_client::{BaseUrl, Client, FloomError};
use floom_secret::{Policy, SecretValue};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use script::{Script, answer};

const TOKEN: &str = "floom_agent_0123456789abcdefghijklmnopqrstuv";
const CANARY: &str = "canary-in-the-answer";

async fn refusal(status: &str, headers: &str, body: &str) -> FloomError {
    let script = Script::of(vec![answer(status, headers, body)]).await;
    let error =
        script.client(Some(TOKEN)).set_policy("flyfast", "A_KEY", Policy::Creator).await.expect_err("a refusal");
    let told = format!("{error} {error:?} {}", error.hint());
    assert!(!told.contains(CANARY) && !told.contains(TOKEN), "an error has no piece of an answer: {told}");
    error
}

#[tokio::test]
async fn every_error_shape_becomes_its_code() {
    let with = |code: &str| json!({ "error": CANARY, "code": code, "details": { "x": CANARY } }).to_string();
    let docs = json!({ "error": CANARY, "code": "auth_required", "hint": CANARY, "docs_url": CANARY }).to_string();
    let owner = json!({ "error": CANARY, "code": "not_owner", "hint": CANARY, "docs_url": CANARY }).to_string();
    let cases = [
        ("401 Unauthorized", docs, "floom_token_refused"),
        ("401 Unauthorized", r#"{"error":"invalid_agent_token"}"#.into(), "floom_token_refused"),
        ("403 Forbidden", owner, "floom_not_owner"),
        ("403 Forbidden", with("forbidden"), "floom_refused"),
        ("403 Forbidden", r#"{"error":"not_owner","message":"agents"}"#.into(), "floom_not_owner"),
        ("404 Not Found", with("not_found"), "floom_app_not_found"),
        ("404 Not Found", r#"{"error":"App not found"}"#.into(), "floom_app_not_found"),
        ("404 Not Found", "404 Not Found".into(), "floom_bad_answer"),
        ("400 Bad Request", with("unknown_secret_key"), "floom_key_unknown"),
        ("400 Bad Request", with("policy_mismatch"), "floom_policy_mismatch"),
        ("400 Bad Request", with("invalid_body"), "floom_refused"),
        ("400 Bad Request", json!({ "message": CANARY, "code": "MISSING_ORIGIN" }).to_string(), "floom_refused"),
        ("429 Too Many Requests", r#"{"error":"rate_limit_exceeded","retryAfter":58}"#.into(), "floom_rate_limited"),
        ("500 Internal Server Error", with("secret_encrypt_failed"), "floom_master_key_changed"),
        ("500 Internal Server Error", with("policy_set_failed"), "floom_server_error"),
        ("500 Internal Server Error", r#"{"error":"internal_server_error"}"#.into(), "floom_server_error"),
        ("502 Bad Gateway", format!("<html>{CANARY}</html>"), "floom_server_error"),
        ("200 OK", format!("<html>{CANARY}</html>"), "floom_bad_answer"),
        ("200 OK", r#"{"ok":false}"#.into(), "floom_bad_answer"),
        ("200 OK", "{}".into(), "floom_bad_answer"),
        ("204 No Content", String::new(), "floom_bad_answer"),
        ("418 I'm a teapot", CANARY.into(), "floom_bad_answer"),
    ];
    for (status, body, code) in cases {
        assert_eq!(refusal(status, "", &body).await.code(), code, "{status} with {body}");
    }
}

#[tokio::test]
async fn what_an_error_means_for_the_next_attempt() {
    let limited = refusal("429 Too Many Requests", "Retry-After: 58\r\n", "{}").await;
    assert_eq!(limited.retry_after().map(|wait| wait.as_secs()), Some(59), "what the server asks for, and a second");
    assert!(limited.is_transient() && !limited.sent(), "it will pass, and nothing was done");
    let server = refusal("503 Service Unavailable", "", "").await;
    assert!(server.is_transient() && server.sent(), "it may pass, and nobody knows what was done");
    let owner = refusal("403 Forbidden", "", r#"{"error":"x","code":"not_owner"}"#).await;
    assert!(!owner.is_transient() && !owner.sent(), "it does not pass by itself");
    assert_eq!(owner.to_string(), "This account does not own flyfast.", "the app is named");

    let used_up = r#"{"error":"x","code":"auth_required"}"#;
    let wait = async |token: &str| {
        let script = Script::of(vec![answer("401 Unauthorized", "", used_up)]).await;
        script.client(Some(token)).policies("flyfast").await.expect_err("refused").retry_after()
    };
    assert!(wait("floom_0123456789").await.is_some(), "an API key may only have used up its requests of a minute");
    assert!(wait(TOKEN).await.is_none(), "an agent token that is refused is refused");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_token() {
    let other = Script::of(vec![answer("200 OK", "", r#"{"apps":[]}"#)]).await;
    let location = format!("Location: http://127.0.0.1:{}/api/hub/mine\r\n", other.port);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let script = Script::of(vec![answer(status, &location, "")]).await;
        let error = script.client(Some(TOKEN)).my_apps().await.expect_err("a redirect");
        assert_eq!(error.code(), "floom_bad_answer", "{status} is no answer of a Floom");
    }
    assert!(other.asked().is_empty(), "nobody else was asked");
}

#[tokio::test]
async fn an_answer_has_an_end() {
    let body = format!(r#"{{"apps":[],"x":"{}"}}"#, "x".repeat(3 * 1024 * 1024));
    for head in [format!("Content-Length: {}\r\n", body.len()), String::new()] {
        let whole = format!("HTTP/1.1 200 OK\r\n{head}Connection: close\r\n\r\n{body}");
        let script = Script::of(vec![whole]).await;
        let error = script.client(Some(TOKEN)).my_apps().await.expect_err("too large");
        assert_eq!(error.code(), "floom_bad_answer", "more than 2 MiB is not read");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_carried_the_request() {
    let script = Script::of(vec![String::new()]).await;
    let error = script.client(Some(TOKEN)).set_policy("a", "B", Policy::User).await.expect_err("no answer");
    assert_eq!((error.code(), error.sent()), ("floom_unreachable", true), "it was sent, and nothing came back");

    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let base = BaseUrl::parse(&format!("http://{gone}")).expect("a base address");
    let error = Client::new(base, None).expect("a client").health().await.expect_err("nobody there");
    assert_eq!((error.code(), error.sent()), ("floom_unreachable", false), "nobody was there to get it");
    assert_eq!(error.to_string(), format!("{gone} cannot be reached."), "the host is named");
}

#[tokio::test]
async fn a_request_is_what_floom_expects() {
    let script = Script::of(vec![answer("200 OK", "", r#"{"ok":true,"key":"A/B"}"#)]).await;
    let value = SecretValue::new("line\n\"two\" ü".into());
    script.client(Some(TOKEN)).set_value("my app", "A/B", &value).await.expect("stored");
    let asked = script.asked().remove(0);
    assert!(asked.starts_with("PUT /api/me/apps/my%20app/creator-secrets/A%2FB HTTP/1.1\r\n"), "names stay in place");
    let lower = asked.to_lowercase();
    assert!(lower.contains(&format!("authorization: bearer {TOKEN}\r\n")), "the token goes along");
    assert!(lower.contains("content-type: application/json\r\n"), "the body is JSON");
    assert!(!lower.contains("origin:"), "no page sent this");
    assert!(asked.ends_with(r#"{"value":"line\n\"two\" ü"}"#), "the value is exact");
}

#[tokio::test]
async fn the_owner_of_a_link_shared_app_gets_in_with_its_key() {
    let not_found = answer("404 Not Found", "", r#"{"error":"App not found","code":"not_found"}"#);
    let sharing = answer("200 OK", "", r#"{"slug":"a","visibility":"link","link_share_token":"k&1"}"#);
    let policies = answer("200 OK", "", r#"{"policies":[]}"#);
    let script = Script::of(vec![not_found.clone(), sharing, policies]).await;
    assert_eq!(script.client(Some(TOKEN)).policies("a").await.expect("policies"), [], "the second attempt gets in");
    assert!(script.asked()[2].starts_with("GET /api/me/apps/a/secret-policies?key=k%261 "), "with the link's key");

    let script = Script::of(vec![not_found.clone(), not_found]).await;
    let error = script.client(Some(TOKEN)).policies("a").await.expect_err("no such app");
    assert_eq!(error.code(), "floom_app_not_found", "an app that is not there stays so");
}

#[tokio::test]
async fn a_long_block_is_told_without_asking_again() {
    let script = Script::of(vec![answer("429 Too Many Requests", "Retry-After: 120\r\n", "{}")]).await;
    let client = script.client(Some(TOKEN));
    for attempt in ["asked", "not asked", "not asked by a clone"] {
        let error = client.clone().remove_value("a", "B").await.expect_err("blocked");
        assert_eq!(error.code(), "floom_rate_limited", "{attempt}");
        assert!(error.retry_after().is_some_and(|wait| wait.as_secs() >= 115), "{attempt}: how long is said");
    }
    assert_eq!(script.asked().len(), 1, "attempts while blocked would count against us");
}

#[tokio::test]
async fn debug_output_hides_the_token() {
    let script = Script::of(Vec::new()).await;
    let shown = format!("{:?}", script.client(Some(TOKEN)));
    assert!(!shown.contains(TOKEN) && shown.contains("127.0.0.1"), "the address is shown, the token is not: {shown}");
}

#[tokio::test]
async fn https_needs_no_preparation_by_the_caller() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("https://{}", listener.local_addr().expect("an address"));
    let first_bytes = async {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut bytes = vec![0; 16 * 1024];
        let count = socket.read(&mut bytes).await.expect("bytes");
        bytes.truncate(count);
        bytes
    };
    let base = BaseUrl::parse(&base).expect("a base address");
    let client = Client::new(base, Some(SecretValue::new(TOKEN.into())));
    let client = match client {
        Err(error) => return assert_eq!(error.code(), "floom_no_tls", "only missing CA certificates are a reason"),
        Ok(client) => client,
    };
    let (bytes, answer) = tokio::join!(first_bytes, client.health());
    const HANDSHAKE: u8 = 22;
    assert_eq!(bytes.first(), Some(&HANDSHAKE), "the first thing said is TLS (RFC 8446, section 5.1)");
    assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "and not the token");
    let error = answer.expect_err("that server does not speak TLS");
    assert_eq!((error.code(), error.sent()), ("floom_unreachable", false), "nothing was sent to it");
}
