//! Ten states of a keychain × every operation: a clear state in time, no question that nobody asked for,
//! never "no such entry" for one that could not be looked up, and what was read goes on working.
//!
//! `FLOOM_KEYCHAIN_ROUNDS` repeats the table; once is the default.

#![cfg(target_os = "linux")]

mod bus;
mod fake;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use bus::{Bus, SERVICE, signal};
use fake::{Answer, Behaviour};
use floom_keychain::{Keychain, State};

/// The limit of background calls in these tests, in place of 5 s.
const LIMIT: Duration = Duration::from_millis(600);
/// In it every background call has to be back, also on a busy machine.
const AT_MOST: Duration = Duration::from_secs(5);

const KEY: [u8; 32] = *b"a key that was read before all..";

/// What an operation gave: a state, or that it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gave {
    Done,
    Nothing,
    Stopped(State),
}

use Gave::{Done, Nothing, Stopped};

fn rounds() -> u32 {
    std::env::var("FLOOM_KEYCHAIN_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

fn keychain(bus: &Bus) -> Keychain {
    let keychain = Keychain::bounded(SERVICE, LIMIT);
    keychain.set_bus(Some(bus.address().to_owned()));
    keychain
}

/// State, read, read a key, write, delete, in this order, each within its time.
fn background(keychain: &Keychain) -> [Gave; 5] {
    let timed = |work: &dyn Fn() -> Gave| {
        let started = Instant::now();
        let gave = work();
        assert!(started.elapsed() < AT_MOST, "{gave:?} came in time");
        gave
    };
    let found = |there: Option<bool>| if there.is_some() { Done } else { Nothing };
    let stopped = |error: floom_keychain::KeychainError| Stopped(error.state);
    [
        timed(&|| match keychain.state() {
            State::Ready => Done,
            state => Stopped(state),
        }),
        timed(&|| keychain.read("entry").map_or_else(stopped, |entry| found(entry.map(|_| true)))),
        timed(&|| keychain.read_key("entry").map_or_else(stopped, |key| found(key.map(|_| true)))),
        timed(&|| keychain.write("entry", &KEY).map_or_else(stopped, |()| Done)),
        timed(&|| keychain.delete("entry").map_or_else(stopped, |()| Done)),
    ]
}

/// Unlocks, as the creator; cancelled when nothing came in time.
fn unlock(keychain: &Keychain) -> Gave {
    thread::scope(|scope| {
        let unlock = scope.spawn(|| keychain.unlock());
        let started = Instant::now();
        while !unlock.is_finished() {
            if started.elapsed() > LIMIT {
                assert_eq!(keychain.state(), State::Waiting, "meanwhile everybody else is told");
                keychain.cancel_unlock();
                break;
            }
            thread::yield_now();
        }
        match unlock.join().expect("no panic") {
            Ok(()) => Done,
            Err(error) => Stopped(error.state),
        }
    })
}

#[test]
fn no_bus() {
    for _ in 0..rounds() {
        let keychain = Keychain::bounded(SERVICE, LIMIT);
        keychain.set_bus(Some("unix:path=/nonexistent/bus".into()));
        assert_eq!(background(&keychain), [Stopped(State::NoService); 5], "there is nobody to ask");
        assert_eq!(unlock(&keychain), Stopped(State::NoService), "nor to unlock");
    }
}

#[test]
fn no_service() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let keychain = keychain(&bus);
        assert_eq!(background(&keychain), [Stopped(State::NoService); 5], "nobody has the name");
        assert_eq!(unlock(&keychain), Stopped(State::NoService), "nobody can ask the creator");
    }
}

#[test]
fn a_service_that_is_stopped() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let keyring = bus.keyring();
        let keychain = keychain(&bus);
        keychain.write("entry", &KEY).expect("an entry is made");
        let kept = keychain.read_key("entry").expect("it is read").expect("it is there");
        signal(&keyring, "STOP");
        assert_eq!(background(&keychain), [Stopped(State::TimedOut); 5], "silence is silence");
        assert_eq!(unlock(&keychain), Stopped(State::Dismissed), "an unlock that hangs is cancelled");
        assert!(kept.bytes() == &KEY, "what was read goes on working");
        signal(&keyring, "CONT");
        drop(keyring);
    }
}

