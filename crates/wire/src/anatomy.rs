//! What the bytes of a piece of a stream mean, field by field (protocol.md §1–§4, §7, §8).
//!
//! Fields stand in the order of the bytes and do not overlap. What does not have its message's
//! shape becomes a field that says so; nothing here refuses anything, because what is looked at is
//! often what a session has refused.

use std::ops::Range;

use super::bencode::{self, Entry, Value};
use super::frame::FrameId;
use super::handshake::{HANDSHAKE_LEN, Handshake, HandshakeError};
use super::ids::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft};
use super::permid::Permid;
use super::text;
use super::trace::{HEADER_LEN, Kind, LENGTH_LEN, Piece};

/// The keys of the messages that are dicts (§3, §7).
const KEYS: [&[u8]; 19] = [
    b"A",
    b"B",
    b"SA",
    b"SB",
    b"certA",
    b"certB",
    b"rA",
    b"ip",
    b"port",
    b"name",
    b"preferences",
    b"taste buddies",
    b"random peers",
    b"connectable",
    b"collected torrents",
    b"npeers",
    b"nfiles",
    b"ndls",
    b"services",
];
/// The longest text of a value that is read as text.
const TEXT: usize = 60;

/// A stretch of bytes with one meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// As the protocol calls it, or the key of a dict, cleaned.
    pub name: String,
    /// Within [`Piece::bytes`].
    pub range: Range<usize>,
    /// Those of its bytes that hold the value: all, but for what stands under a key.
    pub value: Range<usize>,
    /// What its value says.
    pub means: Means,
    /// Its value could identify someone: an address, a permid, a signature (from which the key
    /// can be computed), or a payload, which may hold anything.
    pub hides: bool,
}

/// What a field says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Means {
    /// In words; clean.
    Text(String),
    /// A number of bytes that a length announces.
    Length(u32),
    /// A number without a unit.
    Number(i64),
    /// A TCP port.
    Port(u16),
    /// An overlay version (§1).
    Version(OverlayVersion),
    /// The id of a frame (§2).
    Frame(FrameId),
    /// The id of a question (§5).
    Message(MessageId),
    /// The channel that a reply belongs to (§4).
    Channel(ChannelId),
    /// Seconds between two requests (§4).
    Frequency(Frequency),
    /// How many parts of the reply are still to come (§4).
    PartsLeft(PartsLeft),
    /// The error byte of a reply (§4).
    Error(ErrorByte),
    /// A public key in DER.
    Permid(Permid),
    /// Random bytes.
    Random(u64),
    /// A signature of so many bytes.
    Signature(u64),
    /// Bytes whose meaning is another's affair: of a payload, so many.
    Payload(u64),
    /// So many peers in gossip.
    Peers(usize),
    /// So many bytes that nobody is to see.
    Withheld(u64),
}

/// The fields of a piece.
#[must_use]
pub fn fields(piece: &Piece) -> Vec<Field> {
    let mut fields = Fields { bytes: &piece.bytes, piece, list: Vec::new() };
    match piece.kind {
        Kind::Handshake => fields.handshake(),
        Kind::KeepAlive => fields.add("length", 0..LENGTH_LEN, Means::Length(0)),
        Kind::Frame(id) => fields.frame(id),
        Kind::Scrap => fields.rest("bytes", 0),
    }
    fields.list.retain(|field| !field.range.is_empty());
    fields.list
}

/// Which of the fields a byte belongs to: the last that begins there or before.
#[must_use]
pub fn at(fields: &[Field], byte: usize) -> Option<usize> {
    fields.iter().rposition(|field| field.range.start <= byte)
}

/// The bytes of a piece that privacy mode hides.
#[must_use]
pub fn hidden(fields: &[Field]) -> Vec<Range<usize>> {
    fields
        .iter()
        .filter(|field| field.hides && !field.value.is_empty())
        .map(|field| field.value.clone())
        .collect()
}

impl Piece {
    /// The piece with all identifying values blanked, as privacy mode records
    /// it.
    #[must_use]
    pub fn without_addresses(&self) -> Self {
        let mut withheld = self.withheld.clone();
        let mut bytes = self.bytes.to_vec();
        for range in hidden(&fields(self)) {
            bytes[range.clone()].fill(0);
            if !withheld.iter().any(|other| other.start <= range.start && range.end <= other.end) {
                withheld.push(range);
            }
        }
        withheld.sort_by_key(|range| range.start);
        Self { bytes: bytes.into(), withheld, ..self.clone() }
    }
}

struct Fields<'a> {
    bytes: &'a [u8],
    piece: &'a Piece,
    list: Vec<Field>,
}

