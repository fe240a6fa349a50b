//! What goes into a store and comes out of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use swarmscope_wire::rows::{Cell, Rows};

use crate::figures::Figures;
use crate::key::PeerHash;
use crate::time::Time;

/// A network. Every table names it, and no figure is ever of two of them.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The Crawler overlay.
    #[default]
    Overlay,
    /// The Mainline DHT.
    Dht,
    /// BitTorrent peers.
    Bt,
}

impl Network {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Overlay, Self::Dht, Self::Bt];

    /// `overlay`, `dht`, `bt`: as columns, filters and metrics write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::Dht => "dht",
            Self::Bt => "bt",
        }
    }

    /// The number that stands for it in the database.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Overlay => 1,
            Self::Dht => 2,
            Self::Bt => 3,
        }
    }

    /// The network of this number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.number() == number)
    }

    /// The network of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }
}

/// A row of the peers' table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerId(pub i64);

/// A round's number, from 1; over all networks of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoundId(pub i64);

/// A declared question of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QuestionId(pub i64);

/// What can be asked, with the rows that its replies yield.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// Its message-specific id, or the network's own number for it.
    pub message: u8,
    /// `NATCHECK`.
    pub name: String,
    /// What its replies are stored as.
    pub rows: Rows,
}

/// Word of a peer: from the operator, or from another peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Who.
    pub peer: PeerHash,
    /// What is dialled, if it is known: sealed before it is written.
    pub address: Option<String>,
    /// The overlay version it is said to have.
    pub version: Option<u16>,
    /// When.
    pub at: Time,
}

/// A peer that this Crawler is to visit, and nobody else until the lease ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leased {
    /// Its row.
    pub peer: PeerId,
    /// Its hash.
    pub hash: PeerHash,
    /// What is dialled; `None` where it was never heard, or its retention is over.
    pub address: Option<String>,
    /// Failed visits since it was last reached.
    pub failures: u32,
    /// Since when every visit reached it.
    pub online_since: Option<Time>,
    /// Before when each message must not be sent to it again; only messages that were sent once.
    pub clocks: Vec<(u8, Time)>,
}

/// A question that is about to be sent. The store says yes to one Crawler only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit {
    /// Whom.
    pub peer: PeerId,
    /// What.
    pub message: u8,
    /// Now: a clock that is later says no.
    pub at: Time,
    /// Before when nobody is to send it again, should this process not live to say more.
    pub until: Time,
}

/// A visit that has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Visited {
    /// In which round.
    pub round: RoundId,
    /// Whom.
    pub peer: PeerId,
    /// When it began.
    pub at: Time,
    /// How long it took.
    pub took: Duration,
    /// [`REACHED`](crate::outcome::REACHED), or the code of what ended it before.
    pub outcome: String,
    /// The overlay version of the connection.
    pub version: Option<u16>,
    /// One round trip.
    pub rtt: Option<Duration>,
    /// How many peers it listed.
    pub listed: u32,
    /// Failed visits since it was last reached, this one included.
    pub failures: u32,
    /// Since when every visit reached it.
    pub online_since: Option<Time>,
    /// When it is due again.
    pub due: Time,
    /// What it was asked.
    pub replies: Vec<Replied>,
}

/// What became of one question.
#[derive(Clone, PartialEq, Debug)]
pub struct Replied {
    /// Which question.
    pub question: QuestionId,
    /// Its message-specific id.
    pub message: u8,
    /// When it was sent.
    pub at: Time,
    /// [`ANSWERED`](crate::outcome::ANSWERED), `error.N`, or the code of what ended it.
    pub outcome: String,
    /// Bytes of the payload.
    pub bytes: u64,
    /// Parts.
    pub parts: u32,
    /// From sending it to the last part, or to the failure.
    pub took: Duration,
    /// A keyed digest of what it says, volatile columns left out.
    pub content: Option<[u8; 16]>,
    /// The declared rows, sensitive cells as keyed digests.
    pub rows: Vec<Vec<Cell>>,
    /// The payload itself, only where the operator asked for it.
    pub raw: Option<Vec<u8>>,
    /// Before when it must not be sent again.
    pub not_before: Time,
}

/// A round, with its figures once it has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Round {
    /// Its number.
    pub id: RoundId,
    /// Of which network.
    pub network: Network,
    /// What has become of it.
    pub state: State,
    /// When it began.
    pub began: Time,
    /// When it ended.
    pub ended: Option<Time>,
    /// From its beginning to that of the next.
    pub every: Duration,
    /// Which program ran it.
    pub program: String,
    /// What it was told to do, as JSON.
    pub settings: String,
    /// What came of it.
    pub figures: Option<Figures>,
}

impl Round {
    /// How many leading bits all ids of its peers share, where it covers only such a part of its
    /// network: a zone.
    #[must_use]
    pub fn zone_bits(&self) -> Option<u8> {
        let settings: serde_json::Value = serde_json::from_str(&self.settings).ok()?;
        u8::try_from(settings["zone_bits"].as_u64()?).ok()
    }
}

/// What has become of a round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Peers are being visited, or its Crawlers were killed.
    Running,
    /// Every peer that was due was visited.
    Complete,
    /// Its Crawlers were stopped before its end, and the time of the next one came.
    Stopped,
}

impl State {
    /// As the database has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Stopped => "stopped",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Running, Self::Complete, Self::Stopped]
            .into_iter()
            .find(|state| state.name() == name)
    }
}
