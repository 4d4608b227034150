//! The local socket between the agent and its faces.
//!
//! A Unix socket in a folder that only its owner can enter, with the peer's user
//! id checked; on Windows a named pipe that only its owner can open. One file per
//! system.

mod face;
mod launch;
mod place;
mod wire;

#[cfg(unix)]
#[path = "socket/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "socket/windows.rs"]
mod system;

pub use face::{Changes, Face};
pub use launch::{Announcement, program_beside};
pub use place::Places;
pub use system::{Listener, Stream};
pub use wire::{FrameReader, FrameWriter, WireError, split};
