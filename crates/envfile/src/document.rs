//! A file as it came in, and what can be asked of it.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use memchr::{memchr, memrchr2};
use zeroize::Zeroizing;

use crate::entry::{Entry, Piece};
use crate::reading::{Outcome, Reading};
use crate::scan::{Scan, Stray, newlines, scan};
use crate::space::{Space, after_newline, line_end};
use crate::view::{Seen, Sight, View};
use crate::{Encoding, EntryRefusal, FileRefusal, Reader, encoding, models};

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// The bytes of one file, kept as they came and wiped when dropped, with the assignments found in them.
pub struct Document {
    bytes: Zeroizing<Vec<u8>>,
    decoded: Option<Zeroizing<Vec<u8>>>,
    encoding: Encoding,
    refusal: Option<FileRefusal>,
    scan: Scan,
}

impl Document {
    /// Reads any bytes whatsoever; in linear time, and without failing.
    pub fn read(bytes: Vec<u8>) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut encoding = Encoding::of(&bytes);
        let mut decoded = None;
        if bytes.len() > MAX_BYTES {
            return Self { bytes, decoded, encoding, refusal: Some(FileRefusal::TooLarge), scan: Scan::default() };
        }
        if matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
            decoded = encoding.decode(&bytes);
            encoding = if decoded.is_some() { encoding } else { Encoding::Unknown };
        }
        let text: &[u8] = decoded.as_ref().unwrap_or(&bytes);
        let valid = std::str::from_utf8(text).is_ok();
        let refusal =
            if encoding == Encoding::Unknown { Some(FileRefusal::Encoding) } else { refused_bytes(text, valid) };
        let clean = valid && memchr(0, text).is_none();
        let scan = if refusal.is_some() { Scan::default() } else { scan(text, clean, true) };
        let no_assignment = scan.has_no_entry()
            && !scan.strays.is_empty()
            && scan.strays.iter().all(|stray| stray.code == "line_without_equals");
        let refusal = refusal.or(no_assignment.then_some(FileRefusal::NoAssignment));
        Self { bytes, decoded, encoding, refusal, scan }
    }

    /// The file, byte for byte as it came in.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text that the spans of entries and pieces count in: the bytes, or UTF-16 written as UTF-8.
    pub fn text(&self) -> &[u8] {
        self.decoded.as_ref().unwrap_or(&self.bytes)
    }

    /// The bytes, wiped when they are dropped.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// What `reader` counts its positions in: only the plain reading reads UTF-16.
    pub(crate) fn source(&self, reader: Reader) -> &[u8] {
        if reader == Reader::Plain { self.text() } else { self.bytes() }
    }

    /// How the file spells text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Why the file as a whole is not read, if it is not.
    pub fn refusal(&self) -> Option<FileRefusal> {
        self.refusal
    }

    /// Whether there is nothing in the file but blank lines and comments.
    pub fn is_blank(&self) -> bool {
        self.refusal.is_none() && self.scan.has_no_entry() && self.scan.strays.is_empty()
    }

    /// Whether a merge left its conflict markers in the file.
    pub fn has_merge_markers(&self) -> bool {
        self.merge_markers().next().is_some()
    }

    /// The lines of conflict markers: seven of the same sign and a space at the start of a line (git-merge).
    pub(crate) fn merge_markers(&self) -> impl Iterator<Item = u32> {
        let mut number = 0;
        self.text().split(|byte| *byte == b'\n').filter_map(move |line| {
            number += 1;
            (line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ")).then_some(number)
        })
    }

    /// The assignments, in the order of the file, by the plain reading; also those that it refuses.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> + ExactSizeIterator {
        self.scan.entries(self.text())
    }

    pub(crate) fn strays(&self) -> &[Stray] {
        &self.scan.strays
    }

    /// The file cut into pieces that lie side by side from its first byte to its last.
    pub fn pieces(&self) -> Vec<(Piece, Range<usize>)> {
        let text = self.text();
        let mut pieces = Vec::with_capacity(self.entries().len() * 9 + 2);
        let mut at = 0;
        if text.starts_with(encoding::BOM) {
            at = encoding::BOM.len();
            pieces.push((Piece::Mark, 0..at));
        }
        for entry in self.entries() {
            self.pieces_between(at..entry.span().start, &mut pieces);
            pieces.extend(entry.pieces());
            at = entry.span().end;
        }
        self.pieces_between(at..text.len(), &mut pieces);
        pieces
    }

    /// The lines that are no assignments: blank, comment, or one that says nothing.
    fn pieces_between(&self, lines: Range<usize>, pieces: &mut Vec<(Piece, Range<usize>)>) {
        let text = &self.text()[..lines.end];
        let refused = self.refusal.is_some_and(|refusal| refusal != FileRefusal::NoAssignment);
        let mut at = lines.start;
        while at < lines.end {
            let first = if refused { at } else { Space::Unicode.skip_inline(text, at) };
            let stop = if refused { text.len() } else { line_end(text, first) };
            let end = after_newline(text, stop);
            let what = if text.get(first) == Some(&b'#') && !refused { Piece::Comment } else { Piece::Other };
            let cut = [(Piece::Space, at..first), (what, first..stop), (Piece::Ending, stop..end)];
            pieces.extend(cut.into_iter().filter(|(_, range)| !range.is_empty()));
            at = end;
        }
    }

    /// All that `reader` sees in these bytes, also where this program then refuses a line.
    pub fn view(&self, reader: Reader) -> View {
        models::view(self, reader)
    }

    /// What `reader` would give its app: one reading per key and line, in the order of the file.
    ///
    /// Nothing comes of a file that is [refused](Self::refusal). A line that the reader skips in silence
    /// is refused; so is the line at which it stops with an error, and every assignment that it then misses.
    pub fn read_as(&self, reader: Reader) -> Vec<Reading> {
        if self.refusal.is_some_and(|refusal| refusal != FileRefusal::NoAssignment) {
            return Vec::new();
        }
        let source = self.source(reader);
        let View { mut seen, stop } = self.view(reader);
        seen.sort_by_key(|seen| seen.at);
        let valid = std::str::from_utf8(source).is_ok();
        let mut lines = Lines::of(source);
        let mut readings = Vec::with_capacity(seen.len());
        let mut covered = Vec::with_capacity(seen.len());
        for seen in seen {
            let line = lines.line_at(seen.at);
            cover(&mut covered, line..=line + newlines(&source[seen.at..seen.span.end.max(seen.at)]));
            if !self.is_torn(line) {
                readings.push(reading(source, valid, seen, &mut lines));
            }
        }
        if reader != Reader::Plain {
            self.add_unread(source, &covered, stop, &mut readings);
        }
        readings
    }

    /// The lines that hold something, by the plain reading, of which `covered` says nothing: refused, and why.
    fn add_unread(
        &self,
        source: &[u8],
        covered: &[RangeInclusive<u32>],
        stop: Option<usize>,
        readings: &mut Vec<Reading>,
    ) {
        let is_covered = |line: u32| {
            let next = covered.partition_point(|lines| *lines.start() <= line);
            next > 0 && covered[next - 1].contains(&line)
        };
        let mut unread: Vec<(u32, Cow<'_, str>, &'static str)> = self
            .entries()
            .map(|entry| (entry.line(), entry.key(), "line_skipped"))
            .chain(self.scan.strays.iter().map(|stray| (stray.line, "".into(), stray.code)))
            .filter(|(line, ..)| !is_covered(*line))
            .collect();
        let stop = stop.map(|stop| {
            let mut lines = Lines::of(source);
            (lines.line_at(stop), lines.column())
        });
        if let Some((stop, _)) = stop
            && !unread.iter().any(|(line, ..)| *line == stop)
        {
            unread.push((stop, "".into(), "reader_stops"));
        }
        for (line, key, skipped) in unread {
            let (code, column) = match stop {
                Some((stop, column)) if line == stop => ("reader_stops", column),
                Some(_) => ("after_reader_stops", 1),
                None => (skipped, 1),
            };
            let outcome = Outcome::Refused(EntryRefusal { code, line, column });
            readings.push(Reading { key: key.into_owned(), line, outcome });
        }
        readings.sort_by_key(|reading| reading.line);
    }

    /// Whether `line` is the rest of a PEM block that is not in quotes: no key there is a name.
    pub(crate) fn is_torn(&self, line: u32) -> bool {
        let next = self.scan.torn.partition_point(|(first, _)| *first <= line);
        next > 0 && line <= self.scan.torn[next - 1].1
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("encoding", &self.encoding)
            .field("refusal", &self.refusal)
            .field("entries", &self.entries().len())
            .finish_non_exhaustive()
    }
}

