//! A range of rows that is being marked.

use std::collections::BTreeSet;

use swarmscope_peer::node::PeerKey;

/// A range of rows that is being marked: from where it began to where the cursor is.
#[derive(Clone, Debug)]
pub struct Range {
    pub(super) anchor: PeerKey,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Who was not marked before.
    pub(super) added: BTreeSet<PeerKey>,
}
