//! Text from elsewhere, made fit to be shown: it moves nothing around it and controls nothing.

/// `text` with control characters as their pictures (U+2400) and without marks that turn the direction of reading
/// (UAX #9, explicit formatting), which could make a line read as another. Tabs stay.
pub(super) fn plain(text: &str) -> String {
    let one = |letter: char| match letter {
        '\t' => letter,
        '\u{7f}' => '\u{2421}',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
            char::REPLACEMENT_CHARACTER
        }
        _ => letter,
    };
    text.chars().map(one).collect()
}

/// A piece of a line: text, or the name that stands where a value was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_name: bool,
}

/// A line of output in pieces; `[KEY]` of a declared key is a name.
pub(super) fn pieces(line: &str, keys: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let find = |text: &str| {
        let found = |key: &String| {
            let mark = format!("[{key}]");
            text.find(&mark).map(|at| (at, at + mark.len()))
        };
        keys.iter().filter_map(found).min()
    };
    while let Some((start, end)) = find(rest) {
        if start > 0 {
            pieces.push(Piece { text: plain(&rest[..start]), is_name: false });
        }
        pieces.push(Piece { text: rest[start..end].to_owned(), is_name: true });
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece { text: plain(rest), is_name: false });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_or_the_direction_is_shown_as_what_it_is() {
        assert_eq!(plain("a\u{1b}[31mb\tc"), "a␛[31mb\tc", "an escape is a picture, a tab stays");
        assert_eq!(plain("abc\u{202e}def"), "abc\u{fffd}def", "reading is not turned");
        assert_eq!(plain("äö 漢 <b>"), "äö 漢 <b>", "other text is as it was");
    }

    #[test]
    fn names_of_declared_keys_are_marked_and_others_are_text() {
        let keys = ["A_KEY".to_owned(), "B".to_owned()];
        let marked = pieces("x [B] [OTHER][A_KEY]", &keys);
        let texts: Vec<_> = marked.iter().map(|piece| (piece.text.as_str(), piece.is_name)).collect();
        assert_eq!(texts, [("x ", false), ("[B]", true), (" [OTHER]", false), ("[A_KEY]", true)], "in their order");
        assert_eq!(pieces("", &keys), [], "an empty line has no pieces");
    }
}