#[test]
fn a_service_that_goes_on_after_it_was_stopped() {
    let bus = Bus::start();
    let keyring = bus.keyring();
    let keychain = bus.keychain();
    keychain.write("entry", &KEY).expect("an entry is made");
    signal(&keyring, "STOP");
    let short = Keychain::bounded(SERVICE, Duration::from_millis(200));
    short.set_bus(Some(bus.address().to_owned()));
    assert_eq!(short.state(), State::TimedOut, "silence is silence");
    assert_eq!(short.read_key("entry").map(drop), Err(State::TimedOut.into()), "and no missing entry");
    signal(&keyring, "CONT");
    let kept = keychain.read_key("entry").expect("the service answers again").expect("it is there");
    assert!(kept.bytes() == &KEY, "the entry is what it was");
}

#[test]
fn a_locked_collection() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let _keyring = bus.keyring();
        let keychain = keychain(&bus);
        keychain.write("entry", &KEY).expect("an entry is made");
        let kept = keychain.read_key("entry").expect("it is read").expect("it is there");
        bus.lock();
        assert_eq!(background(&keychain), [Stopped(State::Locked); 5], "locked is not empty");
        assert!(kept.bytes() == &KEY, "what was read goes on working");
    }
}

#[test]
fn a_prompt_that_is_dismissed() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let behaviour = Arc::new(Behaviour::new(Answer::Dismiss));
        let _service = fake::serve(bus.address(), &behaviour);
        let keychain = keychain(&bus);
        assert_eq!(background(&keychain), [Stopped(State::Locked); 5], "it is locked");
        assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 0, "nothing asks by itself");
        assert_eq!(unlock(&keychain), Stopped(State::Dismissed), "no is no");
        assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 1, "the creator was asked once");
        assert_eq!(background(&keychain), [Stopped(State::Locked); 5], "and it is still locked");
        assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 1, "nobody asked again");
    }
}

#[test]
fn a_prompt_that_is_accepted() {
    let bus = Bus::start();
    let behaviour = Arc::new(Behaviour::new(Answer::Accept));
    let _service = fake::serve(bus.address(), &behaviour);
    let keychain = keychain(&bus);
    assert_eq!(unlock(&keychain), Done, "the creator typed the password");
    assert_eq!(keychain.state(), State::Ready, "it is open");
    assert_eq!(unlock(&keychain), Done, "unlocking what is open is no error");
    assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 1, "and asks nobody");
}

#[test]
fn a_collection_that_is_not_there_yet() {
    let bus = Bus::start();
    let behaviour = Arc::new(Behaviour::new(Answer::Accept));
    behaviour.absent.store(true, Ordering::SeqCst);
    let _service = fake::serve(bus.address(), &behaviour);
    let keychain = keychain(&bus);
    assert_eq!(background(&keychain), [Stopped(State::Absent); 5], "it is said, and nothing is made");
    assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 0, "nothing asks by itself");
    assert_eq!(unlock(&keychain), Done, "the creator's act makes one");
    assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 1, "the system asked for its password");
}

#[test]
fn a_prompt_that_waits_is_closed_by_a_cancel() {
    let bus = Bus::start();
    let behaviour = Arc::new(Behaviour::new(Answer::Wait));
    let _service = fake::serve(bus.address(), &behaviour);
    let keychain = keychain(&bus);
    thread::scope(|scope| {
        let unlock = scope.spawn(|| keychain.unlock());
        behaviour.wait_for_window();
        assert_eq!(background(&keychain), [Stopped(State::Waiting); 5], "everybody else is told that it waits");
        assert_eq!(keychain.unlock(), Err(State::Waiting.into()), "there is one window at a time");
        keychain.cancel_unlock();
        assert_eq!(unlock.join().expect("no panic"), Err(State::Dismissed.into()), "its caller is let go");
    });
    while keychain.state() == State::Waiting {
        thread::yield_now();
    }
    assert_eq!(keychain.state(), State::Locked, "the window is closed, and nothing was unlocked");
    assert_eq!(behaviour.prompts.load(Ordering::SeqCst), 1, "there was one window");
}

