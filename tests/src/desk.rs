//! A private desktop: home, session bus, keychain and display, gone when the test ends.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::bus::Bus;
use crate::ending_window::EndingWindow;
use crate::keyring::{self, Keyring, Prompter};
use crate::traces::{Search, Trace};
use crate::{Display, Trouble, until};

/// Variables of the outside that a desk's programs may see: none of them names a place or a session.
const HANDED_ON: [&str; 3] = ["RUST_BACKTRACE", "WEBKIT_DISABLE_DMABUF_RENDERER", "LIBGL_ALWAYS_SOFTWARE"];

/// A private desktop. Everything that was started on it ends when it is dropped, the agent included.
#[derive(Debug)]
pub struct Desk {
    display: OnceLock<Display>,
    keyring: Option<Keyring>,
    bus: Bus,
    root: TempDir,
}

impl Desk {
    /// A desktop with an unlocked keychain.
    ///
    /// # Errors
    /// [`Trouble`] when the bus or the keychain do not start.
    pub fn new() -> Result<Self, Trouble> {
        let mut desk = Self::without_keychain()?;
        let place =
            keyring::Place { runtime: desk.runtime(), log: desk.log("keyring"), environment: desk.environment() };
        desk.keyring = Some(Keyring::start(desk.bus.address(), place)?);
        Ok(desk)
    }

    /// A desktop on which no program keeps keys.
    ///
    /// # Errors
    /// As [`Desk::new`].
    pub fn without_keychain() -> Result<Self, Trouble> {
        let root = tempfile::Builder::new().prefix("floom-desk-").tempdir()?;
        for folder in ["home", "run", "logs", "tmp"] {
            DirBuilder::new().mode(0o700).create(root.path().join(folder))?;
        }
        let environment = plain_environment(root.path());
        let bus = Bus::start(&root.path().join("run"), &root.path().join("logs/bus.log"), |command| {
            command.env_clear().envs(environment.clone());
        })?;
        Ok(Self { display: OnceLock::new(), keyring: None, bus, root })
    }

    /// The folder of everything on this desktop: home, runtime folder, logs, temporary files.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Its user's home.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Where Floom Secrets keeps the vault here.
    pub fn data(&self) -> PathBuf {
        self.home().join(".local/share/floom-secrets")
    }

    /// The agent's socket.
    pub fn socket(&self) -> PathBuf {
        self.runtime().join("floom-secrets/agent.sock")
    }

    /// The file for what `program` says while it runs.
    pub fn log(&self, program: &str) -> PathBuf {
        self.root().join("logs").join(format!("{program}.log"))
    }

    /// The display, started by the first who asks for it.
    ///
    /// # Errors
    /// [`Trouble`] when Xvfb does not start.
    pub fn display(&self) -> Result<&Display, Trouble> {
        if let Some(display) = self.display.get() {
            return Ok(display);
        }
        let environment = plain_environment(self.root());
        let display = Display::start(&self.log("display"), |command| {
            command.env_clear().envs(environment.clone());
        })?;
        Ok(self.display.get_or_init(|| display))
    }

