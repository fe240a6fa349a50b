//! How far an address can be used from.

use std::net::{IpAddr, SocketAddr};

/// Whether a peer at `peer` can have anything to say of, or do with, the address `of`: nobody from
/// outside makes us dial into our own machine or network, and nobody outside is told of it.
pub(super) fn concerns(of: SocketAddr, peer: IpAddr) -> bool {
    reach(of.ip()).is_some_and(|reach_of| of.port() != 0 && Some(reach_of) >= reach(peer))
}

/// How far an address can be used from; `None` where no peer can be.
fn reach(ip: IpAddr) -> Option<Reach> {
    let ip = ip.to_canonical();
    if ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    let near = match ip {
        IpAddr::V4(v4) if v4.is_broadcast() => return None,
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    Some(match (ip.is_loopback(), near) {
        (true, _) => Reach::Machine,
        (_, true) => Reach::Network,
        _ => Reach::World,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reach {
    Machine,
    Network,
    World,
}
