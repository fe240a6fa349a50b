//! What a reply is compared with.

use swarmscope_facts::reply::diff::Diff;
use swarmscope_peer::node::{PeerKey, Ticket};

/// Which replies are compared, and what differs.
#[derive(Clone, Default, Debug)]
pub struct Comparison {
    /// What was picked to compare with, for every reply to the same message; `None` for the reply
    /// before.
    pub(super) picked: Option<(PeerKey, Ticket)>,
    /// The newest comparison: the two it is of, and how the other one is called.
    pub(super) made: Option<Made>,
}

#[derive(Clone, Debug)]
pub(super) struct Made {
    pub of: (Ticket, (PeerKey, Ticket)),
    pub name: String,
    pub diff: Diff,
}

/// A reply that can be compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub peer: PeerKey,
    pub ticket: Ticket,
    /// `#12`.
    pub number: String,
    pub who: String,
    pub ago: String,
    pub size: String,
    /// Its payload is identical to the byte.
    pub same: bool,
}

impl Candidate {
    /// What is searched.
    pub(super) fn text(&self) -> String {
        format!(
            "{} {} {} {}{}",
            self.who,
            self.number,
            self.ago,
            self.size,
            if self.same { " same bytes" } else { "" }
        )
    }
}
