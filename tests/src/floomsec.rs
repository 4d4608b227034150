//! The real command line, with `--json`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Desk, PATIENCE, Programs, Trouble, until};

/// `floomsec` on a desk. Everything that it prints is also kept in the desk's logs.
#[derive(Debug)]
pub struct Floomsec<'d> {
    desk: &'d Desk,
    log: PathBuf,
}

/// What one command ended with.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The command, for messages.
    pub command: String,
    /// 0 done, 1 refused or failed, 2 wrong usage, 3 waits for the creator, 4 locked or no keychain.
    pub exit: i32,
    /// The one object on standard output.
    pub json: Value,
    /// What it told people meanwhile.
    pub prose: String,
    /// From its start to its end.
    pub took: Duration,
}

impl<'d> Floomsec<'d> {
    /// The command line of `desk`.
    pub fn new(desk: &'d Desk) -> Self {
        Self { desk, log: desk.log("floomsec") }
    }

    /// Runs `floomsec ARGUMENTS --json`.
    ///
    /// # Errors
    /// [`Trouble`] when it cannot be started or prints anything but one JSON object.
    pub fn ask<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Answer, Trouble> {
        self.ask_with(arguments, "")
    }

    /// The same with `input` on standard input.
    ///
    /// # Errors
    /// As [`Floomsec::ask`].
    pub fn ask_with<A: AsRef<OsStr>>(&self, arguments: &[A], input: &str) -> Result<Answer, Trouble> {
        let answer = self.ask_once(arguments, input)?;
        // A keychain that died by itself is no fault of the program, which refused and changed nothing.
        if answer.code() == "keychain_no_service" && self.desk.revive_keychain()? {
            return self.ask_once(arguments, input);
        }
        Ok(answer)
    }

    fn ask_once<A: AsRef<OsStr>>(&self, arguments: &[A], input: &str) -> Result<Answer, Trouble> {
        let started = Instant::now();
        let mut child = self
            .desk
            .command(Programs::find()?.floomsec())
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that does not read its input closes it early.
            let _ = pipe.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let command = format!("floomsec {} --json", words.join(" "));
        let mut log = File::options().create(true).append(true).open(&self.log)?;
        writeln!(log, "$ {command}")?;
        log.write_all(&output.stdout)?;
        log.write_all(&output.stderr)?;
        let prose = String::from_utf8_lossy(&output.stderr).into_owned();
        let json: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let printed = String::from_utf8_lossy(&output.stdout);
            Trouble::new(format!("{command} printed no single JSON object ({}): {printed}{prose}", output.status))
        })?;
        Ok(Answer { command, exit: output.status.code().unwrap_or(-1), json, prose, took: started.elapsed() })
    }

    /// Runs a command that must succeed.
    ///
    /// # Errors
    /// [`Trouble`] with the refusal when it does not.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Answer, Trouble> {
        self.ask(arguments)?.expect_done()
    }

    /// Asks for the state until `test` holds for it; gives the state and the time that it took.
    ///
    /// # Errors
    /// [`Trouble`] with the last state when it never held.
    pub fn status_when(&self, what: &str, test: impl Fn(&Value) -> bool) -> Result<(Value, Duration), Trouble> {
        let mut last = Value::Null;
        let held = until(what, || {
            last = self.ask(&["status"]).ok()?.json;
            test(&last).then(|| last.clone())
        });
        held.map_err(|trouble| {
            Trouble::new(format!("{trouble} (within {} s); the state is {last}", PATIENCE.as_secs()))
        })
    }
}

impl Answer {
    /// The answer, when the command did what it was asked.
    ///
    /// # Errors
    /// [`Trouble`] with the refusal.
    pub fn expect_done(self) -> Result<Self, Trouble> {
        if self.exit == 0 && self.json["ok"] == Value::Bool(true) {
            Ok(self)
        } else {
            Err(Trouble::new(format!("{} ended with {}: {}{}", self.command, self.exit, self.json, self.prose)))
        }
    }

    /// The code of a refusal; empty when there is none.
    pub fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or_default()
    }
}

/// The state of one secret in what `floomsec status --json` prints.
pub fn secret<'s>(status: &'s Value, app: &str, key: &str) -> &'s Value {
    let of = |list: &'s Value, field: &str, name: &str| -> &'s Value {
        list.as_array().into_iter().flatten().find(|entry| entry[field] == name).unwrap_or(&Value::Null)
    };
    of(&of(&status["apps"], "slug", app)["secrets"], "key", key)
}
