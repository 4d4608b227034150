//! A value on its way to Floom, sealed so that only the app's own key opens it.
//!
//! HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The info is
//! `floom secrets-v1`; the associated data is the app's id, a zero byte and the key's name, so that a sealed value
//! moved to another app or another key does not open.

#![forbid(unsafe_code)]

mod bytes;
mod pin;
mod sealing_key;

pub use bytes::Bytes;
pub use pin::Pin;
pub use sealing_key::{KeyPair, SUITE, SealError, Sealed, SealingKey};
