//! Frames after the handshake (BEP 3, 5, 6, 10, 52): only extension messages are kept, everything
//! else is counted by name and dropped as it comes.

use std::collections::VecDeque;

/// The longest frame that is accepted, in bytes: a `piece` holds at most 128 KiB in any client, a
/// `bitfield` of 8 MiB would name 67 million pieces.
pub const MAX_FRAME: u32 = 8 << 20;
/// The longest extension message that is kept, in bytes. The largest real one is a `ut_metadata`
/// piece of 16 KiB, which nobody sends unasked; longer ones are dropped as they come.
pub const MAX_EXTENDED: u32 = 64 << 10;
/// The id of extension messages (BEP 10).
const EXTENDED: u8 = 20;

/// What a frame is, by its first byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kind(pub u8);

impl Kind {
    /// An extension message (BEP 10).
    pub const EXTENDED: Self = Self(EXTENDED);

    /// The name that a BEP gives it; none for any other.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "choke",
            1 => "unchoke",
            2 => "interested",
            3 => "not interested",
            4 => "have",
            5 => "bitfield",
            6 => "request",
            7 => "piece",
            8 => "cancel",
            9 => "port",
            13 => "suggest piece",
            14 => "have all",
            15 => "have none",
            16 => "reject request",
            17 => "allowed fast",
            EXTENDED => "extended",
            21 => "hash request",
            22 => "hashes",
            23 => "hash reject",
            _ => return None,
        })
    }
}

/// One frame, as far as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A frame of length 0.
    KeepAlive,
    /// An extension message.
    Extended {
        /// The id that its receiver gave the extension.
        id: u8,
        /// What follows the two ids.
        payload: Vec<u8>,
    },
    /// Any other, whose bytes were dropped unread.
    Dropped {
        /// What it was.
        kind: Kind,
        /// How many bytes followed its kind.
        bytes: u32,
    },
}

/// A frame that is longer than any of a real client. What follows it can't be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a frame of {0} bytes, more than {MAX_FRAME}")]
pub struct TooLong(pub u32);

/// Cuts a stream into [`Frame`]s. It holds at most one extension message and what was not taken
/// yet.
#[derive(Debug, Default)]
pub struct FrameReader {
    state: State,
    ready: VecDeque<Frame>,
}

#[derive(Debug)]
enum State {
    /// The length, and with it the kind: 5 bytes, fewer so far.
    Head(Vec<u8>),
    /// An extension message with `left` bytes to come.
    Keeping {
        buffer: Vec<u8>,
        left: u32,
    },
    Dropping {
        kind: Kind,
        bytes: u32,
        left: u32,
    },
    /// The stream is no longer readable.
    Lost(TooLong),
}

impl Default for State {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl FrameReader {
    /// Takes what came.
    ///
    /// # Errors
    /// [`TooLong`], then and ever after.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            bytes = self.step(bytes)?;
        }
        Ok(())
    }

    /// The next whole frame.
    pub fn next_frame(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// Takes some of the bytes, gives back the rest.
    fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], TooLong> {
        match &mut self.state {
            State::Lost(why) => Err(*why),
            State::Head(head) => {
                head.push(bytes[0]);
                let head = head.clone();
                self.head(&head)?;
                Ok(&bytes[1..])
            }
            State::Keeping { buffer, left } => {
                let (now, later) =
                    bytes.split_at(bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX)));
                buffer.extend_from_slice(now);
                *left -= u32::try_from(now.len()).unwrap_or(*left);
                if *left > 0 {
                    return Ok(later);
                }
                let (id, payload) = (buffer[0], buffer[1..].to_vec());
                self.finish(Frame::Extended { id, payload });
                Ok(later)
            }
            State::Dropping { kind, bytes: total, left } => {
                let (now, later) =
                    bytes.split_at(bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX)));
                *left -= u32::try_from(now.len()).unwrap_or(*left);
                if *left > 0 {
                    return Ok(later);
                }
                let frame = Frame::Dropped { kind: *kind, bytes: *total };
                self.finish(frame);
                Ok(later)
            }
        }
    }

    /// Decides the fate of a frame as soon as its length and kind are known.
    fn head(&mut self, head: &[u8]) -> Result<(), TooLong> {
        let Some((length, kind)) = head.split_first_chunk() else { return Ok(()) };
        let length = u32::from_be_bytes(*length);
        if length > MAX_FRAME {
            self.state = State::Lost(TooLong(length));
            return Err(TooLong(length));
        }
        if length == 0 {
            self.finish(Frame::KeepAlive);
            return Ok(());
        }
        let Some(kind) = kind.first().copied().map(Kind) else { return Ok(()) };
        let left = length - 1;
        let kept = kind == Kind::EXTENDED && (1..=MAX_EXTENDED).contains(&left);
        if kept {
            self.state = State::Keeping { buffer: Vec::new(), left };
        } else if left == 0 {
            self.finish(Frame::Dropped { kind, bytes: 0 });
        } else {
            self.state = State::Dropping { kind, bytes: left, left };
        }
        Ok(())
    }

    fn finish(&mut self, frame: Frame) {
        self.ready.push_back(frame);
        self.state = State::default();
    }
}

/// The bytes of an extension message.
#[must_use]
pub fn extended(id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 2).unwrap_or(u32::MAX);
    let mut out = length.to_be_bytes().to_vec();
    out.extend_from_slice(&[EXTENDED, id]);
    out.extend_from_slice(payload);
    out
}
