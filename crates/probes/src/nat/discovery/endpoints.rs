//! The four endpoints of an RFC 5780 server, as far as they are to be believed.

use std::net::SocketAddr;

use crate::nat::scope::{Scope, is_host};

/// A server with two addresses and two ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Endpoints {
    pub primary: SocketAddr,
    /// The other address, the other port.
    pub alternate: SocketAddr,
}

impl Endpoints {
    /// Takes what a server says of its other address, unless that can't be: the address and the
    /// port must both differ, and a server must not point a test from the open network into
    /// somebody's private one.
    pub fn new(primary: SocketAddr, other: SocketAddr) -> Option<Self> {
        let differs = other.ip() != primary.ip() && other.port() != primary.port();
        let same_family = other.is_ipv4() == primary.is_ipv4();
        let usable = other.port() != 0
            && is_host(other.ip())
            && Scope::of(other.ip()) >= Scope::of(primary.ip());
        (differs && same_family && usable).then_some(Self { primary, alternate: other })
    }

    /// The address that was asked, the other port.
    pub const fn other_port(&self) -> SocketAddr {
        SocketAddr::new(self.primary.ip(), self.alternate.port())
    }

    /// The other address, the port that was asked.
    pub const fn other_address(&self) -> SocketAddr {
        SocketAddr::new(self.alternate.ip(), self.primary.port())
    }

    /// In the order in which the mapping test asks them.
    pub const fn all(&self) -> [SocketAddr; 4] {
        [self.primary, self.other_address(), self.alternate, self.other_port()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(primary: &str, other: &str) -> bool {
        Endpoints::new(primary.parse().unwrap(), other.parse().unwrap()).is_some()
    }

    #[test]
    fn both_the_address_and_the_port_must_differ() {
        assert!(made("198.51.100.1:3478", "198.51.100.2:3479"));
        assert!(!made("198.51.100.1:3478", "198.51.100.1:3479"));
        assert!(!made("198.51.100.1:3478", "198.51.100.2:3478"));
        assert!(!made("198.51.100.1:3478", "[2001:db8::1]:3479"));
    }

    #[test]
    fn nobody_is_sent_into_a_private_network_or_to_a_group() {
        for inside in [
            "127.0.0.1:53",
            "10.0.0.1:53",
            "192.168.1.1:53",
            "100.64.0.1:53",
            "169.254.1.1:53",
            "172.31.0.1:53",
        ] {
            assert!(!made("198.51.100.1:3478", inside), "{inside}");
        }
        for inside in ["[::1]:53", "[fe80::1]:53", "[fd00::1]:53", "[::ffff:10.0.0.1]:53"] {
            assert!(!made("[2001:db8::1]:3478", inside), "{inside}");
        }
        for nobody in ["224.0.0.1:53", "255.255.255.255:53", "0.0.0.0:53", "198.51.100.2:0"] {
            assert!(!made("198.51.100.1:3478", nobody), "{nobody}");
        }
        assert!(made("10.0.0.1:3478", "10.0.0.2:3479"), "a lab is its own network");
        assert!(made("127.0.0.1:3478", "127.0.0.2:3479"));
    }
}
