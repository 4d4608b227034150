//! Node `dotenv` 18 and the readers built on its grammar, which is one regular expression over the whole text.
//!
//! Read here as the scanner that it amounts to. What is peculiar to it: white space, also before
//! and after `=`, may span lines; a quoted value ends at the last escaped or first unescaped quote
//! after which only a comment follows, else the quotes are part of the value; everything else ends
//! at a `#` anywhere; a line that does not fit is skipped in silence; `\n` and `\r` are the only
//! escapes, and only where the value begins with `"`.

use zeroize::Zeroizing;

use crate::space::Space;
use crate::view::View;

/// The reader whose escapes apply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `dotenv`: `\n` and `\r` where the value begins with `"`.
    Dotenv,
    /// `dotenvx`: also `\t`, and `\'` where it begins with `'`.
    Dotenvx,
}

/// One assignment before any variable is put in.
pub(crate) struct Raw {
    pub(crate) key: String,
    pub(crate) at: usize,
    pub(crate) span: std::ops::Range<usize>,
    pub(crate) text: Zeroizing<String>,
    /// The first byte of the value as it stands in the file.
    pub(crate) mark: u8,
}

/// What `dotenv` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let mut view = View::default();
    for mut raw in raws(bytes, Escapes::Dotenv) {
        view.push(raw.key, raw.at, raw.span, std::mem::take(&mut *raw.text));
    }
    view
}

/// The assignments in `bytes`, in the order of the file.
pub(crate) fn raws(bytes: &[u8], escapes: Escapes) -> Vec<Raw> {
    let mut raws = Vec::new();
    let mut at = 0;
    loop {
        at = Space::Js.skip(bytes, at);
        if at >= bytes.len() {
            return raws;
        }
        at = match assignment(bytes, at, escapes, &mut raws) {
            Some(after) => line_stop(bytes, after),
            None => line_stop(bytes, at),
        };
    }
}

/// Adds the assignment at `first` to `raws`; gives where its value ends, `None` if there is none.
fn assignment(bytes: &[u8], first: usize, escapes: Escapes, raws: &mut Vec<Raw>) -> Option<usize> {
    let word = first + "export".len();
    let unprefixed = Space::Js.skip(bytes, word.min(bytes.len()));
    let prefixed =
        bytes[first..].starts_with(b"export") && unprefixed > word && key_end(bytes, unprefixed) > unprefixed;
    let start = if prefixed { unprefixed } else { first };
    let end = key_end(bytes, start);
    if end == start {
        return None;
    }
    let from = value_start(bytes, end)?;
    let key = String::from_utf8_lossy(&bytes[start..end]).into_owned();
    let value = value(bytes, from, escapes);
    // JavaScript ignores a string assigned to this key of an object.
    if key != "__proto__" || escapes == Escapes::Dotenvx {
        let mark = bytes[value.span.clone()].first().copied().unwrap_or_default();
        raws.push(Raw { key, at: start, span: value.span, text: Zeroizing::new(value.text), mark });
    }
    Some(value.end)
}

fn key_end(bytes: &[u8], start: usize) -> usize {
    let in_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    start + bytes[start..].iter().take_while(|byte| in_key(byte)).count()
}

/// Where the value may begin: after `=`, or after a colon at the key and one white-space character.
fn value_start(bytes: &[u8], key_end: usize) -> Option<usize> {
    if bytes.get(key_end) == Some(&b':') {
        let space = match bytes.get(key_end + 1..) {
            Some([b'\r', b'\n', ..]) => 2,
            _ => Space::Js.at(bytes, key_end + 1),
        };
        return (space > 0).then_some(key_end + 1 + space);
    }
    let equals = Space::Js.skip(bytes, key_end);
    (bytes.get(equals) == Some(&b'=')).then_some(equals + 1)
}

struct Value {
    text: String,
    span: std::ops::Range<usize>,
    end: usize,
}