    /// Locks the keychain.
    ///
    /// # Errors
    /// [`Trouble`] when there is none or it refuses.
    pub fn lock_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.lock()
    }

    /// Unlocks the keychain, as its owner does by typing the password.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn unlock_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.unlock()
    }

    /// Kills the keychain's service, as its own fault does; [`Desk::lock_keychain`] finds it dead and starts it again.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn kill_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.die()
    }

    /// Ends the keychain's service as a fault of its own does: [`Desk::revive_keychain`] finds it dead.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn fail_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.fail()
    }

    /// Starts the keychain's service again where it died by itself; says whether it had.
    ///
    /// # Errors
    /// [`Trouble`] when it does not come back.
    pub fn revive_keychain(&self) -> Result<bool, Trouble> {
        self.keyring.as_ref().map_or(Ok(false), Keyring::revive)
    }

    /// Makes the keychain's service silent, as one that hangs, until [`Desk::wake_keychain`].
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn hang_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.hang()
    }

    /// Ends [`Desk::hang_keychain`].
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn wake_keychain(&self) -> Result<(), Trouble> {
        self.keyring()?.go_on()
    }

    /// Puts a window on the bus that ends as soon as it is handed something.
    ///
    /// # Errors
    /// [`Trouble`] when the bus refuses, as where a window is open.
    pub fn ending_window(&self) -> Result<EndingWindow, Trouble> {
        EndingWindow::take_name(self.bus.address())
    }

    /// Lets no program speak to the keychain, as a sandbox's rule does, until [`Desk::allow_keychain`].
    ///
    /// # Errors
    /// [`Trouble`] when the bus refuses.
    pub fn forbid_keychain(&self) -> Result<(), Trouble> {
        self.bus.forbid(Some("org.freedesktop.secrets"))
    }

    /// Ends [`Desk::forbid_keychain`].
    ///
    /// # Errors
    /// As there.
    pub fn allow_keychain(&self) -> Result<(), Trouble> {
        self.bus.forbid(None)
    }

    /// Gives the desktop a password window that nobody answers, until what is given is dropped.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn open_prompter(&self) -> Result<Prompter, Trouble> {
        self.keyring()?.open_prompter()
    }

    /// Puts a second entry beside each of Floom Secrets', so that none can be told to be ours.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn double_keychain_entries(&self) -> Result<(), Trouble> {
        self.keyring()?.double_entries()
    }

    /// How many entries of Floom Secrets the keychain has.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn keychain_entries(&self) -> Result<usize, Trouble> {
        self.keyring()?.entries()
    }

    /// Deletes every entry of Floom Secrets from the keychain, behind its back.
    ///
    /// # Errors
    /// As [`Desk::lock_keychain`].
    pub fn delete_keychain_entries(&self) -> Result<(), Trouble> {
        self.keyring()?.delete_entries()
    }

    /// A command with this desktop's environment and nothing of the outer session, started in its home.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.environment()).current_dir(self.home());
        command
    }

    /// Every place on this desktop where one of `values` can be read: files, and the arguments and the environment of
    /// running programs.
    ///
    /// # Errors
    /// The system's own.
    pub fn traces<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<Trace>, Trouble> {
        let search = Search::new(values);
        let mut found = search.in_folder(self.root())?;
        for process in self.processes() {
            for part in ["cmdline", "environ"] {
                let place = Path::new("/proc").join(process.to_string()).join(part);
                search.in_bytes(&fs::read(&place).unwrap_or_default(), &place, &mut found);
            }
        }
        Ok(found)
    }

    /// Asks the agent to end, as a newer one that takes its place does, and waits until its process is gone.
    ///
    /// # Errors
    /// [`Trouble`] when it does not end.
    pub fn end_agent(&self) -> Result<(), Trouble> {
        let process = self.agent();
        let Ok(mut agent) = UnixStream::connect(self.socket()) else { return Ok(()) };
        agent.set_read_timeout(Some(crate::PATIENCE))?;
        send_frame(&mut agent, br#"{"drain":{}}"#)?;
        agent.read_to_end(&mut Vec::new())?;
        let gone = || process.is_none_or(|process| arguments_of(process).is_empty());
        let ended = || (UnixStream::connect(self.socket()).is_err() && gone()).then_some(());
        until("the agent's end", ended).map(drop)
    }

    /// Kills the agent as the system does, without a word, and waits until it is gone; gives its process number.
    ///
    /// # Errors
    /// [`Trouble`] when none runs or it stays.
    pub fn kill_agent(&self) -> Result<i32, Trouble> {
        let agent = self.agent().ok_or_else(|| Trouble::new("no agent runs"))?;
        kill(Pid::from_raw(agent), Signal::SIGKILL)?;
        until("the agent's death", || arguments_of(agent).is_empty().then_some(agent)).map(|(agent, _)| agent)
    }

    /// Kills Local Floom in the same way.
    ///
    /// # Errors
    /// As [`Desk::kill_agent`].
    pub fn kill_local_floom(&self) -> Result<(), Trouble> {
        let server = self.floomsec("serve").ok_or_else(|| Trouble::new("no Local Floom runs"))?;
        kill(Pid::from_raw(server), Signal::SIGKILL)?;
        until("Local Floom's death", || arguments_of(server).is_empty().then_some(())).map(drop)
    }

    /// The process number of the agent, while one runs.
    pub fn agent(&self) -> Option<i32> {
        self.floomsec("agent")
    }

    /// The newest process of `floomsec` with this command.
    fn floomsec(&self, command: &str) -> Option<i32> {
        let is_it = |process: &i32| {
            let arguments = arguments_of(*process);
            let mut words = arguments.split(|byte| *byte == 0);
            words.next().is_some_and(|program| program.ends_with(b"floomsec"))
                && words.next() == Some(command.as_bytes())
        };
        self.processes().into_iter().filter(is_it).max()
    }

    /// The process number of a window, while one runs.
    pub fn window(&self) -> Option<i32> {
        let is_window = |process: &i32| {
            arguments_of(*process)
                .split(|byte| *byte == 0)
                .next()
                .is_some_and(|program| program.ends_with(b"floom-secrets"))
        };
        self.processes().into_iter().find(is_window)
    }

    fn keyring(&self) -> Result<&Keyring, Trouble> {
        self.keyring.as_ref().ok_or_else(|| Trouble::new("this desktop has no keychain"))
    }

    fn runtime(&self) -> PathBuf {
        self.root().join("run")
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment = plain_environment(self.root());
        environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), self.bus.address().into()));
        if let Some(display) = self.display.get() {
            environment.push(("DISPLAY".into(), display.name().into()));
            environment.push(("GDK_BACKEND".into(), "x11".into()));
        }
        environment
    }

    /// The programs that run with this desktop's folders in their environment.
    fn processes(&self) -> Vec<i32> {
        let mark = self.root().as_os_str().as_encoded_bytes();
        let numbers = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let numbers = numbers.filter_map(|entry| entry.file_name().to_string_lossy().parse::<i32>().ok());
        numbers
            .filter(|number| {
                let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
                environment.windows(mark.len()).any(|part| part == mark)
            })
            .collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(words) = self.keyring.as_ref().and_then(Keyring::last_words) {
            eprintln!("gnome-keyring died during this test. It said: {words}");
        }
        let _ = self.end_agent();
        for process in self.processes() {
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
    }
}

