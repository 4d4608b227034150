//! What to look for in a file: values that are probably not what was meant.

use std::collections::HashMap;

use floom_secret::provider;

use crate::finding::{Finding, Severity, is_portable_name};
use crate::reading::{Outcome, Reading};
use crate::{Document, Encoding, Reader};

/// Prefixes of names that front-end builds put into what every visitor downloads: Next.js, Vite,
/// Create React App, SvelteKit and Astro, Expo.
const PUBLIC: [&str; 5] = ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_", "EXPO_PUBLIC_"];

/// Values that stand where the real one is still missing, in lower case.
const PLACEHOLDERS: [&str; 12] = [
    "changeme",
    "change_me",
    "change-me",
    "todo",
    "tbd",
    "replace_me",
    "replaceme",
    "placeholder",
    "secret",
    "password",
    "your_key",
    "example",
];

impl Document {
    /// What is worth a word about this file, in the order of its lines, by the plain reading.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Findings(Vec::new());
        let readings = self.read_as(Reader::Plain);
        self.about_the_file(&mut findings);
        for reading in &readings {
            about_the_name(reading, &mut findings);
            match &reading.outcome {
                Outcome::Value(value) => about_the_value(reading, value.expose(), &mut findings),
                Outcome::Refused(refusal) if refusal.code == "value_cut" => {
                    findings.warn(reading, "pem_unquoted", "This key goes over several lines without quotes; only its first line is read. Put quotes around all of it.");
                }
                Outcome::Refused(_) | Outcome::Empty => {}
            }
        }
        about_several(&readings, &mut findings);
        findings.0.sort_by_key(|finding| finding.line);
        findings.0
    }

    fn about_the_file(&self, findings: &mut Findings) {
        if let Some(line) = self.merge_marker() {
            findings.add(
                line,
                None,
                "merge_markers",
                Severity::Warning,
                "A merge left its conflict markers here. Finish the merge first.".to_owned(),
            );
        }
        let words = match self.encoding() {
            Encoding::Utf8Bom => {
                "This file begins with a byte order mark; Node --env-file, Go and Rust misread its first line. Save it as UTF-8 without one."
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                "This file is UTF-16, which no known reader takes. Save it as UTF-8."
            }
            Encoding::Utf8 | Encoding::Unknown => return,
        };
        let code = if self.encoding() == Encoding::Utf8Bom { "byte_order_mark" } else { "encoding_utf16" };
        findings.add(1, None, code, Severity::Warning, words.to_owned());
    }
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, line: u32, key: Option<&str>, code: &'static str, severity: Severity, message: String) {
        self.0.push(Finding { line, key: key.map(str::to_owned), code, severity, message });
    }

    fn warn(&mut self, reading: &Reading, code: &'static str, message: &str) {
        self.add(reading.line, Some(&reading.key), code, Severity::Warning, message.to_owned());
    }
}

fn about_the_name(reading: &Reading, findings: &mut Findings) {
    if !reading.key.is_empty() && !is_portable_name(&reading.key) {
        let message = "Not every reader takes this name. Use A–Z, 0–9 and _, beginning with a letter.";
        findings.add(reading.line, Some(&reading.key), "name_not_portable", Severity::Note, message.to_owned());
    }
}

