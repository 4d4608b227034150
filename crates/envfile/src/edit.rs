//! Changing one entry of a file, and nothing else.
//!
//! Every edit is proven before it is given out: the new bytes are read again as the link's reader
//! reads them, and what that reader sees must be what it saw before, but for the one entry.

use floom_secret::SecretValue;
use zeroize::Zeroizing;

use crate::rendering::renderings;
use crate::space::{after_newline, line_end};
use crate::verdict::say;
use crate::view::{Seen, Sight, View};
use crate::{Document, Reader, scan};

/// Why a file was not edited. It is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The reader sees no such key on that line.
    #[error("This key is not on this line of the file any more.")]
    NoSuchEntry,
    /// No way of writing the value is read back by this reader as the same value.
    #[error("This value cannot be written so that your app's reader would read it back.")]
    NotWritable,
    /// The reader puts this entry's value into others, which would change with it.
    #[error("Other lines of this file take their value from this one.")]
    OthersDepend,
    /// The lines of this entry cannot be taken out without a change of another one.
    #[error("Other entries hang together with this one.")]
    NotSeparable,
    /// The file as a whole is refused.
    #[error("This file is not one that values are written to.")]
    Refused,
}

impl EditError {
    /// The stable code of this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchEntry => "entry_not_found",
            Self::NotWritable => "value_not_writable",
            Self::OthersDepend => "entry_is_used",
            Self::NotSeparable => "entry_not_separable",
            Self::Refused => "file_refused",
        }
    }

    /// What was kept, and what to do next.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoSuchEntry => "The file was left as it is. Read it again.",
            Self::NotWritable => "The file was left as it is. Choose another reader for it, or write the line by hand.",
            Self::OthersDepend | Self::NotSeparable => "The file was left as it is. Change these lines by hand.",
            Self::Refused => "The file was left as it is.",
        }
    }
}

/// A file with one entry changed, not yet written anywhere.
pub struct Edit {
    bytes: Zeroizing<Vec<u8>>,
    line: u32,
    misread: Vec<Reader>,
}

impl Edit {
    /// The whole file, in its own encoding.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The line on which the entry stands, or stood, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The readers that will not read the new value back, in a sentence; none where all will.
    pub fn warning(&self) -> Option<String> {
        let will = say(&self.misread, "will not read", "will not read");
        (!self.misread.is_empty()).then(|| crate::verdict::sentence(&format!("{will} this value back.")))
    }

    /// The readers that will not read the new value back.
    pub fn misread(&self) -> &[Reader] {
        &self.misread
    }
}

impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edit").field("line", &self.line).field("misread", &self.misread).finish_non_exhaustive()
    }
}

impl Document {
    /// This file with `value` as the value of `key` on `line`; every other byte is the same.
    ///
    /// The value is written in the way that most readers read back, among those that `reader` does;
    /// between equals, in the way in which it is written now.
    ///
    /// # Errors
    /// [`EditError`]; carries nothing of the value.
    pub fn with_value(&self, line: u32, key: &str, value: &SecretValue, reader: Reader) -> Result<Edit, EditError> {
        let before = self.editable_view(reader)?;
        let source = self.source(reader);
        let target = self.find(&before, line, key, reader)?;
        let now = style(&source[target.span.clone()]);
        let mut error = EditError::NotWritable;
        for Way { text, misread } in ways(value, now) {
            let edited = splice(source, target.span.clone(), text.as_bytes());
            let Some(after) = self.encoded(&edited, reader) else { continue };
            let view = after.view(reader);
            let pairs = || before.seen.iter().zip(&view.seen);
            let in_place = before.seen.len() == view.seen.len()
                && before.error() == view.error()
                && pairs().all(|(old, new)| {
                    old.key == new.key && (old.at != target.at || (new.at == old.at && is(new, value)))
                });
            if !in_place || after.is_torn(line) {
                continue;
            }
            if pairs().all(|(old, new)| old.at == target.at || alike(old, new)) {
                return Ok(Edit { bytes: after.into_bytes(), line, misread });
            }
            error = EditError::OthersDepend;
        }
        Err(error)
    }

    /// This file with a new last line that gives `key` the `value`. A last line without an ending gets
    /// one, as the lines before it have; every other byte is the same.
    ///
    /// # Errors
    /// [`EditError`]; also where `reader` takes no such key.
    pub fn with_added(&self, key: &str, value: &SecretValue, reader: Reader) -> Result<Edit, EditError> {
        let before = self.editable_view(reader)?;
        let source = self.source(reader);
        let ending = self.line_ending(reader);
        let last_is_open = !source.is_empty() && !source.ends_with(b"\n") && !source.ends_with(b"\r");
        let lead = if last_is_open { ending } else { "" };
        let line = 1 + scan::newlines(source) + u32::from(last_is_open);
        for Way { text, misread } in ways(value, 0) {
            let added = Zeroizing::new(format!("{lead}{key}={}{ending}", *text));
            let edited = splice(source, source.len()..source.len(), added.as_bytes());
            let Some(after) = self.encoded(&edited, reader) else { continue };
            let mut view = after.view(reader);
            view.seen.sort_by_key(|seen| seen.at);
            let Some(new) = view.seen.pop() else { continue };
            let mut old: Vec<&Seen> = before.seen.iter().collect();
            old.sort_by_key(|seen| seen.at);
            let whole = new.key == key
                && is(&new, value)
                && before.error() == view.error()
                && old.len() == view.seen.len()
                && old.iter().zip(&view.seen).all(|(old, new)| old.key == new.key && alike(old, new));
            if whole && !after.is_torn(line) {
                return Ok(Edit { bytes: after.into_bytes(), line, misread });
            }
        }
        Err(EditError::NotWritable)
    }