/// The refusals that show in the bytes alone. `valid` says that all of `text` is UTF-8.
fn refused_bytes(text: &[u8], valid: bool) -> Option<FileRefusal> {
    const SEEN: usize = 8192;
    let head = &text[..text.len().min(SEEN)];
    let is_control = |byte: u8| matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1F | 0x7F);
    // Every byte is looked at, which is faster than stopping early.
    if valid && !head.iter().fold(false, |any, byte| any | is_control(*byte)) {
        return None;
    }
    let control = head.iter().filter(|byte| is_control(**byte)).count();
    let invalid: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    if (control + invalid) * 10 <= head.len() * 3 {
        return None;
    }
    // Text in an old encoding has no control characters.
    Some(if control * 50 <= head.len() { FileRefusal::Encoding } else { FileRefusal::Binary })
}

/// Adds `lines` to those that are `covered`; their beginnings only grow.
fn cover(covered: &mut Vec<RangeInclusive<u32>>, lines: RangeInclusive<u32>) {
    match covered.last_mut() {
        Some(last) if lines.start() <= last.end() => *last = *last.start()..=*lines.end().max(last.end()),
        _ => covered.push(lines),
    }
}

/// What is made of `seen`, up to which `lines` have come.
fn reading(source: &[u8], valid: bool, seen: Seen, lines: &mut Lines<'_>) -> Reading {
    let line = lines.line;
    let mut refused = |code| Outcome::Refused(EntryRefusal { code, line, column: lines.column() });
    let raw = &source[seen.span.clone()];
    let key_ok = seen.key.bytes().all(|byte| byte.is_ascii_graphic()) || !seen.key.contains(char::is_control);
    let (key, outcome) = match seen.sight {
        Sight::Refused(code) => (seen.key, refused(code)),
        Sight::Runs => (seen.key, refused("line_runs_command")),
        Sight::Absent => (String::new(), refused("line_without_equals")),
        Sight::Text(_) if !key_ok => (String::new(), refused("line_bad_key")),
        Sight::Text(value) if memchr(0, raw).is_some() || memchr(0, value.expose().as_bytes()).is_some() => {
            (seen.key, refused("line_nul"))
        }
        // Also where another line's bad bytes were put in.
        Sight::Text(value) if !valid && (std::str::from_utf8(raw).is_err() || value.expose().contains('\u{fffd}')) => {
            (seen.key, refused("line_invalid_bytes"))
        }
        Sight::Text(value) if value.is_empty() => (seen.key, Outcome::Empty),
        Sight::Text(value) => (seen.key, Outcome::Value(value)),
    };
    Reading { key, line, outcome }
}

/// A position that only moves forward, and knows its line and column.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
    /// Up to where the column is counted.
    counted: usize,
    column: u32,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1, counted: 0, column: 1 }
    }

    /// The line of the byte at `at`, counted from 1; `at` is not before the last one asked for.
    fn line_at(&mut self, at: usize) -> u32 {
        let passed = &self.text[self.at..at.clamp(self.at, self.text.len())];
        if let Some(newline) = memrchr2(b'\n', b'\r', passed) {
            self.line += newlines(passed);
            (self.counted, self.column) = (self.at + newline + 1, 1);
        }
        self.at += passed.len();
        self.line
    }

    /// The character of the line at the position, counted from 1.
    fn column(&mut self) -> u32 {
        self.column += String::from_utf8_lossy(&self.text[self.counted..self.at]).chars().count() as u32;
        self.counted = self.at;
        self.column
    }
}
