//! What to look for in a file: values that are probably not what was meant.

mod name;
mod value;

use std::collections::HashMap;

use floom_secret::provider;

use crate::finding::{Finding, Severity, is_portable_name};
use crate::reading::{Outcome, Reading};
use crate::space::{Space, line_end};
use crate::{Document, Encoding, Entry, Quote, Reader};

/// Values shorter than this are found twice by chance.
const LONG_ENOUGH_TO_COMPARE: usize = 8;

impl Document {
    /// What is worth a word about this file, in the order of its lines, by the plain reading.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Findings(Vec::new());
        let readings = self.read_as(Reader::Plain);
        self.about_the_file(&mut findings);
        for entry in self.entries() {
            self.about_the_line(&entry, &mut findings);
        }
        for reading in &readings {
            about_the_name(reading, &mut findings);
            match &reading.outcome {
                Outcome::Value(value) => value::about(reading, value.expose(), &mut findings),
                Outcome::Refused(refusal) if refusal.code == "value_cut" => findings.warn(
                    reading,
                    "pem_unquoted",
                    "This key goes over several lines without quotes; only its first line is read.",
                    "Put quotes around all of it.",
                ),
                Outcome::Refused(_) | Outcome::Empty => {}
            }
        }
        about_several(&readings, &mut findings);
        findings.0.sort_by_key(|finding| finding.line);
        findings.0
    }

    fn about_the_file(&self, findings: &mut Findings) {
        for line in self.merge_markers() {
            let message = "A merge left its conflict marker here.".to_owned();
            findings.add(line, None, "merge_markers", Severity::Warning, message, "Finish the merge first.");
        }
        if self.text().windows(2).any(|pair| pair == b"\r\n") {
            let message = "Lines of this file end with CR LF; bash keeps the CR in every value.".to_owned();
            let advice = "If a shell reads it, save it with plain line endings.";
            findings.add(1, None, "windows_line_endings", Severity::Note, message, advice);
        }
        let (code, message, advice) = match self.encoding() {
            Encoding::Utf8Bom => (
                "byte_order_mark",
                "This file begins with a byte order mark; Node --env-file, Go and Rust misread its first line.",
                "Save it as UTF-8 without one.",
            ),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                ("encoding_utf16", "This file is UTF-16, which no known reader takes.", "Save it as UTF-8.")
            }
            Encoding::Utf8 | Encoding::Unknown => return,
        };
        findings.add(1, None, code, Severity::Warning, message.to_owned(), advice);
    }

    /// White space between a value without quotes and the end of its line.
    fn about_the_line(&self, entry: &Entry<'_>, findings: &mut Findings) {
        let text = self.text();
        let end = entry.raw_span().end;
        let trails = entry.quote() == Quote::Bare
            && entry.problem().is_none()
            && entry.comment_span().is_empty()
            && Space::Unicode.inline_at(text, end) > 0
            && Space::Unicode.skip_inline(text, end) == line_end(text, end);
        if trails {
            let message = "A space, tab or no-break space stands after the value; some readers keep it, others fail.";
            let key = entry.key();
            findings.add(entry.line(), Some(&key), "trailing_space", Severity::Note, message.to_owned(), "Remove it.");
        }
    }
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        line: u32,
        key: Option<&str>,
        code: &'static str,
        severity: Severity,
        message: String,
        advice: &'static str,
    ) {
        self.0.push(Finding { line, key: key.map(str::to_owned), code, severity, message, advice });
    }

    fn warn(&mut self, reading: &Reading, code: &'static str, message: &str, advice: &'static str) {
        self.add(reading.line, Some(&reading.key), code, Severity::Warning, message.to_owned(), advice);
    }

    fn note(&mut self, reading: &Reading, code: &'static str, message: &str, advice: &'static str) {
        self.add(reading.line, Some(&reading.key), code, Severity::Note, message.to_owned(), advice);
    }
}

fn about_the_name(reading: &Reading, findings: &mut Findings) {
    if !reading.key.is_empty() && !is_portable_name(&reading.key) {
        findings.note(
            reading,
            "name_not_portable",
            "Not every reader takes this name.",
            "Use A–Z, 0–9 and _, beginning with a letter.",
        );
    }
}

fn about_several(readings: &[Reading], findings: &mut Findings) {
    let mut by_key: HashMap<&str, u32> = HashMap::new();
    let mut by_value: HashMap<&str, &Reading> = HashMap::new();
    let mut test: Vec<&Reading> = Vec::new();
    let mut live = false;
    for reading in readings.iter().filter(|reading| !reading.key.is_empty()) {
        if let Some(first) = by_key.insert(&reading.key, reading.line) {
            let message = format!("This name stands on line {first} too; the last line counts.");
            findings.warn(reading, "duplicate_key", &message, "Keep one of them: some Rust programs take the first.");
        }
        let Outcome::Value(value) = &reading.outcome else { continue };
        let value = value.expose();
        if let Some(prefix) = provider::of(value).map(|known| known.prefix) {
            live |= prefix.contains("_live_");
            if prefix.contains("_test_") {
                test.push(reading);
            }
        }
        if value.chars().nth(LONG_ENOUGH_TO_COMPARE - 1).is_some()
            && let Some(other) = by_value.insert(value, reading)
            && other.key != reading.key
        {
            let message = format!("{} on line {} has the same value.", other.key, other.line);
            findings.note(reading, "same_value", &message, "Keep one name: two for one secret are rotated apart.");
        }
    }
    for reading in test.into_iter().filter(|_| live) {
        findings.warn(
            reading,
            "test_key_beside_live",
            "This is a test key; the same file holds a live one.",
            "Check which of them is meant.",
        );
    }
}
