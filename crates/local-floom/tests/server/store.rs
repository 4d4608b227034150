//! What is on the disk.

use std::fs;
use std::path::Path;

use floom_client::RunStatus;
use floom_local::{LocalError, Store};
use serde_json::json;

use crate::harness::{Floom, KEYS, client_of, key, open, shell};

fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
}

#[tokio::test]
async fn no_file_has_a_value_or_the_bearer_in_it() {
    let floom = Floom::start().await;
    let value = "sk-proj-a-value-that-is-easy-to-find-0042";
    for key in KEYS {
        floom.give("flyfast", key, value).await;
        floom.connect(key, value).await;
    }
    floom.run("flyfast", json!({})).await;
    let needles = [value.to_owned(), value[8..28].to_owned(), floom.bearer()];
    let check = |folder: &Path, when: &str| {
        let files = files(folder);
        assert!(!files.is_empty(), "there is a store");
        for (path, bytes) in files {
            for needle in &needles {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{} holds no plaintext {when}", path.display());
            }
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{} is for its owner only", path.display());
            }
        }
    };
    check(floom.folder.path(), "while the server runs");
    let folder = floom.stop().await;
    check(folder.path(), "after it stopped");
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let floom = Floom::start().await;
    let bearer = floom.bearer();
    for key in KEYS {
        floom.give("flyfast", key, "short-1").await;
    }
    floom.register(&shell("other", &["A"], "true")).await;
    let run = floom.run("flyfast", json!({})).await;
    let policies = floom.client.policies("flyfast").await.expect("policies");

    let floom = Floom::start_in(floom.stop().await).await;
    assert_eq!(floom.bearer(), bearer, "the bearer belongs to the installation");
    assert_eq!(floom.client.policies("flyfast").await.expect("policies"), policies, "policies and their times");
    assert_eq!(floom.client.my_apps().await.expect("apps").len(), 2, "apps");
    assert_eq!(floom.client.run(&run.id).await.expect("the run"), run, "runs");
    let again = floom.run("flyfast", json!({})).await;
    assert_eq!(again.outputs[KEYS[0]], "short-1", "values");
}

#[tokio::test]
async fn a_run_that_was_under_way_at_the_end_is_said_to_be_interrupted() {
    let floom = Floom::start().await;
    floom.register(&shell("slow", &[], "sleep 60")).await;
    let id = floom.client.start_run("slow", json!({})).await.expect("a run");
    while floom.client.run(&id).await.expect("the run").status != RunStatus::Running {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let floom = Floom::start_in(floom.stop().await).await;
    let run = floom.client.run(&id).await.expect("the run");
    assert_eq!((run.status, run.error_type.as_deref()), (RunStatus::Error, Some("interrupted")), "it did not finish");
}

#[tokio::test]
async fn a_deleted_sample_stays_away_and_the_creators_own_is_left_alone() {
    let floom = Floom::start().await;
    floom.ask("DELETE", "/api/me/apps/flyfast", "").await;
    let floom = Floom::start_in(floom.stop().await).await;
    assert!(floom.client.my_apps().await.expect("apps").is_empty(), "what was deleted does not come back");
    floom.register(&shell("flyfast", &["MINE"], "true")).await;
    let floom = Floom::start_in(floom.stop().await).await;
    let app = floom.client.app("flyfast").await.expect("the app");
    assert_eq!(app.secrets_needed, ["MINE"], "an app of the creator's is never replaced by the sample");
}

#[test]
fn a_wrong_key_damage_and_a_newer_file_are_told_apart() {
    let folder = tempfile::TempDir::new().expect("a folder");
    drop(open(folder.path()).expect("a store"));
    let error = Store::open(folder.path(), key(2)).expect_err("another key");
    assert!(matches!(error, LocalError::WrongKey), "another key is named: {error:?}");
    drop(open(folder.path()).expect("the right key still fits"));

    let file = folder.path().join("local-floom.db");
    let database = rusqlite::Connection::open(&file).expect("the file");
    database.execute("UPDATE meta SET value = x'00' WHERE name = 'check'", []).expect("an edit");
    assert!(matches!(open(folder.path()).expect_err("damage"), LocalError::Damaged), "an edit is damage");
    database.pragma_update(None, "user_version", 99).expect("an edit");
    assert!(matches!(open(folder.path()).expect_err("newer"), LocalError::Newer), "a later version is not touched");
    drop(database);

    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("local-floom.db");
    fs::write(&file, "this is no database, and it is left as it is").expect("a file");
    assert!(matches!(open(folder.path()).expect_err("no database"), LocalError::Damaged), "another file is no store");
    assert!(fs::read(&file).expect("the file").starts_with(b"this is no"), "and it is left as it was");
}

#[tokio::test]
async fn two_servers_have_two_bearers() {
    let (one, two) = (Floom::start().await, Floom::start().await);
    assert_ne!(one.bearer(), two.bearer(), "each installation has its own");
    let stranger = client_of(one.address, Some(crate::harness::secret(&two.bearer())));
    let error = stranger.my_apps().await.expect_err("a foreign bearer");
    assert_eq!(error.code(), "floom_token_refused", "one does not open the other");
}
