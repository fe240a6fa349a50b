//! Node ids that follow from the node's own address (BEP 42).

use std::net::IpAddr;

use super::node_id::NodeId;

/// Whether a node's id follows from its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Security {
    /// It does.
    Valid,
    /// It does not: an old client, or one that picked its id.
    Invalid,
    /// Addresses of local networks may have any id.
    Exempt,
}

impl Security {
    /// Judges `id` at `ip`.
    #[must_use]
    pub fn of(id: &NodeId, ip: IpAddr) -> Self {
        if is_local(ip) {
            return Self::Exempt;
        }
        let expected = prefix(ip, id.0[19]);
        let same =
            id.0[0] == expected[0] && id.0[1] == expected[1] && (id.0[2] ^ expected[2]) & 0xf8 == 0;
        if same { Self::Valid } else { Self::Invalid }
    }

    /// `valid`, `invalid` or `exempt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Exempt => "exempt",
        }
    }
}

/// The id closest to `random` that is valid at `ip`.
#[must_use]
pub fn secure_id(random: [u8; NodeId::LEN], ip: IpAddr) -> NodeId {
    let expected = prefix(ip, random[19]);
    let mut id = random;
    id[0] = expected[0];
    id[1] = expected[1];
    id[2] = expected[2] & 0xf8 | random[2] & 7;
    NodeId(id)
}

/// The first 21 bits of a valid id, in three bytes. `random` is the id's last byte, of which three
/// bits count.
fn prefix(ip: IpAddr, random: u8) -> [u8; 3] {
    /// The bits of the address that count, fewer the later they stand.
    const MASK_V4: [u8; 4] = [0x03, 0x0f, 0x3f, 0xff];
    const MASK_V6: [u8; 8] = [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff];
    let mut masked = [0; 8];
    let len = match ip {
        IpAddr::V4(ip) => mask(&ip.octets(), &MASK_V4, &mut masked),
        IpAddr::V6(ip) => mask(&ip.octets(), &MASK_V6, &mut masked),
    };
    masked[0] |= (random & 7) << 5;
    let crc = crc32c(&masked[..len]).to_be_bytes();
    [crc[0], crc[1], crc[2]]
}

fn mask(octets: &[u8], mask: &[u8], out: &mut [u8; 8]) -> usize {
    for ((out, octet), mask) in out.iter_mut().zip(octets).zip(mask) {
        *out = octet & mask;
    }
    mask.len()
}

/// CRC-32C (Castagnoli), a bit at a time: inputs are 8 bytes at most.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 * (crc & 1));
        }
    }
    !crc
}

/// The local networks that BEP 42 exempts, and their siblings of IPv6.
fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
