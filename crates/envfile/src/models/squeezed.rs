//! Text from which a reader first drops some bytes, with the way back to the file.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::Zeroizing;

/// The bytes that are left, and where each stood.
pub(crate) struct Squeezed<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    origins: Vec<u32>,
    end: usize,
}

impl<'a> Squeezed<'a> {
    /// `bytes` without those for which `drops` holds; it is asked with the byte and the next one.
    pub(crate) fn new(bytes: &'a [u8], drops: impl Fn(u8, Option<u8>) -> bool) -> Self {
        let dropped = |at: usize| drops(bytes[at], bytes.get(at + 1).copied());
        if !(0..bytes.len()).any(dropped) {
            return Self { bytes: Cow::Borrowed(bytes), origins: Vec::new(), end: bytes.len() };
        }
        let origins: Vec<u32> = (0..bytes.len()).filter(|at| !dropped(*at)).map(|at| at as u32).collect();
        let left = origins.iter().map(|at| bytes[*at as usize]).collect();
        Self { bytes: Cow::Owned(left), origins, end: bytes.len() }
    }

    /// Where the byte at `at` stood in the file.
    pub(crate) fn origin(&self, at: usize) -> usize {
        match &self.bytes {
            Cow::Borrowed(_) => at,
            Cow::Owned(_) => self.origins.get(at).map_or(self.end, |origin| *origin as usize),
        }
    }

    /// Where the bytes of `range` stood; an empty range stays empty.
    pub(crate) fn span(&self, range: Range<usize>) -> Range<usize> {
        let start = self.origin(range.start);
        if range.is_empty() { start..start } else { start..self.origin(range.end - 1) + 1 }
    }
}

impl Drop for Squeezed<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(bytes) = &mut self.bytes {
            drop(Zeroizing::new(std::mem::take(bytes)));
        }
    }
}
