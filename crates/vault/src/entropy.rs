//! Where random bytes come from.

/// A source of cryptographic randomness; the operating system's by default.
pub trait Entropy: Send {
    /// Fills `bytes` whole.
    ///
    /// # Errors
    /// [`RandomnessFailed`]; nothing is sealed then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed>;
}

/// The source gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomnessFailed;

/// The operating system's own source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        getrandom::fill(bytes).map_err(|_| RandomnessFailed)
    }
}
