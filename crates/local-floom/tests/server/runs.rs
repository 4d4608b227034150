//! What a run gets, and what is kept of what it says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use floom_client::RunStatus;
use floom_secret::Policy;
use serde_json::{Value, json};

use crate::harness::{Floom, KEYS, shell};

#[tokio::test]
async fn a_run_gets_exactly_the_values_by_policy() {
    let floom = Floom::start().await;
    let [openai, amadeus, stripe, supabase] = KEYS;
    // Values under 8 characters are shown as they are, so the test sees them.
    floom.give("flyfast", openai, "c-open").await;
    floom.give("flyfast", amadeus, "c-amad").await;
    floom.give("flyfast", stripe, "dormant").await;
    floom.client.set_policy("flyfast", stripe, Policy::User).await.expect("a flip");
    for (key, value) in [(openai, "u-open"), (stripe, "u-strip"), (supabase, "u-supa"), ("OTHER", "u-other")] {
        floom.connect(key, value).await;
    }
    let run = floom.run("flyfast", json!({})).await;
    assert_eq!((run.status, &run.error), (RunStatus::Success, &None), "all four are there: {:?}", run.outputs);
    let Value::Object(mut seen) = run.outputs else { panic!("the command printed an object") };
    for inherited in ["PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"] {
        seen.remove(inherited);
    }
    let expected = json!({ openai: "c-open", amadeus: "c-amad", stripe: "u-strip", supabase: "u-supa" });
    assert_eq!(Value::Object(seen), expected, "two from the creator, two from the own vault, and nothing else");

    let used = floom.store.last_uses("flyfast").expect("uses");
    assert_eq!(used.len(), 4, "every injected key has a last use");
    let mine = floom.ask("GET", "/api/me/runs?limit=1", "").await.json();
    assert_eq!((&mine["runs"][0]["id"], &mine["runs"][0]["app_slug"]), (&json!(run.id), &json!("flyfast")), "my runs");
}

#[tokio::test]
async fn missing_keys_are_named_and_never_replaced_by_the_other_vault() {
    let floom = Floom::start().await;
    let [openai, amadeus, stripe, supabase] = KEYS;
    for key in KEYS {
        floom.connect(key, "own-value").await;
    }
    floom.client.set_policy("flyfast", openai, Policy::Creator).await.expect("a policy");
    let id = floom.run("flyfast", json!({})).await.id;
    let run = floom.ask("GET", &format!("/api/run/{id}"), "").await.json();
    assert_eq!(run["error_type"], "missing_secret", "the real server's word");
    assert_eq!(run["outputs"]["error"], "missing_secrets", "and its shape");
    assert_eq!(run["outputs"]["required"], json!([openai]), "creator vault does not fall back to the own vault");
    assert!(run["outputs"]["help"].is_string(), "with a help text");
    assert_eq!(run["error"], format!("Missing required secrets: {openai}"), "the keys are named");
    assert!(floom.store.last_uses("flyfast").expect("uses").is_empty(), "a run that did not start used nothing");

    floom.client.set_policy("flyfast", openai, Policy::User).await.expect("a policy");
    for key in [amadeus, stripe, supabase] {
        floom.ask("DELETE", &format!("/api/secrets/{key}"), "").await;
    }
    let run = floom.run("flyfast", json!({})).await;
    assert_eq!(run.outputs["required"], json!([amadeus, stripe, supabase]), "in the manifest's order");
}

