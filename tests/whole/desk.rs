//! The desktop that all other tests stand on.

use std::fs;
use std::process::Stdio;

use floom_tests::{Desk, Floomsec, Save, sample, until};

use crate::desk_with_vault;

#[test]
fn nothing_of_the_outer_session_is_seen() {
    let desk = Desk::new().expect("a desk");
    let output = desk.command("/usr/bin/env").stdout(Stdio::piped()).output().expect("env runs");
    let told = String::from_utf8(output.stdout).expect("text");
    for line in told.lines() {
        let (name, value) = line.split_once('=').expect("NAME=value");
        let is_place = name.starts_with("XDG_") || ["HOME", "TMPDIR"].contains(&name);
        assert!(!is_place || value.starts_with(&*desk.root().to_string_lossy()), "{name} lies on the desk: {value}");
    }
    assert!(!told.contains("CARGO"), "a variable of the test's own surroundings is not handed on: {told}");
}

#[test]
fn the_keychain_locks_and_unlocks() {
    let desk = Desk::new().expect("a desk");
    desk.lock_keychain().expect("it locks");
    desk.unlock_keychain().expect("its password opens it again");
    assert_eq!(desk.keychain_entries().expect("it answers"), 0, "a new keychain holds nothing of ours");
}

#[test]
fn a_desk_without_a_keychain_has_none() {
    let desk = Desk::without_keychain().expect("a desk");
    assert!(desk.lock_keychain().is_err(), "there is nothing to lock");
}

#[test]
fn two_desks_have_two_displays_and_clipboards() {
    let (one, other) = (Desk::new().expect("a desk"), Desk::new().expect("another"));
    one.display().expect("a display").copy("on the first").expect("copied");
    other.display().expect("a display").copy("on the second").expect("copied");
    let pasted = one.display().expect("the same display").clipboard().expect("pasted");
    assert_eq!(pasted, "on the first", "the second desk's clipboard is its own");
}

#[test]
fn nothing_that_ran_on_a_desk_outlives_it() {
    let desk = Desk::new().expect("a desk");
    desk.display().expect("a display");
    let detached = desk.command("setsid").args(["sleep", "600"]).spawn().expect("it starts");
    // Before it is the program that was asked for, it is still a copy of this one, which is on no desk.
    let comm = format!("/proc/{}/comm", detached.id());
    until("the program's start", || fs::read_to_string(&comm).ok().filter(|name| name.trim() == "sleep"))
        .expect("it runs");
    let root = desk.root().to_path_buf();
    drop(desk);
    assert!(!root.exists(), "its folder is gone");
    let mut detached = detached;
    let status = detached.wait().expect("it ended");
    assert!(!status.success(), "a program that left its process group was killed: {status}");
}

#[test]
fn each_way_of_saving_leaves_the_new_text() {
    let home = tempfile::tempdir().expect("a folder");
    for save in Save::ALL {
        let file = sample::write(home.path()).expect("written");
        save.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
        let expected = sample::TEXT.replace(sample::VALUES[1], sample::EDITS[0]);
        assert_eq!(fs::read_to_string(file).expect("readable"), expected, "saved {}", save.words());
    }
}

#[test]
fn a_keychain_that_died_by_itself_is_started_again_with_what_it_held() {
    let (desk, _) = desk_with_vault();
    desk.fail_keychain().expect("it dies");
    let unlocked = Floomsec::new(&desk).run(&["status"]).expect("an open vault stays open").json;
    assert_eq!(unlocked["vault"]["state"], "open", "with its keychain gone: {unlocked}");
    desk.end_agent().expect("the agent ends");
    Floomsec::new(&desk).run(&["unlock"]).expect("the next command finds a keychain that is back, and its key in it");
    assert!(!desk.revive_keychain().expect("it lives"), "it was started once");
}
