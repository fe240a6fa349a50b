//! Peers of the networks that live today: BitTorrent peers and nodes of the Mainline DHT.
//!
//! Such a peer is known by its address, written with its network's scheme: `dht://host:port`. What
//! it can be asked is a [`Question`](swarmscope_peer::crawler::Question) like the overlay's
//! message-specific ids, under numbers of its own network's [`registry`].

mod answer;
mod event;
pub mod lookup;
mod other;
mod question;
mod questions;
mod target;

pub use answer::decoding;
pub(crate) use answer::is_as_read;
pub use event::Event;
pub use other::Other;
pub use question::Question;
pub use questions::{
    AT_ONCE, BETWEEN, LOOKUPS_AT_ONCE, asked, at_once, comes_in_parts, first, number, registry,
    sends,
};
pub(crate) use questions::{gives_samples, is_registry};
pub use target::AnyTarget;

use swarmscope_networks::target::{Network, Target};
use swarmscope_peer::node::PeerKey;

/// The network that a peer of this key belongs to.
#[must_use]
pub fn network(key: &PeerKey) -> Network {
    match key {
        PeerKey::Permid(_) => Network::Overlay,
        PeerKey::Address(address) => {
            Network::of_scheme(address).map_or(Network::Overlay, |(network, _)| network)
        }
    }
}

/// The key of a peer that is not the overlay's.
#[must_use]
pub fn key(target: &Target) -> PeerKey {
    PeerKey::Address(target.to_string())
}

/// Whom to ask, of a key that [`key`] made.
#[must_use]
pub fn target(key: &PeerKey) -> Option<Target> {
    match key {
        PeerKey::Permid(_) => None,
        PeerKey::Address(address) => address.parse().ok(),
    }
}

/// Whether a REACH has found nobody, neither over TCP nor over UDP.
pub(crate) fn nobody_answered(says: &serde_json::Value) -> bool {
    says["what"] == "nothing" && says["dht"].is_null()
}

/// An address without its scheme and node id, as lists with a column for the network show it.
#[must_use]
pub fn without_scheme(address: &str) -> &str {
    Network::of_scheme(address)
        .map_or(address, |(_, rest)| rest.rsplit_once('@').map_or(rest, |(_, place)| place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_network_and_whom_to_ask() {
        for (text, of, bare) in [
            ("bt://198.18.1.1:51001", Network::BitTorrent, "198.18.1.1:51001"),
            ("dht://[2001:db8::1]:6881", Network::Dht, "[2001:db8::1]:6881"),
            (
                "dht://0123456789abcdef0123456789abcdef01234567@a.example:1",
                Network::Dht,
                "a.example:1",
            ),
        ] {
            let target: Target = text.parse().unwrap();
            let key = key(&target);
            assert_eq!((network(&key), super::target(&key)), (of, Some(target)));
            assert_eq!(without_scheme(text), bare);
        }
        let overlay = PeerKey::Address("198.18.1.1:7760".to_owned());
        assert_eq!((network(&overlay), target(&overlay)), (Network::Overlay, None));
        assert_eq!(without_scheme("198.18.1.1:7760"), "198.18.1.1:7760");
    }
}
