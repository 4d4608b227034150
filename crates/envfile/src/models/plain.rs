//! The plain reading, for files whose app is not known.
//!
//! - `$` is literal, and nothing is executed.
//! - An unquoted value loses the white space around it and a comment that white space precedes;
//!   `\` escapes `\`, `'`, `"`, `$`, `#`, space and tab there.
//! - `'…'` keeps everything but `\\` and `\'`.
//! - `"…"` knows `\a \b \f \n \r \t \v \\ \' \" \$`.
//! - Every other backslash stays. Line endings inside quotes become `\n`.
//! - A line that cannot be read is refused alone; the other lines are read.

use floom_secret::SecretValue;

use crate::Document;
use crate::entry::{Entry, Quote};
use crate::view::{Seen, Sight, View};

pub(crate) fn view(document: &Document) -> View {
    let text = document.text();
    let mut seen: Vec<Seen> = document.entries().map(|entry| see(text, &entry)).collect();
    for stray in document.strays() {
        let sight = Sight::Refused(stray.code);
        seen.push(Seen { key: String::new(), at: stray.at, span: stray.at..stray.at, sight });
    }
    seen.sort_by_key(|seen| seen.at);
    View { seen, stop: None }
}

pub(crate) fn see(text: &[u8], entry: &Entry<'_>) -> Seen {
    let sight = match (entry.problem(), std::str::from_utf8(&text[entry.value_span()])) {
        (Some(code), _) => Sight::Refused(code),
        (None, Err(_)) => Sight::Refused("line_invalid_bytes"),
        (None, Ok(raw)) => Sight::Text(SecretValue::new(unescape(raw, entry.quote()))),
    };
    Seen { key: entry.key().into_owned(), at: entry.key_span().start, span: entry.raw_span(), sight }
}

/// The value that `raw` stands for inside (or without) `quote`.
pub(crate) fn unescape(raw: &str, quote: Quote) -> String {
    if memchr::memchr2(b'\\', b'\r', raw.as_bytes()).is_none() {
        return raw.to_owned();
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next() {
                None => value.push('\\'),
                Some(escaped) => match (quote, escaped) {
                    (Quote::Double, 'a') => value.push('\u{07}'),
                    (Quote::Double, 'b') => value.push('\u{08}'),
                    (Quote::Double, 'f') => value.push('\u{0c}'),
                    (Quote::Double, 'n') => value.push('\n'),
                    (Quote::Double, 'r') => value.push('\r'),
                    (Quote::Double, 't') => value.push('\t'),
                    (Quote::Double, 'v') => value.push('\u{0b}'),
                    (Quote::Double, '\\' | '\'' | '"' | '$') => value.push(escaped),
                    (Quote::Single, '\\' | '\'') => value.push(escaped),
                    (Quote::Bare, '\\' | '\'' | '"' | '$' | '#' | ' ' | '\t') => value.push(escaped),
                    _ => value.extend(['\\', escaped]),
                },
            },
            '\r' => {
                rest.next_if_eq(&'\n');
                value.push('\n');
            }
            _ => value.push(character),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value_has_its_own_escapes() {
        assert_eq!(unescape(r"a\tb\$c\#\x", Quote::Bare), r"a\tb$c#\x", "a bare value knows few escapes");
        assert_eq!(unescape(r"a\n\'\\", Quote::Single), r"a\n'\", "single quotes know two");
        assert_eq!(
            unescape(r#"\a\b\f\n\r\t\v\\\'\"\$\q"#, Quote::Double),
            "\u{7}\u{8}\u{c}\n\r\t\u{b}\\'\"$\\q",
            "all"
        );
        assert_eq!(unescape("a\r\nb\rc", Quote::Double), "a\nb\nc", "line endings become one");
        assert_eq!(unescape("a\\", Quote::Bare), "a\\", "a last backslash stays");
    }
}
