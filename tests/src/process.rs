//! A child that never outlives the test that started it.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::Trouble;

/// A running program in a process group of its own; the group is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts `command` with what it says going to the file `log`, except for what the caller has piped: only
    /// standard error is taken over here.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self, Trouble> {
        command.stderr(Stdio::from(File::options().create(true).append(true).open(log)?)).process_group(0);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| Trouble::new(format!("{name} could not be started: {error}")))?;
        Ok(Self { child })
    }

    /// The child, to take its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends `signal` to the program.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Trouble> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// Whether the program has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the program and waits for its end, as dropping does.
    pub(crate) fn kill(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id())
            && !self.has_ended()
        {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command that is killed together with the thread that starts it: a test that is stopped leaves nothing behind.
/// `setpriv` asks the kernel for that, which would need `unsafe` here.
pub(crate) fn bound(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}
