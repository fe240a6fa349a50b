//! What a program that asked gets: parts, and the whole reply.

use std::time::Duration;

use bytes::Bytes;

use swarmscope_wire::failure::Failure;
use swarmscope_wire::{ErrorByte, MessageId, PartsLeft, Permid};

/// One part of a reply, as it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Part {
    /// From 1.
    pub index: u32,
    /// The peer's hint of how many follow: only 0 is certain (protocol.md §4).
    pub parts_left: PartsLeft,
    /// The error byte of this part.
    pub error: ErrorByte,
    /// This part's share of the reply.
    pub payload: Bytes,
    /// Since the request was sent.
    pub after: Duration,
}

/// A whole reply. Its error byte may say that the peer did not do what it was asked: see
/// [`Reply::payload_or_error`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// Who answered.
    pub from: Permid,
    /// What was asked.
    pub message: MessageId,
    /// The error byte of the last part: 0 success, 253 unknown id, 254 asked too soon (protocol.md
    /// §4).
    pub error: ErrorByte,
    /// All parts in the order in which they came.
    pub payload: Bytes,
    /// How many there were.
    pub parts: u32,
    /// From the request to the last part.
    pub elapsed: Duration,
    /// It came on a connection that the peer dialled after ours was lost.
    pub dialled_back: bool,
}

impl Reply {
    /// The payload, where the error byte says success.
    ///
    /// # Errors
    /// The error byte, where it doesn't.
    pub fn payload_or_error(self) -> Result<Bytes, ErrorByte> {
        if self.error == ErrorByte::SUCCESS { Ok(self.payload) } else { Err(self.error) }
    }
}

/// What an [`Asking`](super::Asking) is told. Not bounded here: a reply's budget bounds its parts.
pub(super) enum Told {
    Part(Part),
    Ended(Result<Reply, Failure>),
}
