//! A range of rows that is being marked.

use swarmscope_facts::Places;
use swarmscope_peer::node::PeerKey;

/// A range of rows that is being marked: from where it began to where the cursor is.
#[derive(Clone, Debug)]
pub struct Range {
    pub(super) anchor: PeerKey,
    pub(super) from: usize,
    pub(super) to: usize,
    /// The places of those that were not marked before.
    pub(super) added: Places,
}
