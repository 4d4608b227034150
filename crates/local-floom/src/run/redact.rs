//! Values in output, replaced by `[KEY]` before anything is stored or shown.
//!
//! Values of at least 8 characters are found as they are, escaped as in JSON,
//! percent-encoded, and in base64 at each of its three alignments. Text is held
//! back until it cannot be the beginning of a value any more, so that a value
//! split across two reads is found too.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use floom_secret::SecretValue;
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

const SHORTEST: usize = 8;

/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Every form in which a run's values are looked for.
pub(super) struct Patterns {
    forms: Vec<(Zeroizing<Vec<u8>>, String)>,
}

impl Patterns {
    /// The forms of `values`; those under 8 characters are left out.
    pub(super) fn of(values: &[(String, SecretValue)]) -> Self {
        let mut forms: Vec<(Zeroizing<Vec<u8>>, String)> = Vec::new();
        for (key, value) in values.iter().filter(|(_, value)| value.expose().chars().count() >= SHORTEST) {
            for form in forms_of(value.expose()) {
                if forms.iter().all(|(known, _)| *known != form) {
                    forms.push((form, key.clone()));
                }
            }
        }
        Self { forms }
    }

    /// Where values are in `text`: start, end, key; overlapping finds are one.
    fn find(&self, text: &[u8]) -> Vec<(usize, usize, &str)> {
        let mut found = Vec::new();
        for (form, key) in &self.forms {
            let finder = memmem::Finder::new(form.as_slice());
            let mut from = 0;
            while let Some(at) = finder.find(&text[from..]) {
                found.push((from + at, from + at + form.len(), key.as_str()));
                from += at + 1;
            }
        }
        found.sort_unstable_by_key(|&(start, end, _)| (start, std::cmp::Reverse(end)));
        found.dedup_by(|next, kept| {
            let overlaps = next.0 < kept.1;
            if overlaps {
                kept.1 = kept.1.max(next.1);
            }
            overlaps
        });
        found
    }

    /// How many bytes at the end of `text` could be the beginning of a value.
    fn open_end(&self, text: &[u8]) -> usize {
        let of = |form: &[u8]| (1..form.len().min(text.len() + 1)).rev().find(|&count| text.ends_with(&form[..count]));
        self.forms.iter().filter_map(|(form, _)| of(form)).max().unwrap_or(0)
    }
}

fn forms_of(value: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![Zeroizing::new(value.as_bytes().to_vec())];
    if let Ok(mut json) = serde_json::to_vec(value).map(Zeroizing::new) {
        json.pop();
        json.remove(0);
        forms.push(json);
    }
    let encoded = Zeroizing::new(utf8_percent_encode(value, RESERVED).to_string());
    let lower = Zeroizing::new(lower_escapes(&encoded));
    for text in [&encoded, &lower] {
        forms.push(Zeroizing::new(text.replace("%20", "+").into_bytes()));
        forms.push(Zeroizing::new(text.as_bytes().to_vec()));
    }
    for alignment in 0..3 {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let mut shifted = Zeroizing::new(vec![0; alignment]);
            shifted.extend_from_slice(value.as_bytes());
            let encoded = Zeroizing::new(engine.encode(&*shifted).into_bytes());
            // Only the characters that the value alone decides: none shared with what is around it.
            let first = (alignment * 8).div_ceil(6);
            let last = shifted.len() * 8 / 6;
            forms.push(Zeroizing::new(encoded[first..last].to_vec()));
        }
    }
    forms
}

fn lower_escapes(text: &str) -> String {
    let mut escape = 0;
    let lower = |letter: char| {
        let inside = escape > 0;
        escape = if letter == '%' { 2 } else { i32::max(escape - 1, 0) };
        if inside { letter.to_ascii_lowercase() } else { letter }
    };
    text.chars().map(lower).collect()
}

/// A stream of output on its way through the patterns.
pub(super) struct Redactor<'a> {
    patterns: &'a Patterns,
    held: Zeroizing<Vec<u8>>,
    clean: Vec<u8>,
}

impl<'a> Redactor<'a> {
    pub(super) fn new(patterns: &'a Patterns) -> Self {
        Self { patterns, held: Zeroizing::default(), clean: Vec::new() }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        // What cannot be the beginning of a value goes on at once, so that a line is seen when it is put out.
        let open = self.patterns.open_end(&self.held);
        self.release(self.held.len() - open);
    }

    /// The redacted text so far.
    pub(super) fn clean(&self) -> &[u8] {
        &self.clean
    }

    /// The whole redacted text. Where the stream was `cut`, an end that may be half a value is left out.
    pub(super) fn finish(mut self, cut: bool) -> Vec<u8> {
        if cut {
            let found = self.patterns.find(&self.held);
            let whole = found.last().map_or(0, |&(_, end, _)| end);
            let open = self.patterns.open_end(&self.held);
            let kept = whole.max(self.held.len() - open);
            self.held.truncate(kept);
        }
        self.release(self.held.len());
        self.clean
    }

