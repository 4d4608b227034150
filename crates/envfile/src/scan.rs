//! The lossless scan: text to assignments with spans, by the rules of the plain reading.
//!
//! One pass from left to right. A line that cannot be read spoils no other
//! line: it is kept, judged, and the scan goes on with the next one.

use memchr::{memchr_iter, memchr2, memchr2_iter, memchr3};

use crate::encoding::BOM;
use crate::entry::{Entry, Parts, Quote};
use crate::space::{Space, after_newline, line_end};

/// A line that is neither blank, comment nor assignment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stray {
    pub(crate) at: usize,
    pub(crate) line: u32,
    pub(crate) code: &'static str,
}

/// Bytes of a line, for a first guess of how many there are.
const TYPICAL_LINE: usize = 48;

/// What the scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    parts: Vec<Parts>,
    pub(crate) strays: Vec<Stray>,
    /// Line ranges (first, last) that hold the rest of a PEM block written without quotes.
    pub(crate) torn: Vec<(u32, u32)>,
}

impl Scan {
    /// The assignments in `text`, which is what was scanned.
    pub(crate) fn entries<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl DoubleEndedIterator<Item = Entry<'a>> + ExactSizeIterator {
        self.parts.iter().map(move |parts| Entry::new(text, parts))
    }

    /// Whether no line is an assignment.
    pub(crate) fn has_no_entry(&self) -> bool {
        self.parts.is_empty()
    }
}

/// Scans `text`, which is shorter than 4 GiB. `clean` says that it is UTF-8 without a NUL, so that
/// no part of it has to be looked at again.
///
/// With `guard_pem`, the lines of a PEM block that is not in quotes are not taken for assignments:
/// base64 ends in `=`, so its last line would look like a key that is a piece of a secret.
pub(crate) fn scan(text: &[u8], clean: bool, guard_pem: bool) -> Scan {
    let visible = clean && text.iter().fold(true, |all, byte| all & matches!(byte, b'\n' | b'\r' | b' '..=b'~'));
    let found = Scan { parts: Vec::with_capacity(text.len() / TYPICAL_LINE), ..Scan::default() };
    let mut scanner = Scanner { text, clean, visible, guard_pem, found };
    let mut at = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut line = 1;
    while at < text.len() {
        let stop = line_end(text, at);
        let first = Space::Unicode.skip(&text[..stop], at);
        (at, line) = match text[..stop].get(first) {
            None | Some(b'#') => (after_newline(text, stop), line + 1),
            Some(_) => scanner.assignment(Line { start: at, first, stop, number: line }),
        };
    }
    scanner.found
}

/// One line: where it begins, where its first character stands, where its ending does, and its number.
struct Line {
    start: usize,
    first: usize,
    stop: usize,
    number: u32,
}

struct Scanner<'a> {
    text: &'a [u8],
    clean: bool,
    /// Whether all of the text is visible ASCII, spaces and line endings, as in most files.
    visible: bool,
    guard_pem: bool,
    found: Scan,
}

