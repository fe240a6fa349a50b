//! CRAWLER_REQUEST and CRAWLER_REPLY (protocol.md §4).

use bytes::Bytes;

use super::frame::Frame;
use super::ids::{ChannelId, ErrorByte, Frequency, MessageId, PartsLeft};

/// Payload bytes in one part of a reply (§4).
pub const PART_SIZE: usize = 32 * 1024;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlerRequest {
    pub message: MessageId,
    pub channel: ChannelId,
    pub frequency: Frequency,
    pub payload: Bytes,
}

/// One part of a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlerReply {
    pub message: MessageId,
    pub channel: ChannelId,
    pub parts_left: PartsLeft,
    pub error: ErrorByte,
    pub payload: Bytes,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} has {got} bytes where at least {needed} are needed")]
pub struct TooShort {
    pub message: &'static str,
    pub got: usize,
    pub needed: usize,
}

impl CrawlerRequest {
    /// # Errors
    /// Fewer bytes than the fixed fields take.
    pub fn decode(body: Bytes) -> Result<Self, TooShort> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

impl CrawlerReply {
    /// # Errors
    /// Fewer bytes than the fixed fields take.
    pub fn decode(body: Bytes) -> Result<Self, TooShort> {
        let _ = body;
        todo!()
    }
    #[must_use]
    pub fn encode(&self) -> Frame {
        todo!()
    }
}

/// Cuts a whole reply into its parts in order, with the original's parts-left bytes; an empty payload is one part.
pub fn parts(
    message: MessageId,
    channel: ChannelId,
    error: ErrorByte,
    payload: Bytes,
) -> impl Iterator<Item = CrawlerReply> + Send {
    let _ = (message, channel, error, payload);
    std::iter::from_fn(|| todo!())
}
