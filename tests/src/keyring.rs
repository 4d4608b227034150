//! A real gnome-keyring on the private bus.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use nix::sys::signal::Signal;
use zbus::blocking::{Connection, connection};
use zbus::message::Header;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{fdo, interface};

use crate::process::{Process, bound};
use crate::{Trouble, until};

const SERVICE: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
const PASSWORD: &str = "password of a private keyring";

/// A running `gnome-keyring-daemon` whose one collection is unlocked at first.
#[derive(Debug)]
pub(crate) struct Keyring {
    address: String,
    /// Kept: gnome-keyring was seen to die when one caller left and another came.
    bus: Connection,
    place: Place,
    daemon: Mutex<Process>,
    /// Whether it was killed on purpose.
    killed: AtomicBool,
}

/// Where a keyring runs: what it takes to start it once more.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder of its control socket.
    pub(crate) runtime: PathBuf,
    /// The file for what it complains of.
    pub(crate) log: PathBuf,
    /// All of its environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
}

impl Place {
    fn start(&self, more: &[&str]) -> Result<Process, Trouble> {
        let mut command = bound("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).args(more);
        command.arg(format!("--control-directory={}", self.runtime.join("keyring").display()));
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Process::start(command, &self.log)
    }

    /// Starts it with the password, and waits until it has read that.
    fn start_unlocked(&self) -> Result<Process, Trouble> {
        let mut daemon = self.start(&["--unlock"])?;
        let input = daemon.child().stdin.take();
        input.ok_or_else(|| Trouble::new("gnome-keyring has no input"))?.write_all(PASSWORD.as_bytes())?;
        let output = daemon.child().stdout.take().ok_or_else(|| Trouble::new("gnome-keyring has no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(daemon)
    }
}

impl Keyring {
    /// Starts it on the bus at `bus` and waits until the collection is open.
    pub(crate) fn start(bus: &str, place: Place) -> Result<Self, Trouble> {
        let daemon = place.start_unlocked()?;
        let address = bus.to_owned();
        let bus = connection::Builder::address(bus)?.build()?;
        let keyring = Self { address, bus, place, daemon: Mutex::new(daemon), killed: AtomicBool::new(false) };
        until("the keyring's unlocking", || keyring.is_locked().ok().filter(|locked| !locked))?;
        Ok(keyring)
    }

    /// Locks the collection, as a desktop does when its user asks for it. gnome-keyring 42 sometimes dies over that
    /// call; it is then started again without the password, as the desktop does, and is locked all the same.
    pub(crate) fn lock(&self) -> Result<(), Trouble> {
        if let Err(trouble) = self.ask_to_lock() {
            let mut daemon = self.daemon()?;
            if until("the keyring's death", || daemon.has_ended().then_some(())).is_err() {
                return Err(trouble);
            }
            *daemon = self.place.start(&[])?;
            drop(daemon);
            until("the keyring's return", || self.is_locked().ok())?;
        }
        if self.is_locked()? { Ok(()) } else { Err(Trouble::new("the keyring did not lock")) }
    }

    fn ask_to_lock(&self) -> Result<(), Trouble> {
        let collections = [ObjectPath::try_from(COLLECTION)?];
        self.bus.call_method(
            Some(SERVICE),
            ROOT,
            Some("org.freedesktop.Secret.Service"),
            "Lock",
            &(&collections[..],),
        )?;
        Ok(())
    }

    /// What it said, where it died by itself. gnome-keyring 42 was seen to: a message that GLib calls fatal ends it.
    pub(crate) fn last_words(&self) -> Option<String> {
        let died = self.daemon().ok()?.has_ended() && !self.killed.load(Ordering::Relaxed);
        died.then(|| std::fs::read_to_string(&self.place.log).unwrap_or_default())
    }

    /// Starts it again, unlocked, where it died by itself; says whether it had.
    pub(crate) fn revive(&self) -> Result<bool, Trouble> {
        let Some(words) = self.last_words() else { return Ok(false) };
        eprintln!("gnome-keyring died and is started again. It said: {words}");
        *self.daemon()? = self.place.start_unlocked()?;
        until("the keyring's return", || self.is_locked().ok().filter(|locked| !locked))?;
        Ok(true)
    }

    fn daemon(&self) -> Result<MutexGuard<'_, Process>, Trouble> {
        self.daemon.lock().map_err(|_| Trouble::new("a thread that held the keyring has failed"))
    }

    /// Unlocks it, as the user does by typing the password into the system's prompt.
    pub(crate) fn unlock(&self) -> Result<(), Trouble> {
        let bus = &self.bus;
        let session = open_session(bus)?;
        let nothing: &[u8] = &[];
        let password = (session, nothing, PASSWORD.as_bytes(), "text/plain");
        // The name is gnome-keyring's own, for what its own prompt does.
        bus.call_method(
            Some(SERVICE),
            ROOT,
            Some("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"),
            "UnlockWithMasterPassword",
            &(ObjectPath::try_from(COLLECTION)?, password),
        )?;
        if self.is_locked()? { Err(Trouble::new("the keyring did not unlock")) } else { Ok(()) }
    }

    /// Kills the service.
    pub(crate) fn die(&self) -> Result<(), Trouble> {
        self.killed.store(true, Ordering::Relaxed);
        self.daemon()?.kill();
        Ok(())
    }

    /// Ends the service as its own fault does, of which nobody here knows.
    pub(crate) fn fail(&self) -> Result<(), Trouble> {
        self.daemon()?.kill();
        Ok(())
    }

    /// Stops the service where it is, as one that hangs, until [`Keyring::go_on`].
    pub(crate) fn hang(&self) -> Result<(), Trouble> {
        self.daemon()?.signal(Signal::SIGSTOP)
    }

    /// Ends [`Keyring::hang`].
    pub(crate) fn go_on(&self) -> Result<(), Trouble> {
        self.daemon()?.signal(Signal::SIGCONT)
    }

    /// Shows the system's password window and never answers it, until what is given is dropped.
    pub(crate) fn open_prompter(&self) -> Result<Prompter, Trouble> {
        let bus = connection::Builder::address(self.address.as_str())?
            .name("org.gnome.keyring.SystemPrompter")?
            .serve_at("/org/gnome/keyring/Prompter", SilentPrompter)?
            .build()?;
        Ok(Prompter { _bus: bus })
    }

    /// Makes a second entry beside each, with the same attributes and another secret.
    pub(crate) fn double_entries(&self) -> Result<(), Trouble> {
        let bus = &self.bus;
        let session = open_session(bus)?;
        for entry in self.search()? {
            let answer = bus.call_method(
                Some(SERVICE),
                &entry,
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &("org.freedesktop.Secret.Item", "Attributes"),
            )?;
            let attributes: OwnedValue = answer.body().deserialize()?;
            let properties = HashMap::from([
                ("org.freedesktop.Secret.Item.Label", Value::from("Another entry of this name")),
                ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
            ]);
            let nothing: &[u8] = &[];
            let secret = (&session, nothing, "another".as_bytes(), "text/plain");
            let create = (properties, secret, false);
            bus.call_method(
                Some(SERVICE),
                COLLECTION,
                Some("org.freedesktop.Secret.Collection"),
                "CreateItem",
                &create,
            )?;
        }
        Ok(())
    }

    /// How many entries it has, whether locked or not.
    pub(crate) fn entries(&self) -> Result<usize, Trouble> {
        Ok(self.search()?.len())
    }

    /// Deletes its entries, as somebody does who tidies up in the desktop's own program for keys.
    pub(crate) fn delete_entries(&self) -> Result<(), Trouble> {
        let bus = &self.bus;
        for entry in self.search()? {
            bus.call_method(Some(SERVICE), entry, Some("org.freedesktop.Secret.Item"), "Delete", &())?;
        }
        match self.entries()? {
            0 => Ok(()),
            left => Err(Trouble::new(format!("{left} entries of the keyring could not be deleted"))),
        }
    }

    fn search(&self) -> Result<Vec<OwnedObjectPath>, Trouble> {
        let answer = self.bus.call_method(
            Some(SERVICE),
            ROOT,
            Some("org.freedesktop.Secret.Service"),
            "SearchItems",
            &(HashMap::from([("service", "dev.floom.secrets")]),),
        )?;
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = answer.body().deserialize()?;
        Ok([open, locked].concat())
    }

    fn is_locked(&self) -> Result<bool, Trouble> {
        let answer = self.bus.call_method(
            Some(SERVICE),
            COLLECTION,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.freedesktop.Secret.Collection", "Locked"),
        )?;
        let locked: OwnedValue = answer.body().deserialize()?;
        Ok(bool::try_from(locked)?)
    }
}

/// The program that shows the desktop's password windows, while it is kept.
#[derive(Debug)]
pub struct Prompter {
    _bus: Connection,
}

/// Takes every question and answers none of them.
/// <https://gitlab.gnome.org/GNOME/gcr/-/blob/main/gcr/org.gnome.keyring.Prompter.xml>
struct SilentPrompter;

#[interface(name = "org.gnome.keyring.internal.Prompter")]
impl SilentPrompter {
    async fn begin_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &zbus::Connection,
    ) -> fdo::Result<()> {
        let nothing: HashMap<&str, Value<'_>> = HashMap::new();
        tell(bus, &header, &callback, "PromptReady", &("", nothing, "")).await
    }

    fn perform_prompt(
        &self,
        _callback: OwnedObjectPath,
        _kind: &str,
        _properties: HashMap<&str, Value<'_>>,
        _exchange: &str,
    ) {
    }

    async fn stop_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &zbus::Connection,
    ) -> fdo::Result<()> {
        tell(bus, &header, &callback, "PromptDone", &()).await
    }
}

/// Calls `method` of whoever asked, without waiting for its answer.
async fn tell<B>(
    bus: &zbus::Connection,
    asked: &Header<'_>,
    callback: &OwnedObjectPath,
    method: &str,
    body: &B,
) -> fdo::Result<()>
where
    B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
{
    let asker = asked.sender().ok_or_else(|| fdo::Error::Failed("nobody asked".to_owned()))?.to_owned();
    let interface = "org.gnome.keyring.internal.Prompter.Callback";
    let proxy = zbus::Proxy::new(bus, asker, callback.to_owned(), interface).await?;
    Ok(proxy.call_noreply(method, body).await?)
}

/// A session in which secrets pass as they are: the bus is private.
fn open_session(bus: &Connection) -> Result<OwnedObjectPath, Trouble> {
    let opened = bus.call_method(
        Some(SERVICE),
        ROOT,
        Some("org.freedesktop.Secret.Service"),
        "OpenSession",
        &("plain", Value::from("")),
    )?;
    let (_, session): (OwnedValue, OwnedObjectPath) = opened.body().deserialize()?;
    Ok(session)
}
