//! What the operator was warned of before it was done.

use swarmscope_peer::node::{Ask, PeerKey};

/// What was not done at once: the very same again is meant so.
#[derive(Clone, PartialEq, Debug)]
pub enum Warned {
    /// A request was not sent.
    Request(Ask),
    /// Peers were not forgotten.
    Forgetting(Vec<PeerKey>),
}
