//! The primitives, and nothing else: every use of a cryptographic library is here.
//!
//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, HMAC-SHA-256
//! (RFC 2104), HKDF-Expand (RFC 5869, section 2.3). A key must not seal more than
//! 2^32 messages under random nonces; `keys` replaces it well before.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Entropy, RandomnessFailed};

/// The length of every key and of a whole MAC, in bytes.
pub(crate) const KEY: usize = 32;
/// The length of a nonce, in bytes.
pub(crate) const NONCE: usize = 12;
/// The length of a tag, in bytes.
pub(crate) const TAG: usize = 16;

/// A 256-bit key, wiped when it is dropped. It lives on the heap so that moving it leaves no copy.
pub(crate) struct Key(Box<Zeroizing<[u8; KEY]>>);

/// The tag did not fit, or the message is longer than the cipher takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoesNotOpen;

impl Key {
    pub(crate) fn random(entropy: &dyn Entropy) -> Result<Self, RandomnessFailed> {
        let mut key = Box::new(Zeroizing::new([0; KEY]));
        entropy.fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Box::new(Zeroizing::new([0; KEY]));
        (bytes.len() == KEY).then(|| {
            key.copy_from_slice(bytes);
            Self(key)
        })
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// HKDF-Expand of this key with `purpose` as the info, one block long.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        self.expand(purpose.as_bytes())
    }

    pub(crate) fn expand(&self, info: &[u8]) -> Self {
        Self(Box::new(Zeroizing::new(mac(self, &[info, &[1]].concat()))))
    }
}

/// The ciphertext of `plaintext`, with the tag at its end.
pub(crate) fn seal(
    key: &Key,
    nonce: &[u8; NONCE],
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, DoesNotOpen> {
    let mut sealed = Vec::with_capacity(plaintext.len() + TAG);
    sealed.extend_from_slice(plaintext);
    let tag = Aes256Gcm::new(key.bytes().into())
        .encrypt_inout_detached(&Nonce::from(*nonce), associated, sealed.as_mut_slice().into())
        .map_err(|_| DoesNotOpen)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// The plaintext of what [`seal`] gave; nothing is decrypted before the tag fits.
pub(crate) fn open(
    key: &Key,
    nonce: &[u8; NONCE],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG>().ok_or(DoesNotOpen)?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    open_in_place(key, nonce, associated, &mut plaintext, tag)?;
    Ok(plaintext)
}

/// Decrypts `buffer` where the tag fits, else leaves it as it is.
pub(crate) fn open_in_place(
    key: &Key,
    nonce: &[u8; NONCE],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG],
) -> Result<(), DoesNotOpen> {
    Aes256Gcm::new(key.bytes().into())
        .decrypt_inout_detached(&Nonce::from(*nonce), associated, buffer.into(), &Tag::from(*tag))
        .map_err(|_| DoesNotOpen)
}

/// HMAC-SHA-256 of `message`.
pub(crate) fn mac(key: &Key, message: &[u8]) -> [u8; KEY] {
    // A key shorter than the hash's block is filled up with zeros (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    block[..KEY].copy_from_slice(key.bytes());
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Whether two MACs are the same, in constant time.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> Key {
        Key::from_slice(&[byte; KEY]).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn mac_is_that_of_rfc_4231() {
        // Test case 2. Its key is shorter than a block, so zeros at its end change nothing.
        let mut padded = [0; KEY];
        padded[..4].copy_from_slice(b"Jefe");
        let made = mac(&Key::from_slice(&padded).unwrap(), b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&made), expected, "the RFC's own answer");
    }

    #[test]
    fn seal_is_that_of_the_gcm_specification() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14.
        let sealed = seal(&key(0), &[0; NONCE], b"", &[0; 16]).unwrap();
        let expected = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
        assert_eq!(hex(&sealed), expected, "the specification's own answer");
    }

    #[test]
    fn a_key_is_exactly_32_bytes() {
        assert!(Key::from_slice(&[0; 31]).is_none(), "a short entry is no key");
        assert!(Key::from_slice(&[0; 33]).is_none(), "a long entry is no key");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_nothing_else_does(
            plaintext in proptest::collection::vec(any::<u8>(), 0..200),
            associated in proptest::collection::vec(any::<u8>(), 0..60),
            nonce in any::<[u8; NONCE]>(),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u32,
        ) {
            let sealed = seal(&key(7), &nonce, &associated, &plaintext).unwrap();
            prop_assert_eq!(sealed.len(), plaintext.len() + TAG, "a seal adds the tag and nothing else");
            let opened = open(&key(7), &nonce, &associated, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice(), "what was sealed comes back");
            prop_assert!(open(&key(8), &nonce, &associated, &sealed).is_err(), "another key opens nothing");
            let mut flipped = sealed.clone();
            let index = at.index(flipped.len());
            flipped[index] ^= 1 << bit;
            prop_assert!(open(&key(7), &nonce, &associated, &flipped).is_err(), "one flipped bit is found");
            let mut other = associated.clone();
            other.push(0);
            prop_assert!(open(&key(7), &nonce, &other, &sealed).is_err(), "other associated data opens nothing");
        }
    }
}