impl Fields<'_> {
    fn add(&mut self, name: &str, range: Range<usize>, means: Means) {
        let end = self.bytes.len();
        let range = range.start.min(end)..range.end.min(end);
        self.list.push(Field {
            name: name.to_owned(),
            value: range.clone(),
            range,
            means,
            hides: false,
        });
    }

    /// As [`Self::add`]; privacy mode hides all of it.
    fn hide(&mut self, name: &str, range: Range<usize>, means: Means) {
        self.add(name, range, means);
        if let Some(field) = self.list.last_mut() {
            field.hides = true;
        }
    }

    fn is_withheld(&self, range: &Range<usize>) -> bool {
        let within = |other: &Range<usize>| other.start <= range.start && range.end <= other.end;
        !range.is_empty() && self.piece.withheld.iter().any(within)
    }

    /// Everything from here on; the bytes that were not kept count.
    fn rest(&mut self, name: &str, from: usize) {
        let range = from.min(self.bytes.len())..self.bytes.len();
        let length = self.piece.length.saturating_sub(from as u64);
        let withheld = self.is_withheld(&range);
        self.hide(
            name,
            range,
            if withheld { Means::Withheld(length) } else { Means::Payload(length) },
        );
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn handshake(&mut self) {
        let Some(bytes) = self.bytes.first_chunk::<HANDSHAKE_LEN>() else {
            return self.rest("bytes", 0);
        };
        if self.is_withheld(&(0..HANDSHAKE_LEN)) {
            return self.rest("handshake", 0);
        }
        let said = |bytes: &[u8]| Means::Text(text::clip(bytes, TEXT));
        let error = Handshake::check_prefix(bytes).err();
        if matches!(error, Some(HandshakeError::Length(_) | HandshakeError::Protocol)) {
            // another protocol: what its bytes mean is not known here
            self.hide("not a handshake", 0..HANDSHAKE_LEN, said(bytes));
            return;
        }
        let swarm = if error.is_none() { "the overlay swarm" } else { "not the overlay swarm" };
        let reserved =
            if bytes[20..28].iter().all(|byte| *byte == 0) { "no extensions" } else { "ignored" };
        let port = u16::from_le_bytes([bytes[62], bytes[63]]);
        let version = |at: usize| {
            Means::Version(OverlayVersion(u16::from_le_bytes([bytes[at], bytes[at + 1]])))
        };
        self.add("length", 0..1, Means::Number(bytes[0].into()));
        self.add("protocol", 1..20, said(&bytes[1..20]));
        self.add("reserved", 20..28, Means::Text(reserved.into()));
        self.add("infohash", 28..48, Means::Text(swarm.into()));
        self.add("client", 48..62, said(&bytes[48..62]));
        self.hide("port", 62..64, Means::Port(port));
        self.add("lowest", 64..66, version(64));
        self.add("current", 66..68, version(66));
    }

    fn frame(&mut self, id: FrameId) {
        let announced =
            self.bytes.first_chunk::<LENGTH_LEN>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        self.add("length", 0..LENGTH_LEN, Means::Length(announced));
        self.add("frame", LENGTH_LEN..HEADER_LEN, Means::Frame(id));
        match id {
            FrameId::CRAWLER_REQUEST => self.request(),
            FrameId::CRAWLER_REPLY => self.reply(),
            FrameId::CHALLENGE => self.challenge(),
            FrameId::RESPONSE1 | FrameId::RESPONSE2 | FrameId::BUDDYCAST => self.dict(id),
            FrameId::HELLO if self.piece.length == 37 => {
                self.add(
                    "hash",
                    HEADER_LEN..37,
                    Means::Text("SHA-256 over both handshakes".into()),
                );
            }
            _ => self.rest("payload", HEADER_LEN),
        }
    }

    /// The message-specific id and the channel, which both crawler messages begin with.
    fn asked(&mut self) {
        for (name, at) in [("message", 5), ("channel", 6)] {
            if let Some(byte) = self.byte(at) {
                let means = if at == 5 {
                    Means::Message(MessageId(byte))
                } else {
                    Means::Channel(ChannelId(byte))
                };
                self.add(name, at..at + 1, means);
            }
        }
    }

    fn request(&mut self) {
        self.asked();
        if let (Some(high), Some(low)) = (self.byte(7), self.byte(8)) {
            self.add(
                "frequency",
                7..9,
                Means::Frequency(Frequency(u16::from_be_bytes([high, low]))),
            );
            self.rest("payload", 9);
        } else {
            self.rest("cut off", 7);
        }
    }

    fn reply(&mut self) {
        self.asked();
        if let Some(hint) = self.byte(7) {
            self.add("parts left", 7..8, Means::PartsLeft(PartsLeft(hint)));
        }
        if let Some(error) = self.byte(8) {
            self.add("error", 8..9, Means::Error(ErrorByte(error)));
            self.rest("payload", 9);
        }
    }

    fn challenge(&mut self) {
        match bencode::decode(self.piece.body()) {
            Ok(Value::Bytes(nonce)) => {
                self.add("random", HEADER_LEN..self.bytes.len(), Means::Random(nonce.len() as u64));
            }
            _ => self.rest("not a string", HEADER_LEN),
        }
    }

    fn dict(&mut self, id: FrameId) {
        let readable = self.readable();
        let parsed = (self.bytes.len() as u64 == self.piece.length)
            .then(|| bencode::decode_lenient(&readable));
        let Some(Ok(parsed)) = parsed else { return self.rest("body", HEADER_LEN) };
        let Some(entries) = parsed.entries() else { return self.rest("not a dict", HEADER_LEN) };
        for entry in entries {
            self.entry(id, &entry);
        }
        let end = HEADER_LEN + parsed.spans.first().map_or(0, |span| span.end);
        if end < self.bytes.len() {
            self.rest("behind it", end);
        }
    }

    /// The body of a frame with something of the same length in place of what is withheld, so that
    /// the rest can be read.
    fn readable(&self) -> Vec<u8> {
        let mut body = self.piece.body().to_vec();
        for range in &self.piece.withheld {
            let within = range.start.checked_sub(HEADER_LEN).zip(range.end.checked_sub(HEADER_LEN));
            if let Some(place) = within.and_then(|(start, end)| body.get_mut(start..end)) {
                fill(place);
            }
        }
        body
    }

    fn entry(&mut self, id: FrameId, entry: &Entry<'_>) {
        let whole = HEADER_LEN + entry.value_span.start..HEADER_LEN + entry.value_span.end;
        let key = HEADER_LEN + entry.key_span.start..HEADER_LEN + entry.key_span.end;
        let known = KEYS.contains(&entry.key);
        if !known {
            // a key that no message has may hold anything, too
            self.hide("key", key.clone(), Means::Text(text::clip(entry.key, TEXT)));
            if let Some(field) = self.list.last_mut() {
                field.value = key.end - entry.key.len()..key.end;
            }
        }
        let range = if known { key.start..whole.end } else { whole.clone() };
        // of a string the digits before it say nothing
        let content = match entry.value {
            Value::Bytes(bytes) => range.end - bytes.len()..range.end,
            _ => whole.clone(),
        };
        let name = if known { text::clip(entry.key, 20) } else { "value".to_owned() };
        let length = content.len() as u64;
        let (means, hides) = if self.is_withheld(&content) || self.is_withheld(&whole) {
            (Means::Withheld(length), false)
        } else {
            meaning(id, entry)
        };
        self.add(&name, range, means);
        if let Some(field) = self.list.last_mut() {
            (field.value, field.hides) = (content, hides);
        }
    }
}

