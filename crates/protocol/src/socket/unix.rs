//! The socket on Linux and macOS.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;

use tokio::net::{UnixListener, UnixStream};

use super::Places;

/// One connection.
pub type Stream = UnixStream;

/// The agent's end, which faces connect to.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

fn path(places: &Places) -> PathBuf {
    places.runtime().join("agent.sock")
}

/// Connects to the agent.
pub(super) async fn connect(places: &Places) -> io::Result<Stream> {
    UnixStream::connect(path(places)).await
}

/// Whether `error` means that no agent is there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

impl Listener {
    /// Opens the socket. Call it only while holding the vault's lock: a socket that
    /// an agent left behind when it was killed is replaced.
    ///
    /// # Errors
    /// The system's own; also when the folder belongs to somebody else.
    pub fn bind(places: &Places) -> io::Result<Self> {
        let folder = places.runtime();
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let path = path(places);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { socket, path })
    }

    /// The next face of the same user; others are turned away without an answer.
    ///
    /// # Errors
    /// The system's own.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            if stream.peer_cred()?.uid() == nix::unistd::Uid::effective().as_raw() {
                return Ok(stream);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A face that connects between this and the agent's end starts another agent.
        let _ = std::fs::remove_file(&self.path);
    }
}
