//! The way of one change: watch, read, plan, decide, store, push.
//!
//! [`plan`], [`precedence`], [`brake`] and [`saga`] are rules without a clock, a disk or a
//! network of their own. [`Engine`] is the one task that owns the vault; files,
//! Floom and the clock reach it as messages, so everything that is decided is
//! decided in one place and stored in one transaction.

#![forbid(unsafe_code)]

mod anchor;
pub mod brake;
mod branch;
mod command;
mod conflict;
mod engine;
mod error;
mod export;
mod exposed;
mod exposure;
mod far_folder;
mod file;
mod floom_cli;
mod housekeeping;
mod import;
mod link;
mod opening;
mod outbox;
pub mod plan;
pub mod precedence;
pub mod push;
mod readiness;
mod receipt;
mod recovery;
mod reminder;
mod run;
mod run_page;
pub mod saga;
mod sealed_push;
mod sealing_key;
mod secret;
mod session;
mod standing;
mod survey;
mod vault_keys;
mod watch;
mod way;
mod words;

pub use engine::{Engine, Handle, LocalFloom, Started};
pub use error::EngineError;
pub use file::read as read_file;
pub use link::reader_for;
pub use secret::replaces;
pub use standing::UNDO;
