//! Length-prefixed frames, after the handshake (protocol.md §2).

use bytes::{Bytes, BytesMut};

/// The most a frame may announce before its sender is authenticated: RESPONSE1 of the original has 1 227 bytes.
pub const MAX_BEFORE_AUTHENTICATION: u32 = 4 * 1024;
/// The original's maximum, inclusive (§2).
pub const MAX_AFTER_AUTHENTICATION: u32 = 1 << 23;

/// The first byte of a frame's body: what kind of message it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FrameId(pub u8);

impl FrameId {
    pub const HELLO: Self = Self(216);
    pub const CRAWLER_REPLY: Self = Self(231);
    pub const CRAWLER_REQUEST: Self = Self(232);
    pub const KEEP_ALIVE: Self = Self(240);
    pub const BUDDYCAST: Self = Self(249);
    pub const RESPONSE2: Self = Self(251);
    pub const RESPONSE1: Self = Self(252);
    pub const CHALLENGE: Self = Self(253);

    /// The name of §2, for those that are ours and those that are dropped.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        todo!()
    }
}

/// One frame that is not a keep-alive of length 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub id: FrameId,
    /// What follows the id byte.
    pub body: Bytes,
}

impl Frame {
    /// The frame with its length before it.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        todo!()
    }

    /// How many bytes [`Self::encode`] makes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4 + 1 + self.body.len()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame announces {announced} bytes where {allowed} are allowed")]
    TooLarge { announced: u32, allowed: u32 },
}

/// Cuts frames out of a stream that may be split anywhere.
#[derive(Debug)]
pub struct FrameReader {
    limit: u32,
    /// Frames of length 0, ignored in any state.
    pub empty_frames: u64,
}

impl FrameReader {
    /// Starts with the limit that holds before authentication.
    #[must_use]
    pub fn new() -> Self {
        Self { limit: MAX_BEFORE_AUTHENTICATION, empty_frames: 0 }
    }

    /// Frames of up to [`MAX_AFTER_AUTHENTICATION`] from now on.
    pub fn raise_limit(&mut self) {
        self.limit = MAX_AFTER_AUTHENTICATION;
    }

    /// Takes the next whole frame out of `buffer`; `None` where more bytes are needed. A length over the limit is refused
    /// before its bytes are waited for.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`]; the stream is of no further use.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        let _ = buffer;
        todo!()
    }
}