    /// Lets go of the bytes before `safe`: every find that starts there is known whole.
    fn release(&mut self, safe: usize) {
        let mut from = 0;
        for (start, end, key) in self.patterns.find(&self.held) {
            if start >= safe {
                break;
            }
            self.clean.extend_from_slice(&self.held[from..start]);
            if end > safe {
                // It may grow with the next bytes.
                self.keep_from(start);
                return;
            }
            self.clean.extend_from_slice(format!("[{key}]").as_bytes());
            from = end;
        }
        self.clean.extend_from_slice(&self.held[from..safe]);
        self.keep_from(safe);
    }

    fn keep_from(&mut self, from: usize) {
        self.held = Zeroizing::new(self.held[from..].to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    const VALUE: &str = "sk-test/äö+\"quoted\" 1234\nend";

    fn patterns(pairs: &[(&str, &str)]) -> Patterns {
        let values: Vec<_> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), SecretValue::new((*value).to_owned()))).collect();
        Patterns::of(&values)
    }

    fn redact(patterns: &Patterns, text: &[u8], chunk: usize) -> String {
        let mut redactor = Redactor::new(patterns);
        text.chunks(chunk).for_each(|part| redactor.push(part));
        String::from_utf8_lossy(&redactor.finish(false)).into_owned()
    }

    #[test]
    fn every_form_is_found_in_every_split() {
        let patterns = patterns(&[("KEY", VALUE)]);
        let json = serde_json::to_string(VALUE).expect("JSON");
        let url = utf8_percent_encode(VALUE, RESERVED).to_string();
        let forms = [
            VALUE.to_owned(),
            json[1..json.len() - 1].to_owned(),
            url.clone(),
            lower_escapes(&url),
            url.replace("%20", "+"),
        ];
        for form in forms {
            let text = format!("before {form} between {form}{form} after");
            for chunk in 1..=text.len() {
                let redacted = redact(&patterns, text.as_bytes(), chunk);
                assert_eq!(redacted, "before [KEY] between [KEY][KEY] after", "found in pieces of {chunk} bytes");
            }
        }
    }

    #[test]
    fn base64_is_found_at_every_alignment() {
        let patterns = patterns(&[("KEY", VALUE)]);
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "z", "zz"] {
                for engine in [STANDARD, base64::engine::general_purpose::URL_SAFE] {
                    let text = format!("Basic {} end", engine.encode(format!("{before}{VALUE}{after}")));
                    let redacted = redact(&patterns, text.as_bytes(), 7);
                    assert!(redacted.contains("[KEY]"), "found behind {before:?} and before {after:?}");
                    let rest = redacted.replace("[KEY]", "").len() - "Basic  end".len();
                    assert!(rest <= 16, "only the characters around the value stay: {rest}");
                }
            }
        }
    }

    #[test]
    fn overlapping_values_are_covered_whole() {
        let patterns = patterns(&[("A", "abcdefgh12345678"), ("B", "12345678ZZZZZZZZ"), ("C", "aaaaaaaa")]);
        for chunk in 1..30 {
            let redacted = redact(&patterns, b"x abcdefgh12345678ZZZZZZZZ y aaaaaaaaaaaa z", chunk);
            assert_eq!(redacted, "x [A] y [C] z", "nothing of the second value is left, in pieces of {chunk}");
        }
    }

    #[test]
    fn short_values_and_other_text_stay() {
        let patterns = patterns(&[("SHORT", "1234567")]);
        assert_eq!(
            redact(&patterns, b"pin 1234567, \xff done", 3),
            "pin 1234567, \u{fffd} done",
            "7 characters are too few"
        );
    }

    #[test]
    fn a_cut_stream_does_not_end_in_half_a_value() {
        let patterns = patterns(&[("KEY", "0123456789abcdef")]);
        for length in 1..16 {
            let mut redactor = Redactor::new(&patterns);
            redactor.push(b"seen ");
            redactor.push(&b"0123456789abcdef"[..length]);
            assert_eq!(redactor.finish(true), b"seen ", "the first {length} characters of the value are left out");
        }
        let mut redactor = Redactor::new(&patterns);
        redactor.push(b"0123456789abcdef");
        assert_eq!(redactor.finish(true), b"[KEY]", "a whole value at the end is named");

        let patterns = self::patterns(&[("A", "abcdefgh12345678"), ("B", "12345678ZZZZZZZZ")]);
        let mut redactor = Redactor::new(&patterns);
        redactor.push(b"abcdefgh12345678ZZZ");
        assert_eq!(redactor.finish(true), b"[A]", "half a value behind a whole one is left out too");
    }
}
