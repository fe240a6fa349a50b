//! What has come in and not been read yet, and what is to be done.

use std::collections::VecDeque;

use bytes::buf::Limit;
use bytes::{BufMut as _, Bytes, BytesMut};

use super::Output;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::frame::{Frame, FrameReader, MAX_AFTER_AUTHENTICATION};
use swarmscope_wire::handshake::{HANDSHAKE_LEN, HANDSHAKE_PREFIX_LEN, Handshake, Swarm};

/// Empty frames that are let pass before authentication. Arbitrary: the original sends none there.
const MAX_EARLY_KEEP_ALIVES: u64 = 64;

/// The bytes of a frame's length (§2).
const LENGTH_LEN: usize = 4;

/// The bytes of the peer, as handshake first and as frames then.
pub(super) struct Input {
    buffer: BytesMut,
    reader: FrameReader,
    authenticated: bool,
    /// Frames that were taken, without the empty ones.
    taken: u64,
}

impl Input {
    pub(super) fn new() -> Self {
        let (buffer, reader) = (BytesMut::new(), FrameReader::new());
        Self { buffer, reader, authenticated: false, taken: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.buffer.is_empty() {
            // A frame that is kept must not keep the room that an earlier one had.
            self.buffer = BytesMut::with_capacity(bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Room for what is missing of the frame that has begun to come; `None` where none has, or
    /// where its length is refused.
    pub(super) fn room(&mut self) -> Option<Limit<&mut BytesMut>> {
        let whole = LENGTH_LEN + self.announced();
        let missing = whole.checked_sub(self.buffer.len()).filter(|missing| *missing > 0)?;
        if !self.authenticated
            || self.announced() == 0
            || self.announced() > MAX_AFTER_AUTHENTICATION as usize
        {
            return None;
        }
        if self.buffer.capacity() != whole {
            let mut own = BytesMut::with_capacity(whole);
            own.extend_from_slice(&self.buffer);
            self.buffer = own;
        }
        Some((&mut self.buffer).limit(missing))
    }

    /// The last bytes that came into [`Self::room`].
    pub(super) fn last(&self, count: usize) -> &[u8] {
        &self.buffer[self.buffer.len().saturating_sub(count)..]
    }

    /// Whether the last frame was whole and the next has not begun.
    pub(super) fn is_between_frames(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The number of the frame that has begun and is not whole.
    pub(super) fn unfinished(&self) -> Option<u64> {
        (!self.is_between_frames()).then_some(self.taken + self.reader.empty_frames)
    }

    /// Larger frames from now on.
    pub(super) fn authenticated(&mut self) {
        self.authenticated = true;
        self.reader.raise_limit();
    }

    pub(super) fn has_handshake_prefix(&self) -> bool {
        self.buffer.len() >= HANDSHAKE_PREFIX_LEN
    }

    /// What the connection is for, once that is known.
    pub(super) fn swarm(&self) -> Option<Swarm> {
        Handshake::swarm(&self.buffer)
    }

    /// Refuses a stranger as early as can be.
    pub(super) fn check_handshake(&self) -> Result<(), Failure> {
        let known = self.buffer.len().min(HANDSHAKE_PREFIX_LEN);
        Handshake::check_prefix(&self.buffer[..known])
            .map_err(|error| Failure::new(Cause::NotOverlay, By::Us, error.to_string()))
    }

    /// Takes the 68 bytes, where they are whole.
    pub(super) fn handshake(&mut self) -> Result<Option<Handshake>, Failure> {
        let Some((bytes, _)) = self.buffer.split_first_chunk::<HANDSHAKE_LEN>() else {
            return Ok(None);
        };
        let handshake = Handshake::decode(bytes)
            .map_err(|error| Failure::new(Cause::NotOverlay, By::Us, error.to_string()))?;
        let _ = self.buffer.split_to(HANDSHAKE_LEN);
        Ok(Some(handshake))
    }

    /// Takes everything: it belongs to TLS.
    pub(super) fn take_rest(&mut self) -> Bytes {
        self.buffer.split().freeze()
    }

    /// Takes the next frame, where it is whole. Empty frames are ignored in any state (§2), but
    /// before authentication not without end.
    pub(super) fn frame(&mut self) -> Result<Option<Frame>, Failure> {
        let frame = self.reader.next(&mut self.buffer).map_err(|error| {
            let cause =
                if self.authenticated { Cause::FrameTooLarge } else { Cause::AuthMalformed };
            Failure::new(cause, By::Us, error.to_string())
        })?;
        if !self.authenticated && self.reader.empty_frames > MAX_EARLY_KEEP_ALIVES {
            let detail = format!("more than {MAX_EARLY_KEEP_ALIVES} keep-alives");
            return Err(Failure::new(Cause::AuthOutOfOrder, By::Us, detail));
        }
        self.taken += u64::from(frame.is_some());
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new(); // most connections are quiet: no memory is kept for it
        }
        Ok(frame)
    }

    /// The bytes that the frame at the beginning of the buffer announces, where more of them are to
    /// come.
    pub(super) fn announced(&self) -> usize {
        self.buffer.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize)
    }
}

/// What is to be done, in order.
#[derive(Default)]
pub(super) struct Outbox(VecDeque<Output>);

impl Outbox {
    pub(super) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(super) fn send(&mut self, frame: &Frame) {
        self.push(Output::Send(frame.encode()));
    }

    pub(super) fn rung(&mut self, phase: Phase, detail: impl Into<String>) {
        self.push(Output::Rung { phase, detail: detail.into() });
    }

    /// Once nothing is left, no memory is kept for it: most connections are quiet.
    pub(super) fn pop(&mut self) -> Option<Output> {
        let output = self.0.pop_front();
        if output.is_none() {
            self.0 = VecDeque::new();
        }
        output
    }
}
