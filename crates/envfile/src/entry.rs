//! One assignment and the places of its parts.

use std::borrow::Cow;
use std::fmt;
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
    /// White space around other pieces, and on lines that hold nothing else.
    Space,
    /// The word `export` before a key.
    Export,
    /// A key.
    Key,
    /// The `=`.
    Operator,
    /// An opening or closing quote.
    Quote,
    /// A value without its quotes.
    Value,
    /// A comment with its `#`, after a value or on a line of its own.
    Comment,
    /// The end of a line.
    Ending,
    /// What the plain reading can make nothing of.
    Other,
}

/// Where the parts of one assignment lie in the text of the file, and what is wrong with it.
///
/// Positions are 32 bits wide: a file that is read has at most 1 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) line: u32,
    pub(crate) exported: bool,
    pub(crate) quote: Quote,
    pub(crate) problem: Option<&'static str>,
    pub(crate) start: u32,
    pub(crate) lead_end: u32,
    pub(crate) key_start: u32,
    pub(crate) key_end: u32,
    pub(crate) equals: u32,
    pub(crate) raw_start: u32,
    pub(crate) raw_end: u32,
    pub(crate) comment_start: u32,
    pub(crate) tail_end: u32,
    pub(crate) end: u32,
}

/// One assignment, with the byte ranges of its parts in the text of the file.
///
/// The ranges follow the plain reading; for UTF-16 files they count in the same text written as UTF-8.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    text: &'a [u8],
    parts: &'a Parts,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(text: &'a [u8], parts: &'a Parts) -> Self {
        Self { text, parts }
    }

    /// The line on which the assignment begins, counted from 1.
    pub fn line(&self) -> u32 {
        self.parts.line
    }

    /// The key as it is spelled; bytes that are not UTF-8 are replaced.
    pub fn key(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(&self.text[self.key_span()])
    }

    /// Whether `export` stands before the key.
    pub fn exported(&self) -> bool {
        self.parts.exported
    }

    /// The quotes around the value.
    pub fn quote(&self) -> Quote {
        self.parts.quote
    }

    /// The code of the reason why the plain reading refuses this assignment.
    pub fn problem(&self) -> Option<&'static str> {
        self.parts.problem
    }

    /// The whole assignment with its line ending.
    pub fn span(&self) -> Range<usize> {
        range(self.parts.start, self.parts.end)
    }

    /// The key.
    pub fn key_span(&self) -> Range<usize> {
        range(self.parts.key_start, self.parts.key_end)
    }

    /// The value with its quotes.
    pub fn raw_span(&self) -> Range<usize> {
        range(self.parts.raw_start, self.parts.raw_end)
    }

    /// The value without its quotes.
    pub fn value_span(&self) -> Range<usize> {
        let raw = self.raw_span();
        match self.parts.quote {
            Quote::Bare => raw,
            Quote::Single | Quote::Double => raw.start + 1..raw.end - 1,
        }
    }

    /// The comment after the value, from its `#` to the end of the line; empty where there is none.
    pub fn comment_span(&self) -> Range<usize> {
        range(self.parts.comment_start, self.parts.tail_end)
    }

    /// The pieces of this assignment in order; they lie side by side.
    pub fn pieces(&self) -> impl Iterator<Item = (Piece, Range<usize>)> + use<> {
        let parts = self.parts;
        let (raw, value) = (self.raw_span(), self.value_span());
        let export_end = parts.lead_end + if parts.exported { "export".len() as u32 } else { 0 };
        [
            (Piece::Space, range(parts.start, parts.lead_end)),
            (Piece::Export, range(parts.lead_end, export_end)),
            (Piece::Space, range(export_end, parts.key_start)),
            (Piece::Key, self.key_span()),
            (Piece::Space, range(parts.key_end, parts.equals)),
            (Piece::Operator, range(parts.equals, parts.equals + 1)),
            (Piece::Space, range(parts.equals + 1, parts.raw_start)),
            (Piece::Quote, raw.start..value.start),
            (Piece::Value, value.clone()),
            (Piece::Quote, value.end..raw.end),
            (Piece::Space, range(parts.raw_end, parts.comment_start)),
            (Piece::Comment, self.comment_span()),
            (Piece::Ending, range(parts.tail_end, parts.end)),
        ]
        .into_iter()
        .filter(|(_, range)| !range.is_empty())
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("key", &self.key()).field("line", &self.line()).finish_non_exhaustive()
    }
}

fn range(start: u32, end: u32) -> Range<usize> {
    start as usize..end as usize
}
