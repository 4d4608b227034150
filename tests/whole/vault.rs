//! The vault with a real keychain service: its key lost, replaced, its agent killed, its disk full.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use floom_tests::{Answer, Desk, Floomsec, Trouble, sample, until};
use serde_json::{Value, json};

use crate::{desk_with_sample, desk_with_vault, text};

/// What a command of the creator gets: names and values, byte for byte.
fn values(desk: &Desk) -> Vec<(String, String)> {
    let out = desk.home().join("plain.env");
    let _ = std::fs::remove_file(&out);
    let plain = ["export", "--plain", "--app", "flyfast", "--to", text(&out)];
    let done = Floomsec::new(desk).ask_with(&plain, "flyfast\n").expect("an answer");
    assert_eq!(done.exit, 0, "the values can be read: {}", done.json);
    let written = std::fs::read_to_string(&out).expect("the file");
    std::fs::remove_file(&out).expect("it is taken away");
    let mut values: Vec<(String, String)> = written
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect();
    values.sort();
    values
}

fn kit(desk: &Desk) -> (PathBuf, String) {
    let file = desk.home().join("kit");
    let made = Floomsec::new(desk).run(&["recovery", "new", "--file", text(&file)]).expect("a kit").json;
    let code = made["code"].as_str().expect("a code").to_owned();
    assert_eq!(code.split(' ').count(), 7, "the code has seven groups");
    (file, code)
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).expect("it is there").permissions()) & 0o777
}

#[test]
fn a_lost_key_is_recovered_by_code_and_every_value_is_there() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let before = values(&desk);
    assert_eq!(before.len(), sample::KEYS.len(), "every value of the sample can be read");
    let (file, code) = kit(&desk);
    assert_eq!(mode(&file), 0o600, "nobody else reads the kit's file");
    let tested = floomsec.ask_with(&["recovery", "test", text(&file)], &code).expect("an answer");
    assert_eq!(tested.exit, 0, "the kit is proven: {}", tested.json);
    assert!(tested.json["tested_at"].is_string(), "and the date is set: {}", tested.json);
    floomsec.run(&["vault", "rotate", "--data-keys"]).expect("all keys are replaced");
    assert_eq!(values(&desk), before, "every value opens under the new keys");

    desk.end_agent().expect("the agent ends");
    desk.delete_keychain_entries().expect("the keychain is emptied");
    let refused = floomsec.ask(&["history", "OPENAI_API_KEY", "--app", "flyfast"]).expect("an answer");
    assert_eq!((refused.exit, refused.code()), (4, "vault_key_missing"), "a lost key is no first use");
    let refused = floomsec.ask(&["vault", "init", "--yes"]).expect("an answer");
    assert_eq!(refused.exit, 4, "and no new vault is made over it: {}", refused.json);
    let mut typo = code.clone().into_bytes();
    typo.swap(0, 1);
    if typo != code.as_bytes() {
        let typo = String::from_utf8(typo).expect("text");
        let refused = floomsec.ask_with(&["recovery", "restore"], &typo).expect("an answer");
        assert_eq!((refused.exit, refused.code()), (1, "recovery_code_mistyped"), "a mistyped code is refused");
    }
    let restored = floomsec.ask_with(&["recovery", "restore"], &code).expect("an answer");
    assert_eq!(restored.exit, 0, "the code opens the vault, also after a rotation: {}", restored.json);
    assert_eq!(values(&desk), before, "byte for byte");

    desk.end_agent().expect("the agent ends");
    std::fs::remove_dir_all(desk.data()).expect("the vault's folder is lost");
    let refused = floomsec.ask(&["history", "OPENAI_API_KEY", "--app", "flyfast"]).expect("an answer");
    assert_eq!((refused.exit, refused.code()), (3, "vault_file_missing"), "a lost file is no first use");
    let restored = floomsec.ask_with(&["recovery", "restore", text(&file)], &code).expect("an answer");
    assert_eq!(restored.exit, 0, "file and code make it again: {}", restored.json);
    assert_eq!(values(&desk), before, "byte for byte");
    let held = floomsec.ask(&["sync", "--wait"]).expect("an answer");
    assert_eq!(held.exit, 0, "nothing waits to be sent: {}", held.json);
    floomsec.run(&["recovery", "accept"]).expect("looked at");
    let verified = floomsec.run(&["receipts", "verify"]).expect("a walk").json;
    assert_eq!(verified["code"], "receipts_whole", "the record is whole");
}