impl Scanner<'_> {
    /// Reads the assignment that begins on `line`; gives where the next line begins, and its number.
    fn assignment(&mut self, line: Line) -> (usize, u32) {
        let text = self.text;
        let on_line = &text[..line.stop];
        let (key_start, exported) = after_export(on_line, line.first);
        let (key_end, plain_key) = self.key_end(on_line, key_start);
        let equals = Space::Unicode.skip(on_line, key_end);
        let stray = if on_line.get(equals) != Some(&b'=') {
            Some("line_without_equals")
        } else {
            (key_end == key_start).then_some("line_without_key")
        };
        if let Some(code) = stray {
            self.found.strays.push(Stray { at: line.first, line: line.number, code });
            return (after_newline(text, line.stop), line.number + 1);
        }
        let raw_start = Space::Unicode.skip(on_line, equals + 1);
        let value = match on_line.get(raw_start) {
            Some(b'\'') => quoted(text, raw_start, line.stop, Quote::Single),
            Some(b'"') => quoted(text, raw_start, line.stop, Quote::Double),
            _ => self.bare(on_line, raw_start),
        };
        let tail_end = if value.end > line.stop { line_end(text, value.end) } else { line.stop };
        let comment_start = Space::Unicode.skip(&text[..tail_end], value.end);
        let end = after_newline(text, tail_end);
        let crossed = if value.end > line.stop { newlines(&text[raw_start..value.end]) } else { 0 };
        let next = line.number + 1 + crossed;
        let torn_end = match value.quote {
            Quote::Bare if self.guard_pem => torn_pem(text, raw_start, tail_end, end),
            _ => end,
        };
        let problem = if torn_end > end { Some("value_cut") } else { value.problem };
        let problem = problem
            .or_else(|| if plain_key { None } else { bad_key(&text[key_start..key_end]) })
            .or_else(|| if self.clean { None } else { bad_bytes(&text[raw_start..value.end]) });
        self.found.parts.push(Parts {
            line: line.number,
            exported,
            quote: value.quote,
            problem,
            start: line.start as u32,
            lead_end: line.first as u32,
            key_start: key_start as u32,
            key_end: key_end as u32,
            equals: equals as u32,
            raw_start: raw_start as u32,
            raw_end: value.end as u32,
            comment_start: comment_start as u32,
            tail_end: tail_end as u32,
            end: end as u32,
        });
        if torn_end == end {
            return (end, next);
        }
        self.found.torn.push((next, next + newlines(text[end..torn_end].trim_ascii_end())));
        (torn_end, next + newlines(&text[end..torn_end]))
    }

    /// Where the key ends on its line, and whether it is visible ASCII.
    fn key_end(&self, line: &[u8], start: usize) -> (usize, bool) {
        if self.visible {
            let end = memchr3(b'=', b' ', b'#', &line[start..]).map_or(line.len(), |found| start + found);
            return (end, true);
        }
        let ends = |at: usize| matches!(line[at], b'=' | b'#') || Space::Unicode.at(line, at) > 0;
        let end = (start..line.len()).find(|at| ends(*at)).unwrap_or(line.len());
        (end, line[start..end].iter().all(u8::is_ascii_graphic))
    }

    /// A bare value ends with its line, or at a `#` after white space outside any quotes in it;
    /// white space at its end is not part of it unless escaped.
    fn bare(&self, line: &[u8], start: usize) -> RawValue {
        let rest = &line[start..];
        if memchr3(b'\\', b'\'', b'"', rest).is_some() || !(self.visible || rest.is_ascii()) {
            return bare_with_care(line, start);
        }
        let begins_comment = |hash: &usize| *hash == 0 || Space::Unicode.before(rest, 0, *hash) > 0;
        let comment = memchr_iter(b'#', rest).find(begins_comment);
        let end = Space::Unicode.trim_end(rest, 0, comment.unwrap_or(rest.len()));
        RawValue { quote: Quote::Bare, end: start + end, problem: None }
    }
}

/// Where the key begins after an `export` prefix, and whether there was one.
fn after_export(text: &[u8], first: usize) -> (usize, bool) {
    let word = first + "export".len();
    if text[first..].starts_with(b"export") {
        let key = Space::Unicode.skip(text, word);
        if key > word {
            return (key, true);
        }
    }
    (first, false)
}

fn bad_key(key: &[u8]) -> Option<&'static str> {
    let bad = std::str::from_utf8(key).map_or(true, |key| key.contains(char::is_control));
    bad.then_some("line_bad_key")
}

fn bad_bytes(raw: &[u8]) -> Option<&'static str> {
    if raw.contains(&0) { Some("line_nul") } else { std::str::from_utf8(raw).is_err().then_some("line_invalid_bytes") }
}

struct RawValue {
    quote: Quote,
    end: usize,
    problem: Option<&'static str>,
}

