//! The frames on the socket, and the handshake that stays compatible for ever.
//!
//! A frame is a length (u32, big endian) and that many bytes of JSON. The first
//! frame of a face is [`First`], the agent's answer to it is [`Reply`]; these two
//! only ever gain optional fields, so that a face of any age can ask an agent of
//! any age for its version, or ask it to make room ([`First::Drain`]).

use serde::{Deserialize, Serialize};

use crate::{Command, Failure, view::Snapshot};

/// The version of everything after the handshake.
pub const PROTOCOL: u32 = 1;

/// The longest frame, in bytes: a pasted file of 1 MiB, escaped, fits.
pub const LONGEST_FRAME: usize = 8 * 1024 * 1024;

/// A face's first frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum First {
    /// Wants to talk.
    Hello(Hello),
    /// Asks the agent to finish what it is doing and end, so that another can start.
    Drain {},
}

/// Who is talking.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the face.
    pub protocol: u32,
    /// The face's version, for people.
    pub version: String,
    /// `window` or `command_line`.
    pub face: String,
    /// Whether snapshots are wanted as they change.
    #[serde(default)]
    pub follow: bool,
    /// The face's session bus: an agent started without one can reach the keychain through it.
    #[serde(default)]
    pub session_bus: Option<String>,
}

/// The agent's answer to the first frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Go on.
    Welcome {
        /// [`PROTOCOL`] of the agent.
        protocol: u32,
        /// The agent's version.
        version: String,
    },
    /// The two do not fit; the agent closes after this.
    Refused {
        /// [`PROTOCOL`] of the agent.
        protocol: u32,
        /// The agent's version.
        version: String,
        /// Why.
        failure: Failure,
    },
    /// The agent ends; the socket closes when it has.
    Draining {},
}

/// What a face sends after the handshake.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the face; the response carries it.
    pub id: u64,
    /// What is asked.
    pub command: Command,
}

/// What the agent sends after the handshake.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromAgent {
    /// The answer to one request.
    Response {
        /// The request's id.
        id: u64,
        /// The answer, in the shape that the command declares.
        result: Result<serde_json::Value, Failure>,
    },
    /// Something changed.
    Changed(Box<Snapshot>),
}
