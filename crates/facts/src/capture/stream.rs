//! One connection as TCP: a handshake, segments with their sequence numbers, and the end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::SystemTime;

use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::trace::Piece;

use super::blocks::Way;
use super::segment::{Segment, flag};

/// Payload of one segment: with both headers it must stay below 64 KiB. A full part fits in one.
const MOST: usize = 48 * 1024;
/// Of one frame so much is written at most: twice the largest of the protocol. A recording may say
/// anything.
const MOST_PIECE: u64 = 16 << 20;
/// Where our own side is put: addresses for documentation, because nobody knows by which of its
/// addresses this machine was seen.
const OURS: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(192, 0, 2, 1), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// A packet that was made.
pub struct Made {
    pub at: SystemTime,
    pub way: Way,
    pub bytes: Vec<u8>,
    pub length: usize,
    pub comments: Vec<String>,
}

/// A connection.
pub struct Stream {
    /// Our port.
    port: u16,
    /// The other side, once that is known.
    them: Option<SocketAddr>,
    /// What follows in each direction.
    next_out: u32,
    next_in: u32,
    opened: bool,
    /// Addresses that were dialled, and when.
    dials: Vec<(SystemTime, SocketAddr)>,
    /// For the next packet.
    comments: Vec<String>,
    pub made: Vec<Made>,
}

impl Stream {
    /// Over our port.
    pub const fn new(port: u16) -> Self {
        Self {
            port,
            them: None,
            next_out: 0,
            next_in: 0,
            opened: false,
            dials: Vec::new(),
            comments: Vec::new(),
            made: Vec::new(),
        }
    }

    pub fn comment(&mut self, text: String) {
        if !text.is_empty() {
            self.comments.push(text);
        }
    }

    pub fn dials(&mut self, at: SystemTime, to: SocketAddr) {
        self.dials.push((at, to));
    }

    /// The socket is open: to this address, where it is known which of those dialled it is.
    pub fn opens(&mut self, at: SystemTime, address: Option<SocketAddr>) {
        let known =
            address.and_then(|known| self.dials.iter().find(|(_, dialled)| *dialled == known));
        let (dialled_at, to) = match known.or(self.dials.last()) {
            Some(dialled) => *dialled,
            None => (at, address.unwrap_or_else(nowhere)),
        };
        if known.is_none() && self.dials.len() > 1 {
            let others = self.dials.len() - 1;
            self.comment(format!("or one of {others} other addresses that were dialled"));
        }
        self.begin(to);
        self.send(dialled_at, Way::Out, flag::SYN, &[], 0);
        self.send(at, Way::In, flag::SYN | flag::ACK, &[], 0);
        self.send(at, Way::Out, flag::ACK, &[], 0);
    }

    /// They have dialled us, at this port of ours.
    pub fn accepts(&mut self, at: SystemTime, from: SocketAddr, port: u16) {
        self.port = port;
        self.begin(from);
        self.send(at, Way::In, flag::SYN, &[], 0);
        self.send(at, Way::Out, flag::SYN | flag::ACK, &[], 0);
        self.send(at, Way::In, flag::ACK, &[], 0);
    }

    fn begin(&mut self, them: SocketAddr) {
        (self.them, self.opened) = (Some(them), true);
    }

