//! Where vault and keychain stand, and the opening of the vault.

use std::path::{Path, PathBuf};

use floom_protocol::{Command, Failure};
use floom_vault::{Standing, Vault};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::anchor::AnchorWatch;
use crate::engine::{Engine, Reply, Slot};
use crate::error::of_vault;
use crate::recovery::restored;
use crate::{housekeeping, standing};

impl Engine {
    /// Looks where vault and keychain stand, without a prompt, and opens the vault if it can.
    pub(crate) fn examine(&mut self, reply: Option<Reply>) {
        let (path, keychain) = (self.path.clone(), self.keychain.clone());
        let locked = self.lock_mark().exists();
        self.beside_blocking(
            move || {
                let state = keychain.state();
                let found = floom_vault::standing(&path, &keychain);
                let opened = (found == Standing::Ready && !locked).then(|| {
                    let mut vault = Vault::open(&path, &keychain)?;
                    housekeeping::at_opening(&mut vault, Timestamp::now());
                    Ok(vault)
                });
                (state, found, opened)
            },
            move |engine, (state, found, opened)| {
                engine.keychain_state = state;
                match opened {
                    // Opened meanwhile, as by its passphrase: that one stays.
                    _ if matches!(engine.slot, Slot::Open(_)) => {}
                    None if locked && found == Standing::Ready => engine.slot = Slot::Locked { passphrase: false },
                    None if found == Standing::Passphrase => engine.slot = Slot::Locked { passphrase: true },
                    Some(Ok(vault)) => engine.opened(vault),
                    Some(Err(error)) => {
                        engine.slot = Slot::Stopped(housekeeping::offer_good_copy(of_vault(&error), &engine.path))
                    }
                    None if is_fresh(&found, &engine.path) => engine.slot = Slot::Fresh,
                    None => {
                        let failure = standing::of_vault(&found, engine.keychain.name());
                        engine.slot = Slot::Stopped(housekeeping::offer_good_copy(failure, &engine.path));
                    }
                }
                if let Some(reply) = reply {
                    let _ = reply.send(engine.vault().map(|_| serde_json::Value::Null).map_err(Failure::from));
                }
                for (command, reply) in std::mem::take(&mut engine.deferred) {
                    engine.command(command, reply);
                }
            },
        );
    }

    /// Its presence says that the creator locked the vault. It holds nothing.
    pub(crate) fn lock_mark(&self) -> PathBuf {
        self.path.with_file_name("locked")
    }

    /// Goes on with an open vault.
    pub(crate) fn opened(&mut self, vault: Vault) {
        self.restored = restored(&vault);
        self.slot = Slot::Open(Box::new(vault));
        self.housekeeping = Some(Instant::now() + housekeeping::EVERY);
        self.anchor = AnchorWatch::default();
        self.check_anchor();
        self.shown = self.remembered_connection();
        self.connect_all();
        self.follow_all();
    }

    /// Whether the refusal that `command` would meet has to be looked at again first: a keychain service that was
    /// not there can have been started since, as the refusal itself advises.
    pub(crate) fn may_be_outdated(&self, command: &Command) -> bool {
        let absent = floom_keychain::State::NoService.code();
        let refused = matches!(&self.slot, Slot::Stopped(failure) if failure.code == absent);
        refused && !matches!(command, Command::Unlock(_) | Command::Look(_))
    }

    pub(crate) fn session_bus(&mut self, address: String) {
        if self.keychain_state == floom_keychain::State::NoService && !matches!(self.slot, Slot::Open(_)) {
            self.keychain.set_bus(Some(address));
            self.look_again();
        }
    }

    /// Examines once; what comes meanwhile waits for what is found.
    pub(crate) fn look_again(&mut self) {
        if !matches!(self.slot, Slot::Unknown) {
            self.slot = Slot::Unknown;
            self.examine(None);
        }
    }
}

/// Whether a first vault may be made: also where the account has no keychain yet, and so no key of ours.
fn is_fresh(standing: &Standing, path: &Path) -> bool {
    match standing {
        Standing::Fresh => true,
        Standing::Blocked(floom_keychain::State::Absent) => !path.exists(),
        _ => false,
    }
}
