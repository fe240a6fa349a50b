//! A stream cut into what it is made of, for whoever watches a connection: its handshake, then
//! frame by frame, every byte once.
//!
//! A [`Cutter`] understands lengths and nothing else, so that it shows what a session refuses as
//! well. Of a long frame only the beginning is kept, and of some frames not even that: what people
//! call themselves, share, look for or say to each other passes through the overlay, and is blanked
//! here before anybody sees it (protocol.md §7, and the frames of §2 that are not ours). What is
//! secret of this program is in no frame: keys never leave it, and the random bytes of a challenge
//! are meant to be seen.

use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::bencode;
use super::frame::FrameId;
use super::handshake::HANDSHAKE_LEN;
use super::serial;

/// Bytes kept of one piece: a part of a reply (32 777 bytes) and every message of the protocol but
/// the largest requests is whole.
pub const KEPT: usize = 64 * 1024;
/// The bytes of a frame's length.
pub const LENGTH_LEN: usize = 4;
/// Those, and the id byte.
pub const HEADER_LEN: usize = LENGTH_LEN + 1;

/// The keys of a BuddyCast message that are nobody's business (§7).
const PERSONAL: [&[u8]; 3] = [b"name", b"preferences", b"collected torrents"];

/// What a piece of a stream is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first 68 bytes (§1), whatever is in them.
    Handshake,
    /// A frame with its length before it (§2).
    Frame(FrameId),
    /// A frame of length 0.
    KeepAlive,
    /// The stream ended before it was clear what this is.
    Scrap,
}

/// A stretch of a stream, between two bytes that the protocol sets apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// The first [`KEPT`] of its bytes, with those in `withheld` blanked.
    #[serde(with = "serial::base64")]
    pub bytes: Bytes,
    /// How many bytes it took of the stream.
    pub length: u64,
    /// The stream did not end inside it.
    pub whole: bool,
    /// Which of `bytes` are zeros in place of what nobody is to see; in order, apart from each
    /// other.
    pub withheld: Vec<Range<usize>>,
}

impl Piece {
    fn new(kind: Kind, head: Vec<u8>, length: u64, whole: bool) -> Self {
        let mut head = head;
        let withheld = withheld(kind, &head, whole && head.len() as u64 == length);
        for range in &withheld {
            head[range.clone()].fill(0);
        }
        // boxed, so that it holds no more memory than it has bytes
        Self { kind, bytes: head.into_boxed_slice().into(), length, whole, withheld }
    }

    /// What follows the id byte of a frame; empty for everything else.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self.kind {
            Kind::Frame(_) => self.bytes.get(HEADER_LEN..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Whether all bytes are there and none is blanked.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.whole && self.withheld.is_empty() && self.bytes.len() as u64 == self.length
    }
}

/// What of a piece nobody is to see. `complete`: these are all its bytes.
fn withheld(kind: Kind, bytes: &[u8], complete: bool) -> Vec<Range<usize>> {
    let Kind::Frame(id) = kind else { return Vec::new() };
    let body = HEADER_LEN.min(bytes.len())..bytes.len();
    let all = || if body.is_empty() { Vec::new() } else { vec![body.clone()] };
    match id {
        FrameId::BUDDYCAST if complete => personal(bytes).unwrap_or_else(all),
        FrameId::BUDDYCAST => all(),
        id if is_shown(id) => Vec::new(),
        _ => all(),
    }
}

/// Whether the body of a frame may be looked at: our own messages, the connectability test, and
/// what has no meaning in the field. The others carry what people share, look for, and say to each
/// other.
fn is_shown(id: FrameId) -> bool {
    const DIALBACK_REPLY: FrameId = FrameId(243);
    const DIALBACK_REQUEST: FrameId = FrameId(244);
    let ours = [
        FrameId::HELLO,
        FrameId::CRAWLER_REPLY,
        FrameId::CRAWLER_REQUEST,
        FrameId::KEEP_ALIVE,
        FrameId::RESPONSE2,
        FrameId::RESPONSE1,
        FrameId::CHALLENGE,
        DIALBACK_REPLY,
        DIALBACK_REQUEST,
    ];
    id.name().is_none() || ours.contains(&id)
}

