//! Values that stand for permids and addresses where a value is needed and not a text: in
//! recordings, above all.
//!
//! The same one stands for the same one under one key, like the pseudonyms of [`Mask::text`]; the
//! form says that it is nobody's.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use sha2::{Digest as _, Sha256};

use super::super::permid::Permid;
use super::super::text;
use super::Mask;

/// The prefix of addresses for documentation (RFC 3849), which nobody has.
const DOCUMENTATION: [u16; 2] = [0x2001, 0x0db8];

impl Mask {
    /// A permid that is nobody's: no private key to it is known.
    #[must_use]
    pub fn permid_for(&self, permid: &Permid) -> Permid {
        Permid::Ed25519(self.hash(b"permid", &permid.to_der()))
    }

    /// An address for documentation. Those of one host share theirs; the port is another one, too,
    /// except for none.
    #[must_use]
    pub fn address_for(&self, address: SocketAddr) -> SocketAddr {
        let ip = address.ip();
        let hash = match ip {
            IpAddr::V4(ip) => self.hash(b"ip", &ip.octets()),
            IpAddr::V6(ip) => self.hash(b"ip", &ip.octets()),
        };
        let word = |at: usize| u16::from_be_bytes([hash[at], hash[at + 1]]);
        let [first, second] = DOCUMENTATION;
        let stands = Ipv6Addr::new(first, second, 0, 0, word(0), word(2), word(4), word(6));
        let own = self.hash(b"port", address.to_string().as_bytes());
        let port =
            if address.port() == 0 { 0 } else { u16::from_be_bytes([own[0], own[1]]).max(1) };
        SocketAddr::from((stands, port))
    }

    /// A port that stands for one where its address stands elsewhere; none stays none.
    #[must_use]
    pub fn port_for(&self, port: u16) -> u16 {
        let hash = self.hash(b"port", &port.to_be_bytes());
        if port == 0 { 0 } else { u16::from_be_bytes([hash[0], hash[1]]).max(1) }
    }

    /// `host-1f3a09c4`, for a name that is dialled.
    #[must_use]
    pub fn host_for(&self, host: &str) -> String {
        format!("host-{}", text::hex(&self.hash(b"host", host.as_bytes())[..super::PSEUDONYM]))
    }

    fn hash(&self, kind: &[u8], of: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.key).chain_update(kind).chain_update(of).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_stands_for_the_same_and_shows_nothing_of_it() {
        let mask = Mask::new([1; 32]);
        let permid = Permid::Sect233k1([9; 60]);
        assert_eq!(mask.permid_for(&permid), mask.permid_for(&permid));
        assert_ne!(mask.permid_for(&permid), Mask::new([2; 32]).permid_for(&permid));
        let [a, b]: [SocketAddr; 2] =
            ["10.1.2.3:6700", "10.1.2.3:6701"].map(|text| text.parse().unwrap());
        let [x, y] = [a, b].map(|address| mask.address_for(address));
        assert_eq!(x.ip(), y.ip());
        assert_ne!(x.port(), y.port());
        assert!(x.to_string().starts_with("[2001:db8::") && x.port() != 6700);
        assert_eq!(mask.address_for("10.1.2.3:0".parse().unwrap()).port(), 0);
        assert_eq!(mask.port_for(0), 0);
        assert!(mask.host_for("example.org").starts_with("host-"));
    }
}
