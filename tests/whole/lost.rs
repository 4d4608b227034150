//! What was lost, or seemed to be, comes back: the agent, and a value before the last.

use floom_tests::{Floomsec, Save, Window, sample, secret, until};

use crate::desk_with_sample;

const NO_FILE: &[&str] = &[];
const ROW: &str = "row-AMADEUS_API_KEY";

async fn assert_synced(window: &Window<'_>, end: &str) {
    window
        .when(&format!("{ROW}/preview"), "the expected one", |preview| preview.ends_with(end))
        .await
        .expect("the row shows the preview of the expected value");
    window
        .when(&format!("{ROW}/sync"), "Synced", |sync| sync.contains("Synced"))
        .await
        .expect("and Floom acknowledged it");
}

#[tokio::test]
async fn a_killed_agent_is_started_again_and_nothing_is_lost() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    assert_synced(&window, "e82f").await;
    let killed = desk.kill_agent().expect("the agent is killed");
    // Nothing else runs here that could start one, and nobody pressed anything.
    until("another agent's start", || desk.agent().filter(|agent| *agent != killed)).expect("the window started it");
    Save::Rename.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    assert_synced(&window, "1a01").await;
    window.gone("bar").await.expect("nothing stands in the way any more");
    let status = Floomsec::new(&desk).run(&["status"]).expect("told").json;
    for (key, version) in sample::KEYS.iter().zip([1, 2, 1, 1]) {
        let state = secret(&status, "flyfast", key);
        assert_eq!(
            (&state["version"], &state["sync"]),
            (&version.into(), &"synced".into()),
            "{key} outlived its agent"
        );
    }
    let run = Floomsec::new(&desk).run(&["run-app", "flyfast"]).expect("a run").json;
    assert_eq!(run["run"]["status"], "success", "Floom has every value still: {run}");
}

#[tokio::test]
async fn an_edit_that_the_agent_died_over_arrives() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    assert_synced(&window, "e82f").await;
    Save::Truncate.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    // Within the quiet time after a save: the edit is in the file and nowhere else yet.
    desk.kill_agent().expect("the agent is killed");
    assert_synced(&window, "1a01").await;
    let history = Floomsec::new(&desk).run(&["history", "AMADEUS_API_KEY", "--app", "flyfast"]).expect("told").json;
    let versions: Vec<_> =
        history["versions"].as_array().into_iter().flatten().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, [2, 1], "the edit was stored once, and the value before it is kept");
}

#[tokio::test]
async fn an_agent_that_keeps_dying_is_started_by_the_next_act() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    assert_synced(&window, "e82f").await;
    let first = desk.kill_agent().expect("the agent is killed");
    until("another agent's start", || desk.agent().filter(|agent| *agent != first)).expect("the window started it");
    Save::Rename.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    assert_synced(&window, "1a01").await;
    desk.kill_agent().expect("killed once more, at once");
    window.when("bar@data-code", "agent_lost", |code| code == "agent_lost").await.expect("the window says so");
    let kept = window.text(&format!("{ROW}/preview")).await.expect("the rows stay");
    assert!(kept.ends_with("1a01"), "what was known is still shown: {kept}");
    window.press("link-0/link-switch").await.expect("the creator's next act");
    window.when("link-0/link-switch@aria-checked", "off", |on| on == "false").await.expect("it is done");
    window.gone("bar").await.expect("and the window is whole again");
}

#[tokio::test]
async fn a_rotated_value_is_undone() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    assert_synced(&window, "e82f").await;
    Save::Truncate.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    assert_synced(&window, "1a01").await;
    window.press("prompt-AMADEUS_API_KEY/undo").await.expect("Undo is pressed while it is offered");
    assert_synced(&window, "e82f").await;
    window.gone("prompt-AMADEUS_API_KEY/undo").await.expect("an undo is not offered twice");
    let (status, _) = Floomsec::new(&desk)
        .status_when("the undo's way to Floom", |status| {
            let state = secret(status, "flyfast", "AMADEUS_API_KEY");
            state["version"] == 3 && state["sync"] == "synced"
        })
        .expect("Undo is a new version, and Floom has it");
    assert_eq!(status["links"][0]["state"], "set_aside", "the value in the file is not taken once more: {status}");
}
