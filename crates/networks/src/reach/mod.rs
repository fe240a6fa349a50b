//! What listens at an address, found out without an infohash: the rungs that are tried, what each
//! may say, and what all of them together mean.
//!
//! | rung | what is sent | what an answer means |
//! |---|---|---|
//! | `plain` | the 20 bytes that begin every BitTorrent handshake | waiting: plain connections are accepted; closing: they may not be |
//! | `overlay` | the rest of the overlay's handshake, on the same connection | a peer of the overlay, with its version |
//! | `mse` | a key of Message Stream Encryption, on a further connection | a BitTorrent client |
//! | `http` | a request for headers, only where nothing else is known | a web server |
//! | `utp` | a SYN, and a RESET where it is answered | a BitTorrent client |
//! | `krpc` | a ping | a node of the DHT |
//!
//! A client may close a second connection from one address, so connections follow one another; the
//! ping runs beside them.

pub mod banner;
mod verdict;

pub use verdict::{Encryption, Verdict, What, version_words};

use std::time::Duration;

use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::Cause;
use swarmscope_wire::krpc::{NodeId, Security, Version};

/// The rungs, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Name {
    /// From a host name to an address.
    Resolve,
    /// A connection.
    Tcp,
    /// 20 bytes of a plain handshake.
    Plain,
    /// The overlay's handshake.
    Overlay,
    /// Step 1 of Message Stream Encryption.
    Mse,
    /// A request for headers.
    Http,
    /// A SYN of uTP.
    Utp,
    /// A ping to a node.
    Krpc,
}

impl Name {
    /// The word for it in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Plain => "handshake",
            Self::Overlay => "overlay",
            Self::Mse => "mse",
            Self::Http => "http",
            Self::Utp => "utp",
            Self::Krpc => "krpc",
        }
    }
}

/// How a rung ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Answered as its protocol has it.
    Ok,
    /// Still open, without a byte: the other side waits for more.
    Waits,
    /// Closed by the other side without a byte.
    Closed,
    /// The system there said that nobody listens.
    Refused,
    /// No answer at all.
    Timeout,
    /// No way there.
    Unreachable,
    /// Answered as something else.
    Other,
}

impl Outcome {
    /// The word for it, for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Waits => "waits",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Other => "other",
        }
    }

    /// The word for it in JSON, where there are six: no byte within the time is a timeout, also over
    /// a connection that stays open. What that means is in the summary.
    #[must_use]
    pub const fn json_word(self) -> &'static str {
        match self {
            Self::Waits => Self::Timeout.word(),
            other => other.word(),
        }
    }
}

/// One rung that ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    /// Which.
    pub name: Name,
    /// How.
    pub outcome: Outcome,
    /// The particulars, clean of control characters.
    pub detail: String,
    /// From its beginning to its end.
    pub took: Duration,
}

/// A node of the DHT that answered the ping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DhtNode {
    /// What it calls itself.
    pub id: NodeId,
    /// Its `v`, not cleaned.
    pub version: Option<Version>,
    /// Whether its id follows from its address.
    pub security: Security,
}

/// Everything that was found out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// The rungs, in the order in which they ended.
    pub rungs: Vec<Rung>,
    /// Why there is no connection, where there is none.
    pub no_connection: Option<Cause>,
    /// What the other side sent first that is not of the protocols here.
    pub banner: Vec<u8>,
    /// The overlay's version, where it answered as a peer of the overlay.
    pub overlay: Option<OverlayVersion>,
    /// The node, where one answered.
    pub node: Option<DhtNode>,
}

impl Findings {
    /// How the rung ended; none where it was not tried.
    #[must_use]
    pub fn outcome(&self, name: Name) -> Option<Outcome> {
        self.rungs.iter().find(|rung| rung.name == name).map(|rung| rung.outcome)
    }
}
