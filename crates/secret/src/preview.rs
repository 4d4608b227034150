//! What may be shown of a value without showing it.

use serde::{Deserialize, Serialize};

use crate::{SecretValue, provider};

/// A masked form of a value: a known provider prefix cut at 6 characters, four
/// bullets whatever the length, and the last 4 characters of values of at least 24.
///
/// The number of bullets says nothing about the length of the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview(String);

const MASK: &str = "••••";
const SHORTEST_WITH_ENDS: usize = 24;
const LONGEST_PREFIX: usize = 6;
const SHOWN_AT_THE_END: usize = 4;

impl Preview {
    /// The preview of `value`.
    pub fn of(value: &SecretValue) -> Self {
        let text = value.expose();
        let length = text.chars().count();
        if length < SHORTEST_WITH_ENDS || text.contains(char::is_control) {
            return Self(MASK.to_owned());
        }
        let prefix: String = provider::of(text)
            .map(|provider| provider.prefix)
            .map(|known| text.chars().take(known.len().min(LONGEST_PREFIX)).collect())
            .unwrap_or_default();
        let end: String = text.chars().skip(length - SHOWN_AT_THE_END).collect();
        Self(format!("{prefix}{MASK}{end}"))
    }

    /// A preview that was stored before.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The masked text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn preview(text: &str) -> String {
        Preview::of(&SecretValue::new(text.into())).as_str().to_owned()
    }

    #[test]
    fn wireframe_previews() {
        assert_eq!(preview("sk-proj-0123456789abcdefgh8b2a"), "sk-pro••••8b2a", "a long prefix is cut at six");
        assert_eq!(preview("amd_0123456789abcdefghie82f"), "amd_••••e82f", "a short prefix is whole");
        assert_eq!(preview("0123456789abcdefghijkl-last"), "••••last", "an unknown prefix is not shown");
        assert_eq!(preview("sk-proj-short"), "••••", "a short value shows nothing");
        assert_eq!(preview("-----BEGIN KEY-----\nabcdefghijkl\n"), "••••", "a value of several lines shows nothing");
    }

    proptest! {
        #[test]
        fn at_most_ten_characters_of_any_value_are_shown(text in ".{0,80}") {
            let shown = preview(&text);
            prop_assert_eq!(shown.matches('•').count() >= 4, true, "the mask is always there");
            prop_assert!(shown.chars().count() <= 14, "prefix, mask and end are bounded");
            if text.chars().count() < 24 {
                prop_assert_eq!(shown, "••••", "a short value shows nothing");
            }
        }
    }
}
