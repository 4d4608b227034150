//! A bound on the work that putting variables in may take, so that no file can make it endless.

/// Bytes that may still be moved for variables in one file.
pub(crate) struct Budget(usize);

/// The longest value that is put in; far above what Floom takes.
const LONGEST: usize = 1024 * 1024;

impl Budget {
    /// Enough for any file of `length` bytes that is not made to grow.
    pub(crate) fn new(length: usize) -> Self {
        Self(16 * 1024 * 1024 + 16 * length)
    }

    /// Spends one step that moved `bytes`; says whether the work may go on.
    pub(crate) fn spend(&mut self, bytes: usize) -> bool {
        self.0 = self.0.saturating_sub(bytes + 16);
        self.0 > 0 && bytes <= LONGEST
    }
}
