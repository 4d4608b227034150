//! Prints what every reader makes of a file, as JSON: `{reader: {vars: {KEY: value}, error, runs}}`.
//!
//! For tests and bug reports on made-up files: it prints the values.

use std::process::ExitCode;

use envfile::{Document, Reader, Sight};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: verdict FILE");
        return ExitCode::from(2);
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let document = Document::read(bytes);
    let readers: Map<String, Value> =
        Reader::all().map(|reader| (reader.name().to_owned(), verdict(&document, reader))).collect();
    println!("{}", Value::Object(readers));
    ExitCode::SUCCESS
}

fn verdict(document: &Document, reader: Reader) -> Value {
    let view = document.view(reader);
    let mut vars = Map::new();
    for seen in &view.seen {
        match &seen.sight {
            Sight::Text(value) => vars.insert(seen.key.clone(), json!(value.expose())),
            Sight::Absent => vars.insert(seen.key.clone(), Value::Null),
            Sight::Runs | Sight::Refused(_) => continue,
        };
    }
    json!({"vars": vars, "error": view.error(), "runs": view.runs()})
}
