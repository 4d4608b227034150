//! Bad input: each gets a sentence and a code; nothing is lost, no value is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use floom_tests::{Answer, Desk, Floomsec, Window, sample, secret};
use serde_json::Value;

use crate::{desk_with_sample, text};

/// Files that are no `.env`, each with the code of its refusal.
fn bad_files(home: &Path) -> Vec<(PathBuf, &'static str)> {
    let file = |name: &str, bytes: &[u8]| {
        let path = home.join(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    let folder = home.join("folder.env");
    fs::create_dir(&folder).expect("made");
    let binary: Vec<u8> = (0..4096_u32).map(|number| (number % 251) as u8).collect();
    vec![
        (home.join("missing.env"), "file_missing"),
        (folder, "file_is_folder"),
        (file("large.env", "A=0123456789abcdef\n".repeat(5 * 1024 * 1024 / 19).as_bytes()), "file_too_large"),
        (file("binary.env", &binary), "file_binary"),
        (file("prose.env", b"There is nothing here that is set to anything.\nNot one line.\n"), "file_not_env"),
    ]
}

/// What every refusal has: a code and three sentences, none of them with a piece of a value.
fn assert_refused(answer: &Answer, code: &str, exit: i32) {
    assert_eq!((answer.code(), answer.exit), (code, exit), "{} is refused: {}", answer.command, answer.json);
    for part in ["message", "kept", "next"] {
        let sentence = answer.json["error"][part].as_str().unwrap_or_default();
        assert!(sentence.ends_with(['.', '`']), "{code} says `{part}` in a sentence: {}", answer.json);
    }
    for value in sample::values() {
        assert!(!answer.json.to_string().contains(value), "{code} does not repeat a value: {}", answer.json);
        assert!(!answer.prose.contains(value), "{code} does not repeat a value to people: {}", answer.prose);
    }
}

fn versions(status: &Value) -> Vec<Value> {
    sample::KEYS.iter().map(|key| secret(status, "flyfast", key)["version"].clone()).collect()
}

#[test]
fn files_that_are_no_env_files_are_refused_on_the_command_line() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    for (file, code) in bad_files(&desk.home()) {
        for command in [&["plan"][..], &["import", "--yes"], &["link"]] {
            let arguments: Vec<&str> = command.iter().copied().chain([text(&file), "--app", "flyfast"]).collect();
            assert_refused(&floomsec.ask(&arguments).expect("an answer"), code, 1);
        }
    }
    let status = floomsec.run(&["status"]).expect("told").json;
    assert_eq!(versions(&status), [1, 1, 1, 1], "what was stored before is as it was");
    assert_eq!(status["links"].as_array().map(Vec::len), Some(1), "none of them is watched");
}

#[tokio::test]
async fn files_that_are_no_env_files_are_refused_in_the_window() {
    let (desk, _) = desk_with_sample();
    let window = Window::open(&desk, &[] as &[&str]).await.expect("the window opens");
    window.text("row-OPENAI_API_KEY/key").await.expect("the table is there");
    for (file, code) in bad_files(&desk.home()) {
        window.hand_over(&file).expect("handed to the open window");
        window.when("error@data-code", code, |shown| shown == code).await.expect("the window says why");
    }
    let shown = window.look().await.expect("a look").text;
    assert!(shown.contains("OPENAI_API_KEY"), "the table is still there: {shown}");
}

#[test]
fn a_floom_that_does_not_answer_is_named_and_nothing_is_connected() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    // A port that was free a moment ago, so that nobody answers there.
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|one| one.local_addr()).expect("a port").port();
    let url = format!("http://127.0.0.1:{port}");
    let refused = floomsec.ask_with(&["connect", &url], "floom_agent_token_that_is_long_enough").expect("an answer");
    assert_refused(&refused, "floom_unreachable", 1);
    let status = floomsec.run(&["status"]).expect("told").json;
    assert_eq!(status["connection"]["local"], true, "Local Floom is still the one that is used: {status}");
    assert_eq!(versions(&status), [1, 1, 1, 1], "what was stored before is as it was");
}

#[test]
fn a_token_that_floom_does_not_take_is_refused() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let status = floomsec.run(&["status"]).expect("told").json;
    let url = status["connection"]["url"].as_str().expect("Local Floom has an address").to_owned();
    let refused = floomsec.ask_with(&["connect", &url], "floom_agent_token_that_nobody_gave_out").expect("an answer");
    assert_refused(&refused, "floom_token_refused", 1);
    assert!(!refused.prose.contains("nobody_gave_out"), "the token is not repeated: {}", refused.prose);
}

#[test]
fn without_a_keychain_no_vault_is_made() {
    let desk = Desk::without_keychain().expect("a desk");
    let refused = Floomsec::new(&desk).ask(&["vault", "init", "--yes"]).expect("an answer");
    assert_refused(&refused, "keychain_no_service", 4);
    assert!(!desk.data().join("vault.sqlite").exists(), "no file was made for a key that could not be kept");
}

