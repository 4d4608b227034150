//! `python-dotenv` 1.2, with interpolation as `dotenv_values` does it by default.
//!
//! Peculiar to it: a line without `=` is a key without a value; a key may stand in single quotes;
//! a backslash escapes the next character in both quotes; a line that does not fit is skipped;
//! `${NAME}` and `${NAME:-default}` are put in everywhere, also in single quotes; one invalid byte
//! anywhere fails the whole file.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::budget::Budget;
use super::dotenv::text;
use crate::space::{Space, after_newline, line_end};
use crate::view::{Seen, Sight, View};

const SPACE: Space = Space::Python;

/// What `python-dotenv` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    if let Err(error) = std::str::from_utf8(bytes) {
        return View::nothing(error.valid_up_to());
    }
    let mut view = View::default();
    let mut values: HashMap<String, Option<Zeroizing<String>>> = HashMap::new();
    let mut budget = Budget::new(bytes.len());
    let mut at = if bytes.starts_with(crate::encoding::BOM) { crate::encoding::BOM.len() } else { 0 };
    loop {
        at = SPACE.skip(bytes, at);
        if at >= bytes.len() {
            return view;
        }
        let mut reached = at;
        match binding(bytes, &mut reached) {
            Some(Some(mut seen)) => {
                interpolate(&mut seen, &mut values, &mut budget);
                view.seen.push(seen);
                at = reached;
            }
            Some(None) => at = reached,
            None => at = after_newline(bytes, line_end(bytes, reached)),
        }
    }
}

/// Reads one binding from `at` on; `None` where the line does not fit, `at` then says how far it did.
fn binding(bytes: &[u8], at: &mut usize) -> Option<Option<Seen>> {
    if bytes[*at..].starts_with(b"export") {
        let after = SPACE.skip_inline(bytes, *at + "export".len());
        *at = if after > *at + "export".len() { after } else { *at };
    }
    let key_at = *at;
    let key = match bytes.get(*at) {
        Some(b'#') => None,
        Some(b'\'') => {
            let close = bytes[*at + 1..].iter().position(|byte| *byte == b'\'').filter(|length| *length > 0)?;
            let range = *at + 1..*at + 1 + close;
            *at = range.end + 1;
            Some(text(&bytes[range]))
        }
        _ => {
            let mut end = *at;
            while end < bytes.len() && !matches!(bytes[end], b'=' | b'#') && SPACE.at(bytes, end) == 0 {
                end += 1;
            }
            let key = (end > *at).then(|| text(&bytes[*at..end]))?;
            *at = end;
            Some(key)
        }
    };
    *at = SPACE.skip_inline(bytes, *at);
    let mut span = *at..*at;
    let mut value = None;
    if bytes.get(*at) == Some(&b'=') {
        let after = SPACE.skip_inline(bytes, *at + 1);
        let spaced = after > *at + 1;
        *at = after;
        span = after..after;
        if !(spaced && bytes.get(after) == Some(&b'#')) {
            value = Some(self::value(bytes, at, &mut span)?);
        } else {
            value = Some(String::new());
        }
    }
    let comment = SPACE.skip_inline(bytes, *at);
    *at = if bytes.get(comment) == Some(&b'#') { line_end(bytes, comment) } else { comment };
    if *at < bytes.len() && !matches!(bytes[*at], b'\n' | b'\r') {
        return None;
    }
    *at = after_newline(bytes, *at);
    let sight = value.map_or(Sight::Absent, |value| Sight::Text(floom_secret::SecretValue::new(value)));
    Some(key.map(|key| Seen { key, at: key_at, span, sight }))
}

fn value(bytes: &[u8], at: &mut usize, span: &mut std::ops::Range<usize>) -> Option<String> {
    let start = *at;
    match bytes.get(start).copied() {
        None | Some(b'\n' | b'\r') => Some(String::new()),
        Some(mark @ (b'\'' | b'"')) => {
            let mut end = start + 1;
            loop {
                match bytes.get(end)? {
                    b'\\' => end += 2,
                    byte if *byte == mark => break,
                    _ => end += 1,
                }
            }
            *span = start..end + 1;
            *at = end + 1;
            Some(unescape(text(&bytes[start + 1..end]), mark))
        }
        Some(_) => {
            let line = line_end(bytes, start);
            *at = line;
            let mut stop = line;
            let mut spaced = false;
            let mut from = start;
            let mut space_from = start;
            while from < line {
                let length = SPACE.at(bytes, from);
                if bytes[from] == b'#' && spaced {
                    stop = space_from;
                    break;
                }
                space_from = if length > 0 && spaced { space_from } else { from };
                spaced = length > 0;
                from += length.max(1);
            }
            let end = SPACE.trim_end(bytes, start, stop);
            *span = start..end;
            Some(text(&bytes[start..end]))
        }
    }
}

fn unescape(raw: String, mark: u8) -> String {
    if !raw.contains('\\') {
        return raw;
    }
    let raw = Zeroizing::new(raw);
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(character) = rest.next() {
        let decoded = match (character, rest.peek()) {
            ('\\', Some(next @ ('\\' | '\''))) => Some(*next),
            ('\\', Some(next)) if mark == b'"' => match next {
                '"' => Some('"'),
                'a' => Some('\u{07}'),
                'b' => Some('\u{08}'),
                'f' => Some('\u{0c}'),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                'v' => Some('\u{0b}'),
                _ => None,
            },
            _ => None,
        };
        if decoded.is_some() {
            rest.next();
        }
        value.push(decoded.unwrap_or(character));
    }
    value
}

/// Puts earlier values in, and remembers this one.
fn interpolate(seen: &mut Seen, values: &mut HashMap<String, Option<Zeroizing<String>>>, budget: &mut Budget) {
    let Sight::Text(value) = &seen.sight else {
        values.insert(seen.key.clone(), None);
        return;
    };
    let raw = value.expose();
    let mut result = Zeroizing::new(String::with_capacity(raw.len()));
    let mut at = 0;
    let last_close = raw.rfind('}').unwrap_or_default();
    let mut stop = 0;
    while let Some(open) = raw[at..].find("${").map(|found| at + found).filter(|open| *open < last_close) {
        let body = open + 2;
        if stop < body {
            stop = raw[body..].find(['}', ':']).map_or(raw.len(), |found| body + found);
        }
        let default = raw[stop..].strip_prefix(":-").and_then(|rest| rest.split_once('}')).map(|(default, _)| default);
        let after = match default {
            Some(default) => stop + ":-}".len() + default.len(),
            None if raw[stop..].starts_with('}') => stop + 1,
            None => {
                result.push_str(&raw[at..open + 1]);
                at = open + 1;
                continue;
            }
        };
        result.push_str(&raw[at..open]);
        let mut inserted = 0;
        match values.get(&raw[body..stop]) {
            Some(Some(value)) => {
                inserted = value.len();
                result.push_str(value);
            }
            Some(None) => {}
            None => result.push_str(default.unwrap_or_default()),
        }
        at = after;
        if !budget.spend(inserted) {
            seen.sight = Sight::Refused("value_expands_too_far");
            values.insert(seen.key.clone(), None);
            return;
        }
    }
    result.push_str(&raw[at..]);
    if at > 0 {
        seen.sight = Sight::Text(floom_secret::SecretValue::new(result.to_string()));
    }
    values.insert(seen.key.clone(), Some(result));
}
