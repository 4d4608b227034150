//! Every model against the real reader, over generated files.
//!
//! It needs the readers that `readers/package.json` and `readers/requirements.txt` name, installed in the folder
//! `ENVFILE_READERS` (`cargo xtask soak` does that): `node_modules` and the Python environment `py` there. A program
//! `read-*` in that folder is asked as well; it speaks the same way: a file in hex per line in, what its readers make
//! of it as JSON per line out. `ENVFILE_CASES` says how many files each reader gets, `ENVFILE_SEED` which.

#[allow(dead_code)]
mod generate;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use envfile::{Document, Reader, Sight};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

/// How many disagreements are shown per reader, the shortest files first.
const SHOWN: usize = 12;

/// The inputs of one idea, and as many generated ones as are asked for.
fn files(of: impl Strategy<Value = Vec<u8>>) -> Vec<Vec<u8>> {
    let seed: u64 = std::env::var("ENVFILE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let ideas = generate::ideas::IDEAS.iter().chain(&generate::ideas::BYTES).map(|idea| idea.to_vec());
    let mut next = || of.new_tree(&mut runner).expect("a file can be made").current();
    ideas.chain((0..generate::cases(2_000)).map(|_| next())).collect()
}

fn folder() -> PathBuf {
    std::env::var_os("ENVFILE_READERS").expect("ENVFILE_READERS names the folder with the real readers").into()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(name)
}

/// Gives `files` to the readers behind `command`, and compares each answer with the models.
fn compare(command: &mut Command, files: &[Vec<u8>]) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the real readers start");
    let mut input = child.stdin.take().expect("it has an input");
    let answers = BufReader::new(child.stdout.take().expect("it has an output")).lines();
    let mut faults: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut answered, mut unknown) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for file in files {
                let mut line = file.iter().fold(String::new(), |mut line, byte| {
                    let _ = write!(line, "{byte:02x}");
                    line
                });
                line.push(' ');
                line.push_str(&endless(file).join(","));
                line.push('\n');
                if input.write_all(line.as_bytes()).is_err() {
                    return;
                }
            }
        });
        for (file, answer) in files.iter().zip(answers) {
            answered += 1;
            let answer: Map<String, Value> =
                serde_json::from_str(&answer.expect("an answer")).expect("the answer is JSON");
            for (name, real) in &answer {
                let reader = Reader::from_name(name).expect("the reader is modelled");
                match disagreement(file, reader, real) {
                    Agreement::Same => *compared.entry(reader.name()).or_default() += 1,
                    Agreement::NotModelled => unknown += 1,
                    Agreement::Differs(model) => {
                        let text = String::from_utf8_lossy(file);
                        faults
                            .entry(reader.name())
                            .or_default()
                            .push((file.len(), format!("{text:?}\n    real  {real}\n    model {model}")));
                    }
                }
            }
        }
    });
    assert_eq!(answered, files.len(), "every file was answered");
    assert!(child.wait().expect("the readers end").success(), "the readers end well");
    println!("agreed: {compared:?} of {} files, {unknown} not modelled", files.len());
    let mut shown = String::new();
    for (reader, faults) in &mut faults {
        faults.sort();
        let _ = writeln!(shown, "{reader}: {} files", faults.len());
        for (_, fault) in faults.iter().take(SHOWN) {
            let _ = writeln!(shown, "  {fault}");
        }
    }
    assert!(faults.is_empty(), "the models differ from the real readers:\n{shown}");
}

/// The readers that would put variables in for ever: they cannot be asked.
fn endless(file: &[u8]) -> Vec<&'static str> {
    let document = Document::read(file.to_vec());
    let expands = [Reader::DotenvExpand, Reader::DotenvExpand1000, Reader::Dotenvx];
    let gives_up = |sight: &Sight| matches!(sight, Sight::Refused("value_expands_too_far"));
    let is_endless = |reader: &Reader| document.view(*reader).seen.iter().any(|seen| gives_up(&seen.sight));
    expands.into_iter().filter(is_endless).map(Reader::name).collect()
}

enum Agreement {
    Same,
    NotModelled,
    Differs(Value),
}

fn disagreement(file: &[u8], reader: Reader, real: &Value) -> Agreement {
    let view = Document::read(file.to_vec()).view(reader);
    let not_modelled = |sight: &Sight| matches!(sight, Sight::Refused("shell_not_read" | "value_expands_too_far"));
    if view.seen.iter().any(|seen| not_modelled(&seen.sight)) {
        return Agreement::NotModelled;
    }
    let mut vars = Map::new();
    let mut open = Vec::new();
    for seen in &view.seen {
        open.retain(|key| *key != seen.key);
        match &seen.sight {
            Sight::Text(value) => drop(vars.insert(seen.key.clone(), json!(value.expose()))),
            Sight::Absent => drop(vars.insert(seen.key.clone(), Value::Null)),
            Sight::Runs | Sight::Refused(_) => open.push(seen.key.clone()),
        }
    }
    let mut theirs = real["vars"].as_object().expect("the variables").clone();
    for key in &open {
        vars.remove(key);
        theirs.remove(key);
    }
    // What a command would have left as the status of a shell is not known.
    let error_known = !(reader == Reader::Bash && view.runs());
    let runs_known = reader != Reader::Bash;
    let same = vars == theirs
        && (!error_known || json!(view.error()) == real["error"])
        && (!runs_known || json!(view.runs()) == real["runs"]);
    if same {
        Agreement::Same
    } else {
        Agreement::Differs(json!({"vars": vars, "error": view.error(), "runs": view.runs(), "open": open}))
    }
}

#[test]
#[ignore = "needs the real readers"]
fn the_models_of_the_javascript_readers_are_exact() {
    compare(Command::new("node").arg(script("read.mjs")).arg(folder()), &files(generate::any_file()));
}

#[test]
#[ignore = "needs the real readers"]
fn the_model_of_python_dotenv_is_exact() {
    compare(Command::new(folder().join("py/bin/python")).arg(script("read.py")), &files(generate::any_file()));
}

#[test]
#[ignore = "needs the real readers"]
fn the_model_of_bash_is_exact() {
    // A shell is started per file, which takes long.
    let files = files(generate::shell().prop_map(String::into_bytes));
    std::thread::scope(|scope| {
        for some in files.chunks(files.len().div_ceil(4)) {
            let python = folder().join("py/bin/python");
            scope.spawn(move || compare(Command::new(python).arg(script("read_bash.py")), some));
        }
    });
}

#[test]
#[ignore = "needs the real readers"]
fn the_models_of_further_readers_are_exact() {
    let programs = std::fs::read_dir(folder()).expect("the folder is there").flatten().map(|entry| entry.path());
    let further = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("read-"));
    for program in programs.filter(further) {
        compare(&mut Command::new(program), &files(generate::any_file()));
    }
}
