//! Conversations as a pcapng file, for Wireshark and other programs that read captures.
//!
//! Nothing of it was captured: this program saw what its sockets gave and took, inside TLS where
//! that runs. So the file is made: frames stand on TCP that is synthetic, with a handshake where
//! the connection was seen to open, sequence numbers that count the bytes, and the times at which
//! things happened. The section's comment says so. What is known of a frame (its name, whose
//! request it belongs to, what was odd about the reply) is its packet's comment.
//!
//! Bytes that were not kept are missing in the packet and counted in its length. With addresses
//! hidden, the peer's is a pseudonym in fd00::/8, and what hides on the screen is blanked here.

use std::collections::HashMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::SystemTime;

use swarmscope_peer::crawler::{SocketId, Trace};
use swarmscope_wire::failure::Failure;

use crate::conversation::{Line, Of, What};
use crate::many::sample;
use crate::notes::Notes;
use crate::peer::Peer;
use crate::said::{Said, Saying, said};
use crate::words;

mod blocks;
mod segment;
mod stream;

use blocks::{Blocks, Packet, Way};
use stream::{Made, Stream};

/// What files of it end in.
pub const EXTENSION: &str = "pcapng";
/// Our ports where we dialled: those from which systems take one.
const FIRST_PORT: u64 = 49_152;
const PORTS: u64 = 16_384;
/// Our port where they dialled and it is not known: the usual one.
const LISTENING: u16 = 7760;

/// What a capture is made from.
#[derive(Clone, Copy)]
pub struct Capture<'a> {
    /// What is known, and the names of things.
    pub by: Saying<'a>,
    /// The operator's notes on peers.
    pub notes: &'a Notes,
    /// Program and version.
    pub program: &'a str,
}

