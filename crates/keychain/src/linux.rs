//! The Secret Service (GNOME Keyring, KDE Wallet, KeePassXC) over D-Bus.
//!
//! Specification: <https://specifications.freedesktop.org/secret-service/latest/>.
//! Each call opens a connection of its own, so that a write is read back through
//! a fresh one and a restarted service is found again. Nothing but `unlock` calls
//! `Unlock`, `CreateCollection` or a prompt: what is locked is told by
//! `SearchItems` and the `Locked` properties.

#[path = "prompt.rs"]
mod prompt;

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::sync::PoisonError;
use std::time::Duration;

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error};
use zbus::blocking::{Connection, connection};
use zbus::fdo;
use zeroize::Zeroizing;

use crate::keychain::Bus;
use crate::store::Store;
use crate::thread::Cancel;
use crate::{KeychainError, State};

pub(crate) const NAME: &str = "keyring";

/// For one method call of `unlock`. The creator's answer is a signal and has no limit.
const UNLOCK_METHOD_LIMIT: Duration = Duration::from_secs(120);

const DEFAULT: &str = "default";
const CONTENT_TYPE: &str = "text/plain";
const ACCOUNT: &str = "username";

/// The store that keeps entries under `service`, and that answers within `limit` where nobody is asked.
pub(crate) fn store(service: &str, bus: Bus, limit: Duration) -> Box<dyn Store> {
    Box::new(SecretServiceStore { service: service.to_owned(), bus, method_limit: limit * 4 / 5 })
}

struct SecretServiceStore {
    service: String,
    bus: Bus,
    /// For one method call, so that a silent service frees the thread; shorter than the caller's limit.
    method_limit: Duration,
}

impl SecretServiceStore {
    fn bus(&self, limit: Duration) -> Result<Connection, KeychainError> {
        let address = self.bus.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bus = match address {
            Some(address) => connection::Builder::address(address.as_str()),
            None => connection::Builder::session(),
        };
        bus.and_then(|bus| bus.method_timeout(limit).build()).map_err(|error| match of_bus(&error) {
            State::Other => State::NoService.into(),
            state => state.into(),
        })
    }

    fn connect(&self, encryption: EncryptionType) -> Result<SecretService<'static>, KeychainError> {
        SecretService::connect_with_existing(encryption, self.bus(self.method_limit)?).map_err(failed)
    }

    /// The attributes that find an entry; the names are those that libsecret's own tools use.
    fn attributes<'a>(&'a self, account: Option<&'a str>) -> HashMap<&'a str, &'a str> {
        let account = account.map(|account| (ACCOUNT, account));
        [("service", self.service.as_str())].into_iter().chain(account).collect()
    }

    /// The one entry `account`, unlocked; `None` where there is none in an unlocked default collection.
    fn find<'a>(&self, secrets: &'a SecretService<'_>, account: &str) -> Result<Option<Item<'a>>, KeychainError> {
        let mut found = secrets.search_items(self.attributes(Some(account))).map_err(failed)?;
        match (found.unlocked.len(), found.locked.len()) {
            (1, 0) => Ok(found.unlocked.pop()),
            (0, 0) => unlocked_default(secrets).map(|_| None),
            (0, 1) => Err(State::Locked.into()),
            _ => Err(State::Foreign.into()),
        }
    }
}

impl Store for SecretServiceStore {
    fn state(&self) -> State {
        // The plain session is enough: no secret passes through it.
        let look = || {
            let secrets = self.connect(EncryptionType::Plain)?;
            unlocked_default(&secrets)?;
            let entries = secrets.search_items(self.attributes(None)).map_err(failed)?;
            if !entries.locked.is_empty() {
                return Err(KeychainError::from(State::Locked));
            }
            let mut accounts = HashSet::new();
            for entry in &entries.unlocked {
                let account = entry.get_attributes().map_err(failed)?.remove(ACCOUNT);
                if !accounts.insert(account) {
                    return Err(State::Foreign.into());
                }
            }
            Ok(State::Ready)
        };
        look().unwrap_or_else(|error| error.state)
    }

