//! TCP segments in IP packets, made for bytes that were seen without them.

use std::net::{IpAddr, SocketAddr};

/// Bits of the flags byte.
pub mod flag {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
}

const TCP: u8 = 6;
const TCP_HEADER: usize = 20;

/// One segment.
pub struct Segment<'a> {
    pub from: SocketAddr,
    /// Of the same family.
    pub to: SocketAddr,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    /// What is there of its payload.
    pub payload: &'a [u8],
    /// How long that was; with both headers below 64 KiB.
    pub length: usize,
}

impl Segment<'_> {
    /// The packet as far as it is there, and how long it was.
    pub fn packet(&self) -> (Vec<u8>, usize) {
        let tcp = self.tcp();
        let mut packet = match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let total = u16::try_from(20 + TCP_HEADER + self.length).unwrap_or(u16::MAX);
                let mut header = vec![0x45, 0];
                header.extend(total.to_be_bytes());
                header.extend([0, 0, 0x40, 0, 64, TCP, 0, 0]); // not to be cut; 64 hops
                header.extend(from.octets());
                header.extend(to.octets());
                let sum = checksum(&[&header]);
                header[10..12].copy_from_slice(&sum.to_be_bytes());
                header
            }
            (from, to) => {
                let total = u16::try_from(TCP_HEADER + self.length).unwrap_or(u16::MAX);
                let mut header = vec![0x60, 0, 0, 0];
                header.extend(total.to_be_bytes());
                header.extend([TCP, 64]);
                header.extend(sixteen(from));
                header.extend(sixteen(to));
                header
            }
        };
        let missing = self.length - self.payload.len().min(self.length);
        packet.extend(tcp);
        let length = packet.len() + missing;
        (packet, length)
    }

    fn tcp(&self) -> Vec<u8> {
        let mut tcp = Vec::with_capacity(TCP_HEADER + self.payload.len());
        tcp.extend(self.from.port().to_be_bytes());
        tcp.extend(self.to.port().to_be_bytes());
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        tcp.extend([5 << 4, self.flags]);
        tcp.extend(u16::MAX.to_be_bytes()); // the window
        tcp.extend([0; 4]);
        tcp.extend(self.payload);
        if self.payload.len() == self.length {
            let sum = checksum(&[&self.pseudo_header(tcp.len()), &tcp]);
            tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        } // else nobody can know it
        tcp
    }

    fn pseudo_header(&self, length: usize) -> Vec<u8> {
        let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                [&from.octets()[..], &to.octets(), &[0, TCP], &length[2..]].concat()
            }
            (from, to) => [&sixteen(from)[..], &sixteen(to), &length, &[0, 0, 0, TCP]].concat(),
        }
    }
}

fn sixteen(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The Internet's (RFC 1071); every piece but the last has an even length.
fn checksum(pieces: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for piece in pieces {
        for two in piece.chunks(2) {
            sum += u64::from(u16::from_be_bytes([two[0], *two.get(1).unwrap_or(&0)]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_checksum_of_rfc_1071() {
        // the example that most textbooks have
        let header = [
            0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,
            0xc7,
        ];
        assert_eq!(checksum(&[&header]), 0xb861);
        assert_eq!(checksum(&[&[1, 2], &[3]]), checksum(&[&[1, 2, 3, 0]]));
    }

    #[test]
    fn what_is_missing_of_a_payload_counts_in_the_length_alone() {
        for (from, to, header) in
            [("192.0.2.1:1", "192.0.2.2:2", 40), ("[2001:db8::1]:1", "[2001:db8::2]:2", 60)]
        {
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            let segment =
                Segment { from, to, seq: 1, ack: 2, flags: flag::ACK, payload: b"abc", length: 9 };
            let (bytes, length) = segment.packet();
            assert_eq!((bytes.len(), length), (header + 3, header + 9));
        }
    }
}
