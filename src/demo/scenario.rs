//! The stories that the demo can play: who plays what, and what the tour shows of it.

use std::time::Duration;

use super::cast::Role;
use super::nats::Sort;
use super::steps::{Act, CaseStep, Needs, Step};
use super::strangers::Stranger;
use super::worm;
use crate::screen::Scene;
use swarmscope_wire::MessageId;

/// What a swarm plays.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Scenario {
    /// Every way a request can end.
    #[default]
    Tour,
    /// Every peer is behind a NAT.
    Nat,
    /// Some peers were changed, all in the same way.
    Worm,
    /// Why does this peer not answer?
    Refusals,
    /// Replies that come slowly, with gaps, or not to their end.
    Parts,
    /// An overload takes down the peers of one version, wave by wave.
    Cascade,
    /// BitTorrent clients and nodes of the DHT beside the overlay's peers.
    BitTorrent,
}

impl Scenario {
    pub const ALL: [Self; 7] = [
        Self::Tour,
        Self::Nat,
        Self::Worm,
        Self::Refusals,
        Self::Parts,
        Self::Cascade,
        Self::BitTorrent,
    ];

    /// By which it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tour => "tour",
            Self::Nat => "nat",
            Self::Worm => "worm",
            Self::Refusals => "refusals",
            Self::Parts => "parts",
            Self::Cascade => "cascade",
            Self::BitTorrent => "bittorrent",
        }
    }

    /// One line.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Tour => "every way a request can end, then a request to all peers",
            Self::Nat => {
                "every peer is behind a NAT (real ones where network namespaces are allowed, else \
                 simulated)"
            }
            Self::Worm => {
                "some peers answer everything with the same odd text, and in each round there are \
                 more: signals, a case, a report"
            }
            Self::Refusals => {
                "why does a peer not answer? each step of a connection fails for one of them"
            }
            Self::Parts => "slow replies, replies with gaps, and replies that break off",
            Self::Cascade => "an overload takes down the peers of one version, wave by wave",
            Self::BitTorrent => {
                "BitTorrent clients (real ones where they are installed and network namespaces are \
                 allowed, else simulated) and a small DHT"
            }
        }
    }

    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// What the screen writes beside a peer with this role. The worm's are for the operator to find;
    /// in the tour everybody who plays is marked, so that the rest answers as peers do.
    #[must_use]
    pub const fn label(self, role: Role) -> Option<&'static str> {
        match (self, role) {
            (Self::Tour, Role::Changed) => Some("tour · tampered with, simulated"),
            _ => role.label(),
        }
    }

    /// The roles, in the order in which they are given away where a swarm is too small for all.
    #[must_use]
    pub const fn cast(self) -> &'static [Role] {
        match self {
            Self::Tour => &Role::PLAYED,
            Self::Nat | Self::Cascade | Self::BitTorrent => &[],
            Self::Worm => &worm::CAST,
            Self::Refusals => &[Role::Refuses, Role::NeverAnswers, Role::FewIds, Role::AskedBefore],
            Self::Parts => &[Role::SlowLine, Role::Gaps, Role::BreaksOff, Role::AnswersLate],
        }
    }

    /// What the tour shows.
    #[must_use]
    pub(super) const fn steps(self) -> &'static [Step] {
        match self {
            Self::Tour => &TOUR,
            Self::Nat => &NAT,
            Self::Worm => &WORM,
            Self::Refusals => &REFUSALS,
            Self::Parts => &PARTS,
            Self::Cascade => &CASCADE,
            Self::BitTorrent => &BITTORRENT,
        }
    }
}

const fn step(act: Act, seconds: u64, text: &'static str) -> Step {
    let dwell = Duration::from_secs(seconds);
    Step { act, needs: Needs::Nothing, scene: None, text, dwell }
}

/// A step that puts something on the screen.
const fn scene(scene: Scene, needs: Needs, act: Act, seconds: u64, text: &'static str) -> Step {
    let dwell = Duration::from_secs(seconds);
    Step { act, needs, scene: Some(scene), text, dwell }
}

