//! Every model against what the real reader returned: 55 inputs of one idea each, measured by running it.

use envfile::{Document, Reader, Sight};
use serde_json::{Map, Value, json};

fn cases() -> Vec<Value> {
    let data: Value = serde_json::from_str(include_str!("data/readers.json")).expect("the data are JSON");
    data["cases"].as_array().expect("a list of cases").clone()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits")).collect()
}

fn modelled(document: &Document, reader: Reader) -> (Value, bool, bool) {
    let view = document.view(reader);
    let mut vars = Map::new();
    for seen in &view.seen {
        match &seen.sight {
            Sight::Text(value) => drop(vars.insert(seen.key.clone(), json!(value.expose()))),
            Sight::Absent => drop(vars.insert(seen.key.clone(), Value::Null)),
            Sight::Runs | Sight::Refused(_) => {}
        }
    }
    (Value::Object(vars), view.error(), view.runs())
}

/// Measured cases in which a command ran, though the data do not say so: bash ran `l1` and `l2`, which the measuring
/// machine did not have, and took what they printed, nothing, for the value.
const RUNS_UNMARKED: [(Reader, &str); 1] = [(Reader::Bash, "multiline backtick")];

#[test]
fn models_agree_with_every_measured_case() {
    let cases = cases();
    assert_eq!(cases.len(), 55, "all cases are there");
    for reader in Reader::all().filter(|reader| *reader != Reader::Plain) {
        let mut compared = 0;
        for case in &cases {
            let measured = &case["readers"][reader.name()];
            if measured.is_null() {
                continue;
            }
            let document = Document::read(bytes(case["hex"].as_str().expect("bytes")));
            let (vars, error, runs) = modelled(&document, reader);
            let runs_unmarked = RUNS_UNMARKED.contains(&(reader, case["name"].as_str().expect("a name")));
            if measured["runs"] == json!(true) || runs_unmarked {
                assert!(runs, "{} would run a command for {}", reader.name(), case["name"]);
            } else {
                assert!(!runs, "{} runs nothing for {}", reader.name(), case["name"]);
                assert_eq!(vars, measured["vars"], "{} reads {}", reader.name(), case["name"]);
                assert_eq!(json!(error), measured["error"], "{} reports an error for {}", reader.name(), case["name"]);
            }
            compared += 1;
        }
        assert_eq!(compared, 55, "{} was measured for every case", reader.name());
    }
}

#[test]
fn names_of_readers_lead_back_to_them() {
    for reader in Reader::all() {
        assert_eq!(Reader::from_name(reader.name()), Some(reader), "{} is found by its name", reader.name());
        assert!(!reader.title().is_empty(), "{} can be said", reader.name());
    }
    assert_eq!(Reader::from_name("nobody"), None, "an unknown name is no reader");
}
