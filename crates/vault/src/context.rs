//! The one list of associated data, and the one encoding of fields.

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VersionNumber;

/// The format that this program writes; part of everything that is sealed.
pub(crate) const FORMAT: &str = "floom vault 1";

/// Fields in a fixed order, each with its length before it, so that no two
/// different lists have the same bytes.
pub(crate) struct Fields(Zeroizing<Vec<u8>>);

const NONE: u32 = u32::MAX;

impl Fields {
    /// An empty list that begins with what it is for.
    pub(crate) fn of(purpose: &str) -> Self {
        Self::with_room(purpose, 256)
    }

    /// The same with room for `bytes`, so that a value among the fields is never copied by growth.
    pub(crate) fn with_room(purpose: &str, bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes))).text(FORMAT).text(purpose)
    }

    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        // A field of 4 GiB or more cannot be in a row: SQLite's limit is 1 GB.
        let length = u32::try_from(field.len()).unwrap_or(NONE - 1);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    pub(crate) fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    pub(crate) fn uuid(self, field: Uuid) -> Self {
        self.bytes(field.as_bytes())
    }

    pub(crate) fn number(self, field: impl Into<i64>) -> Self {
        self.bytes(&field.into().to_be_bytes())
    }

    pub(crate) fn optional<T>(mut self, field: Option<T>, some: impl FnOnce(Self, T) -> Self) -> Self {
        match field {
            Some(field) => some(self, field),
            None => {
                self.0.extend_from_slice(&NONE.to_be_bytes());
                self
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a sealed blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The value of a version.
    Value,
    /// What is shown of a version: preview, fingerprint, source, time.
    Details,
    /// The token of a connection.
    Token,
    /// A data key, wrapped.
    DataKey,
    /// The fingerprint key, wrapped.
    FingerprintKey,
    /// The receipt key, wrapped.
    ReceiptKey,
}

impl Purpose {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Details => "details",
            Self::Token => "token",
            Self::DataKey => "data key",
            Self::FingerprintKey => "fingerprint key",
            Self::ReceiptKey => "receipt key",
        }
    }

    /// The purpose of a wrapped key.
    pub(crate) fn of_key(word: &str) -> Option<Self> {
        [Self::DataKey, Self::FingerprintKey, Self::ReceiptKey].into_iter().find(|purpose| purpose.word() == word)
    }
}

/// What a sealed blob belongs to. A blob opens only where all of it is the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The app whose data key seals it; a connection for its token, the vault for its own keys.
    pub(crate) owner: Uuid,
    /// The secret; the owner again where there is none.
    pub(crate) subject: Uuid,
    /// The secret's name; empty where there is none.
    pub(crate) name: &'a str,
    /// The version's number; 0 where there is none.
    pub(crate) version: VersionNumber,
    /// What it is.
    pub(crate) purpose: Purpose,
}

impl Context<'_> {
    /// The associated data: format, purpose, vault, owner, subject, name, version, key generation.
    pub(crate) fn associated(&self, vault: Uuid, generation: u32) -> Fields {
        Fields::of(self.purpose.word())
            .uuid(vault)
            .uuid(self.owner)
            .uuid(self.subject)
            .text(self.name)
            .number(self.version)
            .number(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(fields: &[Option<Vec<u8>>]) -> Vec<u8> {
        let start = Fields::of("test");
        let all =
            fields.iter().fold(start, |list, field| list.optional(field.as_deref(), |list, field| list.bytes(field)));
        all.as_bytes().to_vec()
    }

    proptest! {
        #[test]
        fn two_lists_have_the_same_bytes_only_if_they_are_the_same(
            one in proptest::collection::vec(proptest::option::of(proptest::collection::vec(0..3_u8, 0..4)), 0..4),
            other in proptest::collection::vec(proptest::option::of(proptest::collection::vec(0..3_u8, 0..4)), 0..4),
        ) {
            prop_assert_eq!(one == other, list(&one) == list(&other), "the encoding is injective");
        }
    }
}
