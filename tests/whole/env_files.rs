//! What is found in `.env` files, and how they are edited, through `floomsec` and the window.

use std::fs;

use floom_tests::{Floomsec, Window};
use serde_json::Value;

use crate::{desk_with_vault, text};

/// Values of signs that no message uses, so that a piece of one cannot be there by chance.
const FILE: &str = "\
# what people paste\r\n\
OPENAI_API_KEY=ЖЗИ#ЙКЛ\r\n\
AMADEUS_API_KEY=“ЖЖЖЖЖЖЖЖ”\r\n\
no assignment here\r\n\
STRIPE_SECRET_KEY=changeme\r\n\
<<<<<<< HEAD\r\n\
SUPABASE_SERVICE_KEY=ЯЯЯЯЯЯЯЯ\r\n";

fn notes(of: &Value) -> Vec<(u64, &str)> {
    fn note(note: &Value) -> (u64, &str) {
        (note["line"].as_u64().unwrap_or(0), note["code"].as_str().unwrap_or_default())
    }
    of.as_array().into_iter().flatten().map(note).collect()
}

fn has_a_piece_of_a_value(text: &str) -> bool {
    text.chars().any(|sign| ('Ж'..='Я').contains(&sign))
}

#[tokio::test]
async fn findings_and_verdicts_are_shown_before_an_import_with_their_lines_and_no_piece_of_a_value() {
    let (desk, file) = desk_with_vault();
    fs::write(&file, FILE).expect("written");
    let floomsec = Floomsec::new(&desk);
    let plan = floomsec.run(&["plan", text(&file), "--app", "flyfast"]).expect("a plan");
    let row = |line: u64| {
        let rows = plan.json["rows"].as_array().into_iter().flatten();
        rows.filter(|row| row["line"] == line).map(|row| notes(&row["notes"])).next().unwrap_or_default()
    };
    assert_eq!(row(2), [(2, "readers_differ")], "the sign at which readers part: {}", plan.json);
    assert!(row(3).contains(&(3, "smart_quotes")), "typographic quotes: {}", plan.json);
    assert_eq!(row(4), [(4, "line_without_equals")], "a line that says nothing: {}", plan.json);
    assert!(row(5).contains(&(5, "placeholder")), "a placeholder: {}", plan.json);
    let shown = format!("{} {}", plan.json, plan.prose);
    assert!(shown.contains("merge_markers"), "the merge that was left: {shown}");
    assert!(!has_a_piece_of_a_value(&shown), "no piece of a value: {shown}");

    let window = Window::open(&desk, &[&file]).await.expect("the window opens with the preview");
    let row = window.text("import-row-OPENAI_API_KEY").await.expect("a row");
    assert!(row.contains("Node stops") && row.contains("read on"), "the verdict is in the key's row: {row}");
    let page = window.look().await.expect("a look");
    assert!(page.text.contains("looks like a placeholder"), "the findings are there: {}", page.text);
    for part in [&page.text, &page.html, &page.fields, &page.title] {
        assert!(!has_a_piece_of_a_value(part), "no piece of a value is on the page: {part}");
    }
}

#[test]
fn one_entry_of_a_file_is_edited_and_the_rest_stays_byte_for_byte() {
    let (desk, file) = desk_with_vault();
    fs::write(&file, FILE).expect("written");
    let floomsec = Floomsec::new(&desk);
    let read = || fs::read_to_string(&file).expect("text");
    let edit = |arguments: &[&str], value: &str| {
        let all: Vec<&str> = ["edit", text(&file)].iter().chain(arguments).copied().collect();
        floomsec.ask_with(&all, value).expect("an answer")
    };
    let set = edit(&["STRIPE_SECRET_KEY"], "two words\n").expect_done().expect("set").json;
    assert_eq!(set["line"], 5, "the line is told");
    assert_eq!(read(), FILE.replace("=changeme", "='two words'"), "one value is another, in quotes");
    edit(&["STRIPE_SECRET_KEY", "--comment-out"], "").expect_done().expect("a comment");
    let quiet = FILE.replace("STRIPE_SECRET_KEY=changeme", "# STRIPE_SECRET_KEY='two words'");
    assert_eq!(read(), quiet, "its line is a comment");
    edit(&["NEW_KEY"], "new").expect_done().expect("added");
    assert_eq!(read(), format!("{quiet}NEW_KEY=new\r\n"), "a new key is a new line, ended like the others");
    edit(&["NEW_KEY", "--remove"], "").expect_done().expect("taken out");
    assert_eq!(read(), quiet, "and gone again");
    let refused = edit(&["NOT_THERE", "--remove"], "");
    assert_eq!((refused.exit, refused.code()), (1, "key_not_in_file"), "what is not there cannot go");
    assert_eq!(read(), quiet, "a refusal changes nothing");
}