#[tokio::test]
async fn without_a_keychain_the_window_says_so() {
    let desk = Desk::without_keychain().expect("a desk");
    let window = Window::open(&desk, &[] as &[&str]).await.expect("the window opens");
    window
        .when("doctor-code@data-code", "keychain_no_service", |code| code == "keychain_no_service")
        .await
        .expect("the doctor opens by itself");
}

#[test]
fn a_locked_keychain_is_no_first_use() {
    let desk = Desk::new().expect("a desk");
    desk.lock_keychain().expect("locked");
    let refused = Floomsec::new(&desk).ask(&["vault", "init", "--yes"]).expect("an answer");
    assert_eq!(refused.exit, 4, "a vault waits for the keychain: {}", refused.json);
    assert!(refused.code().starts_with("keychain_"), "the code says where it stands: {}", refused.json);
    assert!(!desk.data().join("vault.sqlite").exists(), "no vault was made");
    assert_eq!(desk.keychain_entries().expect("told"), 0, "no key was made");
}

/// The keychain is unlocked, and then the vault: everything is there, under the `entries` of before.
fn opens_as_it_was(desk: &Desk, entries: usize) {
    let floomsec = Floomsec::new(desk);
    desk.unlock_keychain().expect("its owner types the password");
    floomsec.run(&["unlock"]).expect("the vault opens");
    let (status, _) = floomsec
        .status_when("the vault's opening", |status| secret(status, "flyfast", "OPENAI_API_KEY")["sync"] == "synced")
        .expect("everything is there");
    assert_eq!(versions(&status), [1, 1, 1, 1], "what was stored before is as it was");
    assert_eq!(desk.keychain_entries().expect("told"), entries, "no key was replaced or added");
}

#[test]
fn a_keychain_that_locked_is_waited_for_and_nothing_is_lost() {
    let (desk, file) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let entries = desk.keychain_entries().expect("told");
    desk.end_agent().expect("the agent ends");
    desk.lock_keychain().expect("locked");
    let refused = floomsec.ask(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("an answer");
    assert_refused(&refused, "keychain_locked", 4);
    let refused = floomsec.ask(&["vault", "init", "--yes"]).expect("an answer");
    assert_ne!(refused.exit, 0, "a second vault is not made over the first: {}", refused.json);
    opens_as_it_was(&desk, entries);
}

#[test]
fn a_keychain_service_that_died_and_came_back_locked_costs_nothing() {
    let (desk, file) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let entries = desk.keychain_entries().expect("told");
    desk.end_agent().expect("the agent ends");
    desk.kill_keychain().expect("the service dies");
    let refused = floomsec.ask(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("an answer");
    assert_refused(&refused, "keychain_no_service", 4);
    desk.lock_keychain().expect("it is started again, locked");
    let refused = floomsec.ask(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("an answer");
    assert_refused(&refused, "keychain_locked", 4);
    opens_as_it_was(&desk, entries);
}

#[tokio::test]
async fn a_window_that_is_opened_while_the_last_one_ends_opens() {
    let (desk, _) = desk_with_sample();
    let ending = desk.ending_window().expect("a window that is about to end");
    let window = Window::open(&desk, &[] as &[&str]).await.expect("the next one opens all the same");
    assert!(ending.was_called(), "it tried to hand over first");
    window.text("row-OPENAI_API_KEY/preview").await.expect("and shows what there is");
}

#[test]
fn a_second_agent_leaves_the_first_alone() {
    let (desk, _) = desk_with_sample();
    let mut command = desk.command(floom_tests::Programs::find().expect("built").floomsec());
    let second = command.arg("agent").stdin(Stdio::null()).output().expect("it starts");
    assert!(!second.status.success(), "the second one ends: {}", second.status);
    let said = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(said.contains("agent_running"), "and says why: {said}");
    let status = Floomsec::new(&desk).run(&["status"]).expect("the first one still answers").json;
    assert_eq!(versions(&status), [1, 1, 1, 1], "nothing changed");
}

#[test]
fn what_waits_for_an_answer_is_not_done_without_one() {
    let desk = Desk::new().expect("a desk");
    let file = sample::write(&desk.home()).expect("written");
    let floomsec = Floomsec::new(&desk);
    assert_refused(&floomsec.ask(&["vault", "init"]).expect("an answer"), "needs_answer", 3);
    assert_refused(&floomsec.ask(&["plan", text(&file), "--app", "flyfast"]).expect("an answer"), "vault_none", 3);
    floomsec.run(&["vault", "init", "--yes"]).expect("made");
    assert_refused(&floomsec.ask(&["import", text(&file), "--app", "flyfast"]).expect("an answer"), "needs_answer", 3);
    let wrong = floomsec.ask(&["import"]).expect("an answer");
    assert_eq!((wrong.exit, wrong.code()), (2, "usage"), "wrong usage has its own exit code");
}
