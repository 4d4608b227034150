//! The value type.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The longest value that Floom takes, in UTF-16 code units (floom-api, creator-secrets).
pub const MAX_CODE_UNITS: usize = 65_536;

/// The longest value that this program sends, in bytes of UTF-8.
pub const MAX_BYTES: usize = 65_536;

/// One secret value: text that is wiped from memory when it is dropped.
///
/// Comparison takes the same time wherever two values of one length differ.
pub struct SecretValue(Zeroizing<String>);

/// Why some text cannot be a value that Floom takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueError {
    /// There is nothing in it.
    Empty,
    /// It is longer than [`MAX_CODE_UNITS`] or [`MAX_BYTES`].
    TooLong,
}

impl ValueError {
    /// The stable code of this refusal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "value_empty",
            Self::TooLong => "value_too_long",
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("The value is empty."),
            Self::TooLong => f.write_str("The value is longer than the 65,536 characters that Floom takes."),
        }
    }
}

impl std::error::Error for ValueError {}

impl SecretValue {
    /// Takes over `text`; its buffer is the one that will be wiped.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes over bytes that must be UTF-8; on error they are wiped and nothing is said about them.
    pub fn from_utf8(bytes: Vec<u8>) -> Option<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                None
            }
        }
    }

    /// The plaintext. Every call is a place where a value leaves its type.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy, made knowingly: one that outlives the first.
    pub fn duplicate(&self) -> Self {
        Self::new(self.expose().to_owned())
    }

    /// Whether Floom would take it: 1 to 65,536 UTF-16 code units and at most 65,536 bytes.
    ///
    /// # Errors
    /// [`ValueError`], which carries nothing of the value.
    pub fn check(&self) -> Result<(), ValueError> {
        if self.is_empty() {
            return Err(ValueError::Empty);
        }
        if self.len() > MAX_BYTES || self.expose().encode_utf16().count() > MAX_CODE_UNITS {
            return Err(ValueError::TooLong);
        }
        Ok(())
    }
}

impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for SecretValue {}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing_of_the_value() {
        let shown = format!("{:?}", SecretValue::new("hunter2-hunter2".into()));
        assert_eq!(shown, "SecretValue([hidden])", "debug output is the same for every value");
    }

    #[test]
    fn limits_are_floom_s() {
        let of = |text: String| SecretValue::new(text).check();
        assert_eq!(of(String::new()), Err(ValueError::Empty), "an empty value is refused");
        assert_eq!(of("a".repeat(65_536)), Ok(()), "65,536 ASCII characters are taken");
        assert_eq!(of("a".repeat(65_537)), Err(ValueError::TooLong), "one more is refused");
        assert_eq!(of("😀".repeat(16_384)), Ok(()), "65,536 bytes of emoji are taken");
        assert_eq!(of("😀".repeat(16_385)), Err(ValueError::TooLong), "the byte limit holds for emoji");
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_without_a_word() {
        assert!(SecretValue::from_utf8(vec![0xff, 0xfe]).is_none(), "invalid UTF-8 is no value");
        assert_eq!(SecretValue::from_utf8(b"ok".to_vec()), Some(SecretValue::new("ok".into())), "valid UTF-8 is one");
    }
}
