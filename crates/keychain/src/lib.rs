//! The operating system's keychain: one 32-byte key per entry, and states told without a prompt.
//!
//! On Linux this is the Secret Service over D-Bus, on macOS the login Keychain,
//! on Windows the Credential Manager. A keychain that is locked, or that nobody
//! answers for, is never taken for an empty one: [`Keychain::read`] gives `None`
//! only where the keychain answered and has no such entry.

#![forbid(unsafe_code)]

pub mod doctor;
mod fetch;
mod keychain;
mod memory;
mod state;
mod store;
mod thread;

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "windows", path = "windows.rs")]
mod system;

pub use fetch::answer_fetch;
pub use keychain::{Keychain, LIMIT};
pub use state::{KeychainError, State};

/// The service under which this program keeps its entries.
pub const SERVICE: &str = "dev.floom.secrets";
