//! Floom's wire types and its HTTP client.
//!
//! [`Client`] speaks Floom's real API: two calls per change (policy, then
//! value), one write at a time, paced by what the server says it has left.
//! It follows no redirect, sends a token over `https` or to this machine only,
//! and puts nothing that a server answered into an error.

#![forbid(unsafe_code)]

mod answer;
mod base_url;
mod client;
mod error;
mod extension;
mod pace;
mod transport;
mod wire;

pub use base_url::BaseUrl;
pub use client::Client;
pub use error::FloomError;
pub use extension::{Changed, Dialect, Put, Rotation, SecretEntry, Secrets, Users, ValueEntry};
pub use wire::{AgentTokenEntry, AppDetail, AppSummary, Health, PolicyEntry, Run, RunStatus, Session};
