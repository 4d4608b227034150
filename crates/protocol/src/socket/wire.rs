//! Frames: a length and that many bytes of JSON, in buffers that are wiped.

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use zeroize::Zeroizing;

use super::system::Stream;
use crate::frame::LONGEST_FRAME;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side is gone.
    #[error("the connection was closed")]
    Closed,
    /// The system's own error.
    #[error("the connection failed: {0}")]
    Io(#[source] std::io::Error),
    /// A length over [`LONGEST_FRAME`].
    #[error("a message is longer than {LONGEST_FRAME} bytes")]
    TooLong,
    /// Not the JSON that was expected. The text itself is not repeated: it may hold a value.
    #[error("a message could not be understood")]
    Malformed,
}

/// The reading half of a connection.
#[derive(Debug)]
pub struct FrameReader(ReadHalf<Stream>);

/// The writing half of a connection.
#[derive(Debug)]
pub struct FrameWriter(WriteHalf<Stream>);

/// Both halves of `stream`.
pub fn split(stream: Stream) -> (FrameReader, FrameWriter) {
    let (read, write) = tokio::io::split(stream);
    (FrameReader(read), FrameWriter(write))
}

impl FrameReader {
    /// The next frame. Not cancel-safe: a half-read frame is lost with the future.
    ///
    /// # Errors
    /// [`WireError`]; after any the connection is of no use.
    pub async fn read<T: DeserializeOwned>(&mut self) -> Result<T, WireError> {
        let length = match self.0.read_u32().await {
            Ok(length) => length as usize,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(WireError::Closed),
            Err(error) => return Err(WireError::Io(error)),
        };
        if length > LONGEST_FRAME {
            return Err(WireError::TooLong);
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        self.0.read_exact(&mut bytes).await.map_err(WireError::Io)?;
        serde_json::from_slice(&bytes).map_err(|_| WireError::Malformed)
    }
}

impl FrameWriter {
    /// Writes one frame.
    ///
    /// # Errors
    /// [`WireError`]; after any the connection is of no use.
    pub async fn write<T: Serialize>(&mut self, message: &T) -> Result<(), WireError> {
        let bytes = Zeroizing::new(serde_json::to_vec(message).map_err(|_| WireError::Malformed)?);
        let length =
            u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= LONGEST_FRAME).ok_or(WireError::TooLong)?;
        self.0.write_u32(length).await.map_err(WireError::Io)?;
        self.0.write_all(&bytes).await.map_err(WireError::Io)?;
        self.0.flush().await.map_err(WireError::Io)
    }
}
