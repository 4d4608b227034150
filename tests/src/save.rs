//! The ways in which editors save a file.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::Trouble;

/// One way of saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// The bytes that changed are written over the old ones.
    InPlace,
    /// The file is emptied, then written.
    Truncate,
    /// Another file is written beside it and takes its name.
    Rename,
}

impl Save {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InPlace, Self::Truncate, Self::Rename];

    /// In words, for the tour's table.
    pub fn words(self) -> &'static str {
        match self {
            Self::InPlace => "in place",
            Self::Truncate => "by truncate and write",
            Self::Rename => "by atomic rename",
        }
    }

    /// Replaces `old` by `new` in `file`, saved in this way.
    ///
    /// # Errors
    /// [`Trouble`] when `old` is not in it, or differs in length for [`Save::InPlace`], or the system's own.
    pub fn replace(self, file: &Path, old: &str, new: &str) -> Result<(), Trouble> {
        let text = fs::read_to_string(file)?;
        let at = text.find(old).ok_or_else(|| Trouble::new("the text to replace is not in the file"))?;
        let changed = text.replacen(old, new, 1);
        match self {
            Self::InPlace if old.len() != new.len() => {
                return Err(Trouble::new("only a text of the same length can be written over another"));
            }
            Self::InPlace => {
                let mut file = File::options().write(true).open(file)?;
                file.seek(SeekFrom::Start(u64::try_from(at)?))?;
                file.write_all(new.as_bytes())?;
            }
            Self::Truncate => File::create(file)?.write_all(changed.as_bytes())?,
            Self::Rename => {
                let beside = file.with_extension("saving");
                fs::write(&beside, changed)?;
                fs::rename(beside, file)?;
            }
        }
        Ok(())
    }
}
