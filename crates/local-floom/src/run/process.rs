//! One command: its environment, its input, its bounded and redacted output.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use floom_secret::SecretValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::live::Live;
use super::redact::{Patterns, Redactor};

/// The most that is read of one stream; the rest is thrown away.
const OUTPUT_LIMIT: usize = 256 * 1024;
const CUT: &str = "[output cut at 256 KiB]";

/// What a command inherits of this process's environment.
#[cfg(unix)]
const INHERITED: &[&str] = &["PATH", "LANG"];
#[cfg(not(unix))]
const INHERITED: &[&str] = &["PATH", "LANG", "SystemRoot", "TEMP"];

/// What a command did; the texts are redacted.
pub(super) struct Output {
    pub(super) exit: Exit,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Output {
    /// That of a command which was stopped before it began.
    pub(super) fn never_begun() -> Self {
        Self { exit: Exit::Stopped, stdout: String::new(), stderr: String::new() }
    }
}

/// How a command ended.
pub(super) enum Exit {
    Success,
    Code(i32),
    Signal,
    TimedOut,
    Stopped,
    NotStarted(&'static str),
}

/// Runs `command` in a fresh folder with `values` as variables and `input` on its standard input; what it
/// puts out is told to `live` as it comes.
pub(super) async fn run(
    command: &[String],
    values: Vec<(String, SecretValue)>,
    input: Vec<u8>,
    limit: Duration,
    (patterns, live): (&Patterns, &Live),
) -> Output {
    let nothing = |reason| Output { exit: Exit::NotStarted(reason), stdout: String::new(), stderr: String::new() };
    let Ok(folder) = tempfile::Builder::new().prefix("floom-run-").tempdir() else {
        return nothing("no folder could be made for it");
    };
    let mut child = match spawn(command, &values, folder.path()) {
        Ok(child) => child,
        Err(reason) => return nothing(reason),
    };
    drop(values);
    let group = Group(child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut out = Capture::new(patterns, live);
    let mut err = Capture::new(patterns, live);
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A command that does not read its input is no failure.
            let _ = stdin.write_all(&input).await;
        }
    };
    let lead = async move {
        let status = child.wait().await;
        // What it left in the background ends with it, so the pipes close.
        drop(group);
        status
    };
    let whole = async { tokio::join!(lead, feed, out.read(stdout), err.read(stderr)).0 };
    let exit = tokio::select! {
        ended = tokio::time::timeout(limit, whole) => match ended {
        Err(_) => Exit::TimedOut,
        Ok(Err(_)) => Exit::Signal,
        Ok(Ok(status)) if status.success() => Exit::Success,
        Ok(Ok(status)) => status.code().map_or(Exit::Signal, Exit::Code),
    },
        () = live.stopped() => Exit::Stopped,
    };
    let cut = matches!(exit, Exit::TimedOut | Exit::Stopped);
    Output { exit, stdout: out.finish(cut), stderr: err.finish(cut) }
}

fn spawn(
    command: &[String],
    values: &[(String, SecretValue)],
    folder: &std::path::Path,
) -> Result<Child, &'static str> {
    let (program, arguments) = command.split_first().ok_or("its manifest names no program")?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir(folder).kill_on_drop(true);
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs(values.iter().map(|(key, value)| (key, value.expose())));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "its program was not found",
        io::ErrorKind::PermissionDenied => "its program may not be run",
        io::ErrorKind::InvalidInput => "a value contains a NUL character",
        io::ErrorKind::ArgumentListTooLong => "its values are too long for this system",
        _ => "the system refused it",
    })
}

/// The process group of a command; all of it ends with this value.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            // Nothing left to end is what was wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// One output stream: bounded, and redacted before it is kept.
struct Capture<'a> {
    live: &'a Live,
    /// How much of the clean text was told as whole lines.
    told: usize,
    redactor: Redactor<'a>,
    left: usize,
    cut: bool,
}

impl<'a> Capture<'a> {
    fn new(patterns: &'a Patterns, live: &'a Live) -> Self {
        Self { live, told: 0, redactor: Redactor::new(patterns), left: OUTPUT_LIMIT, cut: false }
    }

    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut chunk = Zeroizing::new([0; 8 * 1024]);
        while let Ok(count @ 1..) = stream.read(chunk.as_mut_slice()).await {
            let kept = count.min(self.left);
            self.redactor.push(&chunk[..kept]);
            self.left -= kept;
            self.cut |= kept < count;
            self.tell();
        }
    }

    /// Tells the lines that are whole by now.
    fn tell(&mut self) {
        let clean = &self.redactor.clean()[self.told..];
        let Some(end) = memchr::memrchr(b'\n', clean) else { return };
        let whole = String::from_utf8_lossy(&clean[..end]);
        whole.split('\n').for_each(|line| self.live.add(line));
        self.told += end + 1;
    }

    fn finish(self, stopped: bool) -> String {
        let Self { live, told, redactor, cut, .. } = self;
        let clean = redactor.finish(cut || stopped);
        String::from_utf8_lossy(&clean[told..]).lines().for_each(|line| live.add(line));
        let mut text = String::from_utf8_lossy(&clean).into_owned();
        if cut {
            live.add(CUT);
            text.push('\n');
            text.push_str(CUT);
        }
        text
    }
}
