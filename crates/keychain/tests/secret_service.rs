//! The Linux keychain against a real gnome-keyring, on a session bus and in a home of its own.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use floom_keychain::{Keychain, State};
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use tempfile::TempDir;
use zbus::blocking::{Connection, MessageIterator, connection, fdo::DBusProxy, fdo::MonitoringProxy};

const SERVICE: &str = "dev.floom.secrets.test";
const SECRETS: &str = "org.freedesktop.secrets";

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A session bus that starts no services by itself.
struct Bus {
    address: String,
    _daemon: Process,
    home: TempDir,
}

impl Bus {
    fn start() -> Self {
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

    fn connect(&self) -> Connection {
        connection::Builder::address(self.address.as_str())
            .and_then(connection::Builder::build)
            .expect("the bus answers")
    }

    fn keychain(&self) -> Keychain {
        let keychain = Keychain::system(SERVICE);
        keychain.set_bus(Some(self.address.clone()));
        keychain
    }

    /// gnome-keyring with an unlocked login collection, when it has taken its name.
    fn keyring(&self) -> Process {
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
    fn secrets(&self) -> SecretService<'static> {
        SecretService::connect_with_existing(EncryptionType::Plain, self.connect()).expect("the service answers")
    }
}

fn bytes(read: Option<&zeroize::Zeroizing<Vec<u8>>>) -> Option<&[u8]> {
    read.map(|bytes| bytes.as_slice())
}

#[test]
fn an_entry_goes_the_whole_way_round() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let keychain = bus.keychain();
    assert_eq!(keychain.name(), "keyring", "the word for it on Linux");
    assert_eq!(keychain.state(), State::Ready, "an unlocked collection is ready");
    assert_eq!(keychain.read("index"), Ok(None), "an unlocked collection without the entry has none");

    let key: Vec<u8> = (0..32).map(|byte| byte * 8).collect();
    keychain.write("index", b"first").expect("an entry is made");
    keychain.write("index", &key).expect("an entry is replaced");
    let other = bus.keychain();
    assert_eq!(bytes(other.read("index").unwrap().as_ref()), Some(&key[..]), "another keychain reads the last write");
    assert_eq!(other.read("inde"), Ok(None), "accounts are not matched by their beginning");

    keychain.delete("index").expect("an entry is deleted");
    keychain.delete("index").expect("deleting what is not there is no error");
    assert_eq!(keychain.read("index"), Ok(None), "a deleted entry is gone");
}

#[test]
fn two_services_do_not_see_each_other_s_entries() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let other = Keychain::system("dev.floom.secrets.other");
    other.set_bus(Some(bus.address.clone()));
    other.write("index", b"theirs").expect("an entry is made");
    assert_eq!(bus.keychain().read("index"), Ok(None), "the entry belongs to its own service");
}

#[test]
fn a_locked_collection_is_locked_and_never_empty_and_nothing_prompts() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let keychain = bus.keychain();
    keychain.write("index", b"kept").expect("an entry is made");
    {
        let secrets = bus.secrets();
        let collection = secrets.get_default_collection().expect("there is a default collection");
        collection.lock().expect("it can be locked");
        assert_eq!(collection.is_locked().ok(), Some(true), "it is locked now");
    }

    let calls = Calls::watch(&bus);
    assert_eq!(keychain.state(), State::Locked, "the state says so");
    assert_eq!(keychain.read("index"), Err(State::Locked.into()), "an entry behind the lock is not missing");
    assert_eq!(keychain.read("absent"), Err(State::Locked.into()), "nor is one that may not be there");
    assert_eq!(keychain.write("index", b"new"), Err(State::Locked.into()), "nothing is written");
    assert_eq!(keychain.delete("index"), Err(State::Locked.into()), "nothing is deleted");
    let calls = calls.until_marker(&bus);
    assert!(calls.iter().any(|call| call == "SearchItems"), "the watcher saw the calls: {calls:?}");
    for asking in ["Unlock", "Prompt", "CreateCollection"] {
        assert!(!calls.iter().any(|call| call == asking), "{asking} was not called in the background: {calls:?}");
    }
}

