//! Every route as it answers when all is well.

use floom_client::{AppSummary, PolicyEntry};
use floom_local::Dialect;
use floom_secret::Policy;
use serde_json::{Value, json};

use crate::harness::{Floom, KEYS, secret};

#[tokio::test]
async fn the_client_finds_the_sample_app() {
    let floom = Floom::start().await;
    let health = floom.client.health().await.expect("health");
    let announced: &[&str] = if crate::DIALECT == Dialect::SecretsV1 { &["secrets-v1"] } else { &[] };
    assert_eq!(health.extensions, announced, "it announces what a Floom of today has not");

    let session = floom.client.session().await.expect("a session");
    assert!(session.signed_in && session.is_local && !session.cloud_mode, "the one local owner is signed in");
    assert_eq!(session.user_id, "local", "as on a Floom without accounts");

    let apps = floom.client.my_apps().await.expect("apps");
    let flyfast = AppSummary { slug: "flyfast".into(), name: "flyfast".into(), status: "active".into() };
    assert_eq!(apps, [flyfast], "the sample is there from the first start");
    let app = floom.client.app("flyfast").await.expect("the app");
    assert_eq!(app.secrets_needed, KEYS, "it declares its four keys in order");
}

#[tokio::test]
async fn a_key_goes_through_its_whole_life() {
    let floom = Floom::start().await;
    let [key, ..] = KEYS;
    let entry = async || -> PolicyEntry {
        let policies = floom.client.policies("flyfast").await.expect("policies");
        assert_eq!(
            policies.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(),
            KEYS,
            "in the manifest's order"
        );
        policies.into_iter().next().expect("a key")
    };
    let before = entry().await;
    assert_eq!((before.policy, before.creator_has_value, before.updated_at), (Policy::User, false, None), "undecided");

    floom.client.set_policy("flyfast", key, Policy::Creator).await.expect("a policy");
    let decided = entry().await;
    assert_eq!((decided.policy, decided.creator_has_value), (Policy::Creator, false), "decided, without a value");
    assert!(decided.updated_at.is_some(), "the decision has a time");

    floom.client.set_value("flyfast", key, &secret("sk-test-1")).await.expect("a value");
    floom.client.set_value("flyfast", key, &secret("sk-test-2")).await.expect("a second value");
    assert!(entry().await.creator_has_value, "a value is there");

    floom.client.set_policy("flyfast", key, Policy::User).await.expect("a flip");
    let dormant = entry().await;
    assert_eq!((dormant.policy, dormant.creator_has_value), (Policy::User, true), "a flip keeps the value");

    assert!(floom.client.remove_value("flyfast", key).await.expect("a removal"), "it was there");
    assert!(!floom.client.remove_value("flyfast", key).await.expect("a removal"), "and is not there any more");
    assert!(!floom.client.remove_value("flyfast", "UNDECLARED").await.expect("a removal"), "nothing is no error");
    let after = entry().await;
    assert_eq!((after.policy, after.creator_has_value), (Policy::User, false), "the policy is left alone");
}

