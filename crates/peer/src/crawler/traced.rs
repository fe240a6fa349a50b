//! What passes over a connection, told step by step to those who watch it. Only an overlay that was
//! started with tracing on tells it; nothing in the engine depends on it.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::conn::{AttemptId, ConnId};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::serial;
use swarmscope_wire::trace::Piece;

/// A connection of this process from the beginning of the dial on, or from when it was accepted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SocketId(pub u64);

/// One step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Traced {
    /// The connection.
    pub socket: SocketId,
    /// Since the dial began, or since the connection was accepted.
    #[serde(with = "serial::micros")]
    pub after: Duration,
    /// What happened.
    pub what: Trace,
}

/// What happened. The pieces of one direction, one after another, are every byte that went that
/// way: as it is on the wire, or inside TLS where that runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// We dial; `pinned`: only the peer with a certain permid will do.
    Resolving {
        /// The name or address.
        host: String,
        /// Whether only one certain peer will do.
        pinned: bool,
    },
    /// To one of the addresses that the host has.
    Dialling(SocketAddr),
    /// The socket is open: we dialled.
    Open,
    /// The socket is open: the peer dialled.
    Accepted(SocketAddr),
    /// TLS is up, and the peer has proved its permid.
    Tls,
    /// The authentication is complete.
    Authenticated,
    /// The socket has taken this.
    Sent(Piece),
    /// The socket has given this.
    Received(Piece),
    /// The end, and who ended it.
    Closed(Failure),
    /// So many frames of one direction passed while nobody watched.
    Unwatched(u64),
    /// So many steps are missing here: the reader was behind.
    Lost(u64),
}

/// How the engine knows a connection that is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watched {
    /// It is being dialled.
    Attempt(AttemptId),
    /// It is authenticated.
    Conn(ConnId),
}

impl Trace {
    /// Whether bytes went out or came in.
    #[must_use]
    pub const fn piece(&self) -> Option<&swarmscope_wire::trace::Piece> {
        match self {
            Self::Sent(piece) | Self::Received(piece) => Some(piece),
            _ => None,
        }
    }
}
