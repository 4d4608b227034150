//! The vault's keys: making it, opening and locking it, replacing what opens it.

use std::path::PathBuf;

use floom_keychain::State;
use floom_protocol::view::{KeptFile, KeysRotated};
use floom_secret::SecretValue;
use floom_vault::{Resealed, Standing, Vault, VaultError, standing};
use jiff::Timestamp;

use crate::command::said;
use crate::engine::{Engine, Reply, Slot};
use crate::error::refused;
use crate::receipt::{about, note};
use crate::standing::blocked;
use crate::{EngineError, words};

impl Engine {
    /// Makes the first vault, under a key in the keychain or, chosen in so many words, under a passphrase.
    pub(crate) fn make_vault(&mut self, passphrase: Option<SecretValue>, reply: Reply) {
        let (path, keychain) = (self.path.clone(), self.keychain.clone());
        self.beside_blocking(
            move || {
                let now = Timestamp::now();
                let made = match (&passphrase, keychain.state()) {
                    (Some(passphrase), _) => Vault::create_with_passphrase(&path, &keychain, passphrase, now),
                    // An account without any keychain gets its first one; the system asks for its password.
                    (None, State::Absent) => {
                        let ready = keychain.unlock().map_err(VaultError::from);
                        ready.and_then(|()| Vault::create(&path, &keychain, now))
                    }
                    (None, _) => Vault::create(&path, &keychain, now),
                };
                (made, keychain.state())
            },
            move |engine, (made, state)| {
                engine.keychain_state = state;
                let made = made.map(|vault| engine.opened(vault)).map_err(EngineError::from);
                let _ = reply.send(said(made));
            },
        );
    }

    /// Makes a new vault where the old one cannot be opened; the old file and entries are kept.
    pub(crate) fn start_anew(&mut self, reply: Reply) {
        if let Some(error) = self.has_a_vault() {
            let _ = reply.send(Err(error.into()));
            return;
        }
        let (path, keychain, mark) = (self.path.clone(), self.keychain.clone(), self.lock_mark());
        self.beside_blocking(
            move || {
                if standing(&path, &keychain) == Standing::Ready {
                    return Err(VaultError::Standing(Standing::Ready));
                }
                let made = Vault::create_anew(&path, &keychain, Timestamp::now())?;
                let _ = std::fs::remove_file(mark);
                Ok(made)
            },
            move |engine, made| {
                let made = made.map_err(EngineError::from).and_then(|(vault, kept)| {
                    engine.opened(vault);
                    engine.note("vault_started_anew", "Vault", "started anew; the old file is kept")?;
                    Ok(kept_file(kept))
                });
                let _ = reply.send(said(made));
            },
        );
    }

    /// A refusal where there is a vault that opens.
    pub(crate) fn has_a_vault(&self) -> Option<EngineError> {
        match self.slot {
            Slot::Open(_) | Slot::Locked { passphrase: false } => Some(refused(
                "vault_exists",
                "There is a vault on this computer, and it opens.",
                "Unlock it; nothing has to be made anew.",
            )),
            _ => None,
        }
    }

    /// Opens the vault: with its passphrase, or by asking the keychain to unlock, which may show the
    /// system's password window.
    pub(crate) fn unlock(&mut self, passphrase: Option<SecretValue>, reply: Reply) {
        if matches!(self.slot, Slot::Open(_)) {
            let _ = reply.send(Ok(serde_json::Value::Null));
            return;
        }
        if let Slot::Locked { passphrase: true } = self.slot {
            return self.unlock_with(passphrase, reply);
        }
        let keychain = self.keychain.clone();
        self.keychain_state = State::Waiting;
        if let Slot::Stopped(failure) = &mut self.slot
            && [State::Locked, State::Absent, State::Dismissed].iter().any(|asks| asks.code() == failure.code)
        {
            *failure = blocked(State::Waiting);
        }
        self.beside_blocking(
            move || keychain.unlock(),
            move |engine, unlocked| match unlocked {
                Ok(()) => {
                    // A mark that stays means one more unlock; it cannot open anything.
                    let _ = std::fs::remove_file(engine.lock_mark());
                    engine.examine(Some(reply));
                }
                Err(error) => {
                    engine.keychain_state = error.state;
                    let failure = blocked(error.state);
                    engine.slot = Slot::Stopped(failure.clone());
                    let _ = reply.send(Err(failure));
                }
            },
        );
    }