    fn read(&self, account: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        let secrets = self.connect(EncryptionType::Dh)?;
        let Some(entry) = self.find(&secrets, account)? else { return Ok(None) };
        let bytes = Zeroizing::new(entry.get_secret().map_err(failed)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| State::Foreign)?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    fn write(&self, account: &str, text: &str) -> Result<(), KeychainError> {
        let secrets = self.connect(EncryptionType::Dh)?;
        if let Some(entry) = self.find(&secrets, account)? {
            return entry.set_secret(text.as_bytes(), CONTENT_TYPE).map_err(failed);
        }
        let label = format!("Floom Secrets: {account}");
        unlocked_default(&secrets)?
            .create_item(&label, self.attributes(Some(account)), text.as_bytes(), true, CONTENT_TYPE)
            .map(drop)
            .map_err(failed)
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        let secrets = self.connect(EncryptionType::Plain)?;
        match self.find(&secrets, account)? {
            Some(entry) => entry.delete().map_err(failed),
            None => Ok(()),
        }
    }

    fn unlock(&self, cancel: &Cancel) -> Result<(), KeychainError> {
        let bus = self.bus(UNLOCK_METHOD_LIMIT)?;
        prompt::close_on(cancel, &bus)?;
        let secrets = SecretService::connect_with_existing(EncryptionType::Plain, bus.clone()).map_err(failed)?;
        match secrets.get_default_collection() {
            Ok(collection) if collection.is_locked().map_err(failed)? => {
                prompt::unlock(&bus, &[collection.collection_path.as_ref()], cancel)?;
            }
            Ok(_) => {}
            Err(Error::NoResult) => prompt::create_default(&bus, DEFAULT, cancel)?,
            Err(error) => return Err(failed(error)),
        }
        let entries = secrets.search_items(self.attributes(None)).map_err(failed)?;
        if !entries.locked.is_empty() {
            let locked: Vec<_> = entries.locked.iter().map(|entry| entry.item_path.as_ref()).collect();
            prompt::unlock(&bus, &locked, cancel)?;
        }
        // A service may say that it was answered and have opened nothing.
        unlocked_default(&secrets).map(drop)
    }
}

fn unlocked_default<'a>(secrets: &'a SecretService<'_>) -> Result<Collection<'a>, KeychainError> {
    let collection = secrets.get_collection_by_alias(DEFAULT).map_err(|error| match error {
        Error::NoResult => State::Absent.into(),
        error => failed(error),
    })?;
    match collection.is_locked().map_err(failed)? {
        true => Err(State::Locked.into()),
        false => Ok(collection),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: Error) -> KeychainError {
    let state = match &error {
        Error::Locked => State::Locked,
        Error::Prompt => State::Dismissed,
        Error::Unavailable | Error::PromptDisconnected => State::NoService,
        Error::Zbus(error) => of_bus(error),
        Error::ZbusFdo(error) => of_bus_service(error),
        _ => State::Other,
    };
    state.into()
}

fn of_bus(error: &zbus::Error) -> State {
    match error {
        zbus::Error::InputOutput(error) if error.kind() == ErrorKind::TimedOut => State::TimedOut,
        zbus::Error::InputOutput(_)
        | zbus::Error::Address(_)
        | zbus::Error::Handshake(_)
        | zbus::Error::InterfaceNotFound => State::NoService,
        zbus::Error::FDO(error) => of_bus_service(error),
        zbus::Error::MethodError(name, ..) => of_name(name.as_str()),
        _ => State::Other,
    }
}

fn of_bus_service(error: &fdo::Error) -> State {
    match error {
        fdo::Error::ZBus(error) => of_bus(error),
        error => of_name(zbus::DBusError::name(error).as_str()),
    }
}

/// The state that a D-Bus error's name stands for.
fn of_name(name: &str) -> State {
    match name.rsplit_once('.') {
        Some(("org.freedesktop.Secret.Error", "IsLocked")) => State::Locked,
        Some(("org.freedesktop.DBus.Error", "AccessDenied" | "AuthFailed")) => State::Denied,
        Some(("org.freedesktop.DBus.Error", "Timeout" | "TimedOut")) => State::TimedOut,
        Some((
            "org.freedesktop.DBus.Error",
            "ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "NoServer" | "Disconnected",
        )) => State::NoService,
        Some(("org.freedesktop.DBus.Error.Spawn", _)) => State::NoService,
        _ => State::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_bus_errors_are_told_apart_by_their_names() {
        let of = |name: &str| of_name(name);
        assert_eq!(of("org.freedesktop.Secret.Error.IsLocked"), State::Locked, "a locked collection");
        assert_eq!(of("org.freedesktop.DBus.Error.ServiceUnknown"), State::NoService, "nobody has the name");
        assert_eq!(of("org.freedesktop.DBus.Error.Spawn.ExecFailed"), State::NoService, "it cannot be started");
        assert_eq!(of("org.freedesktop.DBus.Error.NoReply"), State::NoService, "it died while it was asked");
        assert_eq!(of("org.freedesktop.DBus.Error.AccessDenied"), State::Denied, "a policy forbids it");
        assert_eq!(of("org.freedesktop.DBus.Error.UnknownMethod"), State::Other, "something else has the name");
    }

    #[test]
    fn a_bus_that_cannot_be_reached_is_no_service() {
        let bus = Bus::default();
        *bus.lock().unwrap() = Some("unix:path=/nonexistent/bus".into());
        let store = store("dev.floom.test", bus.clone(), crate::LIMIT);
        assert_eq!(store.state(), State::NoService, "there is no socket");
        assert_eq!(store.read("index").map(drop), Err(State::NoService.into()), "and so no answer");
        *bus.lock().unwrap() = Some("not an address".into());
        assert_eq!(store.state(), State::NoService, "a broken address is no bus either");
    }
}
