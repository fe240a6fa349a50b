//! One line of a conversation.

use std::time::Duration;

use crate::now::Now;
use swarmscope_peer::crawler::{SocketId, Trace};
use swarmscope_peer::node::Ticket;
use swarmscope_wire::ChannelId;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::trace::Piece;

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Counts all lines of the screen; a line is selected by it.
    pub seq: u64,
    /// When it came.
    pub at: Now,
    /// On which connection.
    pub socket: SocketId,
    /// Since the dial began, or since the connection was accepted.
    pub after: Duration,
    /// What it tells.
    pub what: What,
    /// Which request it belongs to.
    pub of: Of,
}

/// What a line tells.
#[derive(Clone, Debug)]
pub enum What {
    /// Something passed over the connection.
    Trace(Trace),
    /// We gave a request up: a deadline passed, a budget was full, the operator had enough.
    GivenUp {
        /// The channel of the request.
        channel: Option<ChannelId>,
        /// Why it was given up.
        failure: Failure,
    },
}

/// What a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// No request.
    Nothing,
    /// The frame that asks.
    Request(Ticket),
    /// A part of its reply, counted from 1; 0 where lines before it are missing, so that the number
    /// is not known.
    Part(Ticket, u32),
    /// A reply that belongs to no request of ours.
    Stray,
}

impl Of {
    /// The request, where there is one.
    #[must_use]
    pub const fn ticket(self) -> Option<Ticket> {
        match self {
            Self::Request(ticket) | Self::Part(ticket, _) => Some(ticket),
            Self::Nothing | Self::Stray => None,
        }
    }
}

impl Line {
    /// Its bytes, where it has any.
    #[must_use]
    pub const fn piece(&self) -> Option<&Piece> {
        match &self.what {
            What::Trace(trace) => trace.piece(),
            What::GivenUp { .. } => None,
        }
    }

    /// How much memory it takes, about.
    #[must_use]
    pub fn cost(&self) -> usize {
        size_of::<Self>() + self.piece().map_or(0, |piece| piece.bytes.len())
    }
}
