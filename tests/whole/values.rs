//! A value stands in the creator's file and nowhere else that can be read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use floom_tests::{Desk, Floomsec, Save, Window, sample, secret};

use crate::{desk_with_sample, text};

/// Does everything in which a value is handled, in the window and on the command line.
async fn handle_values(desk: &Desk, file: &std::path::Path) {
    let floomsec = Floomsec::new(desk);
    let window = Window::open(desk, &[] as &[&str]).await.expect("the window opens");
    window.when("row-OPENAI_API_KEY/sync", "Synced", |sync| sync.contains("Synced")).await.expect("rows are shown");
    window.look().await.expect("a look at the table");
    desk.display().expect("a display").copy(sample::TEXT).expect("the file's text is on the clipboard");
    window.press("paste-env").await.expect("pasted");
    window.text("import-sheet").await.expect("the preview of the pasted text");
    window.look().await.expect("a look at the preview");
    window.press("import-cancel").await.expect("closed");
    Save::Rename.replace(file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    floomsec
        .status_when("the edit", |status| {
            let state = secret(status, "flyfast", "AMADEUS_API_KEY");
            state["version"] == 2 && state["sync"] == "synced"
        })
        .expect("the edit arrives");
    window.look().await.expect("a look after the edit");
    floomsec.run(&["run-app", "flyfast"]).expect("a run");
    for command in
        [&["status"][..], &["doctor"], &["history", "AMADEUS_API_KEY", "--app", "flyfast"], &["receipts", "verify"]]
    {
        floomsec.run(command).expect("told");
    }
    floomsec.ask(&["plan", text(file), "--app", "no-such-app"]).expect("a refusal");
    floomsec.run(&["lock"]).expect("locked");
    window.text("unlock").await.expect("the locked view");
    window.look().await.expect("a look at the locked view");
    window.close().await.expect("closed");
}

#[tokio::test]
async fn every_value_stays_in_the_sample_file() {
    let (desk, file) = desk_with_sample();
    handle_values(&desk, &file).await;
    // Once with everything running, once with the database closed and its journal folded in.
    let running = desk.traces(sample::values()).expect("searched");
    desk.end_agent().expect("the agent ends");
    let ended = desk.traces(sample::values()).expect("searched");
    let places: BTreeSet<PathBuf> = running.union(&ended).map(|trace| trace.place.clone()).collect();
    assert_eq!(places, BTreeSet::from([file]), "values are in the creator's own file only: {running:?} {ended:?}");
    assert!(desk.data().join("vault.sqlite").is_file(), "the search went over a vault");
    assert!(desk.log("page-01").is_file(), "the search went over what the window showed");
}
