//! The vault's ways back, through the window: the recovery kit, the code, the passphrase.

use floom_tests::{Desk, Floomsec, Window, sample};

use crate::desk_with_sample;

const NO_FILE: &[&str] = &[];
const PASSPHRASE: &str = "six words that nobody else knows";

/// Makes a kit in the window; gives its groups. The code is on the screen afterwards.
async fn make_kit(window: &Window<'_>, desk: &Desk) -> Vec<String> {
    window.press("recovery-kit").await.expect("the rail's entry");
    let file = desk.home().join("floom-kit.vault");
    window.fill("file-path", &file.display().to_string()).await.expect("where it goes");
    window.press("kit-save").await.expect("pressed");
    let shown = window.text("kit-code").await.expect("the code is shown");
    assert!(file.exists(), "the kit's file is there before its code is shown");
    shown.split_whitespace().filter(|word| word.len() == 5).map(str::to_owned).collect()
}

/// Nothing of the code is left on the page, in its source, or in a field.
async fn assert_forgotten(window: &Window<'_>, groups: &[String]) {
    let look = window.look().await.expect("a look at the page");
    for group in groups {
        for (part, holds) in [("text", &look.text), ("html", &look.html), ("fields", &look.fields)] {
            assert!(!holds.contains(group.as_str()), "the page's {part} still has the group {group}");
        }
    }
}

#[tokio::test]
async fn a_kit_is_made_and_proven_and_its_code_leaves_the_page() {
    let (desk, _) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    let groups = make_kit(&window, &desk).await;
    assert_eq!(groups.len(), 7, "seven groups");
    window.press("kit-stored").await.expect("pressed");
    window.text("drill-sheet").await.expect("the drill follows");
    assert_forgotten(&window, &groups).await;
    let html = window.look().await.expect("a look").html;
    let asked: Vec<usize> =
        (1..=7).filter(|number| html.contains(&format!("data-testid=\"group-{number}\""))).collect();
    let [first, second] = asked[..] else { panic!("two groups are asked for: {asked:?}") };
    window.fill(&format!("group-{first}"), &groups[first - 1]).await.expect("typed");
    window.fill(&format!("group-{second}"), "AAAAA").await.expect("typed");
    window.press("drill-submit").await.expect("pressed");
    let wrong = window.text("drill-wrong").await.expect("a group that does not fit is told");
    assert!(wrong.contains(&format!("Group {second}")), "by its number: {wrong}");
    window.refill(&format!("group-{second}"), &groups[second - 1].to_lowercase()).await.expect("typed again");
    window.press("drill-submit").await.expect("pressed");
    window.gone("drill-sheet").await.expect("the drill is over");
    window.when("kit-standing", "proven", |standing| standing.starts_with("Proven")).await.expect("the rail says so");
    assert_forgotten(&window, &groups).await;
}

#[tokio::test]
async fn a_vault_whose_key_was_deleted_is_opened_with_the_code() {
    let (desk, _) = desk_with_sample();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    let groups = make_kit(&window, &desk).await;
    window.close().await.expect("closed");
    desk.end_agent().expect("ended");
    desk.delete_keychain_entries().expect("the key is deleted");
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens again");
    window
        .when("doctor-code@data-code", "vault_key_missing", |code| code == "vault_key_missing")
        .await
        .expect("the doctor says what is missing");
    assert_eq!(desk.keychain_entries().expect("told"), 0, "no new key is made for it");
    window.press("use-kit").await.expect("pressed");
    let mut wrong = groups.clone();
    wrong.swap(0, 1);
    window.fill("code", &wrong.join(" ")).await.expect("typed with two groups in the wrong order");
    window.press("restore-submit").await.expect("pressed");
    window.text("error").await.expect("it is refused");
    window.refill("code", &groups.join(" ").to_lowercase()).await.expect("typed");
    window.press("restore-submit").await.expect("pressed");
    for (key, end) in [("OPENAI_API_KEY", "8b2a"), ("AMADEUS_API_KEY", "e82f")] {
        let place = format!("row-{key}/preview");
        window.when(&place, "its old value", |preview| preview.ends_with(end)).await.expect("every value is back");
    }
    assert_forgotten(&window, &groups).await;
    let traces = desk.traces(groups.iter().map(String::as_str)).expect("searched");
    let elsewhere: Vec<_> = traces.iter().filter(|trace| !trace.place.ends_with("logs/page-01.log")).collect();
    assert!(elsewhere.is_empty(), "the code is written nowhere: {elsewhere:?}");
}

#[tokio::test]
async fn a_vault_without_a_keychain_opens_with_its_passphrase() {
    let desk = Desk::without_keychain().expect("a desk");
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    // The page grows once more, when it is known what was found: a press meanwhile would miss.
    window.text("copy-report").await.expect("what was found is told");
    window.press("use-passphrase").await.expect("it is offered where no keychain answers");
    window.fill("passphrase-sheet/passphrase", "too short").await.expect("typed");
    window.press("passphrase-submit").await.expect("pressed");
    window
        .when("passphrase-says", "a refusal", |says| says.contains("needs at least 12"))
        .await
        .expect("a short one is not taken");
    window.refill("passphrase-sheet/passphrase", PASSPHRASE).await.expect("typed");
    window.fill("passphrase-sheet/passphrase-again", PASSPHRASE).await.expect("typed again");
    window.press("passphrase-submit").await.expect("pressed");
    window.text("start-local").await.expect("the vault is open");
    Floomsec::new(&desk).run(&["lock"]).expect("locked");
    window.fill("locked/passphrase", "some other words than those").await.expect("typed");
    window.press("unlock").await.expect("pressed");
    window
        .when("error@data-code", "wrong_passphrase", |code| code == "wrong_passphrase")
        .await
        .expect("another one does not open it");
    assert_eq!(window.text("locked/passphrase").await.expect("the field"), "", "what was typed is gone at once");
    window.fill("locked/passphrase", PASSPHRASE).await.expect("typed");
    window.press("unlock").await.expect("pressed");
    window.text("start-local").await.expect("it is open again");
    let look = window.look().await.expect("a look");
    assert!(!look.html.contains(PASSPHRASE) && !look.fields.contains(PASSPHRASE), "the page has no copy of it");
    let traces = desk.traces([PASSPHRASE]).expect("searched");
    assert!(traces.is_empty(), "it is written nowhere: {traces:?}");
    assert!(sample::VALUES.iter().all(|value| !look.html.contains(value)), "and no value is shown");
}
