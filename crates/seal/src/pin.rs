//! What was seen of an app's sealing key the first time: another key, or another app behind the name, asks.

use serde::{Deserialize, Serialize};

use crate::{Bytes, SealingKey};

/// An app's identity and its public key, as they were first seen. The caller keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The app's id.
    pub app_id: String,
    /// The public key.
    pub public_key: Bytes,
}

impl Pin {
    /// Takes `key` as the one that this app has from now on: the first time, or on the creator's word.
    pub fn of(key: &SealingKey) -> Self {
        Self { app_id: key.app_id.clone(), public_key: key.public_key.clone() }
    }

    /// Whether `key` is still the one that was pinned. Nothing is sealed to another.
    pub fn fits(&self, key: &SealingKey) -> bool {
        *self == Self::of(key)
    }
}
