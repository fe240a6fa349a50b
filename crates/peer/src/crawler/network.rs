//! Where a connection comes from, as far as one party can't choose it freely: what limits per
//! source count by.

use std::net::IpAddr;

/// An IPv4 address, or an IPv6 /64: the owner of one address of it usually has all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Network {
    V4(u32),
    V6(u128),
}

impl From<IpAddr> for Network {
    fn from(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip.into()),
            IpAddr::V6(ip) => Self::V6(u128::from(ip) >> 64),
        }
    }
}
