//! Agent tokens, as Floom's own server answers about them.

use serde_json::{Value, json};

use crate::harness::Floom;

const KEYS: &str = "/api/me/agent-keys";

#[tokio::test]
async fn a_token_is_shown_once_listed_without_itself_and_dead_when_revoked() {
    let floom = Floom::start().await;
    let made = floom.mint("read-write").await;
    let raw = made["raw_token"].as_str().expect("the token").to_owned();
    assert!(
        raw.len() == 44 && raw.starts_with(made["prefix"].as_str().expect("a prefix")),
        "it has Floom's form: {raw}"
    );
    assert_eq!((&made["workspace_id"], &made["scope"]), (&json!("local"), &json!("read-write")), "as it was asked for");
    assert!(made["id"].as_str().expect("an id").starts_with("agtok_"), "its id is no token");

    let policies = "/api/me/apps/flyfast/secret-policies";
    assert_eq!(floom.ask_as(Some(&raw), "GET", policies, "").await.status, 200, "it opens what it may");
    floom.mint("read").await;
    let list = floom.ask("GET", KEYS, "").await;
    assert!(!list.body.contains(&raw), "the token itself is not kept");
    let list = list.json();
    let fields: Vec<_> = list[0].as_object().expect("an entry").keys().map(String::as_str).collect();
    let expected = ["created_at", "id", "label", "last_used_at", "prefix", "revoked", "scope", "workspace_id"];
    assert_eq!(fields, expected, "an entry of the list");
    assert_eq!((&list[0]["scope"], &list[0]["last_used_at"]), (&json!("read"), &Value::Null), "the newest is first");
    assert!(list[1]["last_used_at"].as_str().is_some_and(|at| at.ends_with('Z')), "the use of the other was noted");

    let revoke = format!("{KEYS}/{}/revoke", made["id"].as_str().expect("an id"));
    let revoked = floom.ask("POST", &revoke, "").await;
    assert_eq!((revoked.status, revoked.body.as_str()), (204, ""), "revoked");
    assert_eq!(floom.ask("POST", &format!("{KEYS}/nope/revoke"), "").await.status, 204, "as an unknown one");
    let dead = floom.ask_as(Some(&raw), "GET", policies, "").await;
    assert_eq!((dead.status, dead.json()), (401, json!({ "error": "invalid_agent_token" })), "and is a token no more");
    assert_eq!(floom.ask("GET", KEYS, "").await.json()[1]["revoked"], true, "the list says so");
}

#[tokio::test]
async fn what_no_token_can_be_is_refused_with_its_field() {
    let floom = Floom::start().await;
    for (body, field) in [
        (json!({ "label": "x", "scope": "admin" }), "scope"),
        (json!({ "label": "x" }), "scope"),
        (json!({ "scope": "read" }), "label"),
        (json!({ "label": "  ", "scope": "read" }), "label"),
        (json!({ "label": "x".repeat(81), "scope": "read" }), "label"),
        (json!({ "label": 1, "scope": "read" }), "label"),
        (json!({ "label": "x", "scope": "read", "rate_limit_per_minute": 0 }), "rate_limit_per_minute"),
        (json!({ "label": "x", "scope": "read", "rate_limit_per_minute": 10_001 }), "rate_limit_per_minute"),
        (json!({ "label": "x", "scope": "read", "rate_limit_per_minute": "1" }), "rate_limit_per_minute"),
        (json!({ "label": "x", "scope": "read", "workspace_id": 1 }), "workspace_id"),
    ] {
        let answer = floom.ask("POST", KEYS, &body.to_string()).await;
        let answer = (answer.status, answer.json());
        assert_eq!((answer.0, &answer.1["code"]), (400, &json!("invalid_body")), "{body}");
        assert!(answer.1["details"]["fieldErrors"][field].is_array(), "{body}: {field} is named: {}", answer.1);
    }
    let body = json!({ "label": "x", "scope": "read", "workspace_id": "nope" }).to_string();
    let unknown = floom.ask("POST", KEYS, &body).await;
    assert_eq!(
        (unknown.status, &unknown.json()["code"]),
        (404, &json!("workspace_not_found")),
        "one workspace is here"
    );
    assert_eq!(floom.ask("GET", KEYS, "").await.json(), json!([]), "nothing was made by any of it");
}

#[tokio::test]
async fn a_token_has_a_budget_of_its_own() {
    let floom = Floom::start().await;
    let body = json!({ "label": "slow", "scope": "read-write", "rate_limit_per_minute": 1 }).to_string();
    let made = floom.ask("POST", KEYS, &body).await.json();
    let raw = made["raw_token"].as_str().expect("the token");
    let path = "/api/secrets/NOT_THERE";
    let first = floom.ask_as(Some(raw), "DELETE", path, "").await;
    assert_eq!(first.status, 200, "one change a minute");
    for header in ["x-ratelimit-limit: 1\r", "x-ratelimit-remaining: 0", "x-ratelimit-scope: agent_token"] {
        assert!(first.headers.contains(header), "it says what is left: {header}");
    }
    let second = floom.ask_as(Some(raw), "DELETE", path, "").await;
    assert_eq!((second.status, &second.json()["error"]), (429, &json!("rate_limit_exceeded")), "and not two");
    assert!(second.headers.contains("retry-after:"), "it says when the next one is");
    assert_eq!(floom.ask_as(Some(raw), "GET", "/api/secrets", "").await.status, 200, "reading is free");
    assert_eq!(floom.ask("DELETE", path, "").await.status, 200, "the owner's own budget is another");
}