/// Where the personal values of a BuddyCast message stand in its frame; `None` where it can't be
/// read.
fn personal(frame: &[u8]) -> Option<Vec<Range<usize>>> {
    let parsed = bencode::decode_lenient(&frame[HEADER_LEN..]).ok()?;
    if !parsed
        .deviations
        .iter()
        .all(|deviation| deviation.kind == bencode::DeviationKind::UnsortedKeys)
    {
        return None;
    }
    let entries = parsed.entries()?;
    let personal = entries.into_iter().filter(|entry| PERSONAL.contains(&entry.key));
    let spans = personal
        .map(|entry| HEADER_LEN + entry.value_span.start..HEADER_LEN + entry.value_span.end);
    Some(spans.filter(|span| !span.is_empty()).collect())
}

/// What a cutter waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expects {
    Handshake,
    /// The handshake is whole; whether frames follow or TLS is not known yet.
    Word,
    Frames,
}

/// Cuts one direction of a connection.
#[derive(Debug)]
pub struct Cutter {
    expects: Expects,
    /// The beginning of the piece that is being read.
    head: Vec<u8>,
    /// How many of its bytes have come.
    length: u64,
    /// What came behind a handshake.
    held: Vec<u8>,
}

impl Default for Cutter {
    fn default() -> Self {
        Self { expects: Expects::Handshake, head: Vec::new(), length: 0, held: Vec::new() }
    }
}

/// Cuts a whole stream without TLS, `step` bytes at a time: what the pieces are does not depend on
/// that.
#[must_use]
pub fn cut(stream: &[u8], step: usize) -> Vec<Piece> {
    let (mut cutter, mut pieces) = (Cutter::default(), Vec::new());
    for segment in stream.chunks(step) {
        cutter.push(segment, &mut pieces);
        cutter.settle(&mut pieces);
    }
    cutter.end(&mut pieces);
    pieces
}

impl Cutter {
    /// Takes the next bytes of the stream; the pieces that they complete are appended to `out`.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Piece>) {
        while !bytes.is_empty() {
            if self.expects == Expects::Word {
                self.held.extend_from_slice(bytes);
                return;
            }
            let wanted = self.wanted() - self.length;
            let taken = usize::try_from(wanted).unwrap_or(usize::MAX).min(bytes.len());
            let (piece, rest) = bytes.split_at(taken);
            let room = KEPT.saturating_sub(self.head.len());
            self.head.extend_from_slice(&piece[..taken.min(room)]);
            self.length += taken as u64;
            bytes = rest;
            if self.length == self.wanted() {
                out.push(self.take(true));
            }
        }
    }

    /// What follows the handshake is frames, not TLS: cuts what came behind it.
    pub fn settle(&mut self, out: &mut Vec<Piece>) {
        if self.expects == Expects::Word {
            self.expects = Expects::Frames;
            let held = std::mem::take(&mut self.held);
            self.push(&held, out);
        }
    }

    /// TLS follows the handshake: what came behind it belongs to TLS, and what is pushed from now
    /// on is decrypted.
    pub fn tls(&mut self) {
        self.held = Vec::new();
        self.expects = Expects::Frames;
    }

    /// The stream ends: what has begun and is not whole.
    pub fn end(&mut self, out: &mut Vec<Piece>) {
        self.settle(out);
        if self.length > 0 {
            out.push(self.take(false));
        }
    }

    /// How many bytes the piece that is being read will have, as far as that is known.
    fn wanted(&self) -> u64 {
        match (self.expects, self.head.first_chunk::<LENGTH_LEN>()) {
            (Expects::Handshake, _) => HANDSHAKE_LEN as u64,
            (_, None) => LENGTH_LEN as u64,
            (_, Some(announced)) => LENGTH_LEN as u64 + u64::from(u32::from_be_bytes(*announced)),
        }
    }

    fn take(&mut self, whole: bool) -> Piece {
        let head = std::mem::take(&mut self.head);
        let length = std::mem::take(&mut self.length);
        let kind = match (self.expects, head.get(LENGTH_LEN)) {
            (Expects::Handshake, _) if whole => Kind::Handshake,
            (Expects::Frames, Some(id)) => Kind::Frame(FrameId(*id)),
            (Expects::Frames, None) if whole => Kind::KeepAlive,
            _ => Kind::Scrap,
        };
        if kind == Kind::Handshake {
            self.expects = Expects::Word;
        }
        Piece::new(kind, head, length, whole)
    }
}

#[cfg(test)]
mod tests;
