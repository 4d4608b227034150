//! Noting in the keychain where the chain of receipts ends, and what holds everything that would be sent.
//!
//! Before the first push after an unlock, at most once a minute after, on lock and at the end. An older vault
//! file that was put back is told by it: reads go on, pushes wait for the creator.

use std::time::Duration;

use floom_keychain::{KeychainError, State};
use floom_protocol::Failure;
use floom_vault::{Anchor, AnchorClock, AnchorState, NewAnchor, RollbackCheck, VaultError, find_anchor};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::EngineError;
use crate::command::said;
use crate::engine::{Engine, Reply, Slot};

/// How long the engine's end waits for the keychain and the good copy.
const LAST_NOTE: Duration = Duration::from_secs(10);

/// What is known of the anchor since the last unlock.
#[derive(Default)]
pub(crate) struct AnchorWatch {
    clock: AnchorClock,
    /// What the keychain has; none until it was asked.
    state: Option<AnchorState>,
    /// Whether the keychain is being asked, or written.
    busy: bool,
    /// The file is older than the note, or the note is not this vault's.
    rolled_back: Option<Failure>,
    /// Why the last note could not be written.
    trouble: Option<Failure>,
    /// A passphrase opens the vault and there is no keychain: there is no place for a note.
    nowhere: bool,
}

impl AnchorWatch {
    /// Whether the next value waits for a note.
    pub(crate) fn before_sending(&self) -> bool {
        !self.nowhere && self.clock.before_sending()
    }

    /// Why everything that is to be sent waits for the note, where it could not be written.
    pub(crate) fn trouble(&self) -> Option<&Failure> {
        self.trouble.as_ref().filter(|_| self.before_sending())
    }

    fn failed(&mut self, error: &KeychainError) {
        self.clock.failed(now());
        let kept = "What is to be sent waits, stored here, encrypted; it is tried again in a minute.";
        self.trouble = Some(Failure::new(error.code(), error.to_string(), kept, error.hint()));
    }

    fn noted(&mut self, anchor: Anchor, receipts: i64) {
        self.clock.anchored(receipts, now());
        self.state = Some(AnchorState::Present(anchor));
        (self.rolled_back, self.trouble) = (None, None);
    }
}

impl Engine {
    /// Why nothing is sent until the creator looked.
    pub(crate) fn held(&self) -> Option<&Failure> {
        self.anchor.rolled_back.as_ref().or(self.restored.as_ref())
    }

    /// Asks the keychain whether this file is the one that was last noted.
    pub(crate) fn check_anchor(&mut self) {
        let Ok(id) = self.vault().map(|vault| vault.id()) else { return };
        let keychain = self.keychain.clone();
        self.anchor.busy = true;
        self.beside_blocking(
            move || find_anchor(id, &keychain),
            |engine, found| {
                engine.anchor.busy = false;
                let Ok(vault) = engine.vault() else { return };
                let state = vault.anchor_state(&found);
                let Ok(check) = vault.rollback_against(&state) else { return };
                let passphrase = vault.opens_with_passphrase().unwrap_or(false);
                match &check {
                    RollbackCheck::RolledBack { .. } | RollbackCheck::Unknown(State::Foreign) => {
                        let kept = "The file and the note are both kept as they are. Nothing is sent meanwhile.";
                        let failure = Failure::new(check.code(), check.sentence(), kept, check.hint());
                        engine.anchor.rolled_back = Some(failure);
                    }
                    RollbackCheck::Unknown(state) => {
                        engine.anchor.nowhere = passphrase;
                        engine.anchor.failed(&KeychainError::from(*state));
                    }
                    // The keychain answers again: nothing has to wait for the next minute.
                    RollbackCheck::Current | RollbackCheck::NotAnchored if engine.anchor.before_sending() => {
                        engine.anchor.clock = AnchorClock::default();
                    }
                    RollbackCheck::Current | RollbackCheck::NotAnchored => {}
                }
                engine.anchor.state = Some(state);
            },
        );
    }

