//! Length-prefixed frames, after the handshake (protocol.md §2).

use std::fmt;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// The most a frame may announce before its sender is authenticated: RESPONSE1 of the original has
/// 1 227 bytes.
pub const MAX_BEFORE_AUTHENTICATION: u32 = 4 * 1024;
/// The original's maximum, inclusive (§2).
pub const MAX_AFTER_AUTHENTICATION: u32 = 1 << 23;

/// The bytes of a frame's length.
const LENGTH_LEN: usize = 4;
/// A buffer with less room to spare than this share of a frame may be kept with it.
const SPARE: usize = 8;

/// The first byte of a frame's body: what kind of message it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FrameId(pub u8);

impl FrameId {
    /// The first frame inside TLS (§8).
    pub const HELLO: Self = Self(216);
    /// One part of an answer to a Crawler (§4).
    pub const CRAWLER_REPLY: Self = Self(231);
    /// A Crawler's question (§4).
    pub const CRAWLER_REQUEST: Self = Self(232);
    /// Tells at which address somebody was dialled (§2, [`dialback`](crate::dialback)).
    pub const DIALBACK_REPLY: Self = Self(243);
    /// Asks to be dialled (§2).
    pub const DIALBACK_REQUEST: Self = Self(244);
    /// Sent to keep a quiet connection open (§7).
    pub const KEEP_ALIVE: Self = Self(240);
    /// Discovery (§7).
    pub const BUDDYCAST: Self = Self(249);
    /// The dialler's signature (§3).
    pub const RESPONSE2: Self = Self(251);
    /// The acceptor's signature (§3).
    pub const RESPONSE1: Self = Self(252);
    /// The dialler's random bytes (§3).
    pub const CHALLENGE: Self = Self(253);

    /// The frames that this program speaks; all others are dropped.
    const OURS: [Self; 9] = [
        Self::HELLO,
        Self::DIALBACK_REQUEST,
        Self::CRAWLER_REPLY,
        Self::CRAWLER_REQUEST,
        Self::KEEP_ALIVE,
        Self::BUDDYCAST,
        Self::RESPONSE2,
        Self::RESPONSE1,
        Self::CHALLENGE,
    ];

    /// Whether this program speaks it, or drops it.
    #[must_use]
    pub fn is_ours(self) -> bool {
        Self::OURS.contains(&self)
    }

    /// The name of §2, for those that are ours and those that are dropped.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            216 => "HELLO",
            217 => "PIECE_DATA",
            218 => "CANCEL_UPLOADING_PIECE",
            219 => "UPLOAD_PIECE",
            220 => "PROXY_UNHAVE",
            221 => "PROXY_HAVE",
            222 => "DROPPED_PIECE",
            223 => "RELAY_DROPPED",
            224 => "RELAY_ACCEPTED",
            225 => "CHANNELCAST",
            226 => "VOTECAST",
            229 => "SUBTITLES",
            230 => "GET_SUBTITLES",
            231 => "CRAWLER_REPLY",
            232 => "CRAWLER_REQUEST",
            234 => "FRIENDSHIP",
            236 => "BARTERCAST",
            237 => "QUERY_REPLY",
            238 => "QUERY",
            239 => "SOCIAL_OVERLAP",
            240 => "KEEP_ALIVE",
            241 => "CANCEL_DOWNLOADING_PIECE",
            242 => "DOWNLOAD_PIECE",
            243 => "DIALBACK_REPLY",
            244 => "DIALBACK_REQUEST",
            245 => "STOP_RELAYING",
            246 => "RELAY_REQUEST",
            247 => "METADATA",
            248 => "GET_METADATA",
            249 => "BUDDYCAST",
            251 => "RESPONSE2",
            252 => "RESPONSE1",
            253 => "CHALLENGE",
            _ => return None,
        })
    }
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "frame {}", self.0),
        }
    }
}

/// One frame that is not a keep-alive of length 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// What kind of message it is.
    pub id: FrameId,
    /// What follows the id byte.
    pub body: Bytes,
}

impl Frame {
    /// The frame with its length before it.
    ///
    /// # Panics
    /// On a body of 4 GiB: nothing here builds one, and no peer reads more than
    /// [`MAX_AFTER_AUTHENTICATION`].
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let length =
            u32::try_from(1 + self.body.len()).expect("a frame's body is far smaller than 4 GiB");
        let mut bytes = BytesMut::with_capacity(self.encoded_len());
        bytes.put_u32(length);
        bytes.put_u8(self.id.0);
        bytes.put_slice(&self.body);
        bytes.freeze()
    }

    /// How many bytes [`Self::encode`] makes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        LENGTH_LEN + 1 + self.body.len()
    }
}

