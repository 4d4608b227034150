//! Values at rest: AES-256-GCM under keys that the keychain's key wraps, in SQLite.
//!
//! Floom is write-only, so this is the only readable copy of a value. [`standing`]
//! tells without a prompt how the vault and its key are; [`Vault::create`] and
//! [`Vault::open`] give the [`Vault`]; every write goes through
//! [`Vault::transaction`]. `FORMAT.md` says what the file holds, byte by byte.

#![forbid(unsafe_code)]

mod apps;
mod blob;
mod cipher;
mod connections;
mod context;
mod entropy;
mod error;
mod file;
mod fingerprint;
mod ids;
mod index;
mod keys;
mod links;
mod lock;
mod outbox;
mod receipts;
mod records;
mod schema;
mod secrets;
mod settings;
mod standing;
mod time;
mod vault;
#[cfg(test)]
mod vectors;
mod versions;

pub use apps::App;
pub use connections::{Connection, ConnectionKind, NewConnection};
pub use entropy::{Entropy, OsEntropy, RandomnessFailed};
pub use error::VaultError;
pub use fingerprint::Fingerprint;
pub use ids::{AppId, ConnectionId, LinkId, SecretId};
pub use links::{Link, NewLink, SeenKey};
pub use lock::VaultLock;
pub use outbox::{Failure, NewOutboxItem, OutboxChange, OutboxItem};
pub use receipts::{ChainCheck, NewReceipt, Receipt};
pub use records::Records;
pub use secrets::{CurrentValue, RemoteState, Secret};
pub use standing::{Standing, standing};
pub use vault::{Tx, Vault};
pub use versions::{Source, Version, VersionNumber};