/// What is random here: the place of a kill. Printed, so that a failure can be looked at.
fn pause(round: u64) -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    Duration::from_micros((u64::from(nanos) / 7 + round * 7919) % 60_000)
}

/// What a command is answered whose agent is killed so long after there is one.
fn killed_after(
    desk: &Desk,
    wait: Duration,
    ask: impl FnOnce() -> Result<Answer, Trouble> + Send,
) -> Result<Answer, Trouble> {
    std::thread::scope(|scope| {
        let asked = scope.spawn(ask);
        until("an agent", || desk.agent()).expect("one runs");
        // The moment of the kill is what is tried here: there is no event for a random one.
        std::thread::sleep(wait);
        let _ = desk.kill_agent();
        asked.join().expect("the command ended")
    })
}

#[test]
fn killed_at_any_moment_no_acknowledged_write_is_lost_and_no_key_is_made() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let file = desk.home().join("many.env");
    let (kit_file, code) = kit(&desk);
    let mut acknowledged: Vec<(String, String)> = values(&desk);
    let entries = desk.keychain_entries().expect("a count");
    let mut cut = 0;
    for round in 0..20_u64 {
        let name = "STRIPE_SECRET_KEY";
        let value = format!("sk_test_sample-round-{round:02}-0123456789");
        std::fs::write(&file, format!("{name}={value}\n")).expect("written");
        let import = ["import", text(&file), "--app", "flyfast", "--yes"];
        let rotate = ["vault", "rotate", "--data-keys"];
        let test = ["recovery", "test", text(&kit_file)];
        let wait = pause(round);
        let answer = killed_after(&desk, wait, || match round % 3 {
            0 => floomsec.ask(&import),
            1 => floomsec.ask(&rotate),
            _ => floomsec.ask_with(&test, &code),
        });
        let done = answer.as_ref().is_ok_and(|answer| answer.exit == 0);
        cut += usize::from(!done);
        let now = values(&desk);
        let current = now.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let before = acknowledged.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        if round % 3 == 0 && (done || current.as_deref() == Some(value.as_str())) {
            assert_eq!(
                current.as_deref(),
                Some(value.as_str()),
                "round {round}, {wait:?}: what was called done is there"
            );
        } else {
            assert_eq!(current, before, "round {round}, {wait:?}: nothing else changed");
        }
        let others = |all: &[(String, String)]| all.iter().filter(|(key, _)| key != name).cloned().collect::<Vec<_>>();
        assert_eq!(others(&now), others(&acknowledged), "round {round}, {wait:?}: the other values are as they were");
        acknowledged = now;
        let verified = floomsec.run(&["receipts", "verify"]).expect("a walk").json;
        assert_eq!(verified["code"], "receipts_whole", "round {round}, {wait:?}: the record is whole");
        let left = desk.keychain_entries().expect("a count");
        assert!(left <= entries + 1, "round {round}, {wait:?}: {left} entries, {entries} before: no key piles up");
    }
    eprintln!("{cut} of 20 commands were cut by the kill");
    let tested = floomsec.ask_with(&["recovery", "test", text(&kit_file)], &code).expect("an answer");
    assert_eq!(tested.exit, 0, "the kit still opens: {}", tested.json);
    assert_eq!(desk.keychain_entries().expect("a count"), entries, "and no key was made but for rotation");
}

#[test]
fn killed_in_a_restore_the_vault_is_made_again_from_the_same_kit() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let before = values(&desk);
    let (file, code) = kit(&desk);
    let restore = ["recovery", "restore", text(&file)];
    let mut cut = 0;
    for round in 0..6_u64 {
        desk.end_agent().expect("the agent ends");
        std::fs::remove_dir_all(desk.data()).expect("the vault's folder is lost");
        let wait = pause(round);
        let answer = killed_after(&desk, wait, || floomsec.ask_with(&restore, &code));
        let done = answer.as_ref().is_ok_and(|answer| answer.exit == 0);
        cut += usize::from(!done);
        let again = floomsec.ask_with(&restore, &code).expect("an answer");
        let is_there = again.code() == "vault_exists";
        assert!(again.exit == 0 || is_there, "round {round}, {wait:?}: it is restored, then or now: {}", again.json);
        assert!(is_there || !done, "round {round}, {wait:?}: what was called restored is there");
        assert_eq!(values(&desk), before, "round {round}, {wait:?}: byte for byte");
    }
    eprintln!("{cut} of 6 restores were cut by the kill");
    let verified = floomsec.run(&["receipts", "verify"]).expect("a walk").json;
    assert_eq!(verified["code"], "receipts_whole", "the record is whole");
}

