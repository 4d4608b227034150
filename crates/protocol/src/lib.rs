//! What is said between the agent and its faces (the window, the command line).
//!
//! Every command is declared once, in [`command`], with its fields and its
//! answer; every face and the agent use that one declaration, and so does the
//! front end, which is compiled for wasm32. What is shown comes as one
//! [`view::Snapshot`]; what went wrong as one [`Failure`]. No view carries a
//! value: the only fields that do name `floom_secret::wire` in their declaration.

#![forbid(unsafe_code)]

pub mod command;
mod failure;
pub mod frame;
pub mod import;
pub mod readiness;
pub mod view;

#[cfg(feature = "socket")]
pub mod socket;

pub use command::{Call, Command};
pub use failure::Failure;
