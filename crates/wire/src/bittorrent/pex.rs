//! Peer exchange (BEP 11): which peers a peer has met and lost.

use std::net::SocketAddr;

use super::extension::ExtensionError;
use crate::bencode::{self, Value};
use crate::krpc::compact::{self, V4_LEN, V6_LEN};

/// The extension's name in `m`.
pub const NAME: &str = "ut_pex";

/// One byte a peer: what its finder knows of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Each flag with its name, lowest bit first.
    pub const NAMED: [(u8, &'static str); 5] = [
        (0x01, "prefers encryption"),
        (0x02, "seed"),
        (0x04, "uTP"),
        (0x08, "holepunch"),
        (0x10, "reachable"),
    ];
}

/// One message. Addresses are in memory only: only counts are shown or stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerExchange {
    /// `added`, `added6`: peers that it has met, with `added.f`, `added6.f` where they came.
    pub added: Vec<(SocketAddr, Flags)>,
    /// `dropped`, `dropped6`: peers that it has lost.
    pub dropped: Vec<SocketAddr>,
    /// Bytes after the last whole address of the four lists: 0 in a sound message.
    pub trailing: usize,
}

impl PeerExchange {
    /// Reads the payload of a `ut_pex` message.
    ///
    /// # Errors
    /// What makes it none.
    pub fn decode(payload: &[u8]) -> Result<Self, ExtensionError> {
        let message = bencode::decode_lenient(payload)?.value;
        message.as_dict().ok_or(ExtensionError::NotADict)?;
        let bytes = |key| message.get(key).and_then(Value::as_bytes).unwrap_or_default();
        let mut pex = Self::default();
        for (added, flags, dropped, len) in
            [("added", "added.f", "dropped", V4_LEN), ("added6", "added6.f", "dropped6", V6_LEN)]
        {
            let (met, rest) = compact::addresses(bytes(added), len);
            let (lost, more) = compact::addresses(bytes(dropped), len);
            let flags = bytes(flags).iter().copied().chain(std::iter::repeat(0)).map(Flags);
            pex.added.extend(met.into_iter().zip(flags));
            pex.dropped.extend(lost);
            pex.trailing += rest + more;
        }
        Ok(pex)
    }

    /// The payload of a `ut_pex` message.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let join = |list: &mut dyn Iterator<Item = &SocketAddr>| {
            let mut out = Vec::new();
            list.for_each(|address| compact::write_address(*address, &mut out));
            Value::Bytes(out)
        };
        let of = |v6: bool| self.added.iter().filter(move |(address, _)| address.is_ipv6() == v6);
        let added = |v6| join(&mut of(v6).map(|(address, _)| address));
        let flags = |v6| Value::Bytes(of(v6).map(|(_, flags)| flags.0).collect());
        let dropped = |v6| join(&mut self.dropped.iter().filter(|address| address.is_ipv6() == v6));
        Value::dict([
            ("added", added(false)),
            ("added.f", flags(false)),
            ("added6", added(true)),
            ("added6.f", flags(true)),
            ("dropped", dropped(false)),
            ("dropped6", dropped(true)),
        ])
        .encode()
    }
}
