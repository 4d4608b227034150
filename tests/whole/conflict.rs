//! Two computers of one account: what one brings to Floom is not replaced by the other without a word.

use std::fs;

use floom_tests::{Desk, Floomsec, Serving, Window, sample, secret};
use serde_json::json;

const KEY: &str = "AMADEUS_API_KEY";
const THEIRS: &str = "amd_elsewhere_not_real_0123456789_0d0d";

/// A vault on `desk` that is connected to `serving`.
fn connected<'d>(desk: &'d Desk, serving: &Serving) -> Floomsec<'d> {
    let floomsec = Floomsec::new(desk);
    floomsec.run(&["vault", "init", "--yes"]).expect("a vault");
    let connect = floomsec.ask_with(&["connect", &serving.url], &serving.token);
    connect.expect("an answer").expect_done().expect("connected");
    floomsec
}

#[tokio::test]
async fn a_secret_that_another_computer_changed_asks_in_its_row_and_on_the_command_line() {
    let (desk, other) = (Desk::new().expect("a desk"), Desk::new().expect("another one"));
    let serving = Serving::start(&desk).expect("a Floom of its own");
    let (here, there) = (connected(&desk, &serving), connected(&other, &serving));
    let file = sample::write(&desk.home()).expect("a file");
    let path = file.to_str().expect("its path is text");
    here.run(&["import", path, "--app", "flyfast", "--yes", "--auto"]).expect("imported");
    let window = Window::open(&desk, &[] as &[&str]).await.expect("the window opens");
    let sync = format!("row-{KEY}/sync");
    window.when(&sync, "Synced", |says| says.contains("Synced")).await.expect("it is synced");

    let set = |value: &str| {
        there.run(&["sync"]).expect("what Floom has is known there");
        let set = there.ask_with(&["set", KEY, "--app", "flyfast"], value);
        let set = set.expect("an answer").expect_done().expect("it is stored there").json;
        if set["failed"] != json!(0) {
            // What this computer brought to Floom was not seen there yet: it is asked too.
            there.run(&["resolve", KEY, "--keep", "here", "--app", "flyfast"]).expect("picked there");
        }
        let status = there.run(&["status"]).expect("told").json;
        assert_eq!(secret(&status, "flyfast", KEY)["sync"], json!("synced"), "it is what Floom has now: {status}");
    };
    set(THEIRS);
    fs::write(&file, sample::TEXT.replace("e82f", "mine")).expect("saved");
    window.when(&sync, "Conflict", |says| says.contains("Conflict")).await.expect("it is asked");
    let prompt = window.text(&format!("prompt-{KEY}")).await.expect("in its row");
    assert!(prompt.contains("Changed on Floom and in .env"), "both sides are named: {prompt}");
    let status = here.run(&["status"]).expect("told").json;
    assert_eq!(secret(&status, "flyfast", KEY)["sync"], json!("conflict"), "the command line tells: {status}");
    assert!(!window.look().await.expect("a look").html.contains("0d0d"), "nothing of Floom's value is shown");

    window.press(&format!("prompt-{KEY}/prompt-confirm")).await.expect("the file's is picked");
    window.when(&sync, "Synced", |says| says.contains("Synced")).await.expect("it is sent");

    set(&THEIRS.replace("0d0d", "1e1e"));
    fs::write(&file, sample::TEXT.replace("e82f", "more")).expect("saved again");
    window.when(&sync, "Conflict", |says| says.contains("Conflict")).await.expect("it is asked again");
    here.run(&["resolve", KEY, "--keep", "floom", "--app", "flyfast"]).expect("Floom's is kept");
    window.when(&sync, "Floom only", |says| says.contains("Floom only")).await.expect("the window follows");
    let late = here.ask(&["resolve", KEY, "--keep", "floom", "--app", "flyfast"]).expect("an answer");
    assert_eq!(late.code(), "nothing_asked", "there is nothing to pick any more");
    let kept = fs::read_to_string(&file).expect("the file");
    assert_eq!(kept, sample::TEXT.replace("e82f", "more"), "the file is left as it is");
}
