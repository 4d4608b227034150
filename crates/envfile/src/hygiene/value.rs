//! What is odd about one value.

use floom_secret::provider::{self, Audience};

use super::{Findings, name};
use crate::reading::Reading;

/// Values that stand where the real one is still missing, in lower case.
const PLACEHOLDERS: [&str; 14] = [
    "changeme",
    "change_me",
    "change-me",
    "change me",
    "todo",
    "tbd",
    "replace_me",
    "replace-me",
    "replaceme",
    "placeholder",
    "secret",
    "password",
    "your_key",
    "example",
];

/// Characters that cannot be seen: zero-width space, non-joiner, joiner, word joiner, byte order mark, soft hyphen.
const UNSEEN: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}'];

/// Quotes that a word processor puts in place of `'` and `"`.
const SMART: [char; 10] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛', '«', '»'];

pub(super) fn about(reading: &Reading, value: &str, findings: &mut Findings) {
    about_the_ends(reading, value, findings);
    about_pem(reading, value, findings);
    if is_placeholder(value) {
        findings.warn(reading, "placeholder", "This looks like a placeholder.", "Put the real value there.");
        return;
    }
    about_the_provider(reading, value, findings);
}

fn about_the_ends(reading: &Reading, value: &str, findings: &mut Findings) {
    let line_breaks = ['\n', '\r'];
    if value.ends_with(line_breaks) && !value.contains("-----END ") {
        findings.warn(
            reading,
            "trailing_newline",
            "The value ends with a line break, which most services refuse.",
            "Close the quote before it.",
        );
    }
    let inner = value.trim_matches(line_breaks);
    if inner.starts_with(char::is_whitespace) || inner.ends_with(char::is_whitespace) {
        findings.warn(
            reading,
            "outer_space",
            "The value begins or ends with a space, tab or no-break space.",
            "Remove it if it is not meant.",
        );
    }
    if value.starts_with(SMART) || value.ends_with(SMART) {
        findings.warn(reading, "smart_quotes", "Typographic quotes are part of this value.", "Use ' or \" instead.");
    }
    if value.contains(UNSEEN) {
        findings.warn(
            reading,
            "zero_width",
            "The value holds a character that cannot be seen.",
            "Type it again, or copy it from its source.",
        );
    }
}

/// RFC 7468: a block has a line with BEGIN, lines of base64, and a line with END.
fn about_pem(reading: &Reading, value: &str, findings: &mut Findings) {
    let begins = value.find("-----BEGIN ");
    let ends = value.rfind("-----END ");
    match (begins, ends) {
        (Some(begin), Some(end)) if end > begin => {
            if !value.contains('\n') {
                findings.warn(
                    reading,
                    "pem_one_line",
                    "This key stands on one line; most libraries want its line breaks.",
                    "Put it into quotes as it is, line by line.",
                );
            }
        }
        (Some(_), _) => findings.warn(
            reading,
            "pem_cut",
            "This key has a beginning and no end.",
            "Copy all of it, to the line with END.",
        ),
        (None, Some(_)) => findings.warn(
            reading,
            "pem_cut",
            "This key has an end and no beginning.",
            "Copy all of it, from the line with BEGIN.",
        ),
        (None, None) => {}
    }
}

fn about_the_provider(reading: &Reading, value: &str, findings: &mut Findings) {
    let known = provider::of(value);
    if let (Some(known), Some(said)) = (known, name::provider(&reading.key))
        && known.new_key.is_some()
        && !name::speaks_of(&reading.key, known.name)
    {
        let message = format!("The name says {}, the value begins like a key of {}.", said.name, known.name);
        findings.warn(reading, "provider_mismatch", &message, "Check that it is the right one.");
    }
    let is_secret = known.is_some_and(|known| known.audience == Audience::Secret);
    let is_public = known.is_some_and(|known| known.audience == Audience::Public);
    if name::is_public(&reading.key) && (is_secret || (name::says_secret(&reading.key) && !is_public)) {
        findings.warn(
            reading,
            "public_secret",
            "A build puts every variable with this prefix into what visitors download.",
            "Choose another name for a secret.",
        );
    }
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let bracketed = (lower.starts_with('<') && lower.ends_with('>'))
        || (lower.starts_with("{{") && lower.ends_with("}}"))
        || (lower.starts_with('[') && lower.ends_with(']') && !lower.contains(['"', ',']));
    // `xxx`, `***`, and behind a known prefix: `sk-xxxx`.
    let rest = provider::of(&lower).map_or(lower.as_str(), |known| &lower[known.prefix.len()..]);
    let same = |text: &str| text.len() >= 3 && ['x', '*', '.'].iter().any(|sign| text.trim_matches(*sign).is_empty());
    let dots = lower.ends_with("...") || lower.ends_with('…');
    let yours = lower.starts_with("your_")
        || lower.starts_with("your-")
        || lower.starts_with("your ")
        || lower.contains("_here");
    bracketed || same(&lower) || same(rest) || dots || yours || PLACEHOLDERS.contains(&lower.as_str())
}
