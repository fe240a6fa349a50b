//! What signals are found in: answers by round. The shape is its own, so that a case, a store, a
//! recording and a simulation can all fill it. Nothing in it is an address: a place is whatever
//! says that two peers are in one network.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A text that many answers share.
pub type Text = Arc<str>;

/// One pass over the peers.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Its number.
    pub number: u64,
    /// When it began, nanoseconds since 1970.
    pub at_ns: u64,
    /// How each question to each peer ended.
    pub answers: Vec<Answer>,
    /// How it stood with peers that were asked nothing in this round.
    pub dials: Vec<Dial>,
    /// Which peer named which.
    pub gossip: Vec<Gossip>,
    /// Replies on channels that were not in use.
    pub unsolicited: Vec<Unsolicited>,
    /// What nodes of the DHT say of themselves.
    pub nodes: Vec<Node>,
    /// How many peers announced which infohash that the operator looked up.
    pub swarms: Vec<Swarm>,
}

/// How one question to one peer ended.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Who.
    pub peer: Text,
    /// Its network (/24, /48) or what stands for that; none where addresses were not kept.
    pub place: Option<Text>,
    /// `overlay`, `bt` or `dht`.
    pub network: Text,
    /// Its client or overlay version.
    pub version: Text,
    /// The question's name.
    pub question: Text,
    /// Whether it is one that nobody has defined.
    pub invented: bool,
    /// How it ended.
    pub end: End,
}

/// How a question ended.
#[derive(Clone, Debug)]
pub enum End {
    /// A reply.
    Reply {
        /// Its error; 0 is success.
        error: i64,
        /// A digest of what it says, volatile fields left out.
        content: Text,
        /// The same without numbers.
        shape: Text,
        /// Its length.
        bytes: u64,
        /// SHA-256 of its bytes where they were kept, else the digest of what it says.
        digest: Text,
        /// Whether an answer "too soon" was due, because we had asked the same within the
        /// frequency.
        too_soon_was_due: bool,
    },
    /// No reply: the failure's code.
    Failure(Text),
}

impl Answer {
    /// Whether it answered with success.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.end, End::Reply { error: 0, .. })
    }

    /// Whether there was any reply.
    #[must_use]
    pub const fn is_reply(&self) -> bool {
        matches!(self.end, End::Reply { .. })
    }

    /// Whether it could not be reached at all. A node of the DHT has no connection: where it does
    /// not answer what every node answers, it may as well have gone.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        let End::Failure(code) = &self.end else { return false };
        let gone = self.is_without_connection()
            && **code == *"answer.timeout"
            && !self.invented
            && !OPTIONAL.contains(&&*self.question);
        gone || EARLY.iter().any(|phase| code.starts_with(phase))
    }

    /// Whether it was reached: it replied, or failed to on a connection that stood.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        match &self.end {
            End::Reply { .. } => true,
            End::Failure(code) => {
                !self.is_without_connection() && !EARLY.iter().any(|phase| code.starts_with(phase))
            }
        }
    }

    fn is_without_connection(&self) -> bool {
        &*self.network == "dht"
    }
}

/// Failures before anybody is known to be there.
const EARLY: [&str; 7] = [
    "resolve.",
    "tcp.",
    "handshake.",
    "version.",
    "authentication.",
    "udp.",
    "request.not-connected",
];

/// What some clients of the DHT never answer, though they are there.
const OPTIONAL: [&str; 3] = ["CANARY", "SAMPLE", "SCRAPE"];

/// Whether a peer that was asked nothing could be reached.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Who.
    pub peer: Text,
    /// Its network (/24, /48) or what stands for that; none where addresses were not kept.
    pub place: Option<Text>,
    /// `overlay`, `bt` or `dht`.
    pub network: Text,
    /// Its client or overlay version.
    pub version: Text,
    /// Why it could not be: the failure's code; none where its connection stood.
    pub failure: Option<Text>,
}

/// What one peer told of others.
#[derive(Clone, Debug)]
pub struct Gossip {
    /// Who told.
    pub teller: Text,
    /// Its network.
    pub network: Text,
    /// Whom it named.
    pub named: Vec<Text>,
    /// How many of the addresses no public peer has.
    pub bogons: u64,
    /// How many in all.
    pub listed: u64,
}

/// Replies of one peer that nobody had asked for.
#[derive(Clone, Debug)]
pub struct Unsolicited {
    /// Who sent them.
    pub peer: Text,
    /// On how many channels that no question to it had gone over for an hour: a late reply comes on
    /// one that was used.
    pub guessed: u64,
}

/// A node of the DHT.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its address, or what stands for it.
    pub peer: Text,
    /// Its network (/24, /48) or what stands for that; none where addresses were not kept.
    pub place: Option<Text>,
    /// Its id; none where ids were not kept.
    pub id: Option<[u8; 20]>,
    /// Its `v`.
    pub v: Vec<u8>,
    /// The `nodes` it named, as they came, or a digest of them.
    pub nodes: Vec<u8>,
    /// Whether they may be held against those of others: no other node was asked for the same
    /// target, near which honest ones name the same, and this is its first such list in the round.
    pub comparable: bool,
    /// Addresses in `nodes` that no public peer has, or that are there twice.
    pub impossible: u64,
}

/// A swarm that the operator looked up.
#[derive(Clone, Copy, Debug)]
pub struct Swarm {
    /// Its infohash.
    pub infohash: [u8; 20],
    /// How many peers it had.
    pub peers: u64,
}

/// The /24 or /48 that an address is in.
#[must_use]
pub fn place(address: SocketAddr) -> Text {
    match address.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24").into()
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48").into()
        }
    }
}