#[test]
fn a_passphrase_opens_a_vault_on_a_desk_without_a_keychain() {
    let desk = Desk::without_keychain().expect("a desk");
    let floomsec = Floomsec::new(&desk);
    let refused = floomsec.ask(&["vault", "init", "--yes"]).expect("an answer");
    assert_eq!((refused.exit, refused.code()), (4, "keychain_no_service"), "it is never chosen silently");
    let init = ["vault", "init", "--passphrase"];
    let refused = floomsec.ask_with(&init, "short\n").expect("an answer");
    assert_eq!((refused.exit, refused.code()), (1, "passphrase_too_short"), "one that can be guessed is refused");
    floomsec.ask_with(&init, "six words that nobody else knows\n").expect("an answer").expect_done().expect("a vault");
    let set = floomsec.ask_with(&["set", "NAME", "--app", "flyfast"], "value").expect("an answer");
    assert_ne!(set.exit, 0, "without a connection there is no app to store it for: {}", set.json);
    floomsec.run(&["lock"]).expect("the keys are dropped");
    let refused = floomsec.ask_with(&["unlock", "--passphrase"], "some other words than those\n").expect("an answer");
    assert_eq!((refused.exit, refused.code()), (1, "wrong_passphrase"), "another passphrase opens nothing");
    let locked = floomsec.run(&["status"]).expect("a status").json;
    assert_eq!(locked["vault"]["state"], "locked", "and it stays locked");
    let opened = floomsec.ask_with(&["unlock", "--passphrase"], "six words that nobody else knows\n");
    assert_eq!(opened.expect("an answer").exit, 0, "its own opens it");
    let again = floomsec.ask_with(&init, "another six words for another vault\n").expect("an answer");
    assert_eq!((again.exit, again.code()), (1, "vault_exists"), "no second vault is made over it");
}

#[test]
fn a_password_window_that_is_taken_back_leaves_the_keyring_running() {
    let (desk, _) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    desk.end_agent().expect("the agent ends");
    desk.lock_keychain().expect("it locks");
    let _prompter = desk.open_prompter().expect("a prompter");
    let unlocked = std::thread::scope(|scope| {
        let asked = scope.spawn(|| floomsec.ask(&["unlock"]));
        let waits = |status: &Value| status["keychain"]["state"] == "waiting";
        floomsec.status_when("the password window", waits).expect("it is said that it waits");
        floomsec.run(&["lock"]).expect("the window is taken back");
        asked.join().expect("the command ended").expect("an answer")
    });
    assert_eq!((unlocked.exit, unlocked.code()), (4, "keychain_dismissed"), "who waited is told: {}", unlocked.json);
    desk.unlock_keychain().expect("the keyring runs, and its owner unlocks it");
    floomsec.run(&["unlock"]).expect("then the vault opens");
}

/// An identity of age that was made for this test, and its recipient.
const IDENTITY: &str = "AGE-SECRET-KEY-1MCZGELM737ZA9T38X9RYX84VZRDRZ2WFZYGE5QAF63DTTSM762HQWWZSM5";
const RECIPIENT: &str = "age1wlcsyf4s5uj07klewmt963kwfk2u782cc4jheh8a5qwap7ssru5q04ecgu";

#[test]
fn an_export_to_a_recipient_opens_with_its_identity_alone() {
    let (desk, _) = desk_with_sample();
    let out = desk.home().join("all.age");
    let floomsec = Floomsec::new(&desk);
    let refused = floomsec.ask(&["export", "--to", text(&out), "--recipient", "age1nobody"]).expect("an answer");
    assert_eq!((refused.exit, refused.code()), (1, "export_recipient_invalid"), "what is no recipient is refused");
    assert!(!out.exists(), "and nothing is written");
    floomsec.run(&["export", "--to", text(&out), "--recipient", RECIPIENT]).expect("exported");
    let (other, _) = desk_with_vault();
    let theirs = Floomsec::new(&other);
    let import = ["import", text(&out), "--app", "flyfast", "--yes"];
    let wrong = theirs.ask_with(&import, "a passphrase of an export\n").expect("an answer");
    assert_ne!(wrong.exit, 0, "no passphrase opens it: {}", wrong.json);
    let done = theirs.ask_with(&import, &format!("{IDENTITY}\n")).expect("an answer");
    assert_eq!(done.exit, 0, "the identity opens it: {}", done.json);
    assert_eq!(values(&other), values(&desk), "with the values that were exported");
}

