//! Who plays what in the tour. All are real peers; only these are asked by the tour, so that the
//! operator's request to any other peer is the first one it gets.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::changed;
use super::played::{Part, played};
use swarmscope_peer::crawler::{Answer, AnyProbe, Asked, PeerView, Probe as _, Registry};
use swarmscope_peer::node::Node;
use swarmscope_wire::MessageId;

/// How long the simulated NAT test takes.
const NAT_TEST: Duration = Duration::from_secs(4);
/// How long after closing the late one has its answer and dials back.
const LATE: Duration = Duration::from_secs(3);
/// Between two parts on the slow line: a part has 32 KiB, so this is some 55 KiB/s.
const SLOW_LINE: Duration = Duration::from_millis(600);
/// Between two parts of one with gaps: four of them take about as long as the tour waits.
const GAP: Duration = Duration::from_secs(4);
/// Between the first part and the second, where there is to be no second: longer than anybody
/// waits.
const NEVER: Duration = Duration::from_secs(24 * 3600);

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
    /// Something has changed it: it answers everything, in the same odd words as others of its
    /// kind.
    Changed,
    /// Is tampered with in this wave of a worm: from then on it is as one that was from the start.
    Changes(u8),
    /// Takes requests and never replies.
    NeverAnswers,
    /// Sends its reply with seconds between the parts.
    Gaps,
    /// Sends the first part of its reply, and then nothing.
    BreaksOff,
    /// Falls in this wave of a cascade, and stays down.
    Falls(u8),
}

impl Role {
    /// The roles in the order in which they are given away where a swarm is too small for all.
    pub const PLAYED: [Self; 10] = [
        Self::BehindNat,
        Self::SlowLine,
        Self::FewIds,
        Self::Refuses,
        Self::AskedBefore,
        Self::AnswersLate,
        Self::GoesAway,
        Self::Changed,
        Self::Changed,
        Self::Changed,
    ];

    /// What the screen writes beside the peer; nothing for one that plays nothing.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain | Self::Changed | Self::Changes(_) | Self::Falls(_) => return None,
            Self::BehindNat => "tour · NAT, simulated",
            Self::SlowLine => "tour · slow line, simulated",
            Self::AskedBefore => "tour · asked before",
            Self::FewIds => "tour · knows one id",
            Self::Refuses => "tour · empty allow-list",
            Self::AnswersLate => "tour · lost line, simulated",
            Self::GoesAway => "tour · goes away, simulated",
            Self::NeverAnswers => "tour · never replies, simulated",
            Self::Gaps => "tour · gaps, simulated",
            Self::BreaksOff => "tour · breaks off, simulated",
        })
    }

    /// The time between two parts of its replies.
    #[must_use]
    pub const fn pace(self) -> Option<Duration> {
        match self {
            Self::SlowLine => Some(SLOW_LINE),
            Self::Gaps => Some(GAP),
            Self::BreaksOff => Some(NEVER),
            _ => None,
        }
    }

    /// Whether its statistics are long.
    #[must_use]
    pub const fn is_long(self) -> bool {
        matches!(self, Self::SlowLine | Self::Gaps | Self::BreaksOff)
    }

    /// What the tour asks its DATABASE, where that is not the default: long enough for the parts
    /// that it is to show.
    #[must_use]
    pub const fn query(self) -> Option<&'static str> {
        match self {
            Self::SlowLine | Self::BreaksOff => Some("SELECT * FROM Torrent"),
            Self::Gaps => Some("SELECT * FROM Torrent LIMIT 1600"),
            _ => None,
        }
    }

    /// How long the tour waits for its reply, where that is not as long as usual.
    #[must_use]
    pub const fn timeout(self) -> Option<Duration> {
        match self {
            Self::NeverAnswers => Some(Duration::from_secs(6)),
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
        if self == Self::Changed {
            return changed::registry(honest);
        }
        let knows = |id| self != Self::FewIds || id == MessageId::NATCHECK;
        honest.clone().map_probes(|id, probe| knows(id).then(|| self.dress(id, probe, node)))
    }

    fn dress(self, id: MessageId, honest: AnyProbe, node: &Arc<OnceLock<Node>>) -> AnyProbe {
        match (self, id) {
            (Self::BehindNat, MessageId::NATCHECK) => played(honest, NatTest),
            (Self::AnswersLate, _) => played(honest, LosesLine(Arc::clone(node))),
            (Self::NeverAnswers, _) => played(honest, Silence),
            _ => honest,
        }
    }
}

/// Takes as long as a test of the NAT takes, and says what one could find.
struct NatTest;

impl Part for NatTest {
    async fn answer(&self, _: &AnyProbe, _: Asked, peer: &PeerView) -> Answer {
        tokio::time::sleep(NAT_TEST).await;
        nat_test(peer)
    }
}

/// Loses the line while it works. With the peer's own node, which is there once the peer has
/// started.
struct LosesLine(Arc<OnceLock<Node>>);

impl Part for LosesLine {
    async fn answer(&self, honest: &AnyProbe, asked: Asked, peer: &PeerView) -> Answer {
        if let Some(node) = self.0.get() {
            node.disconnect(asked.from);
        }
        tokio::time::sleep(LATE).await;
        honest.answer(asked, peer).await
    }
}

/// Takes requests, and that is all.
struct Silence;

impl Part for Silence {
    async fn answer(&self, _: &AnyProbe, _: Asked, _: &PeerView) -> Answer {
        std::future::pending().await
    }
}

/// A reply as a peer behind a common sort of NAT sends it, with addresses of the blocks for
/// documentation (RFC 5737).
fn nat_test(peer: &PeerView) -> Answer {
    let port = peer.listening.map_or(0, |address| address.port());
    Answer::success(format!(
        "l24:Port Restricted Cone NATi3ei85e13:198.51.100.23i{port}e12:192.168.1.20i{port}ee"
    ))
}
