//! Node 20 `--env-file` (`util.parseEnv`).
//!
//! Peculiar to it: every CR is dropped first; a key is everything up to the next `=`, also across
//! lines; only spaces are trimmed, not tabs; a quoted value ends at the next same quote, whatever
//! precedes it, and the rest of that line is dropped; an unquoted one ends at any `#`; `\n` is the
//! only escape, in double quotes.

use std::ops::Range;

use zeroize::Zeroizing;

use super::squeezed::Squeezed;
use crate::view::View;

/// What Node sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let squeezed = Squeezed::new(bytes, |byte, _| byte == b'\r');
    let mut scan = Scan { file: bytes, squeezed: &squeezed, bytes: &squeezed.bytes, at: 0, end: squeezed.bytes.len() };
    scan.trim();
    let mut view = View::default();
    while !scan.is_empty() {
        if matches!(scan.first(), Some(b'\n' | b'#'))
            && let Some(newline) = scan.find(b'\n', 0)
        {
            scan.at = newline + 1;
            continue;
        }
        let Some(equals) = scan.find(b'=', 0) else { break };
        let (mut key_start, mut key_end) = spaces_off(scan.bytes, scan.at, equals);
        if key_start == key_end && scan.at < equals && scan.at > 0 {
            // Node trims a key of spaces to the character before it, which is a line feed.
            (key_start, key_end) = (scan.at - 1, scan.at);
        }
        scan.at = equals + 1;
        scan.trim();
        if key_start == key_end {
            break;
        }
        if scan.bytes[key_start..key_end].starts_with(b"export ") {
            key_start += "export ".len();
        }
        let (span, value) = scan.value();
        let key = scan.text(key_start..key_end);
        if let Some(value) = value
            && key != "__proto__"
        {
            view.push(key, squeezed.origin(key_start), squeezed.span(span), value);
        }
    }
    view
}

struct Scan<'a> {
    file: &'a [u8],
    squeezed: &'a Squeezed<'a>,
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl Scan<'_> {
    fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    fn first(&self) -> Option<u8> {
        self.bytes[self.at..self.end].first().copied()
    }

    fn find(&self, byte: u8, after: usize) -> Option<usize> {
        let from = (self.at + after).min(self.end);
        self.bytes[from..self.end].iter().position(|other| *other == byte).map(|found| from + found)
    }

    /// Bytes as JavaScript text: invalid ones are replaced before CRs go, so that none come together through it.
    fn text(&self, range: Range<usize>) -> String {
        let mut text = Zeroizing::new(String::from_utf8_lossy(&self.file[self.squeezed.span(range)]).into_owned());
        if text.contains('\r') { text.replace('\r', "") } else { std::mem::take(&mut *text) }
    }

    fn trim(&mut self) {
        (self.at, self.end) = spaces_off(self.bytes, self.at, self.end);
    }

    /// Takes the value that begins here, and the rest of its line.
    fn value(&mut self) -> (Range<usize>, Option<String>) {
        let start = self.at;
        let Some(mark) = self.first() else { return (start..start, Some(String::new())) };
        if matches!(mark, b'"' | b'\'' | b'`') {
            if let Some(close) = self.find(mark, 1) {
                self.at = close;
                self.at = self.find(b'\n', 1).map_or(self.end, |newline| newline + 1);
                let raw = self.text(start + 1..close);
                return (start..close + 1, Some(if mark == b'"' { newlines(raw) } else { raw }));
            }
            // Nothing closes it on the last line: nothing is stored, and it is looked at again as a key.
            let Some(newline) = self.find(b'\n', 0) else { return (start..start, None) };
            self.at = newline + 1;
            return (start..newline, Some(self.text(start..newline)));
        }
        let line = self.find(b'\n', 0).unwrap_or(self.end);
        self.at = (line + 1).min(self.end);
        let stop = self.bytes[start..line].iter().position(|byte| *byte == b'#').map_or(line, |hash| start + hash);
        let (from, to) = spaces_off(self.bytes, start, stop);
        let span = if from < to { from..to } else { start..start };
        (span.clone(), Some(self.text(span)))
    }
}

fn spaces_off(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let start = start + bytes[start..end].iter().take_while(|byte| **byte == b' ').count();
    (start, end - bytes[start..end].iter().rev().take_while(|byte| **byte == b' ').count())
}

fn newlines(raw: String) -> String {
    if raw.contains("\\n") { Zeroizing::new(raw).replace("\\n", "\n") } else { raw }
}
