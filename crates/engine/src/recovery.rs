//! The recovery kit and the good copy: made, proven, and the vault opened from them.

use std::path::{Path, PathBuf};

use floom_protocol::Failure;
use floom_protocol::command::RestoreVault;
use floom_protocol::view::{CodeGroup, DrillView, RecoveryCodeView};
use floom_secret::SecretValue;
use floom_vault::{Contents, KeyHolder, RESTORED_AT, RecoveryCode, Vault, VaultError};
use jiff::Timestamp;

use crate::command::said;
use crate::engine::{Engine, Reply, Slot};
use crate::error::refused;
use crate::receipt::note;
use crate::vault_keys::kept_file;
use crate::{EngineError, file, words};

/// Why a vault that came from a kit asks before anything is sent; none for one that did not.
pub(crate) fn restored(vault: &Vault) -> Option<Failure> {
    let at: Timestamp = vault.setting(RESTORED_AT).ok().flatten()?.parse().ok()?;
    let waiting = vault.outbox().map_or(0, |outbox| outbox.len());
    Some(Failure::new(
        "vault_restored",
        format!(
            "This vault was restored from a recovery kit on {}. {} to be sent.",
            at.strftime("%Y-%m-%d"),
            match waiting {
                0 => "Nothing waits".to_owned(),
                1 => "1 change waits".to_owned(),
                more => format!("{more} changes wait"),
            }
        ),
        "Every value is here. Nothing is sent, and watched files ask, until you looked.",
        "Look at the values; then accept them.",
    ))
}

impl Engine {
    /// Makes a recovery kit: its file at `path`, its code in the answer, shown once.
    pub(crate) fn new_recovery_kit(&mut self, path: String, replace: bool, reply: Reply) {
        let path = PathBuf::from(path);
        self.lend_for(
            reply,
            move |vault| {
                absolute(&path)?;
                can_be_written(&path, replace)?;
                let now = Timestamp::now();
                let kit = vault.new_recovery_kit(replace, now)?;
                let before = kit.write_file(vault, &path)?;
                let (what, text) = match replace {
                    true => ("recovery_kit_replaced", "made anew; the old code opens old files only"),
                    false => ("recovery_kit_made", "made; prove it with its code"),
                };
                let code = vault.transaction(|tx| {
                    note(tx, what, "Recovery kit", text)?;
                    Ok::<_, EngineError>(tx.adopt_kit(kit)?)
                })?;
                Ok::<_, EngineError>(RecoveryCodeView {
                    groups: code.groups().into_iter().map(CodeGroup).collect(),
                    file: path.display().to_string(),
                    before: before.map(|before| before.display().to_string()),
                })
            },
            |_, made| made,
        );
    }

    /// Opens everything in a kit with its code, in memory. Where all of it opened and the vault is open, it is proven.
    pub(crate) fn test_recovery(&mut self, path: String, code: SecretValue, reply: Reply) {
        let path = PathBuf::from(path);
        self.beside_blocking(
            move || {
                absolute(&path)?;
                Ok::<_, EngineError>(floom_vault::drill(&path, &RecoveryCode::parse(&code)?)?)
            },
            |engine, report| {
                let proven = report.and_then(|report| {
                    let now = Timestamp::now();
                    if let Slot::Open(vault) = &mut engine.slot
                        && report.contents.is_whole()
                    {
                        if report.vault != vault.id() {
                            return Err(foreign_kit());
                        }
                        let text = format!("proven: {} opened", words::counted(report.contents.values, "value"));
                        vault.transaction(|tx| {
                            tx.record_drill(&report, now)?;
                            note(tx, "recovery_proven", "Recovery kit", &text)
                        })?;
                    }
                    Ok(drill_view(&report.contents))
                });
                let _ = reply.send(said(proven));
            },
        );
    }

