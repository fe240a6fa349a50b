//! Blocks of a pcapng file (draft-ietf-opsawg-pcapng): one section, one interface, packets with
//! their times, directions and comments.

use std::time::{SystemTime, UNIX_EPOCH};

/// Packets begin with an IP header.
const LINKTYPE_RAW: u16 = 101;
/// Times count nanoseconds.
const NANOSECONDS: u8 = 9;
/// Bytes of one comment at most: more than a sentence, less than an option can hold.
const MOST_COMMENT: usize = 2000;

mod kind {
    pub const SECTION: u32 = 0x0a0d_0d0a;
    pub const INTERFACE: u32 = 1;
    pub const PACKET: u32 = 6;
}

mod option {
    pub const COMMENT: u16 = 1;
    pub const SECTION_PROGRAM: u16 = 4;
    pub const INTERFACE_NAME: u16 = 2;
    pub const INTERFACE_RESOLUTION: u16 = 9;
    pub const PACKET_FLAGS: u16 = 2;
}

/// Whose packet it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Theirs.
    In,
    /// Ours.
    Out,
}

/// A packet as it is written.
pub struct Packet<'a> {
    pub at: SystemTime,
    pub way: Way,
    /// What is there of it.
    pub bytes: &'a [u8],
    /// How long it was.
    pub length: usize,
    pub comments: &'a [String],
}

/// A file, as far as it is written.
pub struct Blocks(Vec<u8>);

impl Blocks {
    /// A section that says what it is, and its interface.
    pub fn new(program: &str, comment: &str) -> Self {
        let mut blocks = Self(Vec::new());
        let mut section = Vec::new();
        section.extend(0x1a2b_3c4d_u32.to_le_bytes()); // the order of bytes
        section.extend([1, 0, 0, 0]); // version 1.0
        section.extend(u64::MAX.to_le_bytes()); // its length is not said
        add_text(&mut section, option::COMMENT, comment);
        add_text(&mut section, option::SECTION_PROGRAM, program);
        end_options(&mut section);
        blocks.add(kind::SECTION, &section);
        let mut interface = Vec::new();
        interface.extend(LINKTYPE_RAW.to_le_bytes());
        interface.extend([0; 2]);
        interface.extend(0_u32.to_le_bytes()); // no limit
        add_text(&mut interface, option::INTERFACE_NAME, "overlay (synthetic)");
        add(&mut interface, option::INTERFACE_RESOLUTION, &[NANOSECONDS]);
        end_options(&mut interface);
        blocks.add(kind::INTERFACE, &interface);
        blocks
    }

    /// A packet.
    pub fn packet(&mut self, packet: &Packet<'_>) {
        let since = packet.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let [high, low] = [(nanos >> 32) as u32, (nanos & 0xffff_ffff) as u32];
        let mut body = Vec::with_capacity(packet.bytes.len() + 128);
        for number in [0, high, low, short(packet.bytes.len()), short(packet.length)] {
            body.extend(number.to_le_bytes());
        }
        body.extend(packet.bytes);
        pad(&mut body);
        for comment in packet.comments {
            add_text(&mut body, option::COMMENT, comment);
        }
        let flags: u32 = if packet.way == Way::In { 1 } else { 2 };
        add(&mut body, option::PACKET_FLAGS, &flags.to_le_bytes());
        end_options(&mut body);
        self.add(kind::PACKET, &body);
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    fn add(&mut self, kind: u32, body: &[u8]) {
        let length = short(body.len() + 12).to_le_bytes();
        self.0.extend(kind.to_le_bytes());
        self.0.extend(length);
        self.0.extend(body);
        self.0.extend(length);
    }
}

/// Packets are far below 4 GiB.
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn add_text(body: &mut Vec<u8>, option: u16, text: &str) {
    let mut end = text.len().min(MOST_COMMENT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    add(body, option, &text.as_bytes()[..end]);
}

/// `value` is shorter than an option can be.
fn add(body: &mut Vec<u8>, option: u16, value: &[u8]) {
    body.extend(option.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn end_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

/// Everything begins at a multiple of four bytes; so does every block, and its body after 8.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
