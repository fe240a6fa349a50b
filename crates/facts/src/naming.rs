//! What people and addresses are called where nobody is to be known.

use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;
use swarmscope_wire::mask::Mask;

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

    /// A peer in a line: `9f3a…c1`, or the address while nothing else is known.
    #[must_use]
    pub fn peer(&self, key: &PeerKey) -> String {
        match key {
            PeerKey::Permid(permid) => self.permid(permid),
            PeerKey::Address(address) => self.address(address),
        }
    }
}