    /// Opens a vault with a recovery code: from a kit's file, or the one that is here and has lost its key.
    pub(crate) fn restore_vault(&mut self, call: RestoreVault, reply: Reply) {
        if let Some(error) = self.has_a_vault() {
            let _ = reply.send(Err(error.into()));
            return;
        }
        let (path, keychain, mark) = (self.path.clone(), self.keychain.clone(), self.lock_mark());
        self.beside_blocking(
            move || {
                let now = Timestamp::now();
                let code = RecoveryCode::parse(&call.code)?;
                let holder = match &call.passphrase {
                    Some(passphrase) => KeyHolder::Passphrase(passphrase),
                    None => KeyHolder::Keychain(&keychain),
                };
                let (mut vault, contents) = match &call.kit {
                    Some(kit) => {
                        absolute(Path::new(kit))?;
                        floom_vault::restore(Path::new(kit), &code, &path, holder, now)?
                    }
                    None => {
                        let vault = floom_vault::recover(&path, &code, holder, now)?;
                        let contents = vault.contents()?;
                        (vault, contents)
                    }
                };
                let text = match call.kit {
                    Some(_) => "restored from a recovery kit",
                    None => "opened with its recovery code, under a new key",
                };
                vault.transaction(|tx| note(tx, "vault_restored", "Vault", text))?;
                if call.kit.is_some() {
                    // The creator's own word that an older state is meant. Without a keychain there is no note.
                    let _ = vault.anchor_anew(&keychain, now);
                }
                let _ = std::fs::remove_file(mark);
                Ok::<_, EngineError>((vault, contents, keychain.state()))
            },
            |engine, restored| {
                let view = restored.map(|(vault, contents, state)| {
                    engine.keychain_state = state;
                    engine.opened(vault);
                    drill_view(&contents)
                });
                let _ = reply.send(said(view));
            },
        );
    }

    /// After a restore the creator looked: watched files go on as they were set, and what waits is sent.
    pub(crate) fn accept_restored(&mut self) -> Result<(), EngineError> {
        if self.restored.is_none() {
            self.vault()?;
            return Ok(());
        }
        self.vault_mut()?.transaction(|tx| {
            tx.set_setting(RESTORED_AT, "")?;
            note(tx, "restored_accepted", "Vault", "looked at after the restore; files and sending go on")
        })?;
        self.restored = None;
        self.look_at_all();
        Ok(())
    }

    /// Puts the last good copy in the place of a vault that cannot be read; the damaged file is kept.
    pub(crate) fn restore_good_copy(&mut self, reply: Reply) {
        let damaged = |vault: &Vault| !vault.damage().is_ok_and(|damage| damage.walkable);
        match self.has_a_vault() {
            // A vault may open although its file cannot be walked.
            Some(_) if self.vault().is_ok_and(damaged) => self.slot = Slot::Unknown,
            Some(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
            None => {}
        }
        let (path, keychain) = (self.path.clone(), self.keychain.clone());
        self.beside_blocking(
            move || {
                let now = Timestamp::now();
                let kept = floom_vault::restore_good_copy(&path, &keychain, now)?;
                let mut vault = Vault::open(&path, &keychain)?;
                vault.transaction(|tx| note(tx, "good_copy_used", "Vault", "put back from the last good copy"))?;
                Ok::<_, EngineError>((vault, kept))
            },
            |engine, restored| {
                if restored.is_err() && matches!(engine.slot, Slot::Unknown) {
                    engine.examine(None);
                }
                let kept = restored.map(|(vault, kept)| {
                    engine.opened(vault);
                    kept_file(kept)
                });
                let _ = reply.send(said(kept));
            },
        );
    }
}

/// The path of a face is whole: the agent's own folder is nobody's.
pub(crate) fn absolute(path: &Path) -> Result<(), EngineError> {
    match path.is_absolute() {
        true => Ok(()),
        false => Err(refused("path_not_absolute", "The path is not absolute.", "Give the whole path.")),
    }
}

/// Whether a kit's file can go to `path`: told before a code is made that nobody could use.
fn can_be_written(path: &Path, replace: bool) -> Result<(), EngineError> {
    if !replace && std::fs::symlink_metadata(path).is_ok() {
        return Err(VaultError::FileExists.into());
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    tempfile::NamedTempFile::new_in(folder).map(drop).map_err(|error| {
        refused(
            "file_not_written",
            format!("Nothing can be written into {}: {error}.", file::display(folder)),
            "Choose another folder.",
        )
    })
}

fn drill_view(contents: &Contents) -> DrillView {
    DrillView {
        apps: contents.apps as u64,
        secrets: contents.secrets as u64,
        values: contents.values as u64,
        receipts: contents.receipts,
        damaged: contents.damaged.iter().map(VaultError::to_string).collect(),
    }
}

fn foreign_kit() -> EngineError {
    refused(
        "recovery_kit_foreign",
        "The kit opens, but it is the kit of another vault.",
        "Prove the kit that was made with this vault.",
    )
}