/// The words that a process was started with, each ended by a zero byte; nothing once it is dead.
fn arguments_of(process: i32) -> Vec<u8> {
    fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default()
}

/// Writes one frame of the agent's protocol: its length, then its JSON.
pub(crate) fn send_frame(stream: &mut UnixStream, json: &[u8]) -> Result<(), Trouble> {
    stream.write_all(&u32::try_from(json.len())?.to_be_bytes())?;
    stream.write_all(json)?;
    Ok(())
}

fn plain_environment(root: &Path) -> Vec<(OsString, OsString)> {
    let home = root.join("home");
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TZ".into(), "UTC".into()),
        ("USER".into(), "creator".into()),
        ("TMPDIR".into(), root.join("tmp").into()),
        ("XDG_RUNTIME_DIR".into(), root.join("run").into()),
        ("XDG_CONFIG_HOME".into(), home.join(".config").into()),
        ("XDG_DATA_HOME".into(), home.join(".local/share").into()),
        ("XDG_STATE_HOME".into(), home.join(".local/state").into()),
        ("XDG_CACHE_HOME".into(), home.join(".cache").into()),
        // Else GTK looks for an accessibility bus that is not here, and waits for it.
        ("NO_AT_BRIDGE".into(), "1".into()),
        ("HOME".into(), home.into()),
    ];
    environment.extend(HANDED_ON.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?))));
    environment
}