const NATCHECK: MessageId = MessageId::NATCHECK;
const ASK_ALL: Scene = Scene::AskAll(NATCHECK);

const TOUR: [Step; 13] = [
    step(
        Act::Look,
        6,
        "With BuddyCast, peers tell each other which peers they know: two addresses led to all of these",
    ),
    step(
        Act::Ask(Role::BehindNat, NATCHECK),
        4,
        "NATCHECK: it takes a few seconds to test its NAT, then replies with seven fields",
    ),
    step(
        Act::Ask(Role::SlowLine, MessageId::DATABASE_QUERY),
        3,
        "A long DATABASE reply comes in parts of 32 KiB, here over a slow line",
    ),
    step(
        Act::Ask(Role::SlowLine, MessageId::DATABASE_QUERY),
        4,
        "Asked again too soon: 254. Ours was the last request, so the time is exact",
    ),
    step(
        Act::Ask(Role::AskedBefore, NATCHECK),
        4,
        "254 to a first request: another Crawler asked before, so the time is an upper bound",
    ),
    step(
        Act::Ask(Role::FewIds, MessageId::REPEX_QUERY),
        4,
        "253: this peer does not know REPEX. The connection stays open",
    ),
    step(
        Act::Ask(Role::Refuses, NATCHECK),
        4,
        "Its allow-list is empty: it closes without a reply, and the screen says \"likely\"",
    ),
    step(
        Act::Ask(Role::AnswersLate, NATCHECK),
        4,
        "The connection is lost while it works on its answer: it dials back and delivers it",
    ),
    step(Act::Leave(Role::GoesAway), 4, "This peer leaves; it comes back in 20 seconds"),
    scene(
        ASK_ALL,
        Needs::Nothing,
        Act::AskAll,
        4,
        "Now all peers are asked at once: the map, one cell per peer, fills as they answer",
    ),
    scene(
        Scene::Answers,
        Needs::Asked,
        Act::Look,
        7,
        "Equal answers are grouped, outliers (▲) first. Outliers so far: {odd}",
    ),
    scene(
        Scene::Peer,
        Needs::Answered(Role::Changed),
        Act::Meet(Role::Changed),
        8,
        "▲ opened: what was asked, what it said, and why that is not a NATCHECK reply",
    ),
    scene(
        Scene::List,
        Needs::Nothing,
        Act::Look,
        6,
        "Your turn: enter sends, ? shows help, 1 the overview, 5 the map",
    ),
];

const NAT: [Step; 6] = [
    step(
        Act::Look,
        6,
        "Each peer is behind a NAT of its own. NATCHECK asks a peer to test what its NAT does",
    ),
    step(
        Act::AskBehind(Sort::PortRestricted, NATCHECK),
        6,
        "Port restricted: only addresses and ports that it has sent to get through",
    ),
    step(
        Act::AskBehind(Sort::Symmetric, NATCHECK),
        6,
        "Symmetric: a different port for each destination, so no other peer can tell where it is",
    ),
    step(
        Act::AskBehind(Sort::Blocked, NATCHECK),
        6,
        "Blocked: no UDP gets through. It says so after a while and does not guess a type",
    ),
    scene(ASK_ALL, Needs::Nothing, Act::AskAll, 4, "Now all other peers are asked"),
    scene(
        Scene::Reach,
        Needs::Nothing,
        Act::Look,
        12,
        "Who can reach whom, derived from the reported types; nothing was tried. esc: the list",
    ),
];

/// Ids that nobody has defined: each round asks both, because one answer alone may be a new feature.
const UNDEFINED: [MessageId; 2] = [MessageId(99), MessageId(171)];
const ASK_FIRST: Scene = Scene::AskAgain(UNDEFINED[0]);
const ASK_SECOND: Scene = Scene::AskAgain(UNDEFINED[1]);

