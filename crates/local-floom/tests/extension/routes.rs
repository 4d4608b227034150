//! Each call of the extension, its refusals, and the ends of a grace.

use floom_client::{Dialect, Put};
use floom_secret::{Policy, SecretValue};
use uuid::Uuid;

use crate::harness::{APP, KEY, Server, code};

#[tokio::test]
async fn a_floom_says_what_it_can_do() {
    let server = Server::start().await;
    let health = server.client.health().await.expect("it answers");
    assert_eq!(health.dialect(), Dialect::SecretsV1, "Local Floom has the extension");
    let today = Server::serve(&server.folder, &server.clock, floom_local::Dialect::Today).await;
    assert_eq!(today.health().await.expect("it answers").dialect(), Dialect::Today, "hidden it is a Floom of today");
    assert!(today.secrets(APP).await.is_err(), "and has none of its routes");
    assert_eq!(today.policies(APP).await.expect("policies").len(), 4, "but all of the others");
}

#[tokio::test]
async fn policy_and_value_come_in_one_step_and_what_is_shown_is_no_value() {
    let server = Server::start().await;
    let before = server.client.secrets(APP).await.expect("the list");
    assert!(before.missing.is_empty(), "a key that nobody decided on asks each user");
    let changed = server.put("sk-proj-0123456789abcdefgh8b2a", 0).await.expect("it is stored");
    assert_eq!((changed.version, changed.policy, changed.rotation), (1, Policy::Creator, None), "its first version");
    let secret = server.secret(KEY).await;
    let value = secret.value.expect("a value");
    assert_eq!(value.preview.expect("a preview").as_str(), "sk-pro••••8b2a", "masked");
    assert!(value.set_at.is_some() && value.last_used_at.is_none(), "set now, used by nobody yet");
    assert!(secret.policy_set_at.is_some(), "its policy was decided");
    let policy = Put { policy: Some(Policy::Creator), sealed: None, expected_version: None, grace: None };
    server.client.put_secret(APP, "STRIPE_SECRET_KEY", &policy, Uuid::new_v4()).await.expect("a policy alone");
    let missing = server.client.secrets(APP).await.expect("the list").missing;
    assert_eq!(missing, ["STRIPE_SECRET_KEY"], "a creator vault without a value is missing");
}

#[tokio::test]
async fn a_change_is_made_on_what_its_sender_knows_and_once() {
    let server = Server::start().await;
    assert_eq!(code(server.put("one", 3).await), "floom_version_conflict", "nothing is there yet");
    let request = Uuid::new_v4();
    server.put_as("one", 0, request).await.expect("stored");
    let again = server.put_as("one", 0, request).await.expect("a repetition is answered alike");
    assert_eq!(again.version, 1, "and not done twice");
    assert_eq!(code(server.put_as("two", 1, request).await), "floom_request_reused", "an id is for one change");
    let conflict = server.put("two", 0).await.expect_err("it is refused");
    let is = matches!(&conflict, floom_client::FloomError::VersionConflict { current: 1, key } if key == KEY);
    assert!(is, "the one that is current is told: {conflict:?}");
    let refused = Uuid::new_v4();
    assert_eq!(code(server.put_as("two", 0, refused).await), "floom_version_conflict", "a refusal");
    server.put_as("two", 1, refused).await.expect("is not remembered");
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let server = Server::start().await;
    server.put("one", 0).await.expect("stored");
    let puts = vec![
        ("AMADEUS_API_KEY".to_owned(), server.sealed("AMADEUS_API_KEY", "amadeus", 0).await),
        (KEY.to_owned(), server.sealed(KEY, "two", 0).await),
    ];
    assert_eq!(
        code(server.client.put_secrets(APP, &puts, Uuid::new_v4()).await),
        "floom_version_conflict",
        "one of two"
    );
    assert_eq!(server.secret("AMADEUS_API_KEY").await.value, None, "so the other was not stored either");
    let puts = vec![puts[0].clone(), (KEY.to_owned(), server.sealed(KEY, "two", 1).await)];
    let done = server.client.put_secrets(APP, &puts, Uuid::new_v4()).await.expect("all of them");
    assert_eq!(done.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2], "in their order");
    let twice = vec![puts[0].clone(), puts[0].clone()];
    assert_eq!(code(server.client.put_secrets(APP, &twice, Uuid::new_v4()).await), "floom_refused", "a key twice");
    assert_eq!(code(server.client.put_secrets(APP, &[], Uuid::new_v4()).await), "floom_refused", "nothing at all");
}