    fn unlock_with(&mut self, passphrase: Option<SecretValue>, reply: Reply) {
        let Some(passphrase) = passphrase else {
            let error = refused("vault_locked", "The vault opens with your passphrase.", "Type the passphrase.");
            let _ = reply.send(Err(error.into()));
            return;
        };
        let (path, mark) = (self.path.clone(), self.lock_mark());
        self.beside_blocking(
            move || {
                let mut vault = Vault::open_with_passphrase(&path, &passphrase)?;
                crate::housekeeping::at_opening(&mut vault, Timestamp::now());
                let _ = std::fs::remove_file(mark);
                Ok(vault)
            },
            move |engine, opened: Result<Vault, VaultError>| {
                let opened = opened.map(|vault| {
                    // Asked twice at once, the second one's is dropped.
                    if !matches!(engine.slot, Slot::Open(_)) {
                        engine.opened(vault);
                    }
                });
                let _ = reply.send(said(opened.map_err(EngineError::from)));
            },
        );
    }

    /// Drops the keys, until the creator unlocks: a restart does not open the vault either.
    /// What is being sent at this moment still ends; a password window that waits is taken back.
    pub(crate) fn lock(&mut self) -> Result<(), EngineError> {
        if self.keychain_state == State::Waiting {
            self.keychain.cancel_unlock();
        }
        let Slot::Open(vault) = &self.slot else { return Ok(()) };
        let passphrase = vault.opens_with_passphrase().unwrap_or(false);
        if let Some(new) = self.last_note() {
            let keychain = self.keychain.clone();
            // Where it cannot be written the one before stays, which proves a little less.
            self.beside_blocking(move || new.write(&keychain), |_, _| {});
        }
        self.slot = Slot::Locked { passphrase };
        self.sessions.clear();
        self.previews.clear();
        self.exposure.stop();
        self.files.clear();
        self.anchor = Default::default();
        self.restored = None;
        std::fs::write(self.lock_mark(), "").map_err(|error| {
            refused(
                "lock_not_kept",
                format!("The vault is locked, but that could not be written down: {error}."),
                "A restart of this computer opens it again.",
            )
        })
    }

    /// Replaces the passphrase of a vault that opens with one.
    pub(crate) fn change_passphrase(&mut self, old: SecretValue, new: SecretValue, reply: Reply) {
        self.lend_for(
            reply,
            move |vault| {
                let detail = words::titled("Vault", "the passphrase was changed");
                vault.change_passphrase(&old, &new, &about("passphrase_changed", &detail), Timestamp::now())?;
                // The copy under the old passphrase opens with nothing that anybody should know any more.
                let _ = vault.keep_good_copy();
                Ok::<_, EngineError>(())
            },
            |_, done| done,
        );
    }

    /// Replaces the key in the keychain, and with `data_keys` seals every value anew.
    pub(crate) fn rotate_keys(&mut self, data_keys: bool, reply: Reply) {
        let keychain = self.keychain.clone();
        self.lend_for(
            reply,
            move |vault| {
                let passphrase = vault.opens_with_passphrase()?;
                if passphrase && !data_keys {
                    return Err(VaultError::OpensWithPassphrase.into());
                }
                // The good copy of before opens with the old key alone: what is full or broken shows itself now,
                // while that key is there.
                match vault.keep_good_copy() {
                    Ok(_) | Err(VaultError::ValueDamaged { .. } | VaultError::RowAltered { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
                let resealed = if data_keys { vault.transaction(reseal)? } else { Resealed::default() };
                if !passphrase {
                    let detail = words::titled("Vault", "its key in the keychain was replaced");
                    vault.rotate_kek(&keychain, &about("key_rotated", &detail), Timestamp::now())?;
                }
                let _ = vault.keep_good_copy();
                Ok(resealed)
            },
            |_, rotated: Result<Resealed, EngineError>| {
                let Resealed { versions, left, .. } = rotated?;
                let left = left.into_iter().map(|(name, version)| format!("{name} version {version}")).collect();
                Ok(KeysRotated { resealed: versions as u64, left })
            },
        );
    }
}

fn reseal(tx: &mut floom_vault::Tx<'_>) -> Result<Resealed, EngineError> {
    let done = tx.rotate_data_keys(None)?;
    let text = format!("{} sealed anew under new data keys", words::counted(done.versions, "version"));
    note(tx, "data_keys_rotated", "Vault", &text)?;
    Ok(done)
}

/// Where an old file is now.
pub(crate) fn kept_file(kept: Option<PathBuf>) -> KeptFile {
    KeptFile { kept: kept.map(|path| path.display().to_string()) }
}
