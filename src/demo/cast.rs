//! Who plays what in the tour. All are real peers; only these are asked by the tour, so that the operator's request to any
//! other peer is the first one it gets.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::crawler::probe::{Answering, Receipt};
use crate::crawler::{Answer, Asked, PeerView, Probe, Registry};
use crate::node::Node;
use crate::wire::{MessageId, OverlayVersion, Permid};

/// How long the simulated NAT test takes.
const NAT_TEST: Duration = Duration::from_secs(4);
/// How long after closing the late one has its answer and dials back.
const LATE: Duration = Duration::from_secs(3);
/// Between two parts on the slow line: a part has 32 KiB, so this is some 55 KiB/s.
const SLOW_LINE: Duration = Duration::from_millis(600);

/// What a peer of the demo plays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Nothing: a peer as any other, which the tour leaves to the operator.
    Plain,
    /// Answers NATCHECK after a while, as if it had tested the NAT it is behind.
    BehindNat,
    /// Sends its reply part by part over a slow line.
    SlowLine,
    /// Was asked by another Crawler before: the first request meets 254.
    AskedBefore,
    /// Knows no id but NATCHECK.
    FewIds,
    /// Nobody stands on its allow-list.
    Refuses,
    /// Loses the connection while it works on the answer, and dials back with it.
    AnswersLate,
    /// Goes away, and comes back.
    GoesAway,
}

impl Role {
    /// The roles in the order in which they are given away where a swarm is too small for all.
    pub const PLAYED: [Self; 7] = [
        Self::BehindNat,
        Self::SlowLine,
        Self::FewIds,
        Self::Refuses,
        Self::AskedBefore,
        Self::AnswersLate,
        Self::GoesAway,
    ];

    /// What the screen writes beside the peer; nothing for one that plays nothing.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::BehindNat => "tour · NAT, simulated",
            Self::SlowLine => "tour · slow line, simulated",
            Self::AskedBefore => "tour · asked before",
            Self::FewIds => "tour · knows one id",
            Self::Refuses => "tour · empty allow-list",
            Self::AnswersLate => "tour · lost line, simulated",
            Self::GoesAway => "tour · goes away, simulated",
        })
    }

    /// The time between two parts of its replies.
    #[must_use]
    pub const fn pace(self) -> Option<Duration> {
        match self {
            Self::SlowLine => Some(SLOW_LINE),
            _ => None,
        }
    }

    /// Whether Crawlers stand on its allow-list.
    #[must_use]
    pub const fn allows(self) -> bool {
        !matches!(self, Self::Refuses)
    }

    /// The probes of a peer with this role, made from those every peer has.
    #[must_use]
    pub fn registry(self, honest: &Registry, node: &Arc<OnceLock<Node>>) -> Registry {
        let probes = honest.iter().filter(|probe| self != Self::FewIds || probe.id() == MessageId::NATCHECK);
        Registry::new(probes.map(|probe| self.dress(Arc::clone(probe), node)).collect())
    }

    fn dress(self, honest: Arc<dyn Probe>, node: &Arc<OnceLock<Node>>) -> Arc<dyn Probe> {
        match (self, honest.id()) {
            (Self::BehindNat, MessageId::NATCHECK) => Arc::new(Played { honest, acting: Acting::NatTest }),
            (Self::AnswersLate, _) => Arc::new(Played { honest, acting: Acting::LosesLine(Arc::clone(node)) }),
            _ => honest,
        }
    }
}

/// A probe that answers as the honest one does, except for what it plays. Only a peer has it: a Crawler asks with its own.
struct Played {
    honest: Arc<dyn Probe>,
    acting: Acting,
}

enum Acting {
    NatTest,
    /// The peer's own node, which is there once the peer has started.
    LosesLine(Arc<OnceLock<Node>>),
}

impl Probe for Played {
    fn id(&self) -> MessageId {
        self.honest.id()
    }
    fn name(&self) -> &str {
        self.honest.name()
    }
    fn doc(&self) -> &str {
        self.honest.doc()
    }
    fn initiate(&self, to: OverlayVersion) -> Bytes {
        self.honest.initiate(to)
    }
    fn answer<'a>(&'a self, asked: Asked, peer: &'a PeerView) -> Answering<'a> {
        Box::pin(async move {
            match &self.acting {
                Acting::NatTest => {
                    tokio::time::sleep(NAT_TEST).await;
                    nat_test(peer)
                }
                Acting::LosesLine(node) => {
                    if let Some(node) = node.get() {
                        node.disconnect(asked.from);
                    }
                    tokio::time::sleep(LATE).await;
                    self.honest.answer(asked, peer).await
                }
            }
        })
    }
    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.honest.delivered(to, receipt);
    }
}

/// A reply as a peer behind a common sort of NAT sends it, with addresses of the blocks for documentation (RFC 5737).
fn nat_test(peer: &PeerView) -> Answer {
    let port = peer.listening.map_or(0, |address| address.port());
    Answer::success(format!("l24:Port Restricted Cone NATi3ei85e13:198.51.100.23i{port}e12:192.168.1.20i{port}ee"))
}