#[tokio::test]
async fn values_are_redacted_in_every_form_before_they_are_stored() {
    let floom = Floom::start().await;
    let value = "sk-proj-Zq7/+ value=42&x\"y";
    let script = r#"printf '%s\n' "$TOKEN"; printf 'x%s' "$TOKEN" | base64 -w0; echo
        printf '%s' "$TOKEN" | head -c 9; sleep 0.2; printf '%s' "$TOKEN" | tail -c +10; echo; printf '%s' "$TOKEN" >&2"#;
    floom.register(&shell("leaky", &["TOKEN"], script)).await;
    floom.give("leaky", "TOKEN", value).await;
    let run = floom.run("leaky", json!({})).await;
    let stdout = run.outputs["stdout"].as_str().expect("text");
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines[0], "[TOKEN]", "the value itself");
    assert!(lines[1].contains("[TOKEN]"), "the value in base64 behind another character: {}", lines[1]);
    assert_eq!(lines[2], "[TOKEN]", "the value in two writes");
    let all = floom.ask("GET", &format!("/api/run/{}", run.id), "").await.body;
    assert!(all.contains(r#""logs":"[TOKEN]""#), "standard error is redacted too");
    for form in [value, &value[4..], &STANDARD.encode(format!("x{value}"))] {
        assert!(!all.contains(form), "no form of the value is in the answer");
    }
}

#[tokio::test]
async fn inputs_arrive_on_standard_input_and_an_object_comes_back() {
    let floom = Floom::start().await;
    let mut manifest = shell("echo", &[], "echo starting; cat; echo; echo done");
    manifest.inputs = serde_json::from_value(json!([{ "name": "prompt", "required": true }])).expect("inputs");
    floom.register(&manifest).await;
    let run = floom.run("echo", json!({ "prompt": "BER to LIS", "extra": 1 })).await;
    assert_eq!(run.outputs, json!({ "prompt": "BER to LIS" }), "declared inputs go in, the object comes out");

    let refused = floom.ask("POST", "/api/echo/run", "{}").await;
    let expected = (400, json!({ "error": "\"prompt\" is required", "field": "prompt" }));
    assert_eq!((refused.status, refused.json()), expected, "a required input is asked for");
    let named = floom.ask("POST", "/api/run", r#"{"app_slug":"echo","inputs":{"prompt":"x"}}"#).await;
    assert_eq!((named.status, &named.json()["status"]), (200, &json!("pending")), "the other address of the same call");
    assert_eq!(floom.ask("POST", "/api/run", "{}").await.status, 400, "without a slug there is nothing to run");
    let action = floom.ask("POST", "/api/echo/run", r#"{"action":"fly","inputs":{"prompt":"x"}}"#).await;
    assert_eq!(action.json(), json!({ "error": "Action \"fly\" not found" }), "an unknown action");
}

#[tokio::test]
async fn failures_and_limits_end_a_run_in_words() {
    let floom = Floom::start().await;
    floom.register(&shell("fails", &[], "echo before; exit 3")).await;
    let run = floom.run("fails", json!({})).await;
    assert_eq!(run.status, RunStatus::Error, "a command that fails is an error");
    assert_eq!(run.error.as_deref(), Some("The command ended with code 3."), "with its code");
    assert_eq!(run.outputs, json!({ "stdout": "before\n" }), "what it said is kept");

    let mut slow = shell("slow", &[], "echo begun; sleep 60 & wait");
    slow.timeout_seconds = 1;
    floom.register(&slow).await;
    let run = floom.run("slow", json!({})).await;
    assert_eq!((run.status, run.error_type.as_deref()), (RunStatus::Timeout, Some("timeout")), "it is stopped in time");
    assert_eq!(run.outputs, json!({ "stdout": "begun\n" }), "what it said before is kept");

    floom.register(&shell("background", &[], "sleep 60 & echo left")).await;
    let run = floom.run("background", json!({})).await;
    assert_eq!(run.status, RunStatus::Success, "a run ends with its command");
    assert!(run.duration_ms.is_some_and(|ms| ms < 30_000), "not with what the command left behind");

    floom.register(&shell("chatty", &[], "yes 0123456789 | head -c 400000")).await;
    let run = floom.run("chatty", json!({})).await;
    let stdout = run.outputs["stdout"].as_str().expect("text");
    assert!(stdout.len() < 270_000 && stdout.ends_with("[output cut at 256 KiB]"), "output has an end, and it is said");

    let mut missing = shell("missing", &[], "");
    missing.command = vec!["/nonexistent/program".into()];
    floom.register(&missing).await;
    let run = floom.run("missing", json!({})).await;
    let expected = "The command did not start: its program was not found.";
    assert_eq!(run.error.as_deref(), Some(expected), "a command that is not there");
}

#[tokio::test]
async fn a_run_under_way_keeps_the_value_that_it_started_with() {
    let floom = Floom::start().await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let (begun, go) = (folder.path().join("begun"), folder.path().join("go"));
    let script =
        format!("touch {}; while [ ! -e {} ]; do sleep 0.02; done; echo \"$T\"", begun.display(), go.display());
    floom.register(&shell("waits", &["T"], &script)).await;
    floom.give("waits", "T", "old").await;
    let id = floom.client.start_run("waits", json!({})).await.expect("a run");
    while !begun.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    floom.client.set_value("waits", "T", &crate::harness::secret("new")).await.expect("a value");
    std::fs::write(&go, "").expect("a file");
    let run = loop {
        let run = floom.client.run(&id).await.expect("the run");
        if run.status.is_over() {
            break run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert_eq!(run.outputs, json!({ "stdout": "old\n" }), "values are read when a run starts");
    assert_eq!(
        floom.run("waits", json!({})).await.outputs,
        json!({ "stdout": "new\n" }),
        "the next run has the new one"
    );
}