#[test]
fn an_entry_that_is_not_ours_is_foreign() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let secrets = bus.secrets();
    let collection = secrets.get_default_collection().expect("there is a default collection");
    let attributes = || [("service", SERVICE), ("username", "index")].into();
    collection.create_item("someone's", attributes(), b"not base64!", true, "text/plain").expect("an entry is made");
    assert_eq!(bus.keychain().read("index"), Err(State::Foreign.into()), "its text is not ours");

    let more = [("service", SERVICE), ("username", "index"), ("more", "yes")].into();
    collection.create_item("a second", more, b"QUJD", false, "text/plain").expect("a second entry is made");
    assert_eq!(bus.keychain().read("index"), Err(State::Foreign.into()), "of two entries neither is taken");
    assert_eq!(bus.keychain().write("index", b"x"), Err(State::Foreign.into()), "and neither is replaced");
}

#[test]
fn without_bus_service_or_collection_the_state_says_which() {
    let bus = Bus::start();
    let keychain = bus.keychain();
    assert_eq!(keychain.state(), State::NoService, "a bus without a keyring");
    assert_eq!(keychain.read("index"), Err(State::NoService.into()), "has no answer");

    keychain.set_bus(Some(format!("unix:path={}", bus.home.path().join("no-bus").display())));
    assert_eq!(keychain.state(), State::NoService, "no bus at all");
    assert_eq!(keychain.read("index"), Err(State::NoService.into()), "has no answer");

    keychain.set_bus(Some(bus.address.clone()));
    let keyring = bus.keyring();
    assert_eq!(keychain.state(), State::Ready, "the same keychain finds a service that came later");
    keychain.write("index", b"kept").expect("an entry is made");
    drop(keyring);
    assert_eq!(keychain.read("index"), Err(State::NoService.into()), "a service that went is not an empty one");
}

#[test]
fn a_service_that_stopped_answering_times_out() {
    let bus = Bus::start();
    let keyring = bus.keyring();
    let keychain = bus.keychain();
    keychain.write("index", b"kept").expect("an entry is made");
    signal(&keyring, "STOP");
    let started = std::time::Instant::now();
    assert_eq!(keychain.read("index"), Err(State::TimedOut.into()), "silence is not a missing entry");
    assert!(started.elapsed() < floom_keychain::LIMIT * 2, "the caller is let go");
    signal(&keyring, "CONT");
    let read = keychain.read("index").expect("the next call is answered");
    assert_eq!(bytes(read.as_ref()), Some(&b"kept"[..]), "and the entry is still there");
}

fn signal(process: &Process, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &process.0.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the signal {signal} was sent");
}

#[test]
fn values_are_not_in_clear_on_the_disk() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let marker = "value-that-must-not-be-found";
    bus.keychain().write("index", marker.as_bytes()).expect("an entry is made");
    let mut files = 0;
    every_file(bus.home.path(), &mut |content| {
        files += 1;
        let found = |text: &str| content.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!found(marker), "the value is not in clear");
        assert!(!found("dmFsdWUtdGhhdC1tdXN0"), "nor is its base64");
    });
    assert!(files > 1, "the keyring's own file was looked into");
}

fn every_file(folder: &Path, look: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let kind = entry.file_type().expect("an entry has a kind");
        if kind.is_dir() {
            every_file(&entry.path(), look);
        } else if kind.is_file() {
            look(&std::fs::read(entry.path()).expect("the file can be read"));
        }
    }
}

/// Every method call on the bus, seen from outside.
struct Calls(MessageIterator);

impl Calls {
    fn watch(bus: &Bus) -> Self {
        let connection = bus.connect();
        let messages = MessageIterator::from(&connection);
        let monitoring = MonitoringProxy::new(&connection).expect("the bus can be watched");
        monitoring.become_monitor(&[], 0).expect("the bus lets this connection watch");
        Self(messages)
    }

    fn until_marker(self, bus: &Bus) -> Vec<String> {
        let marker = bus.connect().call_method(Some("org.freedesktop.DBus"), "/", Some("test.Marker"), "Marker", &());
        assert!(marker.is_err(), "the marker is no method of the bus");
        let members = self.0.filter_map(Result::ok).filter_map(|message| {
            let header = message.header();
            header.member().map(|member| member.as_str().to_owned())
        });
        members.take_while(|member| member != "Marker").collect()
    }
}
