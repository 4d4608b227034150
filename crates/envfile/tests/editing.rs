//! One entry is changed, and not one byte more.

use envfile::{Document, Edit, EditError, Reader, Sight};
use floom_secret::SecretValue;
use proptest::prelude::*;

const FILE: &str = "# top\r\nexport A = 'old' # why\r\nB=${A}\r\nC=x";

fn read(text: &str) -> Document {
    Document::read(text.as_bytes().to_vec())
}

fn text(edit: Result<Edit, EditError>) -> Result<String, EditError> {
    edit.map(|edit| String::from_utf8(edit.bytes().to_vec()).expect("text"))
}

fn secret(value: &str) -> SecretValue {
    SecretValue::new(value.into())
}

/// What `reader` sees: keys with their values.
fn seen(document: &Document, reader: Reader) -> Vec<(String, Option<String>)> {
    let text = |sight: &Sight| if let Sight::Text(value) = sight { Some(value.expose().to_owned()) } else { None };
    document.view(reader).seen.iter().map(|seen| (seen.key.clone(), text(&seen.sight))).collect()
}

#[test]
fn one_value_is_written_and_nothing_else() {
    let write = |line, key, value, reader| text(read(FILE).with_value(line, key, &secret(value), reader));
    assert_eq!(write(2, "A", "new", Reader::Dotenv), Ok(FILE.replace("old", "new")), "quotes and comment stay");
    assert_eq!(write(4, "C", "a b", Reader::Dotenv), Ok(FILE.replace("C=x", "C='a b'")), "quotes come where needed");
    assert_eq!(write(4, "C", "it's", Reader::Dotenv), Ok(FILE.replace("C=x", "C=\"it's\"")), "and fit the value");
    assert_eq!(write(4, "C", "a\nb", Reader::Node), Ok(FILE.replace("C=x", "C='a\nb'")), "lines stay lines");
    let bare = Ok(FILE.replace("C=x", "C=a'b\"c`d"));
    assert_eq!(write(4, "C", "a'b\"c`d", Reader::Dotenv), bare, "bare where quotes fail");
    assert_eq!(write(3, "A", "new", Reader::Dotenv), Err(EditError::NoSuchEntry), "the line must be the key's");
    let docker = text(read("C=x").with_value(1, "C", &secret("a\nb"), Reader::DockerRun));
    assert_eq!(docker, Err(EditError::NotWritable), "docker has no second line");
    let used = text(read(FILE).with_value(2, "A", &secret("new"), Reader::Compose));
    assert_eq!(used, Err(EditError::OthersDepend), "Compose puts A into B, which would change with it");
    let png = Document::read(vec![0x89, b'P', 0, 0, 1, 2, 3, 4, 0, 0xFF]);
    assert_eq!(text(png.with_value(1, "A", &secret("x"), Reader::Plain)), Err(EditError::Refused), "no .env, no edit");
}

#[test]
fn who_misreads_a_value_is_said() {
    let edit = |value, reader| read("C=x").with_value(1, "C", &secret(value), reader).expect("it can be written");
    assert_eq!(edit("plain", Reader::Dotenv).warning(), None, "everybody reads it");
    let docker = edit("two\nlines", Reader::Plain).warning();
    assert_eq!(docker.as_deref(), Some("docker run will not read this value back."), "it has no second line");
    let dollar = edit("a$b", Reader::Dotenv);
    assert!(dollar.misread().contains(&Reader::DotenvExpand), "it puts variables in, also in single quotes");
    assert!(!dollar.misread().contains(&Reader::Dotenv), "the link's own reader reads it back");
}

