//! Sockets and TLS: dials, accepts, one task a connection that drives a
//! [`Session`](crate::session::Session), and facts about it as events. Implements the connection
//! rules of protocol.md §1, the times of §2 and TLS of §8.
//!
//! Knows no meaning of crawler messages. A connection task may wait for whoever reads the events
//! (then TCP slows that peer down); nobody ever waits for a connection: [`Overlay::send`] refuses
//! where a peer's queue is full.
//!
//! ```text
//!   dial ──► dial task ──┐                                        ┌──► OverlayEvent (bounded)
//!                        ├──► setup ──► rules ──► connection task ─┤
//!   listener ── admit ───┘    Session, TLS                        └◄── SendQueue (frames and bytes
//! bounded) ◄── send, close
//! ```

mod assembly;
mod connection;
mod conversation;
mod dial;
mod dialback;
mod finish;
mod handle;
mod key_log;
mod listener;
mod outgoing;
mod progress;
mod queue;
mod rules;
mod seats;
mod served;
mod setup;
mod shared;
mod slot;
mod stream;
#[cfg(test)]
#[cfg(feature = "legacy")] // they speak both versions
mod tests;
mod tls;
mod tls_failure;
mod tls_key;
mod tracer;
mod watches;
mod world;

use std::net::{IpAddr, SocketAddr};

use crate::identity::Identities;
use crate::session::Authenticated;
use crate::weighed::{self, Weigh};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::Frame;

pub use crate::crawler::{AttemptId, ConnId, Direction, Trace, Traced, Watched};
pub use crate::limits::{Limits, Meter};
pub use handle::Overlay;
pub use key_log::KeyLog;
pub use served::Served;

/// The facts about connections, in the order in which they happened.
pub type Events = weighed::Receiver<OverlayEvent>;

/// What an overlay is started with.
#[derive(Clone)]
pub struct OverlayConfig {
    /// Our identities.
    pub identities: Identities,
    /// The current version presented (7–18). 18 needs an Ed25519 identity; without one 17 is
    /// presented.
    pub version: OverlayVersion,
    /// Where to accept connections. Port 0 takes a free one; `None` announces port 0.
    pub listen: Option<SocketAddr>,
    /// What peers may take.
    pub limits: Limits,
    /// Where what they take is counted.
    pub meter: Meter,
    /// Whether to tell every step and every byte of all connections, as [`OverlayEvent::Traced`].
    /// See [`Overlay::trace`].
    pub trace: bool,
    /// Where the secrets of TLS sessions are written, if anywhere.
    pub key_log: Option<KeyLog>,
}

/// How [`Overlay::shutdown`] went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stopped {
    /// Connections that were open when it began.
    pub open: usize,
    /// Those of them that had to be cut because they did not end in time.
    pub cut: usize,
}

/// A fact about connections, in the order in which it happened.
#[derive(Clone, PartialEq, Debug)]
pub enum OverlayEvent {
    /// A dial has come to this rung.
    Progress {
        /// The dial.
        attempt: AttemptId,
        /// How far it has come.
        phase: Phase,
        /// The particulars, in words.
        detail: String,
    },
    /// A dial has ended without an authenticated connection.
    DialFailed {
        /// The dial.
        attempt: AttemptId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
    /// An incoming connection that never authenticated. Under a flood, several are told of as one:
    /// `times`.
    AcceptFailed {
        /// The other end of the socket.
        remote: SocketAddr,
        /// What went wrong, and who ended it.
        failure: Failure,
        /// How often.
        times: u64,
    },
    /// Somebody opened a return connection (protocol.md §2): we can be reached from there. Nothing
    /// proves who it was.
    DialledBack {
        /// The other end of the socket.
        remote: SocketAddr,
        /// The address at which it says to have dialled us.
        at: IpAddr,
    },
    /// Authenticated. `attempt` is there for outgoing connections.
    Connected {
        /// The connection.
        conn: ConnId,
        /// The dial.
        attempt: Option<AttemptId>,
        /// Who dialled.
        direction: Direction,
        /// The other end of the socket.
        remote: SocketAddr,
        /// Who is there.
        who: Authenticated,
    },
    /// A frame that is not part of the authentication.
    Frame {
        /// The connection.
        conn: ConnId,
        /// The frame.
        frame: Frame,
    },
    /// The socket has taken so many frames since this was last told: whoever has more to send than
    /// a queue holds, like a reply of hundreds of parts, hands it over as fast as the peer
    /// takes it.
    Written {
        /// The connection.
        conn: ConnId,
        /// How many frames.
        frames: usize,
    },
    /// What passes over a connection; only where tracing is on. It is dropped where the reader is
    /// behind, and counted.
    Traced {
        /// The connection that it belongs to.
        watched: Watched,
        /// The step.
        traced: Traced,
    },
    /// The end of what [`Self::Connected`] told of. A failure with cause `Duplicate` means that
    /// another connection to the same permid stays; frames in flight were still delivered.
    Closed {
        /// The connection.
        conn: ConnId,
        /// What went wrong, and who ended it.
        failure: Failure,
    },
}

impl Weigh for OverlayEvent {
    fn weight(&self) -> usize {
        match self {
            Self::Frame { frame, .. } => frame.body.len(),
            _ => 0,
        }
    }
}
