//! What is worth a word about a file, though nothing is stopped by it.

use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
}

/// One remark about a file. Carries no byte of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line, counted from 1.
    pub line: u32,
    /// The key that it is about, if one.
    pub key: Option<String>,
    /// A stable code in `snake_case`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub advice: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}: {} {}", self.line, self.message, self.advice)
    }
}

/// Whether `key` is a name that every system and shell takes: `A`–`Z`, `0`–`9` and `_`, not beginning
/// with a digit (POSIX.1-2024, 8.1 Environment Variable Definition).
pub fn is_portable_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_uppercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
