//! Sealed bytes as the database keeps them: magic, version, key generation, nonce, ciphertext, tag.

use crate::cipher::NONCE;

const MAGIC: u8 = 0xf5;
const VERSION: u8 = 1;

/// The parts of a sealed blob.
pub(crate) struct Blob<'a> {
    /// The generation of the key that sealed it.
    pub(crate) generation: u32,
    /// The nonce under which it was sealed.
    pub(crate) nonce: &'a [u8; NONCE],
    /// Ciphertext and tag.
    pub(crate) sealed: &'a [u8],
}

impl<'a> Blob<'a> {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let generation = self.generation.to_be_bytes();
        [&[MAGIC, VERSION], &generation[..], &self.nonce[..], self.sealed].concat()
    }

    /// The parts of `bytes`; `None` where they are no blob of a version that is known.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[MAGIC, VERSION])?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        Some(Self { generation: u32::from_be_bytes(*generation), nonce, sealed })
    }
}
