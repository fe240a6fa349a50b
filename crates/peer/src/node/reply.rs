//! What a program that asked gets on the way, and at the end.

use std::time::Duration;

use bytes::Bytes;

use crate::crawler::Reply;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{ErrorByte, PartsLeft};

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

/// What an [`Asking`](super::Asking) is told. Not bounded here: a reply's budget bounds its parts.
pub(super) enum Told {
    Part(Part),
    Ended(Result<Reply, Failure>),
}
