//! A `.env.example`: which keys there are, and not one value.

use std::collections::HashSet;

use crate::space::{after_newline, line_end};
use crate::{Document, Outcome, Reader};

/// No word of a comment that is kept is longer; keys of providers are.
const LONGEST_WORD: usize = 24;

impl Document {
    /// The text of an example file: every key that the plain reading takes, in the order of the file,
    /// with nothing behind its `=`, the blank lines, and comments that are plain words. A commented-out
    /// assignment and a comment with a long word are left out: either may hold a value.
    pub fn example(&self) -> String {
        let readings = self.read_as(Reader::Plain);
        let taken: HashSet<(u32, &str)> = readings
            .iter()
            .filter(|reading| !matches!(reading.outcome, Outcome::Refused(_)))
            .map(|reading| (reading.line, reading.key.as_str()))
            .collect();
        let mut example = String::new();
        let mut at = 0;
        for entry in self.entries() {
            self.keep_comments(at, entry.span().start, &mut example);
            at = entry.span().end;
            if taken.contains(&(entry.line(), &*entry.key())) {
                example.push_str(if entry.exported() { "export " } else { "" });
                example.push_str(&entry.key());
                example.push_str("=\n");
            }
        }
        self.keep_comments(at, self.text().len(), &mut example);
        example
    }

    /// Adds the lines from `at` to `end` that are blank or plain comments.
    fn keep_comments(&self, mut at: usize, end: usize, example: &mut String) {
        let text = &self.text()[..end];
        while at < end {
            let stop = line_end(text, at);
            let line = String::from_utf8_lossy(&text[at..stop]);
            if is_plain(line.trim_start_matches('\u{feff}').trim()) {
                example.push_str(line.trim_start_matches('\u{feff}').trim());
                example.push('\n');
            }
            at = after_newline(text, stop);
        }
    }
}

fn is_plain(line: &str) -> bool {
    let comment = line.starts_with('#') && !line.contains('=');
    line.is_empty() || (comment && line.split_whitespace().all(|word| word.len() <= LONGEST_WORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_plain_comments_stay_and_every_value_goes() {
        let file = "# the model\nA=sk-secret # why\n\nexport B=\"two\nlines\"\n# OLD=sk-older\n# see sk-proj-0123456789abcdefghijk\nno assignment here\nC='x'\n";
        let example = Document::read(file.into()).example();
        assert_eq!(example, "# the model\nA=\n\nexport B=\nC=\n", "names only, and words that are no value");
    }
}
