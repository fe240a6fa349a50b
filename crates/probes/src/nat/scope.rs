//! What an address can be, so that nobody's word sends packets where they must not go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address can be one host's: not all hosts', not a group's, not none's.
#[must_use]
pub fn is_host(ip: IpAddr) -> bool {
    let ip = ip.to_canonical(); // IPv4 in IPv6's clothes
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !(ip.is_unspecified() || ip.is_multicast() || broadcast)
}

/// How far an address is known, from here to everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// This machine.
    Host,
    Link,
    /// RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193.
    Private,
    Global,
}

impl Scope {
    #[must_use]
    pub const fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    const fn of_v4(ip: Ipv4Addr) -> Self {
        let [first, second, ..] = ip.octets();
        if ip.is_loopback() {
            Self::Host
        } else if ip.is_link_local() {
            Self::Link
        } else if ip.is_private() || (first == 100 && second & 0b1100_0000 == 64) {
            Self::Private
        } else {
            Self::Global
        }
    }

    const fn of_v6(ip: Ipv6Addr) -> Self {
        if let Some(ip) = ip.to_ipv4_mapped() {
            return Self::of_v4(ip);
        }
        if ip.is_loopback() {
            Self::Host
        } else if ip.is_unicast_link_local() {
            Self::Link
        } else if ip.is_unique_local() {
            Self::Private
        } else {
            Self::Global
        }
    }
}
