//! The lossless scan: text to assignments with spans, by the rules of the plain reading.
//!
//! One pass from left to right. A line that cannot be read spoils no other
//! line: it is kept, judged, and the scan goes on with the next one.

use crate::encoding::BOM;
use crate::entry::{Entry, Quote};
use crate::space::{Space, after_newline, line_end};

/// A line that is neither blank, comment nor assignment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stray {
    pub(crate) at: usize,
    pub(crate) line: u32,
    pub(crate) code: &'static str,
}

/// What the scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) entries: Vec<Entry>,
    pub(crate) strays: Vec<Stray>,
    /// Line ranges (first, last) that hold the rest of a PEM block written without quotes.
    pub(crate) torn: Vec<(u32, u32)>,
}

/// Scans `text`, which is shorter than 4 GiB.
///
/// With `guard_pem`, the lines of a PEM block that is not in quotes are not taken for assignments:
/// base64 ends in `=`, so its last line would look like a key that is a piece of a secret.
pub(crate) fn scan(text: &[u8], guard_pem: bool) -> Scan {
    let mut found = Scan::default();
    let mut at = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut line = 1;
    while at < text.len() {
        let start = at;
        let first = Space::Unicode.skip_inline(text, at);
        at = match text.get(first) {
            None | Some(b'\n' | b'\r') => after_newline(text, first),
            Some(b'#') => after_newline(text, line_end(text, first)),
            Some(_) => assignment(text, start, first, line, guard_pem, &mut found),
        };
        line += newlines(&text[start..at]);
    }
    found
}

/// Reads the assignment whose first character stands at `first`; gives where the next line begins.
fn assignment(text: &[u8], start: usize, first: usize, line: u32, guard_pem: bool, found: &mut Scan) -> usize {
    let next_line = |from: usize| after_newline(text, line_end(text, from));
    let (key_start, exported) = after_export(text, first);
    let key_end = key_end(text, key_start);
    let equals = Space::Unicode.skip_inline(text, key_end);
    if text.get(equals) != Some(&b'=') {
        found.strays.push(Stray { at: first, line, code: "line_without_equals" });
        return next_line(first);
    }
    if key_end == key_start {
        found.strays.push(Stray { at: first, line, code: "line_without_key" });
        return next_line(first);
    }
    let raw_start = Space::Unicode.skip_inline(text, equals + 1);
    let value = match text.get(raw_start) {
        Some(b'\'') => quoted(text, raw_start, Quote::Single),
        Some(b'"') => quoted(text, raw_start, Quote::Double),
        _ => bare(text, raw_start),
    };
    let tail_end = line_end(text, value.end);
    let end = after_newline(text, tail_end);
    let (key, bad_key) = match std::str::from_utf8(&text[key_start..key_end]) {
        Ok(key) => (key.into(), key.contains(char::is_control)),
        Err(_) => (String::from_utf8_lossy(&text[key_start..key_end]).into(), true),
    };
    let torn_end = if guard_pem && value.quote == Quote::Bare { torn_pem(text, raw_start, tail_end, end) } else { end };
    let problem = if torn_end > end {
        Some("value_cut")
    } else {
        value.problem.or(bad_key.then_some("line_bad_key")).or_else(|| bad_bytes(&text[raw_start..value.end]))
    };
    found.entries.push(Entry {
        key,
        line,
        exported,
        quote: value.quote,
        problem,
        start: start as u32,
        key_start: key_start as u32,
        key_end: key_end as u32,
        raw_start: raw_start as u32,
        raw_end: value.end as u32,
        tail_end: tail_end as u32,
        end: end as u32,
    });
    if torn_end > end {
        let first_torn = line + newlines(&text[start..end]);
        found.torn.push((first_torn, first_torn + newlines(text[end..torn_end].trim_ascii_end())));
    }
    torn_end
}

/// Where the key begins after an `export` prefix, and whether there was one.
fn after_export(text: &[u8], first: usize) -> (usize, bool) {
    let word = first + "export".len();
    if text[first..].starts_with(b"export") {
        let key = Space::Unicode.skip_inline(text, word);
        if key > word {
            return (key, true);
        }
    }
    (first, false)
}

fn key_end(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'=' | b'\n' | b'\r' | b'#' | b' ' | b'\t' => break,
            byte if byte.is_ascii() && *byte > b' ' => at += 1,
            _ if Space::Unicode.at(text, at) > 0 => break,
            _ => at += 1,
        }
    }
    at
}

struct RawValue {
    quote: Quote,
    end: usize,
    problem: Option<&'static str>,
}

/// A quoted value ends at the next same quote that no odd number of backslashes precedes;
/// only space and a comment may follow on its line.
fn quoted(text: &[u8], open: usize, quote: Quote) -> RawValue {
    let mark = text[open];
    let mut at = open + 1;
    let mut crossed = false;
    while let Some(byte) = text.get(at) {
        match byte {
            // A line ending takes no part in an escape.
            b'\\' if !matches!(text.get(at + 1), None | Some(b'\n' | b'\r')) => at += 1,
            b'\n' | b'\r' => crossed = true,
            byte if *byte == mark => {
                let after = Space::Unicode.skip_inline(text, at + 1);
                if matches!(text.get(after), None | Some(b'\n' | b'\r' | b'#')) {
                    return RawValue { quote, end: at + 1, problem: None };
                }
                let problem = if crossed { "quote_not_closed" } else { "line_after_quote" };
                return RawValue { problem: Some(problem), ..rest_of_line(text, open) };
            }
            _ => {}
        }
        at += 1;
    }
    RawValue { problem: Some("quote_not_closed"), ..rest_of_line(text, open) }
}

fn rest_of_line(text: &[u8], start: usize) -> RawValue {
    let end = Space::Unicode.trim_end(text, start, line_end(text, start));
    RawValue { quote: Quote::Bare, end, problem: None }
}

/// A bare value ends with its line, or at a `#` after white space outside any quotes in it;
/// white space at its end is not part of it unless escaped.
fn bare(text: &[u8], start: usize) -> RawValue {
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

fn bad_bytes(raw: &[u8]) -> Option<&'static str> {
    if raw.contains(&0) {
        Some("line_nul")
    } else if std::str::from_utf8(raw).is_err() {
        Some("line_invalid_bytes")
    } else {
        None
    }
}

/// The number of line endings in `text`: `\r\n`, `\n` or `\r`.
pub(crate) fn newlines(text: &[u8]) -> u32 {
    let mut count = 0;
    let mut previous = 0;
    for byte in text {
        count += u32::from(*byte == b'\r' || (*byte == b'\n' && previous != b'\r'));
        previous = *byte;
    }
    count
}