/// What a stream of frames was refused for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// More than the phase of the connection allows.
    #[error("a frame announces {announced} bytes where {allowed} are allowed")]
    TooLarge {
        /// In bytes, as it says.
        announced: u32,
        /// In bytes.
        allowed: u32,
    },
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

    /// Takes the next whole frame out of `buffer`; `None` where more bytes are needed. A length
    /// over the limit is refused before its bytes are waited for. A frame that is the whole of a
    /// buffer of its size is taken with it; any other is a copy, so that a small one that is kept
    /// does not keep a large buffer.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`]; the stream is of no further use.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
        while let Some((announced, rest)) = buffer.split_first_chunk() {
            let announced = u32::from_be_bytes(*announced);
            if announced > self.limit {
                return Err(FrameError::TooLarge { announced, allowed: self.limit });
            }
            if announced == 0 {
                self.empty_frames += 1;
                buffer.advance(LENGTH_LEN);
                continue;
            }
            let Some([id, body @ ..]) = rest.get(..announced as usize) else { return Ok(None) };
            let (id, length) = (FrameId(*id), LENGTH_LEN + announced as usize);
            if buffer.len() == length && buffer.capacity() - length <= length / SPARE {
                return Ok(Some(Frame {
                    id,
                    body: std::mem::take(buffer).freeze().split_off(LENGTH_LEN + 1),
                }));
            }
            let frame = Frame { id, body: Bytes::copy_from_slice(body) };
            buffer.advance(length);
            return Ok(Some(frame));
        }
        Ok(None)
    }
}

impl Default for FrameReader {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(id: u8, body: &[u8]) -> Frame {
        Frame { id: FrameId(id), body: Bytes::copy_from_slice(body) }
    }

    fn read_all(reader: &mut FrameReader, buffer: &mut BytesMut) -> Result<Vec<Frame>, FrameError> {
        std::iter::from_fn(|| reader.next(buffer).transpose()).collect()
    }

    #[test]
    fn a_frame_has_its_length_before_it() {
        let request = frame(232, b"\x03\x0b\x00\x00");
        assert_eq!(&request.encode()[..], b"\x00\x00\x00\x05\xe8\x03\x0b\x00\x00");
        assert_eq!(request.encoded_len(), 9);
    }

    #[test]
    fn empty_frames_are_counted_and_skipped() {
        let mut reader = FrameReader::new();
        let mut buffer = BytesMut::from(&b"\0\0\0\0\0\0\0\x01\xf0\0\0\0\0\0\0"[..]);
        assert_eq!(read_all(&mut reader, &mut buffer), Ok(vec![frame(240, b"")]));
        assert_eq!(reader.empty_frames, 2);
        assert_eq!(&buffer[..], b"\0\0");
    }

    #[test]
    fn limits_hold_to_the_byte_and_before_the_body_comes() {
        let mut reader = FrameReader::new();
        let announce = |length: u32| BytesMut::from(&length.to_be_bytes()[..]);
        for limit in [MAX_BEFORE_AUTHENTICATION, MAX_AFTER_AUTHENTICATION] {
            assert_eq!(reader.next(&mut announce(limit)), Ok(None));
            let refused = FrameError::TooLarge { announced: limit + 1, allowed: limit };
            assert_eq!(reader.next(&mut announce(limit + 1)), Err(refused));
            reader.raise_limit();
        }
        assert!(reader.next(&mut announce(u32::MAX)).is_err());
    }

    #[test]
    fn a_frame_does_not_pin_the_read_buffer() {
        let mut buffer = BytesMut::with_capacity(1 << 20);
        buffer.extend_from_slice(&frame(240, b"small").encode());
        let held = FrameReader::new().next(&mut buffer).unwrap();
        buffer.reserve(1 << 20);
        assert!(held.is_some() && buffer.capacity() < 1 << 21, "the buffer's memory is used again");
    }

    #[test]
    fn names_are_unique_and_displayed() {
        let names: Vec<_> = (0..=255).filter_map(|id| FrameId(id).name()).collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert_eq!(FrameId::CRAWLER_REPLY.to_string(), "CRAWLER_REPLY");
        assert_eq!(FrameId(244).to_string(), "DIALBACK_REQUEST");
        assert_eq!(FrameId(3).to_string(), "frame 3");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(
            bodies in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..8),
            step in 1..50_usize,
        ) {
            let sent: Vec<_> = bodies.iter().map(|(id, body)| frame(*id, body)).collect();
            let stream: Vec<u8> = sent.iter().flat_map(Frame::encode).collect();
            let (mut reader, mut buffer, mut got) = (FrameReader::new(), BytesMut::new(), Vec::new());
            for segment in stream.chunks(step) {
                buffer.extend_from_slice(segment);
                got.extend(read_all(&mut reader, &mut buffer)?);
            }
            prop_assert_eq!(got, sent);
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            let _ = read_all(&mut FrameReader::new(), &mut buffer);
        }
    }
}