/// A file system of its own size; unmounted when it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs", text(folder)])
            .status()
            .is_ok_and(|status| status.success());
        mounted.then(|| Self(folder.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy", text(&self.0)]).status();
    }
}

#[test]
fn a_full_disk_refuses_a_write_keeps_every_value_and_works_again_with_space() {
    let desk = Desk::new().expect("a desk");
    let Some(_small) = Small::mount(&desk.data(), "3m") else {
        eprintln!("skipped: this account may not mount a small file system (it takes root)");
        return;
    };
    let floomsec = Floomsec::new(&desk);
    let file = sample::write(&desk.home()).expect("the sample is written");
    floomsec.run(&["vault", "init", "--yes"]).expect("the first vault is made");
    floomsec.run(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("imported");
    let before = values(&desk);
    let ballast = desk.data().join("ballast");
    let mut filler = std::fs::File::create(&ballast).expect("a file");
    while std::io::Write::write_all(&mut filler, &[0_u8; 512]).is_ok() {}
    let set = ["set", "STRIPE_SECRET_KEY", "--app", "flyfast"];
    let long = "x".repeat(60_000);
    let mut refused = Value::Null;
    // The log has room left inside the pages that it has: a few writes may still fit.
    for _ in 0..20 {
        let answer = floomsec.ask_with(&set, &long).expect("an answer");
        if answer.exit != 0 {
            refused = answer.json["error"]["code"].clone();
            break;
        }
    }
    assert_eq!(refused, json!("vault_disk_full"), "a write that does not fit is refused, and why");
    let status = floomsec.run(&["status"]).expect("a status").json;
    assert_eq!(status["vault"]["state"], "open", "the vault stays open");
    drop(filler);
    std::fs::remove_file(&ballast).expect("space again");
    let after = values(&desk);
    let others = |all: &[(String, String)]| {
        all.iter().filter(|(key, _)| key != "STRIPE_SECRET_KEY").cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before), "every value is as it was");
    let set = floomsec.ask_with(&set, "sk_test_sample-with-space-again").expect("an answer");
    assert_eq!(set.exit, 0, "and it works again: {}", set.json);
    let verified = floomsec.run(&["receipts", "verify"]).expect("a walk").json;
    assert_eq!(verified["code"], "receipts_whole", "the record is whole");
}

#[test]
fn an_export_is_imported_by_a_desk_that_knows_its_passphrase() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let out = desk.home().join("all.age");
    let export = ["export", "--to", text(&out), "--passphrase"];
    let done = floomsec.ask_with(&export, "a passphrase of an export\n").expect("an answer");
    assert_eq!((done.exit, &done.json["values"]), (0, &json!(4)), "four values are in it: {}", done.json);
    assert_eq!(mode(&out), 0o600, "nobody else reads the file");
    let again = floomsec.ask_with(&export, "a passphrase of an export\n").expect("an answer");
    assert_eq!((again.exit, again.code()), (1, "file_exists"), "a file that is there is not replaced");
    let (other, _) = desk_with_vault();
    let theirs = Floomsec::new(&other);
    let import = ["import", text(&out), "--app", "flyfast", "--yes"];
    let wrong = theirs.ask_with(&import, "another passphrase\n").expect("an answer");
    assert_eq!((wrong.exit, wrong.code()), (1, "export_wrong_passphrase"), "it opens with its passphrase only");
    let done = theirs.ask_with(&import, "a passphrase of an export\n").expect("an answer");
    assert_eq!(done.exit, 0, "the passphrase opens it: {}", done.json);
    assert_eq!(done.json["added"].as_array().map(Vec::len), Some(4), "every key is added: {}", done.json);
    assert_eq!(values(&other), values(&desk), "with the values that were exported");
    let never = other.home().join("no.env");
    let typed = ["export", "--plain", "--app", "flyfast", "--to", text(&never)];
    let refused = theirs.ask_with(&typed, "yes\n").expect("an answer");
    assert_eq!((refused.exit, refused.code()), (1, "app_name_not_typed"), "in clear only for the typed name");
    assert!(!never.exists(), "and nothing was written");
}
