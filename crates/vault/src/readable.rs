//! What can be read of a list when something in it is damaged.

use crate::VaultError;

/// The entries that can be read, and one error for each of the others.
#[derive(Debug)]
pub struct Readable<T> {
    /// Those that can be read, in the order of the list.
    pub entries: Vec<T>,
    /// What is damaged; each error names its entry as far as that can be told.
    pub damaged: Vec<VaultError>,
}

impl<T> Readable<T> {
    /// Sorts what was read. An error that is not of one entry alone ends it.
    pub(crate) fn of(read: impl Iterator<Item = Result<T, VaultError>>) -> Result<Self, VaultError> {
        let mut sorted = Self { entries: Vec::new(), damaged: Vec::new() };
        for entry in read {
            match entry {
                Ok(entry) => sorted.entries.push(entry),
                Err(error) if error.is_of_one_entry() => sorted.damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(sorted)
    }

    /// The whole list.
    ///
    /// # Errors
    /// The first damage.
    pub fn all(self) -> Result<Vec<T>, VaultError> {
        match self.damaged.into_iter().next() {
            None => Ok(self.entries),
            Some(error) => Err(error),
        }
    }
}