#[tokio::test]
async fn runs_get_the_new_value_at_once_and_the_old_one_dies_at_the_end_of_its_grace() {
    let server = Server::start().await;
    server.fill().await;
    server.put("sk-one", 0).await.expect("stored");
    assert_eq!(server.run().await, "is-one", "a run gets the value");
    assert!(server.secret(KEY).await.value.expect("a value").last_used_at.is_some(), "and that is noted");
    let rotated = server.put("sk-two", 1).await.expect("rotated");
    assert_eq!(rotated.rotation.expect("a grace").previous_version, 1, "both are held");
    assert_eq!(server.run().await, "is-two", "a run that starts now gets the new one");
    server.pass(299.9);
    assert!(server.secret(KEY).await.rotation.is_some(), "299.9 s later the old one is held");
    server.pass(0.2);
    assert_eq!(server.secret(KEY).await.rotation, None, "300.1 s later it is not");
    let late = server.client.roll_back(APP, KEY, 2, Uuid::new_v4()).await;
    assert_eq!(code(late), "floom_no_grace", "and cannot be gone back to");
    let database = rusqlite::Connection::open(server.folder.path().join("local-floom.db")).expect("the store");
    let server = server.restarted().await;
    server.client.secrets(APP).await.expect("it answers");
    let left = || -> i64 {
        database.query_row("SELECT count(*) FROM previous_values", [], |row| row.get(0)).expect("a count")
    };
    while left() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.run().await, "is-two", "its ciphertext is destroyed, and runs go on");
}

#[tokio::test]
async fn a_restart_and_a_clock_that_is_set_keep_the_deadline() {
    let server = Server::start().await;
    server.put("sk-one", 0).await.expect("stored");
    server.fill().await;
    server.run().await;
    let retires_at = server.put("sk-two", 1).await.expect("rotated").rotation.expect("a grace").retires_at;
    let server = server.restarted().await;
    assert_eq!(server.secret(KEY).await.rotation.expect("it is held").retires_at, retires_at, "a restart keeps it");
    server.pass(-3600.0);
    assert_eq!(server.secret(KEY).await.rotation.expect("it is held").retires_at, retires_at, "set back: the same");
    server.pass(3600.0 + 301.0);
    assert_eq!(server.secret(KEY).await.rotation, None, "after it the old value is gone");
}

#[tokio::test]
async fn a_typo_mended_within_the_grace_keeps_the_last_good_value() {
    let server = Server::start().await;
    server.fill().await;
    server.put("sk-good", 0).await.expect("stored");
    server.run().await;
    let first = server.put("sk-typo", 1).await.expect("rotated").rotation.expect("a grace");
    server.pass(60.0);
    let mended = server.put("sk-mended", 2).await.expect("mended").rotation.expect("the grace stays");
    assert_eq!((mended.previous_version, mended.retires_at), (1, first.retires_at), "of the good one, to its end");
    let back = server.client.roll_back(APP, KEY, 3, Uuid::new_v4()).await.expect("taken back");
    assert_eq!((back.version, back.rotation), (4, None), "under a new number");
    assert_eq!(server.run().await, "is-good", "the last good value runs");
    let removed = server.client.remove_secret(APP, KEY, 4, Uuid::new_v4()).await.expect("removed");
    assert_eq!((removed.version, removed.policy), (0, Policy::Creator), "no value, and its policy as it was");
    assert_eq!(server.put("sk-new", 0).await.expect("stored").version, 5, "no number comes twice");
}

