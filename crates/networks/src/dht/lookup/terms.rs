//! What a lookup is told and what it tells: its settings, its questions, its answers, its sums.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::krpc::{Contact, Target};

use crate::address::Policy;

/// The number of closest nodes a lookup finds: `k` of Kademlia, as everywhere in this DHT.
pub const CLOSEST: usize = 8;

/// The settings of a lookup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookupConfig {
    /// Queries in flight: `α` of Kademlia.
    pub parallel: usize,
    /// The queries after which it gives up.
    pub most_queries: usize,
    /// The time after which it gives up.
    pub most_time: Duration,
    /// The addresses it may ask.
    pub policy: Policy,
}

impl Default for LookupConfig {
    /// 4 at a time; 500 queries and two minutes, which an honest network never needs.
    fn default() -> Self {
        Self {
            parallel: 4,
            most_queries: 500,
            most_time: Duration::from_secs(120),
            policy: Policy::default(),
        }
    }
}

/// Why it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    /// Eight nodes have answered, and no node closer to the target is left to ask.
    Converged,
    /// No node is left to ask, and fewer than eight have answered.
    Exhausted,
    /// It has asked as often as it may.
    Capped,
    /// It has taken as long as it may.
    TimeUp,
    /// It was stopped from here.
    Stopped,
}

impl Ended {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Exhausted => "exhausted",
            Self::Capped => "capped",
            Self::TimeUp => "time_up",
            Self::Stopped => "stopped",
        }
    }
}

/// What was kept out, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeptOut {
    /// Contacts at addresses that can't belong to a public peer, or that the operator refuses.
    pub addresses: usize,
    /// Contacts at ports below 1024: services of the system, though a node may have one.
    pub system_ports: usize,
    /// Contacts named by another id than the node gives itself.
    pub misnamed: usize,
    /// Nodes whose own id no other node had named.
    pub unconfirmed: usize,
    /// Contacts beyond the closest eight of one answer, or beyond what is kept at all.
    pub surplus: usize,
    /// Contacts whose /24 or /64 had another one that answered.
    pub crowded: usize,
}

/// Sums up a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LookupTally {
    /// Queries, retries included.
    pub queries: usize,
    /// Of those, second ones to a node that was slow.
    pub retries: usize,
    /// Nodes that answered.
    pub answered: usize,
    /// Nodes that refused the query with an error.
    pub refused: usize,
    /// Nodes without an answer.
    pub silent: usize,
    /// What was kept out.
    pub kept_out: KeptOut,
}

/// One node of a lookup; which one is the caller's token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Token(pub(super) u32);

/// A query to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// To be returned with the outcome.
    pub token: Token,
    /// The node.
    pub to: SocketAddr,
    /// The lookup's target, or the node's own id.
    pub target: Target,
}

/// A node that answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    /// Who answered, under its own id.
    pub contact: Contact,
    /// How many answers led here; 0 for the nodes that it began with.
    pub depth: u16,
    /// From query to answer.
    pub rtt: Duration,
    /// Contacts that it named.
    pub named: usize,
    /// Of those, contacts that were new and acceptable.
    pub taken: usize,
}