fn about_the_value(reading: &Reading, value: &str, findings: &mut Findings) {
    let inner = value.trim_matches(|character: char| character == '\n' || character == '\r');
    if value.ends_with(['\n', '\r']) && !value.contains("-----END ") {
        findings.warn(
            reading,
            "trailing_newline",
            "The value ends with a line break, which most services refuse. Close the quote before it.",
        );
    }
    if inner.starts_with(char::is_whitespace) || inner.ends_with(char::is_whitespace) {
        findings.warn(
            reading,
            "outer_space",
            "The value begins or ends with a space, tab or no-break space. Remove it if it is not meant.",
        );
    }
    if value.starts_with(['“', '”', '„', '‘', '’', '«']) || value.ends_with(['“', '”', '‘', '’', '»'])
    {
        findings.warn(reading, "smart_quotes", "Typographic quotes are part of this value. Use ' or \" instead.");
    }
    if value.contains(['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}']) {
        findings.warn(
            reading,
            "zero_width",
            "The value holds a character that cannot be seen. Type it again, or copy it from its source.",
        );
    }
    if let Some(begin) = value.find("-----BEGIN ") {
        if !value[begin..].contains("-----END ") {
            findings.warn(
                reading,
                "pem_cut",
                "This key has a beginning and no end. Copy all of it, to the line with END.",
            );
        } else if !value.contains('\n') {
            findings.warn(reading, "pem_one_line", "This key stands on one line. Most libraries want its line breaks.");
        }
    }
    if is_placeholder(value) {
        findings.warn(reading, "placeholder", "This looks like a placeholder. Put the real value there.");
        return;
    }
    let name: String = reading.key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let known = provider::of(value);
    if let Some(known) = known
        && let Some(other) = provider::PROVIDERS.iter().find(|other| names(&name, other.name))
        && !names(&name, known.name)
        && known.name != "JSON Web Token"
    {
        let message = format!(
            "The name says {}, the value begins like a key of {}. Check that it is the right one.",
            other.name, known.name
        );
        findings.warn(reading, "provider_mismatch", &message);
    }
    let secret_name =
        ["SECRET", "PASSWORD", "PRIVATE", "SERVICEKEY", "SERVICEROLE"].iter().any(|word| name.contains(word));
    let secret_value =
        known.is_some_and(|known| !known.prefix.starts_with("pk_") && !matches!(known.prefix, "eyJ" | "AIza"));
    if PUBLIC.iter().any(|prefix| reading.key.starts_with(prefix)) && (secret_name || secret_value) {
        findings.warn(reading, "public_secret", "A build puts every variable with this prefix into what visitors download. Choose another name for a secret.");
    }
}

/// Whether the letters and digits of a key name a provider.
fn names(key: &str, provider: &str) -> bool {
    let word: String = provider.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    key.contains(&word)
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let bracketed = (lower.starts_with('<') && lower.ends_with('>'))
        || (lower.starts_with('[') && lower.ends_with(']') && !lower.contains(['"', ',']));
    let same = lower.len() >= 3 && (lower.bytes().all(|byte| byte == b'x') || lower.bytes().all(|byte| byte == b'*'));
    let dots = lower.ends_with("...") || lower.ends_with('…');
    let yours = lower.starts_with("your_") || lower.starts_with("your-") || lower.contains("_here");
    bracketed || same || dots || yours || PLACEHOLDERS.contains(&lower.as_str())
}

fn about_several(readings: &[Reading], findings: &mut Findings) {
    let mut by_key: HashMap<&str, u32> = HashMap::new();
    let mut by_value: HashMap<&str, &Reading> = HashMap::new();
    let mut test: Vec<&Reading> = Vec::new();
    let mut live = false;
    for reading in readings.iter().filter(|reading| !reading.key.is_empty()) {
        if let Some(first) = by_key.insert(&reading.key, reading.line) {
            let message = format!(
                "This name stands on line {first} too. The last line counts; some Rust programs take the first."
            );
            findings.warn(reading, "duplicate_key", &message);
        }
        let Outcome::Value(value) = &reading.outcome else { continue };
        let value = value.expose();
        if let Some(prefix) = provider::of(value).map(|known| known.prefix) {
            live |= prefix.contains("_live_");
            if prefix.contains("_test_") {
                test.push(reading);
            }
        }
        if value.chars().count() >= 8
            && let Some(other) = by_value.insert(value, reading)
            && other.key != reading.key
        {
            let message = format!(
                "{} on line {} has the same value. Two names for one secret are rotated apart.",
                other.key, other.line
            );
            findings.add(reading.line, Some(&reading.key), "same_value", Severity::Note, message);
        }
    }
    if live {
        for reading in test {
            findings.warn(
                reading,
                "test_key_beside_live",
                "This is a test key; the same file holds a live one. Check which of them is meant.",
            );
        }
    }
}