#[tokio::test]
async fn answers_have_the_real_shapes() {
    let floom = Floom::start().await;
    let fields = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();

    let health = floom.ask("GET", "/api/health", "").await.json();
    let mut shown = fields(&health);
    let is_announced = shown.iter().position(|field| field == "extensions").map(|at| shown.remove(at)).is_some();
    assert_eq!(is_announced, crate::DIALECT == Dialect::SecretsV1, "only what can more says so");
    assert_eq!(shown, ["apps", "service", "status", "threads", "timestamp", "version"], "health");

    let mine = floom.ask("GET", "/api/hub/mine", "").await.json();
    let expected = [
        "app_type",
        "author",
        "category",
        "created_at",
        "description",
        "icon",
        "is_async",
        "last_run_at",
        "name",
        "openapi_spec_url",
        "publish_status",
        "run_count",
        "slug",
        "status",
        "updated_at",
        "visibility",
    ];
    assert_eq!(fields(&mine["apps"][0]), expected, "my apps");

    let detail = floom.ask("GET", "/api/hub/flyfast", "").await.json();
    let expected = [
        "async_mode",
        "author",
        "author_display",
        "category",
        "created_at",
        "creator_handle",
        "description",
        "icon",
        "is_async",
        "manifest",
        "max_run_retention_days",
        "name",
        "published_at",
        "renderer",
        "slug",
        "timeout_ms",
        "upstream_host",
        "version",
        "version_status",
        "visibility",
    ];
    assert_eq!(fields(&detail), expected, "app detail");

    let policies = floom.ask("GET", "/api/me/apps/flyfast/secret-policies", "").await.json();
    let undecided = json!({ "key": "OPENAI_API_KEY", "policy": "user_vault", "creator_has_value": false });
    assert_eq!(policies["policies"][0], undecided, "a key never decided on has no updated_at");

    let path = "/api/me/apps/flyfast/secret-policies/OPENAI_API_KEY";
    let flipped = floom.ask("PUT", path, r#"{"policy":"creator_override"}"#).await;
    assert_eq!(flipped.json(), json!({ "ok": true, "policy": "creator_override" }), "a flip");
    for header in ["x-ratelimit-limit: 6000", "x-ratelimit-remaining:", "x-ratelimit-reset:", "x-ratelimit-scope: user"]
    {
        assert!(flipped.headers.contains(header), "a write says what is left: {header}");
    }
    let path = "/api/me/apps/flyfast/creator-secrets/OPENAI_API_KEY";
    let stored = floom.ask("PUT", path, r#"{"value":" PEM\nlines \n","note":"ignored"}"#).await;
    assert_eq!(stored.json(), json!({ "ok": true, "key": "OPENAI_API_KEY" }), "a value");
    let encoded = floom.ask("GET", "/api/me/apps/fly%66ast/secret-policies", "").await;
    assert_eq!(encoded.status, 200, "an encoded slug is the same slug");
}

#[tokio::test]
async fn the_owners_own_vault() {
    let floom = Floom::start().await;
    assert_eq!(floom.ask("GET", "/api/secrets", "").await.json(), json!({ "entries": [] }), "empty at first");
    let strange = "weird key/ü\n";
    for key in ["B", strange, "A", "A"] {
        let answer = floom.ask("POST", "/api/secrets", &json!({ "key": key, "value": "x" }).to_string()).await;
        assert_eq!(answer.json(), json!({ "ok": true, "key": key }), "any name is taken, again as at first");
    }
    let list = floom.ask("GET", "/api/secrets", "").await.json();
    let names: Vec<_> = list["entries"].as_array().expect("a list").iter().map(|entry| &entry["key"]).collect();
    assert_eq!(names, ["A", "B", strange], "by name, without values");
    let removed = floom.ask("DELETE", "/api/secrets/weird%20key%2F%C3%BC%0A", "").await.json();
    assert_eq!(removed, json!({ "ok": true, "removed": true }), "an encoded name is found");
    let again = floom.ask("DELETE", "/api/secrets/weird%20key%2F%C3%BC%0A", "").await.json();
    assert_eq!(again, json!({ "ok": true, "removed": false }), "once");
}

#[tokio::test]
async fn an_app_is_registered_and_removed() {
    let floom = Floom::start().await;
    let manifest = json!({ "slug": "other", "name": "Other", "secrets_needed": ["A_KEY"], "command": ["true"] });
    let made = floom.ask("POST", "/api/local/apps", &manifest.to_string()).await;
    assert_eq!((made.status, made.json()), (201, json!({ "slug": "other", "name": "Other", "created": true })), "made");
    let again = floom.ask("POST", "/api/local/apps", &manifest.to_string()).await;
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("slug_taken")), "a slug is given once");

    floom.give("other", "A_KEY", "a value of the other app").await;
    let removed = floom.ask("DELETE", "/api/me/apps/other", "").await;
    assert_eq!((removed.status, removed.json()), (200, json!({ "ok": true })), "removed");
    assert_eq!(floom.ask("DELETE", "/api/me/apps/other", "").await.status, 404, "once");
    let made = floom.ask("POST", "/api/local/apps", &manifest.to_string()).await;
    assert_eq!(made.status, 201, "the slug is free again");
    let policies = floom.client.policies("other").await.expect("policies");
    assert!(!policies[0].creator_has_value, "a new app of that name starts without the old one's value");
}
