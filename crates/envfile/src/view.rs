//! What one reader sees in a file, before this program's own rules are applied.

use std::ops::Range;

use floom_secret::SecretValue;

/// One key that a reader sees.
#[derive(Debug)]
pub struct Seen {
    /// The key as the reader spells it.
    pub key: String,
    /// Where the key begins, in bytes.
    pub at: usize,
    /// The bytes that stand for the value, with their quotes; empty where nothing stands.
    pub span: Range<usize>,
    /// What the reader makes of it.
    pub sight: Sight,
}

/// What a reader makes of one key.
#[derive(Debug)]
pub enum Sight {
    /// This text, which may be empty.
    Text(SecretValue),
    /// The key, without any value (Python's `None`).
    Absent,
    /// The reader would run a command to find the value; nothing was run.
    Runs,
    /// Nothing, for the reason with this code.
    Refused(&'static str),
}

/// All that one reader sees in a file.
#[derive(Debug, Default)]
pub struct View {
    /// The keys, in the order in which the reader meets them.
    pub seen: Vec<Seen>,
    /// Where the reader stops with an error; what it saw before may still have been used.
    pub stop: Option<usize>,
}

impl View {
    /// A reader that gives up the whole file because of what stands at `at`.
    pub(crate) fn nothing(at: usize) -> Self {
        Self { seen: Vec::new(), stop: Some(at) }
    }

    /// Whether the reader reports an error.
    pub fn error(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether the reader would run a command.
    pub fn runs(&self) -> bool {
        self.seen.iter().any(|seen| matches!(seen.sight, Sight::Runs))
    }

    pub(crate) fn push(&mut self, key: String, at: usize, span: Range<usize>, value: String) {
        self.seen.push(Seen { key, at, span, sight: Sight::Text(SecretValue::new(value)) });
    }
}
