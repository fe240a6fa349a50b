//! What people and addresses are called where nobody is to be known.

use swarmscope_networks::target::Network;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;
use swarmscope_wire::krpc::NodeId;
use swarmscope_wire::mask::Mask;

use crate::networks;
use crate::words;

/// What stands for an address that is hidden whole, the name of a host perhaps.
pub const HIDDEN: &str = "(hidden)";

/// How peers and addresses are named: as they are, or under pseudonyms.
#[derive(Clone)]
pub struct Naming {
    /// Whether addresses and permids are hidden.
    pub privacy: bool,
    /// What stands for them then.
    pub mask: Mask,
}

impl Naming {
    /// A permid as short as it can be told, `9f3a…c1`; under a pseudonym of the same width where
    /// nobody is to be known.
    #[must_use]
    pub fn permid(&self, permid: &Permid) -> String {
        if self.privacy { self.mask.short(permid) } else { permid.short() }
    }

    /// An address without control characters; [`HIDDEN`] where addresses are hidden.
    #[must_use]
    pub fn address(&self, address: &str) -> String {
        if self.privacy { HIDDEN.to_owned() } else { words::clean(address) }
    }

    /// An address that nobody is to know, as far as it must be told apart from others: peers of
    /// other networks than the overlay have no other name.
    fn hidden(&self, address: &str) -> String {
        let place = networks::without_scheme(address);
        let (Some((network, _)), Ok(socket)) = (Network::of_scheme(address), place.parse()) else {
            return HIDDEN.to_owned();
        };
        format!("{}://{}", network.name(), self.mask.address(socket))
    }

    /// A peer in a line: `9f3a…c1`, or the address while nothing else is known.
    #[must_use]
    pub fn peer(&self, key: &PeerKey) -> String {
        match key {
            PeerKey::Permid(permid) => self.permid(permid),
            PeerKey::Address(address) if !self.privacy => words::clean(address),
            PeerKey::Address(address) => self.hidden(address),
        }
    }

    /// Words in which addresses and ids may stand; free of control characters.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let clean = words::clean(text);
        if self.privacy { self.mask.text(&clean).into_owned() } else { clean }
    }

    /// A node id as short as it can be told, `9f3a…c1`; under a pseudonym where nobody is to be
    /// known.
    #[must_use]
    pub fn node(&self, node: &NodeId) -> String {
        if self.privacy {
            return self.mask.node_id(node);
        }
        let digits = node.to_string();
        format!("{}…{}", &digits[..4], &digits[38..])
    }
}
