//! Compact addresses and contacts: 6 or 18 bytes, after a node id or alone (BEP 5, BEP 32).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::node_id::NodeId;

/// The length of an IPv4 address with its port.
pub const V4_LEN: usize = 6;
/// The length of an IPv6 address with its port.
pub const V6_LEN: usize = 18;

/// A node that another one names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Contact {
    /// What it is said to call itself.
    pub id: NodeId,
    /// Where it is said to be.
    pub address: SocketAddr,
}

/// The contents of a `nodes` or `nodes6` string.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contacts {
    /// The whole entries, in order.
    pub list: Vec<Contact>,
    /// Bytes after the last whole entry: 0 in a sound message.
    pub trailing: usize,
}

/// One address and port, of the family that its length says: 6 or 18 bytes.
#[must_use]
pub fn address(bytes: &[u8]) -> Option<SocketAddr> {
    let (ip, port) = bytes.split_at_checked(bytes.len().checked_sub(2)?)?;
    let ip = match ip.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(ip).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(ip).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes([port[0], port[1]])))
}

/// Appends one address and port.
pub fn write_address(address: SocketAddr, out: &mut Vec<u8>) {
    match address.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
    out.extend_from_slice(&address.port().to_be_bytes());
}

/// Addresses that follow one another without separators, each `len` bytes long; and how many
/// bytes are left over.
#[must_use]
pub fn addresses(bytes: &[u8], len: usize) -> (Vec<SocketAddr>, usize) {
    let chunks = bytes.chunks_exact(len);
    let trailing = chunks.remainder().len();
    (chunks.filter_map(address).collect(), trailing)
}

impl Contacts {
    /// Reads `nodes` (`address_len` = [`V4_LEN`]) or `nodes6` ([`V6_LEN`]).
    #[must_use]
    pub fn read(bytes: &[u8], address_len: usize) -> Self {
        let chunks = bytes.chunks_exact(NodeId::LEN + address_len);
        let trailing = chunks.remainder().len();
        let mut list = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            if let Some((id, rest)) = chunk.split_first_chunk()
                && let Some(address) = address(rest)
            {
                list.push(Contact { id: NodeId(*id), address });
            }
        }
        Self { list, trailing }
    }

    /// The bytes of a `nodes` or `nodes6` string with these contacts.
    #[must_use]
    pub fn write(list: &[Contact]) -> Vec<u8> {
        let mut out = Vec::with_capacity(list.len() * (NodeId::LEN + V4_LEN));
        for contact in list {
            out.extend_from_slice(&contact.id.0);
            write_address(contact.address, &mut out);
        }
        out
    }
}