    /// This file with the lines of `key` on `line` as comments; every other byte is the same.
    ///
    /// # Errors
    /// [`EditError`]
    pub fn with_commented_out(&self, line: u32, key: &str, reader: Reader) -> Result<Edit, EditError> {
        self.taken_out(line, key, reader, |lines, out| {
            let mut at = 0;
            while at < lines.len() {
                let next = after_newline(lines, line_end(lines, at));
                out.extend_from_slice(b"# ");
                out.extend_from_slice(&lines[at..next]);
                at = next;
            }
        })
    }

    /// This file without the lines of `key` on `line`; every other byte is the same.
    ///
    /// # Errors
    /// [`EditError`]
    pub fn without(&self, line: u32, key: &str, reader: Reader) -> Result<Edit, EditError> {
        self.taken_out(line, key, reader, |_, _| {})
    }

    /// The file in which `put` writes what comes in place of an entry's lines, so that no reader sees the entry.
    fn taken_out(
        &self,
        line: u32,
        key: &str,
        reader: Reader,
        put: impl Fn(&[u8], &mut Vec<u8>),
    ) -> Result<Edit, EditError> {
        let before = self.editable_view(reader)?;
        let source = self.source(reader);
        let target = self.find(&before, line, key, reader)?;
        let mark = if source.starts_with(crate::encoding::BOM) { crate::encoding::BOM.len() } else { 0 };
        let start = memchr::memrchr2(b'\n', b'\r', &source[..target.at]).map_or(mark, |newline| newline + 1);
        let end = after_newline(source, line_end(source, target.span.end.max(target.at)));
        let mut inside = Zeroizing::new(Vec::with_capacity(end - start + 16));
        put(&source[start..end], &mut inside);
        let after = self.encoded(&splice(source, start..end, &inside), reader).ok_or(EditError::NotSeparable)?;
        let view = after.view(reader);
        let rest: Vec<&Seen> = before.seen.iter().filter(|seen| seen.at != target.at).collect();
        let whole = before.error() == view.error()
            && rest.len() == view.seen.len()
            && rest.iter().zip(&view.seen).all(|(old, new)| old.key == new.key && alike(old, new));
        if !whole {
            return Err(EditError::NotSeparable);
        }
        Ok(Edit { bytes: after.into_bytes(), line, misread: Vec::new() })
    }

    fn editable_view(&self, reader: Reader) -> Result<View, EditError> {
        if self.refusal().is_some() { Err(EditError::Refused) } else { Ok(self.view(reader)) }
    }

    fn find<'a>(&self, view: &'a View, line: u32, key: &str, reader: Reader) -> Result<&'a Seen, EditError> {
        let source = self.source(reader);
        let on_line = |seen: &&Seen| seen.key == key && 1 + scan::newlines(&source[..seen.at]) == line;
        view.seen.iter().find(on_line).ok_or(EditError::NoSuchEntry)
    }

    /// The document that `text`, as `reader` sees it, makes in this file's encoding.
    fn encoded(&self, text: &[u8], reader: Reader) -> Option<Self> {
        let bytes = if reader == Reader::Plain { self.encoding().encode(text)? } else { text.to_vec() };
        Some(Self::read(bytes))
    }

    /// How the lines of this file end.
    fn line_ending(&self, reader: Reader) -> &'static str {
        let source = self.source(reader);
        match memchr::memchr2(b'\n', b'\r', source).map(|at| &source[at..]) {
            Some([b'\r', b'\n', ..]) => "\r\n",
            Some([b'\r', ..]) => "\r",
            _ => "\n",
        }
    }
}

/// One way to write a value, and who reads another one from it.
struct Way {
    text: Zeroizing<String>,
    misread: Vec<Reader>,
}

/// The ways to write `value`, those that most readers read back first; between equals, the style that it has `now`.
fn ways(value: &SecretValue, now: u8) -> Vec<Way> {
    let judged = |text: Zeroizing<String>| {
        let misread = Reader::all().filter(|reader| !reads_back(*reader, &text, value)).collect();
        Way { text, misread }
    };
    let mut ways: Vec<Way> = renderings(value.expose()).into_iter().map(judged).collect();
    ways.sort_by_key(|way| (way.misread.len(), style(way.text.as_bytes()) != now));
    ways
}

fn splice(source: &[u8], range: std::ops::Range<usize>, inside: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(source.len() + inside.len()));
    text.extend_from_slice(&source[..range.start]);
    text.extend_from_slice(inside);
    text.extend_from_slice(&source[range.end..]);
    text
}

/// Whether `reader` gives `value` for a file of one line in which it is written in this `way`.
fn reads_back(reader: Reader, way: &str, value: &SecretValue) -> bool {
    let document = Document::read(format!("K={way}\n").into_bytes());
    let view = document.view(reader);
    view.stop.is_none() && matches!(&view.seen[..], [only] if only.key == "K" && is(only, value))
}

fn is(seen: &Seen, value: &SecretValue) -> bool {
    matches!(&seen.sight, Sight::Text(text) if text == value)
}

/// The first byte of a value tells its quotes.
fn style(raw: &[u8]) -> u8 {
    raw.first().copied().filter(|byte| b"'\"`".contains(byte)).unwrap_or_default()
}

/// Whether the reader makes the same of both.
fn alike(old: &Seen, new: &Seen) -> bool {
    match (&old.sight, &new.sight) {
        (Sight::Text(old), Sight::Text(new)) => old == new,
        (Sight::Refused(old), Sight::Refused(new)) => old == new,
        (Sight::Absent, Sight::Absent) | (Sight::Runs, Sight::Runs) => true,
        _ => false,
    }
}
