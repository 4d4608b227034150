//! How the bytes of a file spell text.

use zeroize::Zeroizing;

/// The encoding of a file, told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark; single lines may still hold invalid bytes.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// UTF-16, little end first, with a byte order mark.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be,
    /// None of these: UTF-32, UTF-16 without its mark, or UTF-16 that does not decode.
    Unknown,
}

/// The byte order mark in UTF-8.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Encoding {
    /// The encoding that `bytes` begin to speak.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Self::Unknown,
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8Bom,
            _ if looks_like_utf16(bytes) => Self::Unknown,
            _ => Self::Utf8,
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        if self == Self::Utf16Be { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    /// UTF-16 `bytes`, with their mark, as UTF-8 with its mark; `None` where they do not decode exactly.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 3 / 2 + 3));
        for character in char::decode_utf16(pairs.iter().map(|pair| self.unit(*pair))) {
            text.push(character.ok()?);
        }
        Some(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
    }

    /// `text`, UTF-8 with its mark, in this encoding; `None` if `text` is not UTF-8.
    pub(crate) fn encode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Utf16Le | Self::Utf16Be => {
                let text = std::str::from_utf8(text).ok()?;
                let mut bytes = Vec::with_capacity(text.len() * 2);
                for unit in text.encode_utf16() {
                    let pair = if self == Self::Utf16Be { unit.to_be_bytes() } else { unit.to_le_bytes() };
                    bytes.extend_from_slice(&pair);
                }
                Some(bytes)
            }
            Self::Utf8 | Self::Utf8Bom | Self::Unknown => Some(text.to_vec()),
        }
    }
}

/// Whether every other byte is zero for the most part, as in ASCII text written as UTF-16.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    if pairs.len() < 4 || memchr::memchr(0, bytes).is_none() {
        return false;
    }
    let share = |side: usize| pairs.iter().filter(|pair| pair[side] == 0 && pair[1 - side] != 0).count();
    share(0).max(share(1)) * 10 > pairs.len() * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_goes_there_and_back() {
        let le = b"\xFF\xFEA\0=\0\xE9\0\r\0\n\0";
        assert_eq!(Encoding::of(le), Encoding::Utf16Le, "the mark tells the encoding");
        let text = Encoding::Utf16Le.decode(le).expect("it decodes");
        assert_eq!(&text[..], "\u{feff}A=é\r\n".as_bytes(), "it is the same text");
        assert_eq!(Encoding::Utf16Le.encode(&text).expect("it encodes"), le, "and the same bytes again");
    }

    #[test]
    fn half_a_character_is_unknown() {
        assert!(Encoding::Utf16Le.decode(b"\xFF\xFEA").is_none(), "an odd byte is left over");
        assert!(Encoding::Utf16Le.decode(b"\xFF\xFE\x00\xD8").is_none(), "a lone surrogate is no text");
        assert_eq!(Encoding::of(b"A\0=\0b\0c\0d\0"), Encoding::Unknown, "UTF-16 without its mark is not guessed at");
    }
}
