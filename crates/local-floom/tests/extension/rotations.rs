//! Rotations while apps run: simulated time, real processes.

use std::time::Duration;

use floom_client::{Client, Put};
use floom_secret::Policy;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::harness::{APP, KEY, Server, code};

/// How many; 1,000 with `FLOOM_SOAK=1`.
fn rotations() -> u32 {
    if std::env::var_os("FLOOM_SOAK").is_some_and(|soak| soak == "1") { 1_000 } else { 30 }
}

/// The value of a rotation, and how a run tells that it had it.
fn value(number: u32) -> String {
    format!("sk-rotation-{number:04}-0123456789")
}

fn told(number: u32) -> String {
    value(number).replacen("sk-", "is-", 1)
}

/// Runs the app to its end and gives the value that it had.
async fn run(client: &Client) -> String {
    let id = client.start_run(APP, serde_json::json!({})).await.expect("a run");
    let whole = async {
        loop {
            let run = client.run(&id).await.expect("the run");
            if run.status.is_over() {
                return run.outputs["key"].as_str().map_or_else(|| run.outputs.to_string(), str::to_owned);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), whole).await.expect("a run ends")
}

/// How many ciphertexts of the key are in the store.
fn ciphertexts(server: &Server) -> u32 {
    let file = server.folder.path().join("local-floom.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the store");
    let count = "SELECT (SELECT count(*) FROM creator_values WHERE key = ?1)
                 + (SELECT count(*) FROM previous_values WHERE key = ?1)";
    database.query_row(count, [KEY], |row| row.get(0)).expect("a count")
}

/// Simulated time wakes nobody: any change does, and then what is over is destroyed.
async fn end_graces(server: &Server) {
    let policy = Put { policy: Some(Policy::Creator), sealed: None, expected_version: None, grace: None };
    server.client.put_secret(APP, "STRIPE_SECRET_KEY", &policy, Uuid::new_v4()).await.expect("a change");
    let destroyed = async {
        while ciphertexts(server) != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), destroyed).await.expect("the old value dies, the current one stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_run_is_without_a_value_and_none_gets_one_that_is_over() {
    let mut server = Server::start().await;
    server.fill().await;
    let mut version = server.put(&value(0), 0).await.expect("the first value").version;
    let mut current = 0;
    for number in 1..=rotations() {
        // Runs that start while the value changes have the one or the other.
        let clients: Vec<_> = (0..2).map(|_| server.client.clone()).collect();
        let runs: Vec<_> = clients.into_iter().map(|client| tokio::spawn(async move { run(&client).await })).collect();
        let changed = server.put(&value(number), version).await.expect("a rotation");
        assert_eq!(changed.version, version + 1, "each value has the next number");
        let rotation = changed.rotation.expect("a grace");
        assert_eq!(rotation.previous_version, version, "the one before is held");
        for one in runs {
            let had = one.await.expect("a run");
            assert!([told(current), told(number)].contains(&had), "a run beside rotation {number} had {had}");
        }
        version = changed.version;
        let before = current;
        current = number;
        assert_eq!(run(&server.client).await, told(current), "a run after the answer has the new value");

        match number % 5 {
            // It is taken back within the grace.
            1 => {
                server.pass(299.9);
                let back = server.client.roll_back(APP, KEY, version, Uuid::new_v4()).await.expect("in the grace");
                assert_eq!(back.version, version + 1, "what is current again is a new version");
                version = back.version;
                current = before;
                assert_eq!(ciphertexts(&server), 1, "the withdrawn value is destroyed at once");
            }
            // Another one comes within the grace.
            2 => {
                server.pass(100.0);
                let twice = server.put(&value(number + 5_000), version).await.expect("a second rotation");
                assert_eq!(twice.rotation.expect("a grace").previous_version, version, "the one that ran is held");
                version = twice.version;
                current = number + 5_000;
                assert_eq!(ciphertexts(&server), 2, "never more than two are held");
                server.pass(300.1);
            }
            // The server ends in the grace, and the clock is set an hour back or on.
            3 => {
                server.pass(150.0);
                server = server.restarted().await;
                server.pass(-3_600.0);
                let held = server.secret(KEY).await.rotation;
                assert!(held.is_some(), "a clock that is set back ends no grace");
                server.pass(3_600.0 + 149.9);
                let held = server.secret(KEY).await.rotation;
                assert!(held.is_some(), "0.1 s before its end the grace is still there");
                server.pass(0.2);
            }
            _ => {
                server.pass(299.9);
                assert!(server.secret(KEY).await.rotation.is_some(), "at 299.9 s both are held");
                assert_eq!(run(&server.client).await, told(current), "and runs get the new one");
                server.pass(0.2);
            }
        }
        assert_eq!(server.secret(KEY).await.rotation, None, "at 300.1 s the grace is over");
        let late = server.client.roll_back(APP, KEY, version, Uuid::new_v4()).await;
        assert_eq!(code(late), "floom_no_grace", "and nothing can be taken back");
        end_graces(&server).await;
        assert_eq!(run(&server.client).await, told(current), "which is what runs get");
    }
}