/// What an entry of a message means, and whether privacy mode hides its value.
fn meaning(id: FrameId, entry: &Entry<'_>) -> (Means, bool) {
    let as_text = |bytes: &[u8]| Means::Text(text::clip(bytes, TEXT));
    let number = |number: i64| Means::Number(number);
    let (bytes, list) = (entry.value.as_bytes(), entry.value.as_list());
    match (id, entry.key, bytes) {
        (FrameId::RESPONSE1, b"SA", Some(bytes)) | (FrameId::RESPONSE2, b"SB", Some(bytes)) => {
            (Means::Signature(bytes.len() as u64), true)
        }
        (FrameId::RESPONSE1, b"certA", Some(bytes))
        | (FrameId::RESPONSE2, b"certB", Some(bytes)) => {
            let odd = |_| Means::Text("not a permid".to_owned());
            (Permid::from_der(bytes).map_or_else(odd, Means::Permid), true)
        }
        (FrameId::RESPONSE1, b"rA", Some(bytes)) => (Means::Random(bytes.len() as u64), false),
        (FrameId::BUDDYCAST, b"taste buddies" | b"random peers", None) => {
            (Means::Peers(list.map_or(0, <[Value]>::len)), true)
        }
        (FrameId::BUDDYCAST, b"port", None) => {
            let port = entry.value.as_int().and_then(|port| u16::try_from(port).ok());
            (port.map_or_else(|| Means::Text("not a port".to_owned()), Means::Port), true)
        }
        (
            FrameId::BUDDYCAST,
            b"connectable" | b"npeers" | b"nfiles" | b"ndls" | b"services",
            None,
        ) => (number(entry.value.as_int().unwrap_or_default()), false),
        (_, _, Some(bytes)) => (as_text(bytes), true),
        _ => match entry.value.as_int() {
            Some(value) => (number(value), true),
            None => (Means::Payload(entry.value_span.len() as u64), true),
        },
    }
}

/// Fills a place with one bencoded string that takes all of it, where it has room for one.
fn fill(place: &mut [u8]) {
    for digits in 1..=5 {
        let Some(content) = place.len().checked_sub(digits + 1) else { break };
        let prefix = format!("{content:0digits$}:");
        if prefix.len() == digits + 1 {
            place.fill(b'.');
            place[..=digits].copy_from_slice(prefix.as_bytes());
            return;
        }
    }
}

#[cfg(test)]
mod tests;
