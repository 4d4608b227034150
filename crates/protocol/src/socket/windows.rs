//! The socket on Windows: a named pipe that only its owner can open, and only from this computer.

use std::io;

use interprocess::os::windows::named_pipe::PipeListenerOptions;
use interprocess::os::windows::named_pipe::pipe_mode::Bytes;
use interprocess::os::windows::named_pipe::tokio::{DuplexPipeStream, PipeListener};
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use widestring::u16cstr;

use super::Places;

/// One connection.
pub type Stream = DuplexPipeStream<Bytes>;

/// The agent's end, which faces connect to.
#[derive(Debug)]
pub struct Listener(PipeListener<Bytes, Bytes>);

/// The pipe's name: pipes of all users share one space, so it has the user's name in it.
fn name() -> String {
    let user = std::env::var("USERNAME").unwrap_or_default();
    let plain: String = user.chars().filter(|letter| letter.is_alphanumeric()).collect();
    format!(r"\\.\pipe\floom-secrets-{plain}")
}

/// Connects to the agent.
pub(super) async fn connect(_: &Places) -> io::Result<Stream> {
    DuplexPipeStream::connect_by_path(name().as_str()).await
}

/// Whether `error` means that no agent is there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

impl Listener {
    /// Opens the pipe. Call it only while holding the vault's lock.
    ///
    /// # Errors
    /// The system's own; also when somebody else has a pipe of this name.
    pub fn bind(_: &Places) -> io::Result<Self> {
        // SDDL: a protected list with one entry, everything for the owner.
        let owner_only = SecurityDescriptor::deserialize(u16cstr!("D:P(A;;GA;;;OW)"))?;
        let pipe = PipeListenerOptions::new()
            .path(name().as_str())
            .security_descriptor(Some(owner_only))
            .accept_remote(false)
            .create_tokio_duplex::<Bytes>()?;
        Ok(Self(pipe))
    }

    /// The next face; the pipe's own list lets nobody else in.
    ///
    /// # Errors
    /// The system's own.
    pub async fn accept(&self) -> io::Result<Stream> {
        self.0.accept().await
    }
}
