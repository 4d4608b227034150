//! A `.env.example`: which keys there are, and not one value.

use std::collections::HashSet;

use crate::{Document, Outcome, Piece, Reader};

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
        let mut entries = self.entries().iter();
        let mut example = String::new();
        for (piece, range) in self.pieces() {
            match piece {
                Piece::Other => {
                    let text = String::from_utf8_lossy(&self.text()[range]);
                    for line in text.lines().map(str::trim).filter(|line| is_plain(line)) {
                        example.push_str(line);
                        example.push('\n');
                    }
                }
                Piece::Key => {
                    let entry = entries.next().filter(|entry| taken.contains(&(entry.line(), entry.key())));
                    if let Some(entry) = entry {
                        example.push_str(if entry.exported() { "export " } else { "" });
                        example.push_str(entry.key());
                        example.push_str("=\n");
                    }
                }
                _ => {}
            }
        }
        example
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
