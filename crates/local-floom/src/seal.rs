//! Values at rest: AES-256-GCM (NIST SP 800-38D), 96-bit random nonces, 128-bit tags.
//!
//! A sealed blob is `0x01 ‖ nonce ‖ ciphertext ‖ tag`. Its associated data is
//! the format's name and every part of its place, each with its length before
//! it, so that a blob moved to another app, key or column does not open.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use crate::LocalError;

const FORMAT: u8 = 1;
const FORMAT_NAME: &str = "floom-local/1";
const NONCE: usize = 12;

/// The key of one store: 256 bits, kept by the caller in the system's keychain.
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// Takes over a key.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`LocalError::NoRandom`].
    pub fn make() -> Result<Self, LocalError> {
        let mut key = Zeroizing::new([0; 32]);
        random(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// The key's bytes, for the keychain.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What a blob is and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The text that tells whether a key fits.
    Check,
    /// The key that seals everything else.
    WorkspaceKey,
    /// The bearer of this installation.
    Bearer,
    /// A creator's value.
    Creator { app: &'a str, key: &'a str },
    /// What is shown of a creator's value.
    Preview { app: &'a str, key: &'a str },
    /// That of which an app's sealing key pair is derived.
    SealingKey { app: &'a str },
    /// A value of the local owner's own vault.
    User { key: &'a str },
    /// A value of a run page's visitor.
    Visitor { visitor: &'a str, key: &'a str },
    /// The key of an app's run page.
    LinkKey { app: &'a str },
}

impl Place<'_> {
    fn associated_data(self) -> Vec<u8> {
        let parts: &[&str] = match &self {
            Self::Check => &["check"],
            Self::WorkspaceKey => &["workspace-key"],
            Self::Bearer => &["bearer"],
            Self::Creator { app, key } => &["creator", app, key],
            Self::Preview { app, key } => &["preview", app, key],
            Self::SealingKey { app } => &["sealing-key", app],
            Self::User { key } => &["user", key],
            Self::Visitor { visitor, key } => &["visitor", visitor, key],
            Self::LinkKey { app } => &["link-key", app],
        };
        let mut bytes = Vec::new();
        for part in [FORMAT_NAME].iter().chain(parts) {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// Encrypts `plain` for `place`.
///
/// # Errors
/// [`LocalError::NoRandom`].
pub(crate) fn seal(key: &StoreKey, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, LocalError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    let payload = Payload { msg: plain, aad: &place.associated_data() };
    // AES-GCM refuses only what is longer than 64 GiB.
    let sealed = cipher(key).encrypt(&nonce.into(), payload).map_err(|_| LocalError::Damaged)?;
    let mut blob = Vec::with_capacity(1 + NONCE + sealed.len());
    blob.push(FORMAT);
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&sealed);
    Ok(blob)
}

/// Decrypts `blob`; `None` if it was not sealed with this key for this place, or was changed.
pub(crate) fn open(key: &StoreKey, place: Place<'_>, blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&FORMAT, rest) = blob.split_first()? else { return None };
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: &place.associated_data() };
    cipher(key).decrypt(&(*nonce).into(), payload).ok().map(Zeroizing::new)
}

/// Fills `bytes` from the system's generator.
///
/// # Errors
/// [`LocalError::NoRandom`].
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), LocalError> {
    getrandom::fill(bytes).map_err(|_| LocalError::NoRandom)
}

fn cipher(key: &StoreKey) -> Aes256Gcm {
    Aes256Gcm::new(key.expose().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_opens_only_in_its_own_place() {
        let key = StoreKey::make().expect("random numbers");
        let place = Place::Creator { app: "app_1", key: "OPENAI_API_KEY" };
        let blob = seal(&key, place, b"sk-test").expect("a blob");
        assert_eq!(open(&key, place, &blob).as_deref().map(Vec::as_slice), Some(&b"sk-test"[..]), "it opens at home");

        let elsewhere = [
            Place::Creator { app: "app_2", key: "OPENAI_API_KEY" },
            Place::Creator { app: "app_1O", key: "PENAI_API_KEY" },
            Place::User { key: "OPENAI_API_KEY" },
            Place::Visitor { visitor: "app_1", key: "OPENAI_API_KEY" },
        ];
        for place in elsewhere {
            assert!(open(&key, place, &blob).is_none(), "{place:?} is another place");
        }
        let other = StoreKey::make().expect("random numbers");
        assert!(open(&other, place, &blob).is_none(), "another key does not open it");
        for index in 0..blob.len() {
            let mut changed = blob.clone();
            changed[index] ^= 1;
            assert!(open(&key, place, &changed).is_none(), "a change of byte {index} is noticed");
        }
        assert!(open(&key, place, &blob[..10]).is_none(), "a cut blob does not open");
    }

    /// Key 32 × 07, nonce 12 × 09, the value of `A` in the user vault; made with another AES-GCM (pyca/cryptography).
    const VECTOR: &str = "0109090909090909090909090951e4e8e1db8699e54b436aec8d1394d1c9260c0bfe";

    #[test]
    fn a_blob_written_before_still_opens() {
        let key = StoreKey::new(Zeroizing::new([7; 32]));
        let pairs = VECTOR.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("text"));
        let blob: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
        let plain = open(&key, Place::User { key: "A" }, &blob).expect("version 1 never changes");
        assert_eq!(*plain, b"value", "the value of the vector");
    }
}
