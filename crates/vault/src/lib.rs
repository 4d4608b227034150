//! Values at rest: AES-256-GCM under keys that the keychain's key wraps, in SQLite.
//!
//! Floom is write-only, so this is the only readable copy of a value. [`standing`]
//! tells without a prompt how the vault and its key are; [`Vault::create`] and
//! [`Vault::open`] give the [`Vault`]; every write goes through
//! [`Vault::transaction`]. Where the key is lost, a recovery code opens the vault's
//! file ([`recover`]) or the kit's ([`restore`]). `FORMAT.md` says what the file
//! holds, byte by byte.

#![forbid(unsafe_code)]

mod anchor;
mod anchor_clock;
mod apps;
mod blob;
mod cipher;
mod connections;
mod contents;
mod context;
mod damage;
mod data_keys;
mod entropy;
mod error;
mod export;
mod export_file;
mod file;
mod fingerprint;
mod good_copy;
mod ids;
mod index;
mod keys;
mod links;
mod lock;
mod outbox;
mod passphrase;
mod point;
#[cfg(test)]
mod published;
mod readable;
mod receipts;
mod records;
mod recovery_code;
mod recovery_key;
mod recovery_kit;
mod restore;
mod retention;
mod rotation;
mod schema;
mod secrets;
mod settings;
mod standing;
mod time;
mod vault;
#[cfg(test)]
mod vectors;
mod versions;

pub use anchor::{Anchor, AnchorState, FoundAnchor, NewAnchor, RollbackCheck, find_anchor};
pub use anchor_clock::AnchorClock;
pub use apps::App;
pub use connections::{Connection, ConnectionKind, NewConnection};
pub use contents::Contents;
pub use damage::Damage;
pub use entropy::{Entropy, OsEntropy, RandomnessFailed};
pub use error::VaultError;
pub use export::{
    Export, ExportedApp, ExportedConnection, ExportedSecret, ExportedValue, LeftOut, PlaintextExport, TypedName,
};
pub use export_file::{ExportError, OpenedBy, SealedTo};
pub use fingerprint::Fingerprint;
pub use good_copy::{GoodCopy, good_copy, keep_damaged_aside, restore_good_copy};
pub use ids::{AppId, ConnectionId, LinkId, SecretId};
pub use links::{Link, NewLink, SeenKey};
pub use lock::VaultLock;
pub use outbox::{Failure, NewOutboxItem, OutboxChange, OutboxItem};
pub use passphrase::SHORTEST_PASSPHRASE;
pub use point::{Point, watch_points};
pub use readable::Readable;
pub use receipts::{ChainCheck, NewReceipt, Receipt, ReceiptNumber};
pub use records::Records;
pub use recovery_code::{RECOVERY_GROUPS, RecoveryCode};
pub use recovery_kit::{NewKit, RecoveryKit};
pub use restore::{DrillReport, KeyHolder, RESTORED_AT, drill, recover, restore};
pub use retention::{KEPT_AT_LEAST, KEPT_FOR, Kept, Pruned, kept};
pub use rotation::{KEY_REPLACED_AT, Resealed};
pub use secrets::{CurrentValue, RemoteState, Secret};
pub use standing::{Standing, standing};
pub use vault::{Tx, Vault};
pub use versions::{Source, Version, VersionNumber};
