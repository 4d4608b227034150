//! The primitives, and nothing else: every use of a cryptographic library is here, but for those
//! that make or open a key-encryption key: `passphrase` (Argon2id) and `recovery_key` (HPKE).
//!
//! AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, HMAC-SHA-256
//! (RFC 2104), HKDF-Expand (RFC 5869, section 2.3). A key must not seal more than
//! 2^32 messages under random nonces; `keys` replaces it well before.

use std::convert::Infallible;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use floom_guarded::GuardedKey;
use hmac::digest::FixedOutput;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::{Entropy, RandomnessFailed};

/// The length of every key and of a whole MAC, in bytes.
pub(crate) const KEY: usize = 32;
/// The length of a nonce, in bytes.
pub(crate) const NONCE: usize = 12;
/// The length of a tag, in bytes.
pub(crate) const TAG: usize = 16;

/// A 256-bit key in protected memory, wiped when it is dropped.
pub(crate) struct Key(GuardedKey);

/// The tag did not fit, or the message is longer than the cipher takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoesNotOpen;

impl Key {
    pub(crate) fn random(entropy: &dyn Entropy) -> Result<Self, RandomnessFailed> {
        GuardedKey::fill_with(|bytes| entropy.fill(bytes)).map(Self)
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; KEY] = bytes.try_into().ok()?;
        let Ok(key) = GuardedKey::fill_with(|place| {
            place.copy_from_slice(bytes);
            Ok::<_, Infallible>(())
        });
        Some(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        self.0.bytes()
    }

    /// HKDF-Expand of this key with `purpose` as the info, one block long.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        self.expand(purpose.as_bytes())
    }

    /// [`Key::derive`] with any bytes as the info.
    pub(crate) fn expand(&self, info: &[u8]) -> Self {
        let info = [info, &[1]].concat();
        let Ok(key) = GuardedKey::fill_with(|place| {
            on_a_wiped_stack(|| keyed(self, &info).finalize_into(place.into()));
            Ok::<_, Infallible>(())
        });
        Self(key)
    }
}

impl From<GuardedKey> for Key {
    fn from(key: GuardedKey) -> Self {
        Self(key)
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
    let tag = on_a_wiped_stack(|| {
        let cipher = Aes256Gcm::new(key.bytes().into());
        cipher.encrypt_inout_detached(&Nonce::from(*nonce), associated, sealed.as_mut_slice().into())
    })
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
    on_a_wiped_stack(|| {
        let cipher = Aes256Gcm::new(key.bytes().into());
        cipher.decrypt_inout_detached(&Nonce::from(*nonce), associated, buffer.into(), &Tag::from(*tag))
    })
    .map_err(|_| DoesNotOpen)
}

/// Does `work` and wipes the part of the stack that it used: what is made of a key is wiped where it ends, but not
/// where it stood before it was moved (seen of AES with VAES, whose schedule begins with the key itself, and of HMAC).
fn on_a_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn deeper<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    #[inline(never)]
    fn wipe() {
        // More than the deepest call needs, in the widest words, because each is one volatile write.
        [0_u128; 384].zeroize();
    }
    let done = deeper(work);
    wipe();
    done
}

/// HMAC-SHA-256 of `message`.
pub(crate) fn mac(key: &Key, message: &[u8]) -> [u8; KEY] {
    on_a_wiped_stack(|| keyed(key, message).finalize().into_bytes().into())
}

fn keyed(key: &Key, message: &[u8]) -> Hmac<Sha256> {
    // A key shorter than the hash's block is filled up with zeros (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    block[..KEY].copy_from_slice(key.bytes());
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    mac.update(message);
    mac
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

    #[cfg(target_os = "linux")]
    #[test]
    fn using_a_key_leaves_no_copy_of_it_in_memory() {
        let key = Key::random(&crate::OsEntropy).unwrap();
        let derived = key.derive("purpose");
        // The thread that used the keys is held as it is, so that its stack is searched too.
        let (used, is_used) = std::sync::mpsc::channel();
        let (release, held) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let (key, derived) = (&key, &derived);
            scope.spawn(move || {
                let sealed = seal(key, &[1; NONCE], b"associated", b"plaintext").unwrap();
                open(key, &[1; NONCE], b"associated", &sealed).unwrap();
                mac(derived, b"message");
                drop(key.derive("another purpose"));
                used.send(()).unwrap();
                let _ = held.recv();
            });
            is_used.recv().unwrap();
            for key in [key, derived] {
                assert_eq!(copies_in_memory(key), 0, "no buffer, schedule or stack frame still holds it");
            }
            drop(release);
        });
        let copy = Zeroizing::new(key.bytes().to_vec());
        assert_eq!(copies_in_memory(&key), 1, "the search finds a copy that is there");
        drop(copy);
    }

    /// How often the key lies in this process's writable memory, but for its own place.
    #[cfg(target_os = "linux")]
    fn copies_in_memory(key: &Key) -> usize {
        use std::os::unix::fs::FileExt;
        let memory = std::fs::File::open("/proc/self/mem").unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut found = 0;
        let mut page = Zeroizing::new(vec![0; 4096 + KEY]);
        for map in maps.lines().filter(|map| map.contains(" rw")) {
            let (from, to) = map.split_whitespace().next().unwrap().split_once('-').unwrap();
            let range = u64::from_str_radix(from, 16).unwrap()..u64::from_str_radix(to, 16).unwrap();
            for start in range.step_by(4096) {
                // What the kernel does not read, nobody else does.
                let Ok(length) = memory.read_at(&mut page, start) else { continue };
                let places = (start..).zip(page[..length].windows(KEY)).take(4096);
                let own = key.bytes().as_ptr().addr() as u64;
                let search = page.as_ptr().addr() as u64;
                found += places
                    .filter(|(at, window)| {
                        *window == key.bytes() && *at != own && !(search..search + 8192).contains(at)
                    })
                    .count();
            }
        }
        found
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
