//! Which addresses may be asked, and which of them count as one neighbourhood.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A range of addresses: an address and how many leading bits count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    start: IpAddr,
    bits: u8,
}

/// Text that is no range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an address range; use a form like 198.18.0.0/15")]
pub struct NotARange;

impl Range {
    /// One address.
    #[must_use]
    pub const fn single(ip: IpAddr) -> Self {
        Self { start: ip, bits: if ip.is_ipv4() { 32 } else { 128 } }
    }

    /// Whether `ip` lies in it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.start, ip) {
            (IpAddr::V4(start), IpAddr::V4(ip)) => {
                (start.to_bits() ^ ip.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(start), IpAddr::V6(ip)) => {
                (start.to_bits() ^ ip.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

impl FromStr for Range {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let (start, bits) = text.split_once('/').ok_or(NotARange)?;
        let start: IpAddr = start.parse().map_err(|_| NotARange)?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or(NotARange)?;
        Ok(Self { start, bits })
    }
}

/// Whether a peer of the public network can have this address.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Not in the special ranges of RFC 6890.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a >= 224
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Global unicast, without documentation (RFC 4291, RFC 3849).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    a & 0xe000 == 0x2000 && (a, b) != (0x2001, 0xdb8)
}

/// The first port that anybody may use. Below it are services of the system: a datagram to one of
/// those, on the word of strangers, would be theirs by our hand.
pub const FIRST_USER_PORT: u16 = 1024;

/// Why an address may not be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It can't belong to a public peer, or the operator refuses it.
    Address,
    /// A port below [`FIRST_USER_PORT`].
    SystemPort,
}

/// Which addresses this program may ask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Ranges beside the public ones, for laboratories.
    pub allowed: Vec<Range>,
    /// Ranges that are never asked: the opt-out list. It wins over everything.
    pub refused: Vec<Range>,
    /// What the operator named, whatever its address and port.
    pub named: Vec<SocketAddr>,
}

impl Policy {
    /// Whether `address` may be asked.
    #[must_use]
    pub fn permits(&self, address: SocketAddr) -> bool {
        self.check(address).is_ok()
    }

    /// The same.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, address: SocketAddr) -> Result<(), Refused> {
        let ip = address.ip().to_canonical();
        let within = |ranges: &[Range]| ranges.iter().any(|range| range.contains(ip));
        if address.port() == 0 || within(&self.refused) {
            return Err(Refused::Address);
        }
        if self.named.contains(&address) {
            return Ok(());
        }
        if !is_public(ip) && !within(&self.allowed) {
            return Err(Refused::Address);
        }
        if address.port() < FIRST_USER_PORT {
            return Err(Refused::SystemPort);
        }
        Ok(())
    }
}

/// A neighbourhood: what one person can easily have many addresses of. A /24 or a /64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Subnet(u64, bool);

impl Subnet {
    /// That of an address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self(u64::from(ip.to_bits() >> 8), false),
            IpAddr::V6(ip) => Self(u64::try_from(ip.to_bits() >> 64).unwrap_or(0), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_special_range_is_public() {
        let special = "0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 169.254.1.1 172.16.0.1 192.0.0.8 192.0.2.1 192.168.1.1 \
            198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fc00::1 ff02::1 2001:db8::1 \
            ::ffff:8.8.8.8";
        for ip in special.split_whitespace() {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in
            "1.1.1.1 100.128.0.1 172.32.0.1 198.20.0.1 223.255.255.255 2600::1".split_whitespace()
        {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn a_lab_is_asked_where_it_is_allowed_and_nobody_who_opted_out() {
        let lab: SocketAddr = "198.18.3.1:51003".parse().unwrap();
        let mut policy = Policy::default();
        assert!(!policy.permits(lab));
        policy.allowed.push("198.18.0.0/15".parse().unwrap());
        assert!(policy.permits(lab) && !policy.permits("198.18.3.1:0".parse().unwrap()));
        policy.refused.push("198.18.3.0/24".parse().unwrap());
        assert!(!policy.permits(lab) && policy.permits("198.19.3.1:6881".parse().unwrap()));
        assert!(
            "198.18.0.0/33".parse::<Range>().is_err() && "198.18.0.0".parse::<Range>().is_err()
        );
    }

    #[test]
    fn ports_of_the_system_are_asked_only_where_the_operator_named_them() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let allowed = vec!["127.0.0.0/8".parse().unwrap()];
        let named = vec![at("127.0.0.1:53"), at("10.0.0.1:6881")];
        let policy = Policy { allowed, named, ..Policy::default() };
        for port in [1, 53, 123, 1023] {
            for ip in ["1.1.1.1", "127.0.0.2", "[2600::1]"] {
                let address = at(&format!("{ip}:{port}"));
                assert_eq!(policy.check(address), Err(Refused::SystemPort), "{address}");
            }
        }
        assert_eq!(policy.check(at("127.0.0.1:54")), Err(Refused::SystemPort));
        assert_eq!(policy.check(at("10.0.0.1:6882")), Err(Refused::Address));
        for address in ["127.0.0.1:53", "10.0.0.1:6881", "1.1.1.1:1024"] {
            assert!(policy.permits(at(address)), "{address}");
        }
        let refused = vec!["127.0.0.1/32".parse().unwrap()];
        let policy = Policy { refused, ..policy };
        assert!(!policy.permits(at("127.0.0.1:53")), "the opt-out list wins");
    }

    #[test]
    fn neighbours_share_a_subnet() {
        let of = |ip: &str| Subnet::of(ip.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
