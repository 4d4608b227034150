//! Go `godotenv` (commit 97a2850).
//!
//! Peculiar to it: a colon may stand for `=`; names are judged byte by byte as Latin-1; after a
//! closing quote the next statement begins on the same line; `\n` and `\r` are escapes in double
//! quotes and every other backslash there goes; `$NAME`, capitals only, is put in also where it does
//! not look like one; an unquoted value that begins with `#` makes it panic; the first error ends
//! the reading.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::budget::Budget;
use super::go::{skip_space, space_at, statement_start, text};
use super::squeezed::Squeezed;
use crate::space::Space;
use crate::view::View;

type Known = HashMap<String, Zeroizing<String>>;

/// What `godotenv` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let squeezed = Squeezed::new(bytes, |byte, next| byte == b'\r' && next == Some(b'\n'));
    let source: &[u8] = &squeezed.bytes;
    let mut view = View::default();
    let mut known = Known::new();
    let mut budget = Budget::new(bytes.len());
    let mut at = 0;
    while let Some(start) = statement_start(source, at) {
        let Some((key, key_at, value_at)) = key(source, start) else {
            view.stop = Some(squeezed.origin(start));
            return view;
        };
        match value(source, value_at, &known, &mut budget) {
            Ok(value) => {
                known.insert(key.clone(), Zeroizing::new(value.text.clone()));
                view.push(key, squeezed.origin(key_at), squeezed.span(value.span), value.text);
                at = value.end;
            }
            // A panic loses what was read before; an error does not.
            Err(Failure::Panic) => return View::nothing(squeezed.origin(start)),
            Err(Failure::Error) => {
                view.stop = Some(squeezed.origin(start));
                return view;
            }
        }
    }
    view
}

/// The key at `start`, where it begins, and where its value does.
fn key(source: &[u8], start: usize) -> Option<(String, usize, usize)> {
    let mut start = start;
    if source[start..].starts_with(b"export") && space_at(source, start + "export".len()) > 0 {
        start = skip_space(source, start + "export".len());
    }
    if start >= source.len() {
        return None;
    }
    for at in start..source.len() {
        match source[at] {
            b'\t' | 0x0B | 0x0C | b'\r' | b' ' | 0x85 | 0xA0 | b'_' | b'.' | b'-' => {}
            b'=' | b':' => {
                let end = Space::Unicode.trim_end(source, start, at);
                return Some((text(&source[start..end]), start, skip_space(source, at + 1)));
            }
            byte if is_latin1_letter_or_number(byte) => {}
            _ => return None,
        }
    }
    Some((String::new(), start, skip_space(source, start)))
}

/// Go's `unicode.IsLetter` or `IsNumber` for one byte taken as a character.
fn is_latin1_letter_or_number(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, 0xAA | 0xB5 | 0xBA | 0xB2 | 0xB3 | 0xB9 | 0xBC..=0xBE)
        || (byte >= 0xC0 && byte != 0xD7 && byte != 0xF7)
}

enum Failure {
    Error,
    Panic,
}

struct Value {
    text: String,
    span: std::ops::Range<usize>,
    end: usize,
}

fn value(source: &[u8], start: usize, known: &Known, budget: &mut Budget) -> Result<Value, Failure> {
    let mark = source.get(start).copied().unwrap_or_default();
    if !matches!(mark, b'\'' | b'"') {
        let line_end = crate::space::line_end(source, start);
        let mut stop = line_end;
        for at in (start..line_end).filter(|at| source[*at] == b'#') {
            if at == start {
                return Err(Failure::Panic);
            }
            if is_space_before(source, start, at) {
                stop = at;
                break;
            }
        }
        let from = skip_space(&source[..stop], start);
        let mut to = stop;
        while is_space_before(source, from, to) {
            to -= if source[to - 1].is_ascii() { 1 } else { 2 };
        }
        let text = expand(&text(&source[from..to]), known, budget).ok_or(Failure::Error)?;
        return Ok(Value { text, span: from..to, end: line_end });
    }
    let is_close = |at: &usize| source[*at] == mark && source[at - 1] != b'\\';
    let close = (start + 1..source.len()).find(is_close).ok_or(Failure::Error)?;
    // The quotes are trimmed off as a set: an escaped one at either end of the value goes with them.
    let mut inner = &source[start..close];
    while let [rest @ .., last] = inner
        && *last == mark
    {
        inner = rest;
    }
    while let [first, rest @ ..] = inner
        && *first == mark
    {
        inner = rest;
    }
    let mut text = text(inner);
    if mark == b'"' {
        text = expand(&Zeroizing::new(unescape(&Zeroizing::new(text))), known, budget).ok_or(Failure::Error)?;
    }
    Ok(Value { text, span: start..close + 1, end: close + 1 })
}

fn is_space_before(source: &[u8], start: usize, end: usize) -> bool {
    (end > start && space_at(&source[..end], end - 1) == 1)
        || (end > start + 1 && space_at(&source[..end], end - 2) == 2)
}

fn unescape(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('$') => value.push_str("\\$"),
            Some(other) => value.push(other),
            None => value.push('\\'),
        }
    }
    value
}

/// `(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?`, each match replaced.
fn expand(raw: &str, known: &Known, budget: &mut Budget) -> Option<String> {
    let mut value = Zeroizing::new(String::with_capacity(raw.len()));
    let mut at = 0;
    while let Some(dollar) = raw[at..].find('$').map(|found| at + found) {
        let escaped = dollar > at && raw.as_bytes()[dollar - 1] == b'\\';
        let name_at = |from: usize| from + usize::from(raw[from..].starts_with('{'));
        let name_at = name_at(dollar + 1 + usize::from(raw[dollar + 1..].starts_with('(')));
        let in_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        let name_end = name_at + raw.as_bytes()[name_at..].iter().take_while(|byte| in_name(byte)).count();
        let end = name_end + usize::from(raw[name_end..].starts_with('}'));
        value.push_str(&raw[at..if escaped { dollar - 1 } else { dollar }]);
        if escaped || name_end == name_at {
            value.push_str(&raw[dollar..end]);
        } else if let Some(known) = known.get(&raw[name_at..name_end]) {
            if !budget.spend(known.len()) {
                return None;
            }
            value.push_str(known);
        }
        at = end;
    }
    value.push_str(&raw[at..]);
    Some(std::mem::take(&mut *value))
}
