//! What the operator was warned of before it was sent.

use swarmscope_peer::node::Ask;

/// A request that was not sent at once: sending the very same again is meant so.
#[derive(Clone, PartialEq, Debug)]
pub struct Warned(pub Ask);
