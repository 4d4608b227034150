//! The ways in which values come in: pasted, from a file of a new app, typed.

use std::fs;
use std::path::PathBuf;

use floom_tests::{Desk, Floomsec, Window, sample, secret};

use crate::desk_with_vault;

const NO_FILE: &[&str] = &[];

/// A `.env` whose keys no app declares, each with its value.
const FERRY: [(&str, &str); 2] =
    [("FERRY_TOKEN", "ferry_sample_token_not_real_77fe"), ("HARBOUR_SECRET", "harbour_sample_secret_not_real_5d0c")];

/// WebDriver's Backspace.
const BACKSPACE: &str = "\u{E003}";

/// A desk whose Local Floom has `flyfast`, which declares four keys and has no value.
fn desk_with_app() -> (Desk, PathBuf) {
    let (desk, file) = desk_with_vault();
    Floomsec::new(&desk).run(&["app", "list"]).expect("Local Floom is started");
    (desk, file)
}

async fn assert_all_new(window: &Window<'_>, keys: impl IntoIterator<Item = &str>) {
    window.text("import-sheet").await.expect("a preview opens");
    for key in keys {
        let fate = window.text(&format!("import-row-{key}/fate")).await.expect("the key has its row in the preview");
        assert!(fate.contains("New"), "{key} is announced as new: {fate}");
    }
}

async fn assert_all_synced(window: &Window<'_>, keys: impl IntoIterator<Item = &str>) {
    for key in keys {
        let place = format!("row-{key}/sync");
        window.when(&place, "Synced", |sync| sync.contains("Synced")).await.expect("Floom acknowledged the key");
    }
}

/// Neither what is read on the page, nor its source, nor a field has one of `values`.
async fn assert_hidden(window: &Window<'_>, values: impl IntoIterator<Item = &str>) {
    let look = window.look().await.expect("a look at the page");
    for value in values {
        for (part, holds) in
            [("title", &look.title), ("text", &look.text), ("html", &look.html), ("fields", &look.fields)]
        {
            assert!(!holds.contains(value), "no value is in the page's {part}, but this is: {value}");
        }
    }
}

async fn assert_refused(window: &Window<'_>, code: &str) {
    window.when("error@data-code", code, |shown| shown == code).await.expect("it is refused, and the code says why");
}

#[tokio::test]
async fn pasted_lines_are_previewed_imported_and_never_shown() {
    let (desk, file) = desk_with_app();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    desk.display().expect("a display").copy(sample::TEXT).expect("the lines are on the clipboard");
    window.press("paste-env").await.expect("pressed");
    assert_all_new(&window, sample::KEYS).await;
    assert_hidden(&window, sample::VALUES).await;
    let status = Floomsec::new(&desk).run(&["status"]).expect("told").json;
    assert_eq!(secret(&status, "flyfast", "OPENAI_API_KEY")["version"], 0, "a preview of a paste stores nothing");
    window.press("import-confirm").await.expect("pressed");
    assert_all_synced(&window, sample::KEYS).await;
    assert_hidden(&window, sample::VALUES).await;
    let traces = desk.traces(sample::VALUES).expect("searched");
    let elsewhere: Vec<_> = traces.iter().filter(|trace| trace.place != file).collect();
    assert!(elsewhere.is_empty(), "pasted values are written nowhere that can be read: {elsewhere:?}");
}

#[tokio::test]
async fn an_empty_clipboard_and_prose_are_refused() {
    let (desk, _) = desk_with_app();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    assert!(desk.display().expect("a display").clipboard().is_err(), "nothing was copied on this display yet");
    window.press("paste-env").await.expect("pressed");
    assert_refused(&window, "clipboard_empty").await;
    let prose = "There is nothing here that is set to anything.\nNot one line.\n";
    desk.display().expect("a display").copy(prose).expect("prose is on the clipboard");
    window.press("paste-env").await.expect("pressed again");
    assert_refused(&window, "file_not_env").await;
    window.gone("import-sheet").await.expect("there is nothing to preview");
    let status = Floomsec::new(&desk).run(&["status"]).expect("told").json;
    for key in sample::KEYS {
        assert_eq!(secret(&status, "flyfast", key)["version"], 0, "a refused paste stored nothing in {key}");
    }
}

