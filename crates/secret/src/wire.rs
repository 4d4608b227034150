//! Values on the agent's own socket: `#[serde(with = "floom_secret::wire")]`.
//!
//! `SecretValue` itself implements neither `Serialize` nor `Deserialize`, so a
//! value gets into a message only where a field says so by naming this module.

use serde::{Deserialize, Deserializer, Serializer};

use crate::SecretValue;

/// Writes the plaintext of `value`.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(value: &SecretValue, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.expose())
}

/// Reads text into a value.
///
/// # Errors
/// The deserializer's own.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretValue, D::Error> {
    String::deserialize(deserializer).map(SecretValue::new)
}

/// The same for a field that may be absent.
pub mod option {
    use super::*;

    /// Writes the plaintext, or null.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn serialize<S: Serializer>(value: &Option<SecretValue>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(value.expose()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads text or null; use with `#[serde(default)]`.
    ///
    /// # Errors
    /// The deserializer's own.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretValue>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(SecretValue::new))
    }
}
