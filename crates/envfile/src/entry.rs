//! One assignment and the places of its parts.

use std::ops::Range;

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// None.
    Bare,
    /// `'`
    Single,
    /// `"`
    Double,
}

/// What a piece of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The byte order mark.
    Mark,
    /// Everything that belongs to no assignment: blank lines, comments, lines that cannot be read.
    Other,
    /// What stands before a key: indentation and `export`.
    Lead,
    /// A key.
    Key,
    /// `=` and the space around it.
    Operator,
    /// An opening or closing quote.
    Quote,
    /// A value without its quotes.
    Value,
    /// What stands after a value on its line: space and a comment.
    Tail,
    /// The end of a line.
    Ending,
}

/// One assignment, with the byte ranges of its parts in the text of the file.
///
/// The ranges follow the plain reading; for UTF-16 files they count in the same text written as UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) key: Box<str>,
    pub(crate) line: u32,
    pub(crate) exported: bool,
    pub(crate) quote: Quote,
    pub(crate) problem: Option<&'static str>,
    pub(crate) start: u32,
    pub(crate) key_start: u32,
    pub(crate) key_end: u32,
    pub(crate) raw_start: u32,
    pub(crate) raw_end: u32,
    pub(crate) tail_end: u32,
    pub(crate) end: u32,
}

impl Entry {
    /// The line on which the assignment begins, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The key, as it is spelled.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether `export` stands before the key.
    pub fn exported(&self) -> bool {
        self.exported
    }

    /// The quotes around the value.
    pub fn quote(&self) -> Quote {
        self.quote
    }

    /// The code of the reason why the plain reading refuses this assignment.
    pub fn problem(&self) -> Option<&'static str> {
        self.problem
    }

    /// The whole assignment with its line ending.
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The key.
    pub fn key_span(&self) -> Range<usize> {
        self.key_start as usize..self.key_end as usize
    }

    /// The value with its quotes.
    pub fn raw_span(&self) -> Range<usize> {
        self.raw_start as usize..self.raw_end as usize
    }

    /// The value without its quotes.
    pub fn value_span(&self) -> Range<usize> {
        match self.quote {
            Quote::Bare => self.raw_span(),
            Quote::Single | Quote::Double => self.raw_start as usize + 1..self.raw_end as usize - 1,
        }
    }

    /// The pieces of this assignment in order; they lie side by side.
    pub fn pieces(&self) -> impl Iterator<Item = (Piece, Range<usize>)> {
        let (raw, value) = (self.raw_span(), self.value_span());
        [
            (Piece::Lead, self.start as usize..self.key_start as usize),
            (Piece::Key, self.key_span()),
            (Piece::Operator, self.key_end as usize..raw.start),
            (Piece::Quote, raw.start..value.start),
            (Piece::Value, value.clone()),
            (Piece::Quote, value.end..raw.end),
            (Piece::Tail, raw.end..self.tail_end as usize),
            (Piece::Ending, self.tail_end as usize..self.end as usize),
        ]
        .into_iter()
        .filter(|(_, range)| !range.is_empty())
    }
}