#[tokio::test]
async fn a_grace_ends_when_its_owner_says_so() {
    let server = Server::start().await;
    server.fill().await;
    server.put("sk-one", 0).await.expect("stored");
    server.run().await;
    server.put("sk-two", 1).await.expect("rotated");
    let stale = server.client.retire(APP, KEY, 1, Uuid::new_v4()).await;
    assert_eq!(code(stale), "floom_version_conflict", "not by somebody who knows an older state");
    let retired = server.client.retire(APP, KEY, 2, Uuid::new_v4()).await.expect("ended");
    assert_eq!((retired.version, retired.rotation), (2, None), "the new one alone is left");
    assert_eq!(code(server.client.retire(APP, KEY, 2, Uuid::new_v4()).await), "floom_no_grace", "there is no other");
}

#[tokio::test]
async fn what_was_sealed_for_another_place_is_refused() {
    let server = Server::start().await;
    let mut put = server.sealed(KEY, "sk-one", 0).await;
    let moved = server.client.put_secret(APP, "STRIPE_SECRET_KEY", &put, Uuid::new_v4()).await;
    assert_eq!(code(moved), "floom_sealing_key_unknown", "sealed for another name");
    let sealed = put.sealed.as_mut().expect("sealed");
    sealed.key_id = "key_000000000000".into();
    let other = server.client.put_secret(APP, KEY, &put, Uuid::new_v4()).await;
    assert_eq!(code(other), "floom_sealing_key_unknown", "sealed to another key");
    let unknown = server.sealed("NOT_DECLARED", "x", 0).await;
    let undeclared = server.client.put_secret(APP, "NOT_DECLARED", &unknown, Uuid::new_v4()).await;
    assert_eq!(code(undeclared), "floom_key_unknown", "a name that the app does not declare");
    assert_eq!(server.secret(KEY).await.value, None, "nothing of all that was stored");
    for (text, taken) in [("a".repeat(65_536), true), ("a".repeat(65_537), false), ("😀".repeat(16_385), false)] {
        let length = text.len();
        let put = server.put(&text, 0).await;
        assert_eq!(put.is_ok(), taken, "{length} bytes: {put:?}");
    }
}

#[tokio::test]
async fn names_are_declared_and_taken_out() {
    let server = Server::start().await;
    server.client.set_declared(APP, "SENTRY_DSN", true, Uuid::new_v4()).await.expect("declared");
    let put = server.sealed("SENTRY_DSN", "https://sentry.example/1", 0).await;
    server.client.put_secret(APP, "SENTRY_DSN", &put, Uuid::new_v4()).await.expect("it takes a value now");
    let server = server.restarted().await;
    assert!(server.secret("SENTRY_DSN").await.declared, "a restart keeps the name");
    server.client.set_declared(APP, "SENTRY_DSN", false, Uuid::new_v4()).await.expect("taken out");
    let secret = server.secret("SENTRY_DSN").await;
    assert!(!secret.declared && secret.value.is_some(), "its value stays, as that of an undeclared name");
    let hostile = server.client.set_declared(APP, "<img onerror=x>", true, Uuid::new_v4()).await;
    assert_eq!(code(hostile), "floom_refused", "what is no name is refused");
}

#[tokio::test]
async fn values_of_today_s_routes_are_versions_too() {
    let server = Server::start().await;
    server.client.set_policy(APP, KEY, Policy::Creator).await.expect("a policy");
    server.client.set_value(APP, KEY, &SecretValue::new("sk-one".into())).await.expect("a value");
    server.client.set_value(APP, KEY, &SecretValue::new("sk-two".into())).await.expect("another");
    let secret = server.secret(KEY).await;
    assert_eq!(secret.value.map(|value| value.version), Some(2), "counted");
    assert_eq!(secret.rotation, None, "a Floom of today has no grace");
    assert_eq!(code(server.put("sk-three", 1).await), "floom_version_conflict", "so that nobody overwrites unseen");
    assert!(server.client.remove_value(APP, KEY).await.expect("removed"), "there was one");
    assert!(!server.client.remove_value(APP, KEY).await.expect("removed"), "and now there is none");
}
