//! How the vault and its key are, told without a prompt and without a write.

use std::path::Path;

use floom_keychain::{Keychain, KeychainError, State};

use crate::cipher::Key;
use crate::file;
use crate::index::{Index, read_key};
use crate::keys::Keys;

/// What is there of a vault. Only [`Standing::Fresh`] is a first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The keychain answered and has no index, and there is no file: a vault can be made.
    Fresh,
    /// File and key are there.
    Ready,
    /// The file is there, and a passphrase opens it; the keychain has no part in it.
    Passphrase,
    /// The keychain knows a vault, but there is no file at the path.
    FileMissing,
    /// The file is there, and the keychain answered that it has no key for it.
    KeyMissing,
    /// The keychain gives no answer; nothing can be said about the key.
    Blocked(State),
    /// What is at the path cannot be read as a vault.
    Damaged,
    /// The file was made by a newer program.
    Newer,
}

impl Standing {
    /// The stable code of this standing.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fresh => "vault_fresh",
            Self::Ready => "vault_ready",
            Self::Passphrase => "vault_needs_passphrase",
            Self::FileMissing => "vault_file_missing",
            Self::KeyMissing => "vault_key_missing",
            Self::Blocked(state) => state.code(),
            Self::Damaged => "vault_damaged",
            Self::Newer => "vault_newer",
        }
    }

    /// One sentence for people: what was found.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Fresh => "No vault file and no key were found. Nothing has been written.",
            Self::Ready => "The vault is here, and so is its key.",
            Self::Passphrase => "The vault opens with your passphrase.",
            Self::FileMissing => "The vault file is gone, its key is here.",
            Self::KeyMissing => "The vault's key is not in the keychain. Nothing was changed.",
            Self::Blocked(state) => state.sentence(),
            Self::Damaged => "The vault file is damaged.",
            Self::Newer => "The vault was made by a newer Floom Secrets.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Fresh => "Make a vault, or open one with the recovery kit.",
            Self::Ready => "There is nothing to do.",
            Self::Passphrase => "Type the passphrase.",
            Self::FileMissing => "Choose the file, use the recovery kit, or start anew; old entries are kept.",
            Self::KeyMissing => "The recovery kit opens the vault; or start a new one, and the old file is kept.",
            Self::Blocked(state) => state.hint(),
            Self::Damaged => "Keep the file, and go back to a backup or the recovery kit.",
            Self::Newer => "Install the newer version; this one leaves the file as it is.",
        }
    }
}

/// How the vault at `path` and its key in `keychain` are. Never prompts, never writes.
pub fn standing(path: &Path, keychain: &Keychain) -> Standing {
    match look(path, keychain) {
        Ok(Look::Ready(_)) => Standing::Ready,
        Ok(Look::Other(standing)) => standing,
        Err(error) => Standing::Blocked(error.state),
    }
}

/// What a look found.
pub(crate) enum Look {
    /// File and key are there.
    Ready(Found),
    /// They are not.
    Other(Standing),
}

/// What opens a vault.
pub(crate) struct Found {
    /// The generation of the key.
    pub(crate) generation: u32,
    /// The key-encryption key.
    pub(crate) key: Key,
    /// Whether the keychain's index is there.
    pub(crate) indexed: bool,
}

/// [`standing`], with what was read on the way.
pub(crate) fn look(path: &Path, keychain: &Keychain) -> Result<Look, KeychainError> {
    let found = file::look(path);
    if let file::Found::Vault { passphrase: true, .. } = found {
        return Ok(Look::Other(Standing::Passphrase));
    }
    match keychain.state() {
        State::Ready => {}
        state => return Err(state.into()),
    }
    let indexed = Index::read(keychain)?.is_some();
    let other = match found {
        file::Found::Newer => Standing::Newer,
        file::Found::Nothing | file::Found::LogOnly if indexed => Standing::FileMissing,
        file::Found::Nothing => Standing::Fresh,
        file::Found::Damaged | file::Found::LogOnly => Standing::Damaged,
        file::Found::Vault { id, generation, check, .. } => {
            if let Some(key) = read_key(keychain, id, generation)? {
                return Ok(Look::Ready(Found { generation, key, indexed }));
            }
            // A rotation of the key that was cut leaves two generations; one that does not fit is another file's.
            let next = generation.saturating_add(1);
            match read_key(keychain, id, next)? {
                Some(key) if Keys::fits(&key, id, &check) => {
                    return Ok(Look::Ready(Found { generation: next, key, indexed }));
                }
                _ => Standing::KeyMissing,
            }
        }
    };
    Ok(Look::Other(other))
}
