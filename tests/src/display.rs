//! A display that nobody sees.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Process, bound};
use crate::{Trouble, until};

/// A running Xvfb of 1600 by 1000 pixels, with its clipboard.
#[derive(Debug)]
pub struct Display {
    name: String,
    log: PathBuf,
    _server: Process,
}

impl Display {
    /// Starts it under a number that is free.
    pub(crate) fn start(log: &Path, prepare: impl Fn(&mut Command)) -> Result<Self, Trouble> {
        let mut command = bound("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]);
        prepare(&mut command);
        let mut server = Process::start(
            {
                command.stdout(Stdio::piped());
                command
            },
            log,
        )?;
        let output = server.child().stdout.take().ok_or_else(|| Trouble::new("Xvfb has no output"))?;
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        if number.trim().is_empty() {
            return Err(Trouble::new(format!("Xvfb ended at once; see {}", log.display())));
        }
        Ok(Self { name: format!(":{}", number.trim()), log: log.to_owned(), _server: server })
    }

    /// What `DISPLAY` is for it: `:1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts `text` on the clipboard, as a copy in another program does, and returns once it can be pasted.
    ///
    /// # Errors
    /// [`Trouble`] when `xclip` fails.
    pub fn copy(&self, text: &str) -> Result<(), Trouble> {
        // Its output would stay open: xclip goes on serving the clipboard in the background.
        let mut command = self.xclip(&["-selection", "clipboard", "-in"]);
        let mut copy = Process::start(
            {
                command.stdin(Stdio::piped()).stdout(Stdio::null());
                command
            },
            &self.log,
        )?;
        let input = copy.child().stdin.take();
        input.ok_or_else(|| Trouble::new("xclip has no input"))?.write_all(text.as_bytes())?;
        copy.child().wait()?;
        until("the copy", || self.clipboard().ok().filter(|on_it| on_it == text)).map(drop)
    }

    /// What could be pasted now.
    ///
    /// # Errors
    /// [`Trouble`] when the clipboard is empty.
    pub fn clipboard(&self) -> Result<String, Trouble> {
        let output = self.xclip(&["-selection", "clipboard", "-out"]).stderr(Stdio::null()).output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Trouble::new("the clipboard is empty"))
        }
    }

    fn xclip(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command.args(["-display", &self.name]).args(arguments);
        command
    }
}
