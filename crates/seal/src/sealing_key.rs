//! Sealing and opening one value.

use std::fmt;

use floom_secret::SecretValue;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Bytes;

/// The suite's name on the wire.
pub const SUITE: &str = "hpke-base-x25519-hkdf-sha256-aes-256-gcm";

const INFO: &[u8] = b"floom secrets-v1";

type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;

/// Why a value could not be sealed, or not opened. It says nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The server names a suite that this program does not know.
    #[error("This Floom seals values in a way that this program does not know.")]
    SuiteUnknown,
    /// The public key is none of X25519, or one that everybody can open.
    #[error("This Floom gave a sealing key that is none.")]
    KeyInvalid,
    /// Sealed for another key, app or name, or changed on the way.
    #[error("The sealed value does not open.")]
    DoesNotOpen,
    /// The system gives no random numbers.
    #[error("This system gives no random numbers.")]
    NoRandom,
}

impl SealError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::SuiteUnknown => "sealing_suite_unknown",
            Self::KeyInvalid => "sealing_key_invalid",
            Self::DoesNotOpen => "cannot_open",
            Self::NoRandom => "no_random",
        }
    }
}

/// What `GET …/sealing-key` answers: the key to which values of one app are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealingKey {
    /// The app.
    pub app_id: String,
    /// Which of the app's keys this is.
    pub key_id: String,
    /// [`SUITE`].
    pub suite: String,
    /// The public key, 32 bytes.
    pub public_key: Bytes,
}

/// A sealed value on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The key that opens it.
    pub key_id: String,
    /// The encapsulated key, 32 bytes.
    pub enc: Bytes,
    /// Ciphertext and tag.
    pub ciphertext: Bytes,
}

impl SealingKey {
    /// Seals `value` of the secret `name` of this key's app.
    ///
    /// # Errors
    /// [`SealError::SuiteUnknown`], [`SealError::KeyInvalid`], [`SealError::NoRandom`].
    pub fn seal(&self, name: &str, value: &SecretValue) -> Result<Sealed, SealError> {
        if self.suite != SUITE {
            return Err(SealError::SuiteUnknown);
        }
        let public = Public::from_bytes(&self.public_key.0).map_err(|_| SealError::KeyInvalid)?;
        // Asked first, because the library knows no failure of its source.
        getrandom::fill(&mut [0; 1]).map_err(|_| SealError::NoRandom)?;
        let sealed = hpke::single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            INFO,
            value.expose().as_bytes(),
            &associated(&self.app_id, name),
        );
        let (enc, ciphertext) = sealed.map_err(|_| SealError::KeyInvalid)?;
        let enc = Bytes(enc.to_bytes().to_vec());
        Ok(Sealed { key_id: self.key_id.clone(), enc, ciphertext: Bytes(ciphertext) })
    }
}

/// The key pair of an app; the private half is wiped when it is dropped.
pub struct KeyPair {
    private: Private,
    public: Public,
}

impl KeyPair {
    /// The pair that comes of 32 random bytes (RFC 9180, section 7.1.3, DeriveKeyPair): those are what is kept.
    pub fn derive(material: &[u8; 32]) -> Self {
        let (private, public) = X25519HkdfSha256::derive_keypair(material);
        Self { private, public }
    }

    /// The public half, 32 bytes.
    pub fn public(&self) -> Bytes {
        Bytes(self.public.to_bytes().to_vec())
    }

    /// Opens what was sealed to this pair for the secret `name` of the app `app_id`.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]: for another pair, app or name, changed, or no text.
    pub fn open(&self, app_id: &str, name: &str, sealed: &Sealed) -> Result<SecretValue, SealError> {
        let enc = Deserializable::from_bytes(&sealed.enc.0).map_err(|_| SealError::DoesNotOpen)?;
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &enc,
            INFO,
            &sealed.ciphertext.0,
            &associated(app_id, name),
        );
        let opened = Zeroizing::new(opened.map_err(|_| SealError::DoesNotOpen)?);
        SecretValue::from_utf8(opened.to_vec()).ok_or(SealError::DoesNotOpen)
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(..)")
    }
}

/// An app's id holds no zero byte, so that two different pairs never give the same bytes.
fn associated(app_id: &str, name: &str) -> Vec<u8> {
    [app_id.as_bytes(), &[0], name.as_bytes()].concat()
}