#[test]
fn a_line_is_added_as_the_lines_before_it_end() {
    let add = |file: &str, key, value, reader| text(read(file).with_added(key, &secret(value), reader));
    assert_eq!(add(FILE, "D", "y", Reader::Dotenv), Ok(format!("{FILE}\r\nD=y\r\n")), "with the file's own endings");
    assert_eq!(add("A=1\n", "B", "a b", Reader::Dotenv), Ok("A=1\nB='a b'\n".into()), "quoted where needed");
    assert_eq!(add("", "B", "b", Reader::Dotenv), Ok("B=b\n".into()), "an empty file gets its first line");
    assert_eq!(add("A=\"open\n", "B", "b", Reader::Compose), Err(EditError::NotWritable), "an open quote would eat it");
    assert_eq!(add("A=1\n", "B C", "b", Reader::Dotenv), Err(EditError::NotWritable), "a name that the reader refuses");
    let edit = read("A=1").with_added("B", &secret("2"), Reader::Plain).expect("added");
    assert_eq!(edit.line(), 2, "the new line is told");
    let utf16: Vec<u8> = "\u{feff}A=1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let added = Document::read(utf16).with_added("B", &secret("é"), Reader::Plain).expect("added");
    let expected: Vec<u8> = "\u{feff}A=1\r\nB='é'\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare: Vec<u8> = "\u{feff}A=1\r\nB=é\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(added.bytes() == expected || added.bytes() == bare, "UTF-16 stays UTF-16");
}

#[test]
fn an_entry_is_commented_out_or_taken_out_with_all_of_its_lines() {
    let file = "A=1\nKEY=\"two\nlines\" # why\n\nB=2";
    let out = |line, key| text(read(file).with_commented_out(line, key, Reader::Dotenv));
    assert_eq!(
        out(2, "KEY"),
        Ok(file.replace("KEY=\"two\nlines\"", "# KEY=\"two\n# lines\"")),
        "each line is a comment"
    );
    assert_eq!(out(5, "B"), Ok(file.replace("B=2", "# B=2")), "the last line still has no ending");
    let gone = |line, key| text(read(file).without(line, key, Reader::Dotenv));
    assert_eq!(gone(2, "KEY"), Ok("A=1\n\nB=2".into()), "the lines are gone, with their comment");
    assert_eq!(gone(5, "B"), Ok("A=1\nKEY=\"two\nlines\" # why\n\n".into()), "the last line too");
    assert_eq!(gone(1, "B"), Err(EditError::NoSuchEntry), "only what stands there");
    let together = text(read("A=\"1\"B=2\nC=3").without(1, "A", Reader::Compose));
    assert_eq!(together, Err(EditError::NotSeparable), "two entries on one line are not torn apart");
    let marked = text(read("\u{feff}A=1\nB=2\n").without(1, "A", Reader::Plain));
    assert_eq!(marked, Ok("\u{feff}B=2\n".into()), "the mark at the start of the file stays");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_added_and_taken_out_again_leaves_the_file(
        lines in prop::collection::vec("[A-C]='?[a-z $#]{0,6}'?( # c)?", 0..5),
        value in "[ -~é\n]{1,16}",
    ) {
        let file = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let document = read(&file);
        for reader in Reader::all() {
            let Ok(added) = document.with_added("NEW_KEY", &SecretValue::new(value.clone()), reader) else { continue };
            let with = Document::read(added.bytes().to_vec());
            let mut expected = seen(&document, reader);
            expected.push(("NEW_KEY".into(), Some(value.clone())));
            expected.sort();
            let mut now = seen(&with, reader);
            now.sort();
            prop_assert_eq!(now, expected, "{} sees what it saw, and the new one", reader.name());
            let out = with.without(added.line(), "NEW_KEY", reader).expect("what was added stands alone");
            prop_assert_eq!(out.bytes(), file.as_bytes(), "byte for byte the file of before");
            let quiet = with.with_commented_out(added.line(), "NEW_KEY", reader).expect("it can be a comment");
            let quiet = Document::read(quiet.bytes().to_vec());
            prop_assert_eq!(seen(&quiet, reader), seen(&document, reader), "{} sees the others only", reader.name());
        }
    }
}
