//! A session bus and a real gnome-keyring, both of the test's own.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use floom_keychain::Keychain;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use tempfile::TempDir;
use zbus::blocking::{Connection, connection, fdo::DBusProxy};

pub const SERVICE: &str = "dev.floom.secrets.test";
pub const SECRETS: &str = "org.freedesktop.secrets";

/// A process that ends with the test.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A session bus that starts no services by itself.
pub struct Bus {
    address: String,
    _daemon: Process,
    home: TempDir,
}

impl Bus {
    pub fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder for the test");
        let config = home.path().join("bus.conf");
        let text = format!(
            r#"<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
            <allow own="*"/></policy></busconfig>"#,
            home.path().display()
        );
        std::fs::write(&config, text).expect("the bus's configuration");
        let mut daemon = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--print-address")
            .arg(format!("--config-file={}", config.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        let output = daemon.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut address).expect("it prints its address");
        Self { address: address.trim().to_owned(), _daemon: Process(daemon), home }
    }

    pub fn connect(&self) -> Connection {
        connection::Builder::address(self.address.as_str())
            .and_then(connection::Builder::build)
            .expect("the bus answers")
    }

    pub fn keychain(&self) -> Keychain {
        let keychain = Keychain::system(SERVICE);
        keychain.set_bus(Some(self.address.clone()));
        keychain
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder of this test.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Locks the default collection, as another program.
    pub fn lock(&self) {
        let secrets = self.secrets();
        let collection = secrets.get_default_collection().expect("there is a default collection");
        collection.lock().expect("it can be locked");
        assert_eq!(collection.is_locked().ok(), Some(true), "it is locked now");
    }

    /// gnome-keyring with an unlocked login collection, when it has taken its name.
    pub fn keyring(&self) -> Process {
        let connection = self.connect();
        let bus = DBusProxy::new(&connection).expect("the bus is an object");
        let changes = bus.receive_name_owner_changed().expect("the bus tells who takes a name");
        let folder = |name: &str| {
            let folder = self.home.path().join(name);
            std::fs::create_dir_all(&folder).expect("a folder of the test's home");
            folder
        };
        let mut keyring = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .env_remove("GNOME_KEYRING_CONTROL")
            .env_remove("DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", folder("runtime"))
            .env("XDG_DATA_HOME", folder("data"))
            .env("XDG_CONFIG_HOME", folder("config"))
            .env("XDG_CACHE_HOME", folder("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring is installed");
        let mut input = keyring.stdin.take().expect("its input is piped");
        input.write_all(b"the login password").expect("it reads the password");
        drop(input);
        let taken = |name: &str, owner: bool| name == SECRETS && owner;
        for change in changes {
            let change = change.args().expect("the signal has a name and owners");
            if taken(change.name.as_str(), change.new_owner.is_some()) {
                break;
            }
        }
        Process(keyring)
    }

    /// What another program does with the same service.
    pub fn secrets(&self) -> SecretService<'static> {
        SecretService::connect_with_existing(EncryptionType::Plain, self.connect()).expect("the service answers")
    }
}

/// Sends a signal by its name.
pub fn signal(process: &Process, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &process.0.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the signal {signal} was sent");
}