impl Capture<'_> {
    /// The conversations with these peers, as a file.
    #[must_use]
    pub fn of<'p>(&self, peers: impl Iterator<Item = &'p Peer>) -> Vec<u8> {
        let mut made: Vec<Made> = peers.flat_map(|peer| self.conversation(peer)).collect();
        made.sort_by_key(|packet| packet.at);
        let comment = format!(
            "synthetic, decrypted, captured by {}; ports and sequence numbers are made, and so are our own addresses",
            self.program
        );
        let mut blocks = Blocks::new(self.program, &comment);
        for Made { at, way, bytes, length, comments } in &made {
            let (at, way, length) = (*at, *way, *length);
            blocks.packet(&Packet { at, way, bytes, length, comments });
        }
        blocks.bytes()
    }

    fn conversation(&self, peer: &Peer) -> Vec<Made> {
        let Some(conversation) = self.by.facts.conversations().get(&peer.key) else {
            return Vec::new();
        };
        let mut streams: Vec<(SocketId, SystemTime, Stream)> = Vec::new();
        let mut places: HashMap<SocketId, usize> = HashMap::new();
        for line in conversation.lines() {
            let at = *places.entry(line.socket).or_insert_with(|| {
                let began = line.at.wall.checked_sub(line.after).unwrap_or(line.at.wall);
                let port = FIRST_PORT + line.socket.0 % PORTS;
                let mut stream = Stream::new(u16::try_from(port).unwrap_or(LISTENING));
                stream.comment(self.who(peer));
                streams.push((line.socket, began, stream));
                streams.len() - 1
            });
            let (_, began, stream) = &mut streams[at];
            self.line(stream, *began, peer, line);
        }
        let finished = streams.into_iter().flat_map(|(.., mut stream)| {
            stream.finish();
            stream.made
        });
        finished.collect()
    }

    /// Who it is, and what the operator has written down about that.
    fn who(&self, peer: &Peer) -> String {
        let naming = self.by.naming;
        let Some(permid) = peer.permid() else {
            return "peer that never said who it is".to_owned();
        };
        if naming.privacy {
            return format!("peer {}", naming.mask.permid(&permid));
        }
        let note = self.notes.get(&permid).map(|note| format!("; note: {note}"));
        format!("peer {permid}{}", note.unwrap_or_default())
    }

    fn line(&self, stream: &mut Stream, began: SystemTime, peer: &Peer, line: &Line) {
        let words = said(&self.by, peer, line);
        let What::Trace(trace) = &line.what else {
            return stream.comment(text(&words));
        };
        let at = began.checked_add(line.after).unwrap_or(line.at.wall);
        let known = peer.address.map(|address| self.place(address));
        match trace {
            Trace::Dialling(address) => stream.dials(at, self.place(*address)),
            Trace::Open => stream.opens(at, known),
            Trace::Accepted(address) => {
                let port = self.by.facts.listening().map_or(LISTENING, |own| own.port());
                stream.accepts(at, self.place(*address), port);
            }
            Trace::Sent(piece) | Trace::Received(piece) => {
                let way = if matches!(trace, Trace::Sent(_)) { Way::Out } else { Way::In };
                stream.comment(text(&words));
                for more in self.of_reply(peer, line) {
                    stream.comment(more);
                }
                if self.by.naming.privacy {
                    stream.passes(at, way, &piece.without_addresses(), known);
                } else {
                    stream.passes(at, way, piece, known);
                }
            }
            Trace::Closed(failure) => {
                stream.comment(self.end(&words, failure));
                stream.ends(at, failure);
            }
            Trace::Resolving { .. } | Trace::Tls | Trace::Authenticated => {
                stream.comment(text(&words));
            }
            Trace::Unwatched(_) | Trace::Lost(_) => stream.comment(text(&words)),
        }
    }

    fn end(&self, words: &Said, failure: &Failure) -> String {
        let why = words::clean(&failure.words());
        let naming = self.by.naming;
        let why = if naming.privacy { naming.mask.text(&why).into_owned() } else { why };
        format!("{}: {why} ({})", words.name, failure.cause.code())
    }

    /// What a reply says, in a line, and what was odd about it: at its last part.
    fn of_reply(&self, peer: &Peer, line: &Line) -> Vec<String> {
        let Of::Part(ticket, index) = line.of else { return Vec::new() };
        let Some(reply) = peer.request(ticket).and_then(|request| request.reply()) else {
            return Vec::new();
        };
        let Some(decoding) = reply.decoding.as_ref().filter(|_| reply.parts == index) else {
            return Vec::new();
        };
        let naming = self.by.naming;
        let told = |text: &str| {
            let text = words::clean(text);
            if naming.privacy { naming.mask.text(&text).into_owned() } else { text }
        };
        let says = format!("reply: {}", told(&sample::line_of(decoding, reply.error)));
        let failed = decoding.failed.as_deref().map(|why| format!("not decoded: {}", told(why)));
        let notes = decoding.decoded.notes.iter().map(|note| format!("note: {}", told(&note.text)));
        std::iter::once(says).chain(failed).chain(notes).collect()
    }

    /// Where a peer is; where addresses are hidden, a pseudonym that is none of anybody.
    fn place(&self, address: SocketAddr) -> SocketAddr {
        if !self.by.naming.privacy {
            return address;
        }
        let pseudonym = self.by.naming.mask.address(address);
        let digits = pseudonym.rsplit('-').next().unwrap_or_default();
        let number = u32::from_str_radix(digits, 16).unwrap_or_default();
        let [high, low] = [(number >> 16) as u16, (number & 0xffff) as u16];
        SocketAddr::from((Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, high, low), LISTENING))
    }
}

/// `NATCHECK request, channel 17: frequency 3600 s`.
fn text(words: &Said) -> String {
    let channel = words.channel.map(|channel| format!(", channel {channel}")).unwrap_or_default();
    let detail =
        if words.detail.is_empty() { String::new() } else { format!(": {}", words.detail) };
    words::clean(&format!("{}{channel}{detail}", words.name))
}
