//! "Is this the value I last sent?", answered without decrypting.

use std::fmt;

use floom_secret::SecretValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cipher::{KEY, Key, mac};
use crate::context::Fields;

/// HMAC-SHA-256 of a value under the vault's fingerprint key: equal for equal values
/// of one vault, and without that key no test of a guess.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; KEY]);

impl Fingerprint {
    pub(crate) fn of(value: &SecretValue, key: &Key) -> Self {
        let fields = Fields::with_room("fingerprint", value.len() + 64).text(value.expose());
        Self(mac(key, fields.as_bytes()))
    }

    pub(crate) fn from_bytes(bytes: [u8; KEY]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// The fingerprint as 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The fingerprint that [`to_hex`](Self::to_hex) wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * KEY {
            return None;
        }
        let mut bytes = [0; KEY];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not a fingerprint"))
    }
}
