//! What the client makes of what Floom's own server answered, in OSS, cloud and shared-bearer mode.
//!
//! Every exchange is asked again of a server that gives the recorded answer; what the client understood of it is
//! compared with `transcripts/understood.txt`, which was read line by line beside the recording.

mod script;

use std::fmt::Debug;

use floom_client::{Client, FloomError};
use floom_secret::{Policy, SecretValue};
use serde_json::Value;

use script::{Script, answer};

const RECORDED: &str = include_str!("transcripts/floom.md");
const UNDERSTOOD: &str = include_str!("transcripts/understood.txt");

struct Exchange {
    /// Its number in its section.
    name: String,
    method: String,
    path: String,
    token: Option<String>,
    body: String,
    status: String,
    headers: String,
    answer: String,
}

fn exchanges() -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    let mut section = "";
    let mut parts = RECORDED.split("```");
    while let (Some(before), Some(text)) = (parts.next(), parts.next()) {
        if let Some((_, after)) = before.split_once("\n## ") {
            section = after.split(' ').next().expect("a section's number");
        }
        let number = before.rsplit_once("\n**").and_then(|(_, title)| title.split('.').next()).expect("a number");
        let (asked, answered) = text.trim().split_once("--> ").expect("an arrow");
        let mut asked = asked.lines();
        let (method, path) = asked.next().and_then(|line| line.split_once(' ')).expect("a request");
        let (head, body): (Vec<&str>, Vec<&str>) = asked.partition(|line| line.starts_with("Authorization: "));
        let (status, rest) = answered.split_once('\n').expect("a status");
        let is_header = |line: &&str| line.starts_with("x-ratelimit-") || line.starts_with("retry-after: ");
        let (headers, rest): (Vec<&str>, Vec<&str>) = rest.lines().partition(is_header);
        exchanges.push(Exchange {
            name: format!("{section}/{number}"),
            method: method.to_owned(),
            path: path.to_owned(),
            token: head.first().and_then(|line| line.strip_prefix("Authorization: Bearer ")).map(str::to_owned),
            body: body.join("\n"),
            status: status.trim().to_owned(),
            headers: headers.iter().map(|header| format!("{header}\r\n")).collect(),
            answer: rest.join("\n").replace("(empty body)", ""),
        });
    }
    exchanges
}

/// The result of a call in one line.
fn told(result: Result<impl Debug, FloomError>) -> String {
    match result {
        Ok(understood) => format!("{understood:?}"),
        Err(error) => {
            let after = error.retry_after().map(|wait| format!(", after {} s", wait.as_secs())).unwrap_or_default();
            format!("refused: {}{after}", error.code())
        }
    }
}

/// The call of the client that makes this request.
async fn ask(client: &Client, exchange: &Exchange) -> String {
    let body: Value = serde_json::from_str(&exchange.body).unwrap_or_default();
    let text = |field: &str| body[field].as_str().unwrap_or_default();
    let parts: Vec<&str> = exchange.path.split('/').skip(2).collect();
    match (exchange.method.as_str(), parts.as_slice()) {
        ("GET", ["health"]) => told(client.health().await),
        ("GET", ["session", "me"]) => told(client.session().await),
        ("GET", ["hub", "mine"]) => told(client.my_apps().await),
        ("GET", ["hub", slug]) => told(client.app(slug).await),
        ("GET", ["run", id]) => {
            let run = client.run(id).await;
            told(run.map(|run| (run.status, run.error_type, run.outputs["error"].clone(), run.error)))
        }
        ("GET", ["me", "agent-keys"]) => told(client.agent_tokens().await),
        ("POST", ["me", "agent-keys"]) => told(client.mint_agent_token(text("label")).await),
        ("POST", [slug, "run"]) => told(client.start_run(slug, body["inputs"].clone()).await),
        ("GET", ["me", "apps", slug, "secret-policies"]) => told(client.policies(slug).await),
        ("PUT", ["me", "apps", slug, "secret-policies", key]) => {
            let policy: Policy = serde_json::from_value(body["policy"].clone()).expect("a policy");
            told(client.set_policy(slug, key, policy).await)
        }
        ("PUT", ["me", "apps", slug, "creator-secrets", key]) => {
            told(client.set_value(slug, key, &SecretValue::new(text("value").into())).await)
        }
        ("DELETE", ["me", "apps", slug, "creator-secrets", key]) => told(client.remove_value(slug, key).await),
        _ => panic!("{}: no call of the client asks {} {}", exchange.name, exchange.method, exchange.path),
    }
}

#[tokio::test]
async fn every_recorded_answer_is_understood_as_it_was_meant() {
    let mut understood = String::new();
    for exchange in exchanges() {
        let Exchange { name, method, path, status, headers, answer: body, .. } = &exchange;
        // A read that is refused with 404 asks for the link's key next, which this app does not have.
        let no_link = answer("404 Not Found", "", r#"{"error":"App not found","code":"not_found"}"#);
        let script = Script::of(vec![answer(&format!("{status} "), headers, body), no_link]).await;
        let line = ask(&script.client(exchange.token.as_deref()), &exchange).await;
        let asked = script.asked().remove(0);
        let bytes = path.replace("%66", "%2566");
        assert!(asked.starts_with(&format!("{method} {bytes} ")), "{name}: the request is the recorded one: {asked}");
        if method == "PUT" {
            let sent: Value =
                asked.split("\r\n\r\n").nth(1).and_then(|body| serde_json::from_str(body).ok()).expect("JSON");
            let recorded: Value = serde_json::from_str(&exchange.body).expect("JSON");
            assert_eq!(sent, recorded, "{name}: and so is its body");
        }
        understood.push_str(&format!("{name} {method} {path}\n    {line}\n"));
    }
    if understood != UNDERSTOOD {
        let place = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("understood.txt");
        std::fs::write(&place, &understood).expect("written");
        panic!("understood otherwise than before; what it is now stands in {}", place.display());
    }
}
