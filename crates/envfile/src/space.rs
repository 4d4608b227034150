//! What counts as white space, which every language sees differently.

/// A language's idea of white space, over UTF-8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// ECMAScript `\s` (ECMA-262, WhiteSpace and LineTerminator): with U+FEFF, without U+0085.
    Js,
    /// Unicode `White_Space`, as Rust and Go see it: with U+0085, without U+FEFF.
    Unicode,
    /// Python `str.isspace`: Unicode, and U+001C to U+001F.
    Python,
}

impl Space {
    /// The length of the white-space character at `at`, 0 if there is none.
    #[inline]
    pub(crate) fn at(self, bytes: &[u8], at: usize) -> usize {
        match bytes.get(at) {
            // What most characters are.
            None | Some(b'!'..=b'~') => 0,
            Some(_) => self.at_rare(bytes, at),
        }
    }

    fn at_rare(self, bytes: &[u8], at: usize) -> usize {
        match bytes.get(at..) {
            Some([b'\t'..=b'\r' | b' ', ..]) => 1,
            Some([0x1C..=0x1F, ..]) if self == Self::Python => 1,
            Some([0xC2, 0x85, ..]) if self != Self::Js => 2,
            Some([0xC2, 0xA0, ..]) => 2,
            Some([0xE1, 0x9A, 0x80, ..] | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]) => 3,
            Some([0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..]) => 3,
            Some([0xEF, 0xBB, 0xBF, ..]) if self == Self::Js => 3,
            _ => 0,
        }
    }

    /// The same for white space that does not end a line (`\n` and `\r` do).
    pub(crate) fn inline_at(self, bytes: &[u8], at: usize) -> usize {
        match bytes.get(at) {
            None | Some(b'\n' | b'\r' | b'!'..=b'~') => 0,
            Some(_) => self.at_rare(bytes, at),
        }
    }

    /// The length of the white-space character that ends just before `end`, not reaching below `start`.
    #[inline]
    pub(crate) fn before(self, bytes: &[u8], start: usize, end: usize) -> usize {
        if end <= start || matches!(bytes[end - 1], b'!'..=b'~') { 0 } else { self.before_rare(bytes, start, end) }
    }

    fn before_rare(self, bytes: &[u8], start: usize, end: usize) -> usize {
        (1..=3).find(|length| end >= start + length && self.at(&bytes[..end], end - length) == *length).unwrap_or(0)
    }

    /// The first position from `at` that is not white space.
    pub(crate) fn skip(self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            match self.at(bytes, at) {
                0 => return at,
                length => at += length,
            }
        }
    }

    /// The first position from `at` that is not white space or ends the line.
    pub(crate) fn skip_inline(self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            match self.inline_at(bytes, at) {
                0 => return at,
                length => at += length,
            }
        }
    }

    /// The range without white space on either side.
    pub(crate) fn trim(self, bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
        let start = self.skip(&bytes[..end], start);
        (start, self.trim_end(bytes, start, end))
    }

    /// The end of the range without the white space there.
    pub(crate) fn trim_end(self, bytes: &[u8], start: usize, mut end: usize) -> usize {
        loop {
            match self.before(bytes, start, end) {
                0 => return end,
                length => end -= length,
            }
        }
    }
}

/// The position of the next `\n` or `\r` from `at`, or the end.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

/// The position after the line ending at `at` (`\r\n`, `\n` or `\r`), or `at` where there is none.
pub(crate) fn after_newline(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => at + 2,
        Some([b'\n' | b'\r', ..]) => at + 1,
        _ => at,
    }
}
