//! How a command ends: prose or one JSON object, and an exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use floom_protocol::Failure;
use serde_json::{Map, Value, json};

/// 1: refused or failed.
const FAILED: u8 = 1;
/// 2: wrong usage.
const USAGE: u8 = 2;
/// 3: waits for the creator.
const WAITS: u8 = 3;
/// 4: locked, or no keychain.
const LOCKED: u8 = 4;

/// What a command says when it is done.
#[derive(Default)]
pub(crate) struct Said {
    /// Lines for people.
    pub(crate) lines: Vec<String>,
    /// Fields of the JSON object beside `ok`.
    pub(crate) fields: Map<String, Value>,
    /// The exit code of a command that was started, when one was.
    pub(crate) exit: Option<u8>,
}

impl Said {
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    pub(crate) fn field(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.fields.insert(name.to_owned(), json!(value));
        self
    }
}

/// Where a command's words go.
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Something to know while it goes on; on standard error.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Asks on the terminal; without one nobody can answer.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let stay = |message: &str, next: &str| Failure::new("needs_answer", message, "Nothing was changed.", next);
        if self.json || !std::io::stdin().is_terminal() {
            return Err(stay("This waits for your answer, and nobody is asked here.", "Repeat it with --yes."));
        }
        let _ = write!(std::io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(stay("You did not confirm.", "Repeat it when you want it."))
    }

    /// Says how it ended.
    pub(crate) fn end(&self, said: Result<Said, Failure>) -> ExitCode {
        match said {
            Ok(said) => {
                if self.json {
                    let mut object = Map::from_iter([("ok".to_owned(), Value::Bool(true))]);
                    object.extend(said.fields);
                    print(&Value::Object(object).to_string());
                } else {
                    said.lines.iter().for_each(|line| print(line));
                }
                said.exit.map_or(ExitCode::SUCCESS, ExitCode::from)
            }
            Err(failure) => {
                if self.json {
                    print(&json!({ "ok": false, "error": failure }).to_string());
                }
                let Failure { code, message, kept, next } = &failure;
                self.note(&format!("{message} {kept} {next} ({code})"));
                ExitCode::from(code_of(&failure))
            }
        }
    }
}

fn code_of(failure: &Failure) -> u8 {
    if failure.is_locked() {
        LOCKED
    } else if failure.waits_for_creator() {
        WAITS
    } else {
        FAILED
    }
}

/// Says what is wrong with the arguments; help and version are no mistake.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        print(error.to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let error = json!({
            "code": "usage",
            "message": "The command line could not be understood.",
            "kept": "Nothing was changed.",
            "next": "Run `floomsec --help`.",
        });
        print(&json!({ "ok": false, "error": error }).to_string());
    }
    let _ = write!(std::io::stderr(), "{error}");
    ExitCode::from(USAGE)
}

fn print(line: &str) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{line}");
}
