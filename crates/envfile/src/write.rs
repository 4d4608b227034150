//! Changing one value in its file, and nothing else.

use floom_secret::SecretValue;
use zeroize::Zeroizing;

use crate::rendering::renderings;
use crate::view::{Seen, Sight, View};
use crate::{Document, Reader, scan};

/// Why a value was not written. The file is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The reader sees no such key on that line.
    #[error("This key is not on this line of the file any more.")]
    NoSuchEntry,
    /// No way of writing the value is read back by this reader as the same value.
    #[error("This value cannot be written so that your app's reader would read it back.")]
    NotWritable,
    /// The file as a whole is refused.
    #[error("This file is not one that values are written to.")]
    Refused,
}

impl WriteError {
    /// The stable code of this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSuchEntry => "entry_not_found",
            Self::NotWritable => "value_not_writable",
            Self::Refused => "file_refused",
        }
    }

    /// What was kept, and what to do next.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoSuchEntry => "The file was left as it is. Read it again.",
            Self::NotWritable => "The file was left as it is. Choose another reader for it, or write the line by hand.",
            Self::Refused => "The file was left as it is.",
        }
    }
}

impl Document {
    /// The bytes of this file with `value` as the value of `key` on `line`; every other byte is the same.
    ///
    /// The value is written in the way that most readers read back, among those that `reader` does;
    /// between equals, in the way in which it is written now.
    ///
    /// # Errors
    /// [`WriteError`]; carries nothing of the value.
    pub fn with_value(&self, line: u32, key: &str, value: &SecretValue, reader: Reader) -> Result<Vec<u8>, WriteError> {
        if self.refusal().is_some() {
            return Err(WriteError::Refused);
        }
        let source = if reader == Reader::Plain { self.text() } else { self.bytes() };
        let before = self.view(reader);
        let on_line = |seen: &&Seen| seen.key == key && 1 + scan::newlines(&source[..seen.at]) == line;
        let target = before.seen.iter().find(on_line).ok_or(WriteError::NoSuchEntry)?;
        let now = &source[target.span.clone()];
        let mut ways = renderings(value.expose());
        ways.sort_by_cached_key(|way| {
            let misread = Reader::all().filter(|other| !reads_back(*other, way, value)).count();
            (misread, style(way.as_bytes()) != style(now))
        });
        for way in ways {
            let text = splice(source, target, way.as_bytes());
            let bytes = if reader == Reader::Plain { self.encoding().encode(&text) } else { Some(text.to_vec()) };
            let Some(bytes) = bytes else { continue };
            let after = Document::read(bytes);
            if !after.is_torn(line) && only_changed(&before, &after.view(reader), target, value) {
                return Ok(after.bytes().to_vec());
            }
        }
        Err(WriteError::NotWritable)
    }
}

fn splice(source: &[u8], target: &Seen, way: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(source.len() + way.len()));
    text.extend_from_slice(&source[..target.span.start]);
    text.extend_from_slice(way);
    text.extend_from_slice(&source[target.span.end..]);
    text
}

/// Whether `reader` gives `value` for a file of one line in which it is written in this `way`.
fn reads_back(reader: Reader, way: &str, value: &SecretValue) -> bool {
    let document = Document::read(format!("K={way}\n").into_bytes());
    let view = document.view(reader);
    let same = |seen: &Seen| matches!(&seen.sight, Sight::Text(text) if text == value);
    view.stop.is_none() && matches!(&view.seen[..], [only] if only.key == "K" && same(only))
}

/// The first byte of a value tells its quotes.
fn style(raw: &[u8]) -> u8 {
    raw.first().copied().filter(|byte| b"'\"`".contains(byte)).unwrap_or_default()
}

/// Whether both views hold the same keys and values, but for `target`, which has `value` in the second.
fn only_changed(before: &View, after: &View, target: &Seen, value: &SecretValue) -> bool {
    let same_sight = |old: &Sight, new: &Sight| match (old, new) {
        (Sight::Text(old), Sight::Text(new)) => old == new,
        (Sight::Refused(old), Sight::Refused(new)) => old == new,
        (Sight::Absent, Sight::Absent) | (Sight::Runs, Sight::Runs) => true,
        _ => false,
    };
    let same = |(old, new): (&Seen, &Seen)| {
        let is_target = old.at == target.at;
        let as_asked = matches!(&new.sight, Sight::Text(text) if text == value);
        old.key == new.key && if is_target { new.at == old.at && as_asked } else { same_sight(&old.sight, &new.sight) }
    };
    before.seen.len() == after.seen.len()
        && before.stop.is_some() == after.stop.is_some()
        && before.seen.iter().zip(&after.seen).all(same)
}
