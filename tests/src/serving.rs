//! A Local Floom in the foreground, beside the agent's own.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::process::Process;
use crate::{Desk, Programs, Trouble};

/// `floomsec serve`, with what its owner needs to speak to it. It ends when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub url: String,
    /// Its owner's token.
    pub token: String,
    _process: Process,
}

impl Serving {
    /// Starts one on a free port, with a store of its own.
    ///
    /// # Errors
    /// [`Trouble`] when it does not start.
    pub fn start(desk: &Desk) -> Result<Self, Trouble> {
        let mut command = desk.command(Programs::find()?.floomsec());
        command.args(["serve", "--supervised", "--port", "0", "--data"]).arg(desk.root().join("serving"));
        // It ends when its standard input closes.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(command, &desk.log("serving"))?;
        let output = process.child().stdout.take().ok_or_else(|| Trouble::new("it has no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let field = |name: &str| said["at"][name].as_str().map(str::to_owned);
        match (field("url"), field("token")) {
            (Some(url), Some(token)) => Ok(Self { url, token, _process: process }),
            _ => Err(Trouble::new(format!("it did not listen: {line}"))),
        }
    }
}
