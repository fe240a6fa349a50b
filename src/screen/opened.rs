//! Where the reply with the focus was opened.

use swarmscope_peer::node::PeerKey;

/// Where a reply was opened: back goes there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenedFrom {
    /// From the requests of the selected peer.
    Channels,
    /// From a request to many, of this peer.
    Many(PeerKey),
}