    /// Bytes pass; where the beginning was not seen, to or from `address`.
    pub fn passes(&mut self, at: SystemTime, way: Way, piece: &Piece, address: Option<SocketAddr>) {
        if !self.opened {
            self.begin(address.unwrap_or_else(nowhere));
            self.comment("how this connection began is no longer in memory".to_owned());
        }
        if !piece.withheld.is_empty() {
            let bytes: usize = piece.withheld.iter().map(ExactSizeIterator::len).sum();
            self.comment(format!("{bytes} bytes are withheld: zeros stand in their place"));
        }
        if !piece.whole {
            self.comment("the stream ended inside this".to_owned());
        }
        let length = piece.length.min(MOST_PIECE);
        if length < piece.length {
            self.comment(format!("it had {} bytes; {length} are counted here", piece.length));
        }
        let (mut rest, mut left) = (&piece.bytes[..], length);
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(MOST).min(MOST);
            let (payload, later) = rest.split_at(length.min(rest.len()));
            self.send(at, way, flag::PSH | flag::ACK, payload, length);
            // as a TCP would: else more is under way than a window takes
            let back = if way == Way::Out { Way::In } else { Way::Out };
            self.send(at, back, flag::ACK, &[], 0);
            (rest, left) = (later, left - length as u64);
        }
    }

    /// It ends, or it never began.
    pub fn ends(&mut self, at: SystemTime, failure: &Failure) {
        if !self.opened {
            return self.is_not_reached(at, failure);
        }
        let way = if failure.by == By::Us { Way::Out } else { Way::In };
        let flags = match failure.by {
            By::Network => return, // nothing says that it ended
            _ if failure.cause == Cause::Reset => flag::RST | flag::ACK,
            _ => flag::FIN | flag::ACK,
        };
        self.send(at, way, flags, &[], 0);
    }

    fn is_not_reached(&mut self, at: SystemTime, failure: &Failure) {
        for (dialled, to) in std::mem::take(&mut self.dials) {
            self.them = Some(to);
            (self.next_out, self.next_in) = (0, 0);
            self.send(dialled, Way::Out, flag::SYN, &[], 0);
        }
        if self.them.is_some() && failure.cause == Cause::TcpRefused {
            self.send(at, Way::In, flag::RST | flag::ACK, &[], 0);
        }
    }

    /// What was said after the last packet belongs to that.
    pub fn finish(&mut self) {
        if let Some(last) = self.made.last_mut() {
            last.comments.append(&mut self.comments);
        }
    }

    fn send(&mut self, at: SystemTime, way: Way, flags: u8, payload: &[u8], length: usize) {
        let them = self.them.unwrap_or_else(nowhere);
        let them = SocketAddr::new(them.ip().to_canonical(), them.port());
        let us = match them.ip() {
            IpAddr::V4(_) => IpAddr::from(OURS.0),
            IpAddr::V6(_) => IpAddr::from(OURS.1),
        };
        let us = SocketAddr::new(us, self.port);
        let (from, to, seq, ack) = match way {
            Way::Out => (us, them, self.next_out, self.next_in),
            Way::In => (them, us, self.next_in, self.next_out),
        };
        let ack = if flags & flag::ACK == 0 { 0 } else { ack };
        let (bytes, whole) = Segment { from, to, seq, ack, flags, payload, length }.packet();
        let counts = u32::from(flags & (flag::SYN | flag::FIN) != 0);
        let next = seq.wrapping_add(u32::try_from(length).unwrap_or(u32::MAX)).wrapping_add(counts);
        match way {
            Way::Out => self.next_out = next,
            Way::In => self.next_in = next,
        }
        let comments = std::mem::take(&mut self.comments);
        self.made.push(Made { at, way, bytes, length: whole, comments });
    }
}

/// For the other side of a connection of which nobody knows where it goes.
fn nowhere() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(192, 0, 2, 2), 0))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use bytes::Bytes;
    use swarmscope_wire::trace::Kind;

    use super::*;

    fn piece(bytes: &'static [u8], length: u64) -> Piece {
        let bytes = Bytes::from_static(bytes);
        Piece { kind: Kind::KeepAlive, bytes, length, whole: true, withheld: Vec::new() }
    }

    #[test]
    fn a_frame_that_claims_to_be_huge_makes_a_bounded_file() {
        let mut stream = Stream::new(50_000);
        stream.passes(UNIX_EPOCH, Way::In, &piece(b"abc", u64::MAX), None);
        assert!(stream.made.len() <= 700, "{}", stream.made.len());
        assert!(stream.made[0].comments.iter().any(|comment| comment.contains("counted here")));
        assert!(stream.made.iter().map(|made| made.bytes.len()).sum::<usize>() < 40_000);
    }

    #[test]
    fn sequence_numbers_count_the_bytes_of_each_direction() {
        let mut stream = Stream::new(50_000);
        let them = "203.0.113.9:7760".parse().ok();
        stream.dials(UNIX_EPOCH, "203.0.113.9:7760".parse().unwrap());
        stream.opens(UNIX_EPOCH, them);
        stream.passes(UNIX_EPOCH, Way::Out, &piece(b"abc", 3), them);
        stream.passes(UNIX_EPOCH, Way::In, &piece(b"abcd", 100_000), them);
        stream.passes(UNIX_EPOCH, Way::Out, &piece(b"", 0), them);
        stream.passes(UNIX_EPOCH, Way::Out, &piece(b"z", 1), them);
        let number = |made: &Made, at: usize| {
            u32::from_be_bytes(made.bytes[at..at + 4].try_into().expect("four bytes"))
        };
        let numbers: Vec<(u32, u32)> =
            stream.made.iter().map(|made| (number(made, 24), number(made, 28))).collect();
        let far = 1 + u32::try_from(MOST).unwrap();
        assert_eq!(
            numbers,
            [
                (0, 0),
                (0, 1),
                (1, 1),
                (1, 1), // abc
                (1, 4),
                (1, 4), // three segments
                (4, far),
                (far, 4),
                (4, 2 * far - 1),
                (2 * far - 1, 4),
                (4, 100_001),
                (4, 100_001), // z
                (100_001, 5),
            ]
        );
    }

    #[test]
    fn a_connection_whose_beginning_was_let_go_says_so_and_has_no_handshake() {
        let mut stream = Stream::new(50_000);
        stream.passes(UNIX_EPOCH, Way::Out, &piece(b"abc", 3), None);
        assert_eq!(stream.made.len(), 2, "and the other side's acknowledgement");
        assert!(stream.made[0].comments[0].contains("no longer in memory"));
    }
}
