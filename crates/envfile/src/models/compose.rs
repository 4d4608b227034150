//! Compose (`compose-go` v2): its own `.env` grammar, and its template language for variables.
//!
//! Peculiar to it: a colon may stand for `=`; a name alone is taken from the environment, which
//! counts as not there; only ` #` begins a comment after a value; CR stays inside quotes; after a
//! closing quote the next statement begins on the same line; double quotes know C escapes and octal
//! `\0nnn`; the first error ends the reading.

use std::collections::HashMap;

use unicode_properties::{GeneralCategoryGroup as Group, UnicodeGeneralCategory};
use zeroize::Zeroizing;

use super::budget::Budget;
use super::go::{skip_space, space_at, statement_start, text};
use super::template::substitute;
use crate::space::Space;
use crate::view::View;

pub(crate) type Known = HashMap<String, Zeroizing<String>>;

/// What Compose sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let mut view = View::default();
    let mut known = Known::new();
    let mut budget = Budget::new(bytes.len());
    let mut at = if bytes.starts_with(crate::encoding::BOM) { crate::encoding::BOM.len() } else { 0 };
    while let Some(start) = statement_start(bytes, at) {
        let Some(name) = name(bytes, start) else {
            view.stop = Some(start);
            return view;
        };
        if name.alone {
            at = name.value_at;
            continue;
        }
        let Some(value) = value(bytes, name.value_at, &known, &mut budget) else {
            view.stop = Some(start);
            return view;
        };
        known.insert(name.key.clone(), Zeroizing::new(value.text.clone()));
        view.push(name.key, name.at, value.span, value.text);
        at = value.end;
    }
    view
}

struct Name {
    key: String,
    at: usize,
    value_at: usize,
    alone: bool,
}

fn name(bytes: &[u8], start: usize) -> Option<Name> {
    let mut at = start;
    // RE2 `\s`: no vertical tab.
    if bytes[at..].starts_with(b"export") && matches!(bytes.get(at + 6), Some(b'\t' | b'\n' | 0x0C | b'\r' | b' ')) {
        at = skip_space(bytes, at + "export".len());
    }
    if at >= bytes.len() {
        return None;
    }
    let key_at = at;
    while at < bytes.len() {
        match bytes[at] {
            b'=' | b':' | b'\n' => {
                let end = Space::Unicode.trim_end(bytes, key_at, at);
                let key = text(&bytes[key_at..end]);
                let alone = bytes[at] == b'\n';
                return (!key.contains(' ')).then(|| Name {
                    key,
                    at: key_at,
                    value_at: skip_space(bytes, at + 1),
                    alone,
                });
            }
            b'_' | b'.' | b'-' | b'[' | b']' => at += 1,
            _ if space_at(bytes, at) > 0 => at += space_at(bytes, at),
            _ => {
                let character = bytes[at..bytes.len().min(at + 4)].utf8_chunks().next()?.valid().chars().next()?;
                // Go: unicode.IsLetter or IsNumber.
                if !matches!(character.general_category_group(), Group::Letter | Group::Number) {
                    return None;
                }
                at += character.len_utf8();
            }
        }
    }
    Some(Name { key: String::new(), at: key_at, value_at: skip_space(bytes, key_at), alone: false })
}

struct Value {
    text: String,
    span: std::ops::Range<usize>,
    end: usize,
}

fn value(bytes: &[u8], start: usize, known: &Known, budget: &mut Budget) -> Option<Value> {
    let mark = bytes.get(start).copied().unwrap_or_default();
    if !matches!(mark, b'\'' | b'"') {
        let line_end = bytes[start..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| start + found);
        let line = &bytes[start..line_end];
        let stop = line.windows(2).position(|pair| pair == b" #").map_or(line_end, |found| start + found);
        let end = Space::Unicode.trim_end(bytes, start, stop);
        let text = substitute(&Zeroizing::new(text(&bytes[start..end])), known, budget, 0)?;
        return Some(Value { text, span: start..end, end: (line_end + 1).min(bytes.len()) });
    }
    let mut inner = Zeroizing::new(Vec::with_capacity(64));
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => {
                let next = *bytes.get(at + 1)?;
                if next != mark {
                    inner.push(b'\\');
                }
                inner.push(next);
                at += 1;
            }
            byte if byte == mark => break,
            byte => inner.push(byte),
        }
        at += 1;
    }
    let mut text = text(&inner);
    if mark == b'"' {
        text = substitute(&unescape(&Zeroizing::new(text)), known, budget, 0)?;
    }
    Some(Value { text, span: start..at + 1, end: at + 1 })
}

/// `\\(?:[abcfnrtv$"\\]|0\d{0,3})`, each match read as Go's `strconv.UnquoteChar` reads it.
fn unescape(raw: &str) -> Zeroizing<String> {
    let mut value = Zeroizing::new(String::with_capacity(raw.len()));
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let decoded = match after.bytes().next() {
            Some(b'a') => "\u{07}",
            Some(b'b') => "\u{08}",
            Some(b'f') => "\u{0c}",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            Some(b't') => "\t",
            Some(b'v') => "\u{0b}",
            Some(b'"') => "\"",
            Some(b'\\') => "\\",
            Some(b'$') => "$$",
            Some(b'0') => {
                let digits = after[1..].bytes().take(3).take_while(u8::is_ascii_digit).count();
                let octal = &after[1..1 + digits];
                match u32::from_str_radix(octal, 8)
                    .ok()
                    .filter(|code| digits == 3 && *code < 256)
                    .and_then(char::from_u32)
                {
                    Some(character) => value.push(character),
                    None => {
                        value.push('\\');
                        value.push_str(octal);
                    }
                }
                rest = &after[1 + digits..];
                continue;
            }
            _ => {
                value.push('\\');
                rest = after;
                continue;
            }
        };
        value.push_str(decoded);
        rest = &after[1..];
    }
    value.push_str(rest);
    value
}