const WORM: [Step; 15] = [
    step(
        Act::Look,
        6,
        "Some of these peers have been tampered with. Which, and what do they have in common?",
    ),
    step(
        Act::Ask(Role::Changed, NATCHECK),
        6,
        "Asked about its NAT, this one says something else: ▲, no NATCHECK reply looks like it",
    ),
    step(
        Act::Look,
        6,
        "▲ replies that nobody asked for are dropped and counted; the log (L) names the sender",
    ),
    step(Act::Case(CaseStep::Open), 5, "A case file keeps what is asked from now on: {case}"),
    scene(
        ASK_FIRST,
        Needs::Nothing,
        Act::AskAll,
        2,
        "Round 1: all are asked an id that nobody has defined. A healthy peer says 253",
    ),
    scene(
        ASK_SECOND,
        Needs::Nothing,
        Act::AskAll,
        2,
        "And a second one: one success may be a feature",
    ),
    step(Act::Change(1), 1, "More peers are tampered with now, simulated: they restart"),
    scene(
        ASK_FIRST,
        Needs::Nothing,
        Act::AskAll,
        1,
        "Round 2: the same question to the same peers",
    ),
    scene(ASK_SECOND, Needs::Nothing, Act::AskAll, 1, "Round 2: and the second question"),
    step(Act::Change(2), 1, "And once more, twice as many"),
    scene(ASK_FIRST, Needs::Nothing, Act::AskAll, 1, "Round 3: the first question"),
    scene(ASK_SECOND, Needs::Nothing, Act::AskAll, 1, "Round 3: and the second question"),
    scene(
        Scene::Signals,
        Needs::Asked,
        Act::Look,
        9,
        "Signals (s s): who answers everything, how that spread, and why no rate is named yet",
    ),
    scene(
        Scene::Case,
        Needs::Asked,
        Act::Case(CaseStep::Keep),
        5,
        "The case (s c): each question, each answer, and the signal. c signs and checks all of it",
    ),
    scene(
        Scene::Case,
        Needs::Asked,
        Act::Case(CaseStep::Report),
        5,
        "{report} is for people, the case is what others check. Your turn: N notes, X sets aside",
    ),
];

const REFUSALS: [Step; 6] = [
    step(
        Act::Look,
        9,
        "× no address, a closed port, HTTP, a version too new, another permid: i shows where",
    ),
    step(
        Act::Ask(Role::Refuses, NATCHECK),
        6,
        "Closed without a reply: its allow-list, likely. i shows the step that failed",
    ),
    step(
        Act::Ask(Role::NeverAnswers, MessageId::DATABASE_QUERY),
        6,
        "No part of a reply in time. The peer may have counted the request: a retry can meet 254",
    ),
    step(
        Act::Ask(Role::FewIds, MessageId::REPEX_QUERY),
        5,
        "253: it does not know the id; nothing else is wrong",
    ),
    step(
        Act::Ask(Role::AskedBefore, NATCHECK),
        5,
        "254 is not a failure: the peer answers again after the time shown",
    ),
    step(
        Act::Look,
        8,
        "Your turn: / filters (error:254), i inspects a peer, y c copies a request as a command",
    ),
];

const PARTS: [Step; 5] = [
    step(
        Act::Ask(Role::SlowLine, MessageId::DATABASE_QUERY),
        4,
        "Parts of 32 KiB over a slow line. Each says about how many are left",
    ),
    step(
        Act::Ask(Role::Gaps, MessageId::DATABASE_QUERY),
        4,
        "Some seconds pass between these parts: the bars beside them are longer",
    ),
    step(
        Act::Ask(Role::BreaksOff, MessageId::DATABASE_QUERY),
        6,
        "A first part, then silence. w waits longer for the rest; else the request times out",
    ),
    step(
        Act::Ask(Role::AnswersLate, NATCHECK),
        4,
        "The connection is lost while it works on its answer: it dials back and delivers it",
    ),
    step(
        Act::Look,
        8,
        "Your turn: ask the slow one again with frequency 1, or all of them at once (a, ctrl-s)",
    ),
];