    /// Whether a value may be sent now; where it waits for the note, that is written.
    pub(crate) fn anchored_first(&mut self) -> bool {
        if self.vault().is_err() || !self.anchor.before_sending() {
            return true;
        }
        let waits = self.vault().and_then(|vault| Ok(vault.outbox()?)).is_ok_and(|outbox| !outbox.is_empty());
        if !waits {
            return true;
        }
        if !self.anchor.busy && self.anchor_due().is_some_and(|due| due <= Instant::now()) {
            self.anchor_receipts();
        }
        !self.anchor.busy
    }

    /// When the chain is to be noted. Before anything waits to be sent there is no hurry.
    pub(crate) fn anchor_due(&self) -> Option<Instant> {
        if self.anchor.busy || self.anchor.nowhere || self.anchor.rolled_back.is_some() {
            return None;
        }
        let vault = self.vault().ok()?;
        if self.anchor.before_sending() && vault.outbox().is_ok_and(|outbox| outbox.is_empty()) {
            return None;
        }
        self.anchor.clock.due(vault.receipts_count().ok()?, now()).map(Instant::from_std)
    }

    /// Notes the end of the chain in the keychain; where that is not known yet, it is asked first.
    pub(crate) fn anchor_receipts(&mut self) {
        match &self.anchor.state {
            None | Some(AnchorState::Unreadable(_)) => {
                // Asked again: a failure waits a minute, an answer is followed by the note itself.
                self.check_anchor();
                return;
            }
            Some(_) => {}
        }
        let Some((new, receipts)) = self.next_note() else {
            self.anchor.clock.failed(now());
            return;
        };
        let keychain = self.keychain.clone();
        self.anchor.busy = true;
        self.beside_blocking(
            move || new.write(&keychain),
            move |engine, written| {
                engine.anchor.busy = false;
                match written {
                    Ok(anchor) => engine.anchor.noted(anchor, receipts),
                    Err(error) => engine.anchor.failed(&error),
                }
            },
        );
    }

    fn next_note(&self) -> Option<(NewAnchor, i64)> {
        let vault = self.vault().ok()?;
        let new = vault.next_anchor(self.anchor.state.as_ref()?, Timestamp::now()).ok()?;
        Some((new, vault.receipts_count().ok()?))
    }

    /// The last note before the vault is closed, where the chain grew since the one before.
    pub(crate) fn last_note(&self) -> Option<NewAnchor> {
        let (new, receipts) = self.next_note()?;
        (receipts > 0 && self.anchor.clock.at_the_end(receipts)).then_some(new)
    }

    /// Notes the end of the chain, makes the good copy where something changed, and closes the vault.
    pub(crate) async fn close(&mut self) {
        let note = self.last_note();
        let changed = self.changed_since_opening();
        let Slot::Open(vault) = std::mem::replace(&mut self.slot, Slot::Locked { passphrase: false }) else { return };
        let keychain = self.keychain.clone();
        let closing = tokio::task::spawn_blocking(move || {
            if changed {
                // The vault itself is whole or says so at the next opening.
                let _ = vault.keep_good_copy();
            }
            drop(vault);
            note.map(|note| note.write(&keychain))
        });
        let _ = tokio::time::timeout(LAST_NOTE, closing).await;
    }

    /// Goes on with a file that is older than the note: the creator's own word.
    pub(crate) fn accept_older(&mut self, reply: Reply) {
        let new = self.vault_mut().and_then(|vault| {
            vault.transaction(|tx| crate::receipt::note(tx, "vault_older_accepted", "Vault", "accepted as it is"))?;
            Ok(vault.new_anchor(Timestamp::now())?)
        });
        let new = match new {
            Ok(new) => new,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let keychain = self.keychain.clone();
        self.beside_blocking(
            move || new.write(&keychain),
            move |engine, written| {
                let accepted = written.map_err(|error| EngineError::from(VaultError::from(error))).map(|anchor| {
                    let receipts = anchor.receipts();
                    engine.anchor.noted(anchor, receipts);
                });
                let _ = reply.send(said(accepted));
            },
        );
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
