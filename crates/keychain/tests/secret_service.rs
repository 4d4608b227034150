//! The Linux keychain against a real gnome-keyring, on a session bus and in a home of its own.

#![cfg(target_os = "linux")]

mod bus;

use std::path::Path;

use bus::{Bus, SERVICE, signal};
use floom_keychain::{Keychain, State};
use zbus::blocking::{MessageIterator, fdo::MonitoringProxy};

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
    other.set_bus(Some(bus.address().to_owned()));
    other.write("index", b"theirs").expect("an entry is made");
    assert_eq!(bus.keychain().read("index"), Ok(None), "the entry belongs to its own service");
}

#[test]
fn a_locked_collection_is_locked_and_never_empty_and_nothing_prompts() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let keychain = bus.keychain();
    keychain.write("index", b"kept").expect("an entry is made");
    bus.lock();

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

    keychain.set_bus(Some(format!("unix:path={}", bus.home().join("no-bus").display())));
    assert_eq!(keychain.state(), State::NoService, "no bus at all");
    assert_eq!(keychain.read("index"), Err(State::NoService.into()), "has no answer");

    keychain.set_bus(Some(bus.address().to_owned()));
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

#[test]
fn values_are_not_in_clear_on_the_disk() {
    let bus = Bus::start();
    let _keyring = bus.keyring();
    let marker = "value-that-must-not-be-found";
    bus.keychain().write("index", marker.as_bytes()).expect("an entry is made");
    let mut files = 0;
    every_file(bus.home(), &mut |content| {
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
