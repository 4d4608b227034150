//! The key pair of a recovery code, to whose public half every key-encryption key is sealed.
//!
//! HKDF-SHA-256 (RFC 5869) makes 32 bytes of the code, RFC 9180's DeriveKeyPair a key pair of X25519 from them.
//! Sealing is HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

use std::convert::Infallible;

use hkdf::Hkdf;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cipher::{DoesNotOpen, KEY, Key};
use crate::context::Fields;
use crate::{Entropy, RecoveryCode, VaultError};

/// The length of a public key, and of what the sender adds to a sealed key, in bytes.
pub(crate) const PUBLIC: usize = 32;

const CODE_INFO: &[u8] = b"floom vault 1: recovery code";
const SEAL_INFO: &[u8] = b"floom vault 1: recovery";

type Private = <X25519HkdfSha256 as Kem>::PrivateKey;

/// The key pair that a code gives; the private half is wiped when it is dropped.
pub(crate) struct RecoveryKey {
    private: Private,
    public: [u8; PUBLIC],
}

impl RecoveryKey {
    pub(crate) fn of(code: &RecoveryCode) -> Result<Self, VaultError> {
        let mut material = Zeroizing::new([0; KEY]);
        Hkdf::<Sha256>::new(None, code.secret())
            .expand(CODE_INFO, material.as_mut_slice())
            .map_err(|_| VaultError::CodeMistyped)?;
        let (private, public) = X25519HkdfSha256::derive_keypair(material.as_slice());
        Ok(Self { private, public: public.to_bytes().into() })
    }

    pub(crate) fn public(&self) -> &[u8; PUBLIC] {
        &self.public
    }

    /// The key-encryption key that [`seal`] sealed to the public half, for the same vault and generation.
    pub(crate) fn open(&self, vault: Uuid, generation: u32, sealed: &[u8]) -> Result<Key, DoesNotOpen> {
        let (encapsulated, sealed) = sealed.split_at_checked(PUBLIC).ok_or(DoesNotOpen)?;
        let encapsulated = Deserializable::from_bytes(encapsulated).map_err(|_| DoesNotOpen)?;
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            SEAL_INFO,
            sealed,
            associated(vault, generation).as_bytes(),
        );
        Key::from_slice(&Zeroizing::new(opened.map_err(|_| DoesNotOpen)?)).ok_or(DoesNotOpen)
    }
}

/// `kek` for whoever has the code of `public`: the encapsulated key (32 bytes), then ciphertext and tag.
///
/// # Errors
/// [`VaultError::Randomness`]; [`VaultError::Damaged`] where `public` is no public key.
pub(crate) fn seal(
    public: &[u8; PUBLIC],
    vault: Uuid,
    generation: u32,
    kek: &Key,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let public = Deserializable::from_bytes(public).map_err(|_| VaultError::Damaged)?;
    let mut random = Random { entropy, failed: false };
    let sealed = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        SEAL_INFO,
        kek.bytes(),
        associated(vault, generation).as_bytes(),
        &mut random,
    );
    if random.failed {
        return Err(VaultError::Randomness);
    }
    let (encapsulated, ciphertext) = sealed.map_err(|_| VaultError::Damaged)?;
    Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

fn associated(vault: Uuid, generation: u32) -> Fields {
    Fields::of("recovery key").uuid(vault).number(generation)
}

/// The vault's source of randomness as the library takes it, which knows no failure: what was made
/// after one is thrown away.
struct Random<'a> {
    entropy: &'a dyn Entropy,
    failed: bool,
}

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.failed |= self.entropy.fill(bytes).is_err();
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OsEntropy, RandomnessFailed};

    struct Fails;

    impl Entropy for Fails {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessFailed> {
            Err(RandomnessFailed)
        }
    }

    #[test]
    fn only_the_code_opens_what_is_sealed_to_it() {
        let vault = Uuid::from_u128(7);
        let code = RecoveryCode::random(&OsEntropy).unwrap();
        let key = RecoveryKey::of(&code).unwrap();
        let kek = Key::random(&OsEntropy).unwrap();
        let sealed = seal(key.public(), vault, 3, &kek, &OsEntropy).unwrap();
        let again = RecoveryKey::of(&code).unwrap();
        let opened = again.open(vault, 3, &sealed).ok();
        let opened = opened.expect("the code opens it");
        assert_eq!(opened.bytes(), kek.bytes(), "to the key that was sealed");
        let other = RecoveryKey::of(&RecoveryCode::random(&OsEntropy).unwrap()).unwrap();
        assert!(other.open(vault, 3, &sealed).is_err(), "another code opens nothing");
        assert!(key.open(Uuid::from_u128(8), 3, &sealed).is_err(), "another vault's does not fit");
        assert!(key.open(vault, 4, &sealed).is_err(), "another generation's does not fit");
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(key.open(vault, 3, &flipped).is_err(), "a flipped bit in byte {at} is found");
            assert!(key.open(vault, 3, &sealed[..at]).is_err(), "{at} bytes of it are too few");
        }
    }

    #[test]
    fn without_randomness_nothing_is_sealed() {
        let key = RecoveryKey::of(&RecoveryCode::random(&OsEntropy).unwrap()).unwrap();
        let refused = seal(key.public(), Uuid::nil(), 1, &Key::random(&OsEntropy).unwrap(), &Fails).unwrap_err();
        assert_eq!(refused.code(), "vault_randomness", "a failed source is no source of zeros");
    }
}
