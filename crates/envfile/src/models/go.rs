//! What Go's two readers have in common: Go's ideas of space and letters.

use crate::space::Space;

/// The length of the space at `at` that is not a line feed (`\t \v \f \r`, space, U+0085, U+00A0).
pub(crate) fn space_at(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\t' | 0x0B | 0x0C | b'\r' | b' ', ..]) => 1,
        Some([0xC2, 0x85 | 0xA0, ..]) => 2,
        _ => 0,
    }
}

/// The first position from `at` that is not such a space.
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match space_at(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// Where the next statement begins, after space, blank lines and comments; `None` at the end.
pub(crate) fn statement_start(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = Space::Unicode.skip(bytes, at);
        match bytes.get(at) {
            None => return None,
            Some(b'#') => at += bytes[at..].iter().position(|byte| *byte == b'\n')?,
            Some(_) => return Some(at),
        }
    }
}

/// `bytes` as Go shows them: every invalid byte replaced by itself.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