#[tokio::test]
async fn an_app_is_made_from_a_file_whose_keys_nobody_declares() {
    let (desk, _) = desk_with_app();
    let folder = desk.home().join("code/ferry-bot");
    fs::create_dir_all(&folder).expect("made");
    let file = folder.join(".env");
    fs::write(&file, FERRY.map(|(key, value)| format!("{key}={value}\n")).concat()).expect("written");
    let window = Window::open(&desk, &[&file]).await.expect("the window opens");
    window.text("app-sheet").await.expect("an app is proposed");
    assert_eq!(window.text("app-name").await.expect("a field"), "ferry-bot", "the folder's name is the app's");
    assert_eq!(window.text("app-slug").await.expect("a field"), "ferry-bot", "and its address is made of it");
    assert_hidden(&window, FERRY.map(|(_, value)| value)).await;
    let disabled = window.text("app-make@aria-disabled").await.expect("a button");
    assert_eq!(disabled, "true", "an app without a command cannot be made");
    window.fill("app-command", "true").await.expect("typed");
    window.press("app-make").await.expect("pressed");
    assert_all_new(&window, FERRY.map(|(key, _)| key)).await;
    window.press("import-confirm").await.expect("pressed");
    assert_all_synced(&window, FERRY.map(|(key, _)| key)).await;
    assert_hidden(&window, FERRY.map(|(_, value)| value)).await;
    let floomsec = Floomsec::new(&desk);
    let status = floomsec.run(&["status"]).expect("told").json;
    for (key, value) in FERRY {
        let preview = secret(&status, "ferry-bot", key)["preview"].as_str().unwrap_or_default().to_owned();
        assert!(preview.ends_with(&value[value.len() - 4..]), "{key} is the new app's, with its value: {preview}");
    }
    let run = floomsec.run(&["run-app", "ferry-bot"]).expect("a run").json;
    assert_eq!(run["run"]["status"], "success", "the app runs the command that was typed: {run}");
}

#[tokio::test]
async fn a_typed_value_is_stored_sent_and_gone_from_the_page() {
    let (desk, _) = desk_with_app();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    let value = sample::VALUES[0];
    window.fill("add-name", "OPENAI_API_KEY!").await.expect("a name that Floom does not take");
    window.fill("add-value", value).await.expect("typed");
    window.press("add-submit").await.expect("pressed");
    assert_refused(&window, "key_invalid").await;
    let status = Floomsec::new(&desk).run(&["status"]).expect("told").json;
    assert_eq!(secret(&status, "flyfast", "OPENAI_API_KEY")["version"], 0, "a refused name stored nothing");
    window.fill("add-name", BACKSPACE).await.expect("the stray character is taken away");
    window.press("add-submit").await.expect("pressed again: the value still stands in its field");
    assert_all_synced(&window, ["OPENAI_API_KEY"]).await;
    let preview = window.text("row-OPENAI_API_KEY/preview").await.expect("the row has a value");
    assert!(preview.ends_with("8b2a"), "the row shows the end of what was typed: {preview}");
    window.gone("error").await.expect("the refusal is gone with its cause");
    assert_hidden(&window, [value]).await;
    assert_eq!(window.text("add-value").await.expect("a field"), "", "the field is empty for the next one");
    let traces = desk.traces([value]).expect("searched");
    let elsewhere: Vec<_> = traces.iter().filter(|trace| !trace.place.ends_with("code/flyfast/.env")).collect();
    assert!(elsewhere.is_empty(), "a typed value is written nowhere that can be read: {elsewhere:?}");
}
