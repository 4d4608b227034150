//! A secret value in memory, and the little of it that may be shown.
//!
//! [`SecretValue`] owns its bytes and wipes them when it is dropped. It has no
//! `Display`, no `Deref` and no `Clone`; `Debug` says only that something is
//! there. Reading it takes [`SecretValue::expose`], so that every place where
//! plaintext is touched can be found by name.

#![forbid(unsafe_code)]

mod policy;
mod preview;
pub mod provider;
mod value;
pub mod wire;

pub use policy::Policy;
pub use preview::Preview;
pub use value::{MAX_BYTES, MAX_CODE_UNITS, SecretValue, ValueError};
