//! Local Floom: the Floom-compatible server for one creator on one machine.
//!
//! It answers on loopback only: to its owner and the owner's agent tokens, in
//! the shapes, codes and order of checks of Floom's own server, and to the
//! visitors of run pages. Values are encrypted at rest and opened only to start
//! a run. A team uses Floom itself.

#![forbid(unsafe_code)]

mod clock;
mod error;
mod http;
mod manifest;
pub mod rotation;
mod run;
mod sample;
mod seal;
mod store;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::LocalError;
pub use http::{Access, Dialect, Log, LogEntry, Options, ROUTES, Route, serve, serve_with};
pub use manifest::{Input, Manifest, ManifestError};
pub use sample::sample_app;
pub use seal::StoreKey;
pub use store::{Bearer, Store};