/// A quoted value ends at the next same quote that no odd number of backslashes precedes;
/// only space and a comment may follow on its line. `stop` is the end of the line on which it begins.
fn quoted(text: &[u8], open: usize, stop: usize, quote: Quote) -> RawValue {
    let mark = text[open];
    let mut at = open + 1;
    let mut problem = "quote_not_closed";
    while let Some(found) = memchr2(mark, b'\\', &text[at..]) {
        at += found;
        if text[at] == mark {
            let after = Space::Unicode.skip_inline(text, at + 1);
            if matches!(text.get(after), None | Some(b'\n' | b'\r' | b'#')) {
                return RawValue { quote, end: at + 1, problem: None };
            }
            if at < stop {
                problem = "line_after_quote";
            }
            break;
        }
        // A line ending takes no part in an escape.
        let escapes = !matches!(text.get(at + 1), None | Some(b'\n' | b'\r'));
        at += if escapes { 2 } else { 1 };
    }
    let end = Space::Unicode.trim_end(text, open, stop);
    RawValue { quote: Quote::Bare, end, problem: Some(problem) }
}

/// [`Scanner::bare`] where quotes, escapes or characters beyond ASCII take part.
fn bare_with_care(text: &[u8], start: usize) -> RawValue {
    let mut at = start;
    let mut inner = None;
    let mut after_space = true;
    while let Some(byte) = text.get(at) {
        let mut space = false;
        match byte {
            b'\n' | b'\r' => break,
            b'#' if after_space && inner.is_none() => break,
            b'\\' if !matches!(text.get(at + 1), None | Some(b'\n' | b'\r')) => {
                // An escaped space is still one that a comment may follow.
                at += Space::Unicode.at(text, at + 1).max(1);
                space = Space::Unicode.before(text, start, at + 1) > 0;
            }
            b'\'' | b'"' if inner.is_none() => inner = Some(*byte),
            b'\'' | b'"' if inner == Some(*byte) => inner = None,
            b' ' | b'\t' => space = true,
            byte if *byte <= b' ' || !byte.is_ascii() => {
                let length = Space::Unicode.at(text, at);
                space = length > 0;
                at += length.saturating_sub(1);
            }
            _ => {}
        }
        after_space = space;
        at += 1;
    }
    let mut end = at;
    loop {
        let length = Space::Unicode.before(text, start, end);
        let backslashes = text[start..end - length].iter().rev().take_while(|byte| **byte == b'\\').count();
        if length == 0 || backslashes % 2 == 1 {
            return RawValue { quote: Quote::Bare, end, problem: None };
        }
        end -= length;
    }
}

/// Where the rest of a PEM block ends that begins bare on a line of its own, or `end` if none does.
fn torn_pem(text: &[u8], raw_start: usize, tail_end: usize, end: usize) -> usize {
    let value = &text[raw_start..tail_end];
    if !value.starts_with(b"-----BEGIN ") || value.windows(8).any(|window| window == b"-----END") {
        return end;
    }
    let mut at = end;
    while at < text.len() {
        let stop = line_end(text, at);
        let body = &text[at..Space::Unicode.trim_end(text, at, stop)];
        if body.starts_with(b"-----END ") {
            return after_newline(text, stop);
        }
        // RFC 7468: base64 text; older files also have "Proc-Type: ..." headers and a blank line.
        let pem = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=:,- ".contains(byte);
        let padding = body.iter().position(|byte| *byte == b'=').unwrap_or(body.len());
        if !body.iter().all(pem) || body[padding..].iter().any(|byte| *byte != b'=') {
            break;
        }
        at = after_newline(text, stop);
    }
    at.max(end)
}

/// The number of line endings in `text`: `\r\n`, `\n` or `\r`.
pub(crate) fn newlines(text: &[u8]) -> u32 {
    memchr2_iter(b'\n', b'\r', text).filter(|at| !(text[*at] == b'\n' && *at > 0 && text[*at - 1] == b'\r')).count()
        as u32
}
