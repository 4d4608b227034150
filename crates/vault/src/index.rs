//! What the keychain holds for a vault: the index, and one key-encryption key per generation.

use std::path::{Path, PathBuf};

use floom_keychain::{Keychain, KeychainError, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cipher::Key;

const ACCOUNT: &str = "index";

/// The keychain's note that a vault was made: while it is there, nothing is a first use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    vault_id: Uuid,
    path: PathBuf,
    created_at: Timestamp,
}

impl Index {
    pub(crate) fn new(vault_id: Uuid, path: &Path, created_at: Timestamp) -> Self {
        // A path that is not text is kept as near as text comes; it only tells people where to look.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { vault_id, path: path.to_string_lossy().into_owned().into(), created_at }
    }

    /// The index; `None` only where the keychain answered and has none.
    pub(crate) fn read(keychain: &Keychain) -> Result<Option<Self>, KeychainError> {
        let Some(bytes) = keychain.read(ACCOUNT)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| State::Foreign.into())
    }

    pub(crate) fn write(&self, keychain: &Keychain) -> Result<(), KeychainError> {
        let text = serde_json::to_vec(self).map_err(|_| State::Other)?;
        keychain.write(ACCOUNT, &text)
    }

    /// Removes the index, so that the next vault is a first use; the keys of the old one stay.
    pub(crate) fn forget(keychain: &Keychain) -> Result<(), KeychainError> {
        keychain.delete(ACCOUNT)
    }
}

/// The account of one key-encryption key.
pub(crate) fn key_account(vault: Uuid, generation: u32) -> String {
    format!("{vault}/{generation}")
}

/// The key-encryption key; `None` only where the keychain answered and has none.
///
/// # Errors
/// [`State::Foreign`] where the entry is not 32 bytes long.
pub(crate) fn read_key(keychain: &Keychain, vault: Uuid, generation: u32) -> Result<Option<Key>, KeychainError> {
    Ok(keychain.read_key(&key_account(vault, generation))?.map(Key::from))
}