#[test]
fn a_service_that_dies_while_it_asks() {
    let bus = Bus::start();
    let behaviour = Arc::new(Behaviour::new(Answer::Die));
    let _service = fake::serve(bus.address(), &behaviour);
    let keychain = bus.keychain();
    assert_eq!(keychain.unlock(), Err(State::NoService.into()), "nobody waits for an answer that cannot come");
}

#[test]
fn an_entry_that_was_deleted() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let _keyring = bus.keyring();
        let keychain = keychain(&bus);
        keychain.write("entry", &KEY).expect("an entry is made");
        bus.keychain().delete("entry").expect("somebody deletes it");
        assert_eq!(background(&keychain), [Done, Nothing, Nothing, Done, Done], "it is missing, and that is known");
        assert_eq!(unlock(&keychain), Done, "there is nothing to unlock");
    }
}

#[test]
fn an_entry_of_somebody_else() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let _keyring = bus.keyring();
        let keychain = keychain(&bus);
        keychain.write("entry", b"a vault of another kind").expect("an entry is made");
        let foreign = keychain.read_key("entry").map(drop);
        assert_eq!(foreign, Err(State::Foreign.into()), "what is no key is not taken for one");
        let kept = keychain.read("entry").expect("it is read");
        assert_eq!(kept.as_deref().map(Vec::as_slice), Some(&b"a vault of another kind"[..]), "and it is left");
    }
}

#[test]
fn two_entries() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let _keyring = bus.keyring();
        let keychain = keychain(&bus);
        keychain.write("entry", &KEY).expect("an entry is made");
        let secrets = bus.secrets();
        let collection = secrets.get_default_collection().expect("there is a default collection");
        let attributes = [("service", SERVICE), ("username", "entry"), ("more", "yes")].into();
        collection.create_item("a second", attributes, b"QUJD", false, "text/plain").expect("a second is made");
        assert_eq!(background(&keychain), [Stopped(State::Foreign); 5], "neither is taken, replaced or deleted");
        assert_eq!(unlock(&keychain), Done, "there is nothing to unlock");
    }
}

#[test]
fn a_service_that_is_killed_in_a_write() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let mut behaviour = Behaviour::new(Answer::Dismiss);
        behaviour.locked = false.into();
        behaviour.dies_in_write = true;
        let behaviour = Arc::new(behaviour);
        let service = fake::serve(bus.address(), &behaviour);
        let keychain = keychain(&bus);
        assert_eq!(keychain.read_key("entry").map(|key| key.is_some()), Ok(false), "there is no entry yet");
        let written = keychain.write_key("entry", &KEY);
        assert_eq!(written, Err(State::NoService.into()), "a write without an answer is not done");
        assert_eq!(background(&keychain), [Stopped(State::NoService); 5], "and the service is gone");
        drop(service);
        let _keyring = bus.keyring();
        keychain.write_key("entry", &KEY).expect("the service that comes after it takes the key");
    }
}

#[test]
fn a_service_that_refuses_a_write() {
    let bus = Bus::start();
    let mut behaviour = Behaviour::new(Answer::Dismiss);
    behaviour.locked = false.into();
    let behaviour = Arc::new(behaviour);
    let _service = fake::serve(bus.address(), &behaviour);
    let written = keychain(&bus).write_key("entry", &KEY);
    assert_eq!(written, Err(State::Other.into()), "what fits no state is said to be other");
}

#[test]
fn an_answer_that_comes_too_late() {
    for _ in 0..rounds() {
        let bus = Bus::start();
        let mut behaviour = Behaviour::new(Answer::Dismiss);
        behaviour.locked = false.into();
        behaviour.late = LIMIT * 2;
        let behaviour = Arc::new(behaviour);
        let _service = fake::serve(bus.address(), &behaviour);
        let keychain = keychain(&bus);
        assert_eq!(background(&keychain), [Stopped(State::TimedOut); 5], "nobody waits longer than the limit");
    }
}
