//! A question that the Secret Service asks the creator, and its answer.
//!
//! <https://specifications.freedesktop.org/secret-service/latest/prompts.html>: a method that needs the creator
//! gives a prompt object; calling `Prompt` on it opens the window, the signal `Completed` tells the answer, and
//! `Dismiss` closes it. The `secret-service` crate waits for that signal in a way that nobody can end.

use std::collections::HashMap;

use zbus::blocking::{Connection, MessageIterator, fdo::DBusProxy};
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{MatchRule, Message};

use super::of_bus;
use crate::thread::Cancel;
use crate::{KeychainError, State};

const SECRETS: &str = "org.freedesktop.secrets";
const GNOME_KEYRING: &str = "org.gnome.keyring";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PATH: &str = "/org/freedesktop/secrets";
const LABEL: &str = "org.freedesktop.Secret.Collection.Label";

/// Unlocks collections or items, asking the creator where the service wants to.
pub(super) fn unlock(bus: &Connection, objects: &[ObjectPath<'_>], cancel: &Cancel) -> Result<(), KeychainError> {
    let answer = call(bus, PATH, SERVICE, "Unlock", &(objects,))?;
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = body(&answer)?;
    ask(bus, &prompt, cancel)
}

/// Makes the default collection; the service asks the creator for its password.
pub(super) fn create_default(bus: &Connection, alias: &str, cancel: &Cancel) -> Result<(), KeychainError> {
    let properties = HashMap::from([(LABEL, Value::from("Default keyring"))]);
    let answer = call(bus, PATH, SERVICE, "CreateCollection", &(properties, alias))?;
    let (_, prompt): (OwnedObjectPath, OwnedObjectPath) = body(&answer)?;
    ask(bus, &prompt, cancel)
}

/// Ends whatever waits on `bus` when nobody waits for it any more.
///
/// # Errors
/// [`State::Dismissed`] where that is so already.
pub(super) fn close_on(cancel: &Cancel, bus: &Connection) -> Result<(), KeychainError> {
    let bus = bus.clone();
    match cancel.on_cancel(move || drop(bus.close())) {
        true => Ok(()),
        false => Err(State::Dismissed.into()),
    }
}

/// Opens the window of `prompt` and waits for the answer; "/" is no prompt.
fn ask(bus: &Connection, prompt: &ObjectPath<'_>, cancel: &Cancel) -> Result<(), KeychainError> {
    if prompt.as_str() == "/" {
        return Ok(());
    }
    let listen = || -> zbus::Result<MessageIterator> {
        let service = DBusProxy::new(bus)?;
        let signal = || MatchRule::builder().msg_type(Type::Signal);
        service.add_match_rule(signal().interface(PROMPT)?.member("Completed")?.path(prompt.as_ref())?.build())?;
        service.add_match_rule(signal().member("NameOwnerChanged")?.arg(0, SECRETS)?.build())?;
        Ok(MessageIterator::from(bus))
    };
    // Listening begins before the window opens, so that no answer is missed.
    let messages = listen().map_err(|error| of_bus(&error))?;
    let (closing, path) = (bus.clone(), prompt.to_owned());
    let wanted = cancel.on_cancel(move || {
        if !is_gnome_keyring(&closing) {
            let _ = closing.call_method(Some(SECRETS), &path, Some(PROMPT), "Dismiss", &());
        }
        let _ = closing.close();
    });
    if !wanted {
        return Err(State::Dismissed.into());
    }
    call(bus, prompt.as_str(), PROMPT, "Prompt", &("",))?;
    for message in messages {
        if let Some(answer) = answer_of(&message.map_err(|error| of_bus(&error))?, prompt) {
            return answer;
        }
    }
    Err(State::NoService.into())
}

/// GNOME Keyring ends itself on a `Dismiss` of a window that is open (an assertion in `perform_next_unlock`, seen with
/// 42.1); it closes the window when its asker leaves the bus.
fn is_gnome_keyring(bus: &Connection) -> bool {
    let owner = |name: &'static str| {
        let name = name.try_into().ok()?;
        DBusProxy::new(bus).ok()?.get_name_owner(name).ok()
    };
    owner(GNOME_KEYRING).is_some_and(|gnome| owner(SECRETS) == Some(gnome))
}

/// What a message says about the prompt: its answer, or that the service is gone and none will come.
fn answer_of(message: &Message, prompt: &ObjectPath<'_>) -> Option<Result<(), KeychainError>> {
    let header = message.header();
    if message.message_type() != Type::Signal {
        return None;
    }
    match header.member()?.as_str() {
        "Completed" if header.path() == Some(prompt) => {
            let answered = message.body().deserialize::<(bool, OwnedValue)>().map_err(|_| State::Other.into());
            Some(answered.and_then(|(dismissed, _)| if dismissed { Err(State::Dismissed.into()) } else { Ok(()) }))
        }
        "NameOwnerChanged" => {
            let body = message.body();
            let (name, _, owner): (&str, &str, &str) = body.deserialize().ok()?;
            (name == SECRETS && owner.is_empty()).then_some(Err(State::NoService.into()))
        }
        _ => None,
    }
}

fn call<B>(bus: &Connection, path: &str, interface: &str, method: &str, body: &B) -> Result<Message, KeychainError>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    bus.call_method(Some(SECRETS), path, Some(interface), method, body).map_err(|error| of_bus(&error).into())
}

fn body<T>(message: &Message) -> Result<T, KeychainError>
where
    T: for<'de> serde::Deserialize<'de> + zbus::zvariant::Type,
{
    message.body().deserialize().map_err(|_| State::Other.into())
}
