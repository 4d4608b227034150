//! The log has a line per request and nothing that is secret.

use std::sync::{Arc, Mutex};

use floom_local::{LogEntry, Options};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::Floom;

const VALUE: &str = "canary-of-the-log";

#[tokio::test]
async fn a_line_says_what_was_asked_and_nothing_that_is_secret() {
    let lines = Arc::<Mutex<Vec<LogEntry>>>::default();
    let kept = lines.clone();
    let log: floom_local::Log = Arc::new(move |entry| kept.lock().expect("a lock").push(entry));
    let options = Options { log: Some(log), ..Options::default() };
    let floom = Floom::start_with(TempDir::new().expect("a folder"), options).await;
    let link = floom.ask("GET", "/api/local/apps/flyfast/link", "").await.json();
    let link = link["path"].as_str().expect("a path");
    let entered = floom.raw("GET", link, &format!("Host: {}\r\n", floom.address), "").await;
    let cookie =
        entered.head.lines().find_map(|line| line.strip_prefix("set-cookie: floom_visitor=")).expect("a cookie");
    let cookie = cookie.split(';').next().expect("its value").to_owned();
    floom.ask("POST", "/api/secrets", &json!({ "key": "OWN", "value": VALUE }).to_string()).await;
    floom.ask_as(Some("a-wrong-token"), "GET", "/api/secrets", "").await;

    let lines = lines.lock().expect("a lock");
    let shown: Vec<_> = lines.iter().map(|line| (line.method.as_str(), line.path.as_str(), line.status)).collect();
    let expected = [
        ("GET", "/api/local/apps/flyfast/link", 200),
        ("GET", "/p/flyfast", 303),
        ("POST", "/api/secrets", 200),
        ("GET", "/api/secrets", 401),
    ];
    assert_eq!(shown, expected, "one line for each request, refused ones too");
    let text = serde_json::to_string(&*lines).expect("JSON");
    let key = link.split_once("key=").expect("a key").1;
    for secret in [VALUE, key, &cookie, &floom.bearer(), "a-wrong-token"] {
        assert!(!text.contains(secret), "no secret is in it: {text}");
    }
}
