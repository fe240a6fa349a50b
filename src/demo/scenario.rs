//! The stories that the demo can play: who plays what, and what the tour shows of it.

use std::time::Duration;

use super::cast::Role;
use super::steps::{Act, Step};
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
}

impl Scenario {
    pub const ALL: [Self; 5] = [Self::Tour, Self::Nat, Self::Worm, Self::Refusals, Self::Parts];

    /// By which it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tour => "tour",
            Self::Nat => "nat",
            Self::Worm => "worm",
            Self::Refusals => "refusals",
            Self::Parts => "parts",
        }
    }

    /// One line.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Tour => "every way a request can end, in under a minute",
            Self::Nat => {
                "every peer is behind a NAT (real ones where network namespaces are allowed, else \
                 simulated)"
            }
            Self::Worm => {
                "some peers answer everything with the same odd text: find them, mark them, \
                 compare them"
            }
            Self::Refusals => {
                "why does a peer not answer? each step of a connection fails for one of them"
            }
            Self::Parts => "slow replies, replies with gaps, and replies that break off",
        }
    }

    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// The roles, in the order in which they are given away where a swarm is too small for all.
    #[must_use]
    pub const fn cast(self) -> &'static [Role] {
        match self {
            Self::Tour => &Role::PLAYED,
            Self::Nat => &[],
            Self::Worm => &[Role::Changed; 6],
            Self::Refusals => &[Role::Refuses, Role::NeverAnswers, Role::FewIds, Role::AskedBefore],
            Self::Parts => &[Role::SlowLine, Role::Gaps, Role::BreaksOff, Role::AnswersLate],
        }
    }

    /// What the tour shows.
    #[must_use]
    pub(super) const fn steps(self) -> &'static [Step] {
        match self {
            Self::Tour => &TOUR,
            Self::Nat => &[],
            Self::Worm => &WORM,
            Self::Refusals => &REFUSALS,
            Self::Parts => &PARTS,
        }
    }
}

const fn step(act: Act, seconds: u64, text: &'static str) -> Step {
    Step { act, text, dwell: Duration::from_secs(seconds) }
}

const TOUR: [Step; 9] = [
    step(
        Act::Look,
        6,
        "The screen knew two addresses; it found the other peers by BuddyCast and dials them one \
         by one",
    ),
    step(
        Act::Ask(Role::BehindNat, MessageId::NATCHECK),
        4,
        "NATCHECK: the peer takes a few seconds to test its NAT, then replies with seven fields",
    ),
    step(
        Act::Ask(Role::SlowLine, MessageId::DATABASE_QUERY),
        3,
        "A long DATABASE reply comes in parts of 32 KiB, here over a slow line",
    ),
    step(
        Act::Ask(Role::SlowLine, MessageId::DATABASE_QUERY),
        4,
        "Asked again too soon: 254. Ours was the last request, so the time until it accepts again \
         is exact",
    ),
    step(
        Act::Ask(Role::AskedBefore, MessageId::NATCHECK),
        4,
        "254 to a first request: another Crawler asked before, so the time is only an upper bound",
    ),
    step(
        Act::Ask(Role::FewIds, MessageId::REPEX_QUERY),
        4,
        "253: this peer does not know REPEX. The connection stays",
    ),
    step(
        Act::Ask(Role::Refuses, MessageId::NATCHECK),
        4,
        "Refused: this peer's allow-list is empty, and it closes without a reply",
    ),
    step(
        Act::Ask(Role::AnswersLate, MessageId::NATCHECK),
        4,
        "The connection is lost while this peer works on its answer: it dials back and delivers it",
    ),
    step(
        Act::Leave(Role::GoesAway),
        6,
        "A peer leaves. Your turn: enter sends to the selected peer, ? shows help",
    ),
];

const WORM: [Step; 5] = [
    step(
        Act::Look,
        7,
        "Some of these peers have been changed. Which ones, and what do they have in common?",
    ),
    step(
        Act::Ask(Role::Changed, MessageId::NATCHECK),
        6,
        "Asked for its NAT type, this peer sends something else: ▲, not a valid NATCHECK reply",
    ),
    step(
        Act::Ask(Role::Changed, MessageId(99)),
        6,
        "It answers an undefined id with the same text; a healthy peer says 253",
    ),
    step(
        Act::Look,
        7,
        "▲ unsolicited replies: dropped and counted; the log (L) lists their senders",
    ),
    step(
        Act::Look,
        8,
        "Your turn: a marks all shown, ctrl-s asks them; M groups equal answers, outliers first",
    ),
];

const REFUSALS: [Step; 6] = [
    step(
        Act::Look,
        9,
        "× a name without an address, a closed port, HTTP, a version too new, a different permid: \
         i shows the step",
    ),
    step(
        Act::Ask(Role::Refuses, MessageId::NATCHECK),
        6,
        "Closed without a reply, likely by its allow-list. The ladder (i) stops at allow-list",
    ),
    step(
        Act::Ask(Role::NeverAnswers, MessageId::DATABASE_QUERY),
        6,
        "No part of a reply in time. The peer may have counted the request: a retry can meet 254",
    ),
    step(
        Act::Ask(Role::FewIds, MessageId::REPEX_QUERY),
        5,
        "253: the peer does not know the id; everything else works",
    ),
    step(
        Act::Ask(Role::AskedBefore, MessageId::NATCHECK),
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
        "Parts of 32 KiB over a slow line. Each hints at how many are left, up to 255",
    ),
    step(
        Act::Ask(Role::Gaps, MessageId::DATABASE_QUERY),
        4,
        "Gaps of some seconds between parts: their bars are longer",
    ),
    step(
        Act::Ask(Role::BreaksOff, MessageId::DATABASE_QUERY),
        6,
        "A first part, then silence. w (after i) extends the deadline; otherwise the request times \
         out",
    ),
    step(
        Act::Ask(Role::AnswersLate, MessageId::NATCHECK),
        4,
        "The connection is lost while this peer works on its answer: it dials back and delivers it",
    ),
    step(
        Act::Look,
        8,
        "Your turn: ask the slow one again with frequency 1, or all of them at once (a, ctrl-s)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_step() {
        for scenario in Scenario::ALL {
            for role in scenario.cast() {
                let shown = |step: &&Step| matches!(step.act, Act::Ask(who, _) | Act::Leave(who) if who == *role);
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
    fn reading_takes_less_than_45_seconds() {
        for scenario in Scenario::ALL {
            let reading = scenario.steps().iter().map(|step| step.dwell).sum::<Duration>();
            assert!(reading <= Duration::from_secs(45), "{}", scenario.name());
        }
    }

    #[test]
    fn a_step_is_one_short_sentence_or_two() {
        let steps = Scenario::ALL.into_iter().flat_map(Scenario::steps);
        assert!(
            steps.map(|step| step.text.len()).all(|len| len <= 110),
            "longer than a line of the screen"
        );
    }
}