const CASCADE: [Step; 6] = [
    scene(
        Scene::Overview,
        Needs::Nothing,
        Act::Look,
        5,
        "A healthy swarm; 1 shows it at a glance. Now an overload, simulated: some peers fall",
    ),
    step(Act::Fall(1), 5, "The first wave: fewer are connected, and nothing says why yet"),
    step(Act::Fall(2), 5, "Others got the load and fall now, about twice as many"),
    step(Act::Fall(3), 5, "And once more: in the overview (1), the curve of a cascade"),
    scene(
        Scene::List,
        Needs::Nothing,
        Act::Meet(Role::Falls(1)),
        6,
        "What have the gone ones in common? Version 17: all its peers but one. i shows how each went",
    ),
    step(
        Act::Look,
        4,
        "Your turn: / version:17; a crawl (demo --headless) and `signals` find what they share",
    ),
];

const BITTORRENT: [Step; 9] = [
    step(Act::Look, 4, "Three networks in one list: {which}"),
    step(
        Act::AskStranger(Stranger::Open, "REACH", 1),
        5,
        "REACH: what listens at this port? A BitTorrent client, and no infohash was sent",
    ),
    step(
        Act::AskStranger(Stranger::Forced, "REACH", 1),
        5,
        "This one closes plain handshakes and answers an encrypted one: encryption forced, likely",
    ),
    step(
        Act::AskStranger(Stranger::Closed, "REACH", 1),
        3,
        "Nothing listens here: the host itself refuses, so nothing has to time out",
    ),
    step(
        Act::AskStranger(Stranger::Open, "HELLO", 1),
        4,
        "HELLO needs the infohash of a torrent it has; then it names its program and extensions",
    ),
    step(
        Act::AskStranger(Stranger::Open, "PEX", 1),
        6,
        "PEX: it tells of peers as they come and go. They are counted; their addresses are not kept",
    ),
    step(
        Act::AskStranger(Stranger::Node, "LOOKUP", 1),
        7,
        "LOOKUP: the eight nodes closest to a target. Some nodes lie or stay silent: see its tally",
    ),
    step(
        Act::AskStranger(Stranger::Limited, "PING", 7),
        7,
        "Asked seven times, this node falls silent after five. That it limits us is inferred",
    ),
    step(Act::Look, 4, "Your turn: r picks a question, i shows its steps, net:bt filters the list"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_step() {
        for scenario in Scenario::ALL {
            for role in scenario.cast() {
                let shown = |step: &&Step| match step.act {
                    Act::Ask(who, _) | Act::Leave(who) | Act::Meet(who) => who == *role,
                    Act::Change(wave) => Role::Changes(wave) == *role,
                    _ => false,
                };
                assert!(
                    scenario.steps().iter().any(|step| shown(&step)),
                    "{role:?} in {}",
                    scenario.name()
                );
            }
            assert_eq!(Scenario::named(scenario.name()), Some(scenario));
        }
        assert_eq!(Scenario::named("list"), None);
    }

    #[test]
    fn reading_takes_less_than_45_seconds_and_the_best_minute_less_than_one() {
        for scenario in Scenario::ALL {
            let steps = scenario.steps();
            let first = steps.iter().position(|step| step.scene.is_some()).unwrap_or(steps.len());
            let reading = |steps: &[Step]| steps.iter().map(|step| step.dwell).sum::<Duration>();
            let (before, best) = steps.split_at(first);
            assert!(reading(before) <= Duration::from_secs(45), "{}", scenario.name());
            assert!(reading(best) <= Duration::from_secs(30), "{}", scenario.name());
        }
    }

    #[test]
    fn a_step_is_one_short_sentence_or_two() {
        let steps = Scenario::ALL.into_iter().flat_map(Scenario::steps);
        assert!(
            steps.map(|step| step.text.chars().count()).all(|len| len <= 96),
            "longer than the tour's two lines at 80 columns"
        );
    }
}