fn value(bytes: &[u8], from: usize, escapes: Escapes) -> Value {
    let open = Space::Js.skip(bytes, from);
    let mark = bytes.get(open).copied().unwrap_or_default();
    if let Some(close) = closing_quote(bytes, open, mark) {
        let text = unescape(text(&bytes[open + 1..close]), mark, escapes);
        return Value { text, span: open..close + 1, end: close + 1 };
    }
    let stop = bytes[from..].iter().position(|byte| b"#\r\n".contains(byte)).map_or(bytes.len(), |found| from + found);
    let (start, end) = Space::Js.trim(bytes, from, stop);
    let span = if start < end { start..end } else { from..from };
    let raw = text(&bytes[span.clone()]);
    let mark = bytes[span.clone()].first().copied().unwrap_or_default();
    Value { text: unescape(strip_quotes(raw), mark, escapes), span, end: stop }
}

/// The quote that closes the one at `open`, if `mark` there is a quote and is closed as `dotenv` wants it.
fn closing_quote(bytes: &[u8], open: usize, mark: u8) -> Option<usize> {
    if !matches!(mark, b'\'' | b'"' | b'`') {
        return None;
    }
    let mut closing = None;
    for at in (open + 1..bytes.len()).filter(|at| bytes[*at] == mark) {
        if ends_a_line(bytes, at + 1) {
            closing = Some(at);
        }
        if bytes[at - 1] != b'\\' {
            break;
        }
    }
    closing
}

/// Whether only white space, or a comment, follows on this line.
fn ends_a_line(bytes: &[u8], mut at: usize) -> bool {
    while !line_stops(bytes, at) {
        match Space::Js.at(bytes, at) {
            0 => return bytes[at] == b'#',
            length => at += length,
        }
    }
    true
}

/// Whether a line ends at `at`, as ECMAScript's `$` and `.` see it.
fn line_stops(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..), None | Some([] | [b'\n' | b'\r', ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]))
}

fn line_stop(bytes: &[u8], mut at: usize) -> usize {
    while !line_stops(bytes, at) {
        at += 1;
    }
    at
}

/// Bytes as JavaScript text: invalid ones replaced, line endings made one.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    if !text.contains('\r') {
        return text;
    }
    let text = Zeroizing::new(text);
    let mut unix = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\r' {
            rest.next_if_eq(&'\n');
        }
        unix.push(if character == '\r' { '\n' } else { character });
    }
    unix
}

/// `/^(['"`])([\s\S]*)\1$/gm` replaced by its second group.
fn strip_quotes(raw: String) -> String {
    let plain = |quote: char| raw.len() < 2 || !raw.starts_with(quote) || !raw.ends_with(quote);
    if !raw.contains(['\u{2028}', '\u{2029}']) {
        if ['\'', '"', '`'].into_iter().all(plain) {
            return raw;
        }
        let raw = Zeroizing::new(raw);
        return raw[1..raw.len() - 1].to_owned();
    }
    let raw = Zeroizing::new(raw);
    let mut stripped = String::with_capacity(raw.len());
    let mut at = 0;
    let mut at_line_start = true;
    while let Some(character) = raw[at..].chars().next() {
        let after = at + character.len_utf8();
        if at_line_start && matches!(character, '\'' | '"' | '`') {
            let ends_line = |end: usize| matches!(raw[end..].chars().next(), None | Some('\u{2028}' | '\u{2029}'));
            let last =
                raw[after..].rmatch_indices(character).map(|(found, _)| after + found).find(|at| ends_line(at + 1));
            if let Some(close) = last {
                stripped.push_str(&raw[after..close]);
                at = close + 1;
                at_line_start = false;
                continue;
            }
        }
        stripped.push(character);
        at_line_start = matches!(character, '\u{2028}' | '\u{2029}');
        at = after;
    }
    stripped
}

/// The escapes for a value that began with `mark`.
fn unescape(raw: String, mark: u8, escapes: Escapes) -> String {
    if !raw.contains('\\') {
        return raw;
    }
    let raw = Zeroizing::new(raw);
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(character) = rest.next() {
        let decoded = match (character, rest.peek(), mark) {
            ('\\', Some('n'), b'"') => Some('\n'),
            ('\\', Some('r'), b'"') => Some('\r'),
            ('\\', Some('t'), b'"') if escapes == Escapes::Dotenvx => Some('\t'),
            ('\\', Some('\''), b'\'') if escapes == Escapes::Dotenvx => Some('\''),
            _ => None,
        };
        if decoded.is_some() {
            rest.next();
        }
        value.push(decoded.unwrap_or(character));
    }
    value
}
