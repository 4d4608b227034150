//! A small Secret Service that misbehaves when told to. It keeps no secret.
//!
//! Its half of the Diffie-Hellman exchange is 2, the group's generator, so that a client gets its session; no test
//! lets a secret come back through it.

#![allow(missing_docs, unreachable_pub, reason = "it is a test's own")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use zbus::blocking::connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, fdo, interface};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";
const SESSION: &str = "/org/freedesktop/secrets/session/1";
const NOTHING: &str = "/";

/// A secret on the bus: session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// How the creator, or the service itself, takes a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Accept,
    Dismiss,
    /// The window stays until it is dismissed from outside.
    Wait,
    /// The service ends while the window is open.
    Die,
}

/// What the service does, and what was done with it.
pub struct Behaviour {
    pub absent: AtomicBool,
    pub locked: AtomicBool,
    pub dies_in_write: bool,
    pub late: Duration,
    pub answer: Answer,
    pub prompts: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Behaviour {
    pub fn new(answer: Answer) -> Self {
        Self {
            absent: false.into(),
            locked: true.into(),
            dies_in_write: false,
            late: Duration::ZERO,
            answer,
            prompts: 0.into(),
            open: Mutex::new(false),
            opened: Condvar::new(),
        }
    }

    /// Returns when a window is open.
    pub fn wait_for_window(&self) {
        let open = self.open.lock().expect("no test panics with it");
        let _open = self.opened.wait_while(open, |open| !*open).expect("no test panics with it");
    }

    fn set_open(&self, is: bool) {
        *self.open.lock().expect("no test panics with it") = is;
        self.opened.notify_all();
    }

    fn delay(&self) {
        thread::sleep(self.late);
    }

    fn accept(&self) {
        self.locked.store(false, Ordering::SeqCst);
        self.absent.store(false, Ordering::SeqCst);
    }
}

/// The service on the bus at `address`, until the connection is dropped.
pub fn serve(address: &str, behaviour: &Arc<Behaviour>) -> zbus::blocking::Connection {
    connection::Builder::address(address)
        .and_then(|bus| bus.serve_at(SERVICE, Service(behaviour.clone())))
        .and_then(|bus| bus.serve_at(COLLECTION, Collection(behaviour.clone())))
        .and_then(|bus| bus.serve_at(PROMPT, Prompt(behaviour.clone())))
        .and_then(|bus| bus.name(NAME))
        .and_then(connection::Builder::build)
        .expect("the fake takes the name")
}

fn path(text: &'static str) -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked(text).into()
}

struct Service(Arc<Behaviour>);

#[interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    fn open_session(&self, algorithm: &str, _input: Value<'_>) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        self.0.delay();
        let output = if algorithm == "plain" { Value::from("") } else { Value::from(vec![2_u8]) };
        Ok((output.try_into().map_err(|_| fdo::Error::Failed("no output".into()))?, path(SESSION)))
    }

    fn search_items(&self, _attributes: HashMap<String, String>) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        (Vec::new(), Vec::new())
    }

    fn read_alias(&self, _name: &str) -> OwnedObjectPath {
        path(if self.0.absent.load(Ordering::SeqCst) { NOTHING } else { COLLECTION })
    }

    fn unlock(&self, objects: Vec<OwnedObjectPath>) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        match self.0.locked.load(Ordering::SeqCst) {
            true => (Vec::new(), path(PROMPT)),
            false => (objects, path(NOTHING)),
        }
    }

    fn create_collection(
        &self,
        _properties: HashMap<String, OwnedValue>,
        _alias: &str,
    ) -> (OwnedObjectPath, OwnedObjectPath) {
        (path(NOTHING), path(PROMPT))
    }
}

struct Collection(Arc<Behaviour>);

#[interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    #[zbus(property)]
    fn locked(&self) -> bool {
        self.0.locked.load(Ordering::SeqCst)
    }

    async fn create_item(
        &self,
        #[zbus(connection)] connection: &Connection,
        _properties: HashMap<String, OwnedValue>,
        _secret: Secret,
        _replace: bool,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        if self.0.dies_in_write {
            let _ = connection.clone().close().await;
        }
        Err(fdo::Error::Failed("it keeps nothing".into()))
    }
}

struct Prompt(Arc<Behaviour>);

#[interface(name = "org.freedesktop.Secret.Prompt")]
impl Prompt {
    async fn prompt(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        _window_id: &str,
    ) -> fdo::Result<()> {
        self.0.prompts.fetch_add(1, Ordering::SeqCst);
        match self.0.answer {
            Answer::Accept => {
                self.0.accept();
                Self::completed(&emitter, false, Value::from("")).await?;
            }
            Answer::Dismiss => Self::completed(&emitter, true, Value::from("")).await?,
            Answer::Wait => self.0.set_open(true),
            Answer::Die => {
                let _ = connection.clone().close().await;
            }
        }
        Ok(())
    }

    async fn dismiss(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) -> fdo::Result<()> {
        self.0.set_open(false);
        Self::completed(&emitter, true, Value::from("")).await?;
        Ok(())
    }

    #[zbus(signal)]
    async fn completed(emitter: &SignalEmitter<'_>, dismissed: bool, result: Value<'_>) -> zbus::Result<()>;
}
