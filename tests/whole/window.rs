//! The real window against the real agent, a real keychain and Local Floom.

use std::time::Duration;

use floom_tests::{Desk, Floomsec, Save, Serving, Window, sample, secret};

use crate::{desk_with_sample, desk_with_vault};

/// From a save to the row that shows it as synced, its quiet time included.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

const NO_FILE: &[&str] = &[];

#[tokio::test]
async fn a_first_vault_is_made_and_local_floom_started() {
    let desk = Desk::new().expect("a desk");
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.text("make-vault").await.expect("the first view asks for a vault");
    assert_eq!(desk.keychain_entries().expect("told"), 0, "no key is made before the creator asks for it");
    window.press("make-vault").await.expect("pressed");
    window.press("start-local").await.expect("the vault is open and nothing is connected");
    window.text("row-OPENAI_API_KEY/key").await.expect("the sample app's table");
    let shown = window.look().await.expect("a look").text;
    for key in sample::KEYS {
        assert!(shown.contains(key), "the declared {key} has a row: {shown}");
    }
}

#[tokio::test]
async fn a_file_is_previewed_imported_and_watched() {
    let (desk, file) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["app", "list"]).expect("Local Floom is started, with nothing else connected");
    let window = Window::open(&desk, &[&file]).await.expect("the window opens");
    window.text("import-sheet").await.expect("the file of the command line is previewed");
    for key in sample::KEYS {
        window
            .when(&format!("import-row-{key}/fate"), "New", |fate| fate.contains("New"))
            .await
            .expect("each key is new");
    }
    let status = floomsec.run(&["status"]).expect("told").json;
    assert_eq!(secret(&status, "flyfast", "OPENAI_API_KEY")["version"], 0, "a preview stores nothing");
    window.when("import-watch@aria-checked", "on", |on| on == "true").await.expect("watching is proposed");
    window.press("import-confirm").await.expect("pressed");
    for key in sample::KEYS {
        window
            .when(&format!("row-{key}/sync"), "Synced", |sync| sync.contains("Synced"))
            .await
            .expect("Floom acknowledged it");
    }
    window.when("link-0/link-state", "in sync", |state| state.contains("In sync")).await.expect("the file is watched");
    window
        .when("counts", "complete", |counts| counts.contains("4 CONFIGURED") || counts.contains("4 configured"))
        .await
        .expect("counted");
}

#[tokio::test]
async fn a_policy_asks_first_then_flips() {
    let (desk, _) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    let user = "row-STRIPE_SECRET_KEY/policy-user";
    window.press(user).await.expect("pressed");
    window.text("prompt-STRIPE_SECRET_KEY").await.expect("it asks in the row");
    let chosen = window.text(&format!("{user}@aria-checked")).await.expect("told");
    assert_eq!(chosen, "false", "nothing has changed before the answer");
    window.press("prompt-STRIPE_SECRET_KEY/prompt-cancel").await.expect("pressed");
    window.gone("prompt-STRIPE_SECRET_KEY").await.expect("Cancel closes it");
    window.press(user).await.expect("pressed again");
    window.press("prompt-STRIPE_SECRET_KEY/prompt-confirm").await.expect("pressed");
    window.when(&format!("{user}@aria-checked"), "chosen", |chosen| chosen == "true").await.expect("User vault holds");
    let (status, _) = Floomsec::new(&desk)
        .status_when("the policy's way to Floom", |status| {
            secret(status, "flyfast", "STRIPE_SECRET_KEY")["sync"] == "synced"
        })
        .expect("acknowledged");
    assert_eq!(secret(&status, "flyfast", "STRIPE_SECRET_KEY")["policy"], "user_vault", "Floom has the new policy");
}

#[tokio::test]
async fn a_saved_edit_is_shown_as_synced_within_two_seconds() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.when("row-AMADEUS_API_KEY/sync", "Synced", |sync| sync.contains("Synced")).await.expect("shown");
    let mut old = sample::VALUES[1];
    for (save, new) in Save::ALL.into_iter().zip(sample::EDITS) {
        save.replace(&file, old, new).expect("saved");
        let end = &new[new.len() - 4..];
        let (_, seen) = window
            .when("row-AMADEUS_API_KEY/preview", "the new value's", |preview| preview.contains(end))
            .await
            .expect("the row shows the new value's preview");
        let (_, sent) = window
            .when("row-AMADEUS_API_KEY/sync", "Synced", |sync| sync.contains("Synced"))
            .await
            .expect("and Floom has it");
        assert!(seen + sent < SHOWN_WITHIN, "saved {}: shown after {seen:?}, synced {sent:?} later", save.words());
        window.text("prompt-AMADEUS_API_KEY/undo").await.expect("Undo is offered");
        old = new;
    }
}

#[tokio::test]
async fn an_edit_without_auto_sync_asks_and_the_answer_holds() {
    let (desk, file) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.press("link-0/link-switch").await.expect("Auto-sync is switched off");
    window.when("link-0/link-switch@aria-checked", "off", |on| on == "false").await.expect("it is off");
    Save::Truncate.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    window.press("prompt-AMADEUS_API_KEY/prompt-confirm").await.expect("the row asks; the file's value is taken");
    window
        .when("row-AMADEUS_API_KEY/preview", "the new value's", |preview| preview.contains("1a01"))
        .await
        .expect("the answer is done");
}

#[tokio::test]
async fn a_locked_vault_shows_nothing_but_the_way_back() {
    let (desk, _) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.text("row-OPENAI_API_KEY/preview").await.expect("rows are shown");
    window.press("vault-state").await.expect("locked from the rail");
    window.text("unlock").await.expect("the locked view");
    let shown = window.look().await.expect("a look");
    assert!(!shown.html.contains("8b2a"), "not even the end of a value is left in the page: {}", shown.html);
    window.press("unlock").await.expect("pressed");
    window.text("row-OPENAI_API_KEY/preview").await.expect("the keychain is open, so the table is back");
}

#[tokio::test]
async fn the_key_of_flooms_command_line_is_offered_and_connects() {
    let (desk, _) = desk_with_vault();
    let serving = Serving::start(&desk).expect("a Floom of its own");
    let folder = desk.home().join(".floom");
    std::fs::create_dir(&folder).expect("a folder");
    let config = serde_json::json!({ "api_key": serving.token, "api_url": serving.url }).to_string();
    std::fs::write(folder.join("config.json"), config).expect("a file");
    Floomsec::new(&desk).run(&["app", "list"]).expect("Local Floom is started, with nothing else connected");
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.press("connect-another").await.expect("the sheet opens");
    window.press("connect-floom-cli").await.expect("the key is offered");
    window.gone("connect-sheet").await.expect("it is connected");
    let status = Floomsec::new(&desk).run(&["status"]).expect("told").json;
    assert_eq!(status["connection"]["state"], "connected", "the Floom of the file is what is shown: {status}");
    let page = window.look().await.expect("a look");
    assert!(!page.html.contains(&serving.token), "and the key never was on the page");
}
