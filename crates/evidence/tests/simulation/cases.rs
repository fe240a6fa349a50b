//! The stories that are measured, and the rules meant for each.

use swarmscope_evidence::signals::Severity;

use crate::bt::{self, Bt};
use crate::dht::{self, Dht};
use crate::measure::{ANY, Benign, Case};
use crate::overlay::{GRAPHS, Overlay, Story};
use crate::swarm::Swarm;

/// Peers of a swarm in which something spreads.
pub const PEERS: usize = if cfg!(debug_assertions) { 150 } else { 200 };
/// Peers of a swarm in which nothing does, and rounds of its day.
pub const QUIET: (usize, u64) = if cfg!(debug_assertions) { (150, 4) } else { (500, 4) };

fn overlay(seed: u64, peers: usize, story: Story) -> Box<dyn Swarm> {
    Box::new(Overlay::new(seed, peers, GRAPHS[seed as usize % GRAPHS.len()], story))
}

macro_rules! case {
    ($network:ident $story:expr, $name:literal, $least:ident, $rules:expr) => {
        Case {
            story: $name,
            rules: &$rules,
            least: Severity::$least,
            make: |seed| $network(seed, PEERS, $story),
        }
    };
}

macro_rules! benign {
    ($network:ident $story:expr, $name:literal) => {
        Benign {
            network: stringify!($network),
            story: $name,
            make: |seed| $network(seed, QUIET.0, $story),
        }
    };
}

fn dht(seed: u64, peers: usize, story: dht::Story) -> Box<dyn Swarm> {
    Box::new(Dht::new(seed, peers, story))
}

fn bt(seed: u64, peers: usize, story: bt::Story) -> Box<dyn Swarm> {
    Box::new(Bt::new(seed, peers, story))
}

pub const CASES: [Case; 15] = [
    case!(overlay Story::Worm, "worm", Look, [
        "canary-success@1", "one-length@1", "one-content@1", "changed-together@1", ANY
    ]),
    case!(overlay Story::Cascade, "cascade", Look, ["dials-fail-together@2"]),
    case!(overlay Story::Silence, "silence", Look, ["silence-spreads@2"]),
    case!(overlay Story::Bogons, "bogons in gossip", Look, ["bogon-gossip@2"]),
    case!(overlay Story::Circle, "closed circle", Odd, ["closed-circle@2"]),
    case!(overlay Story::Guesses, "guessed channels", Look, ["unsolicited@2"]),
    case!(overlay Story::Takeover, "one version at once", Odd, ["version-shift@1"]),
    case!(overlay Story::Refusal, "a question refused", Odd, ["inversion@2"]),
    case!(overlay Story::Ignored, "frequency ignored", Odd, ["too-soon-answered@1"]),
    case!(dht dht::Story::Botnet, "any query answered", Look, ["canary-success@1"]),
    case!(dht dht::Story::Mozi, "ids and nodes of Mozi", Look, ["mozi-id@1", "mozi-nodes@1", ANY]),
    case!(dht dht::Story::Sybil, "many ids an address", Odd, ["many-ids@1"]),
    case!(dht dht::Story::Hajime, "Hajime's swarm", Odd, ["hajime-swarm@1"]),
    case!(dht dht::Story::OneList, "one list for any target", Look, ["same-nodes@1"]),
    case!(bt bt::Story::Everything, "any infohash accepted", Look, ["canary-success@1"]),
];

pub const BENIGN: [Benign; 12] = [
    benign!(overlay Story::Quiet, "noise"),
    benign!(overlay Story::Release, "a release to 40 % at once"),
    benign!(overlay Story::Booster, "one operator's twenty equal peers"),
    benign!(overlay Story::Defaults, "a default answer of a third"),
    benign!(dht dht::Story::Quiet, "noise"),
    benign!(dht dht::Story::Release, "a release of one client"),
    benign!(dht dht::Story::Nats, "many NATs, ids that change"),
    benign!(dht dht::Story::Broken, "a fifth broken"),
    benign!(dht dht::Story::Night, "four of ten clients switched off at night"),
    benign!(bt bt::Story::Quiet, "noise"),
    benign!(bt bt::Story::Popular, "half with one equal HELLO"),
    benign!(bt bt::Story::Broken, "a fifth broken"),
];
