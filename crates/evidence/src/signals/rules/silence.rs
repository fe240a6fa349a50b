//! Peers that are reached and no longer answer, more of them in each round. Peers that answer
//! everything get overloaded and drop requests; so do peers that an overload spreads to. Nodes of
//! the DHT are never reached without an answer, so silence is no signal there.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{binomial_tail, words};
use crate::signals::input::{Round, Text};
use crate::signals::rule::{Finding, Rule, network, table, words_of};

/// Silence that grows.
#[derive(Clone, Copy, Debug)]
pub struct SilenceSpreads {
    /// Over how many rounds it must have grown, and never shrunk.
    rounds: usize,
    /// By how many peers.
    peers: u64,
    /// Which share falls silent over these rounds at least, as a matter of course.
    usual: f64,
    /// How likely it may be by chance.
    chance: f64,
}

impl Default for SilenceSpreads {
    fn default() -> Self {
        Self { rounds: 3, peers: 5, usual: 0.03, chance: 1e-6 }
    }
}

/// The peers that were reached, and of them those that said nothing to anything.
fn reached_and_silent(round: &Round) -> (BTreeSet<&Text>, BTreeSet<&Text>) {
    let (mut reached, mut spoke) = (BTreeSet::new(), BTreeSet::new());
    for answer in round.answers.iter().filter(|answer| answer.is_reached()) {
        reached.insert(&answer.peer);
        if answer.is_reply() {
            spoke.insert(&answer.peer);
        }
    }
    let silent = &reached - &spoke;
    (reached, silent)
}

impl Rule for SilenceSpreads {
    fn id(&self) -> String {
        "silence-spreads@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("rounds", self.rounds.to_string()),
            ("peers", self.peers.to_string()),
            ("usual", words(self.usual)),
            ("chance", words(self.chance)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(start) = rounds.len().checked_sub(self.rounds + 1) else { return Vec::new() };
        let seen: Vec<_> = rounds[start..].iter().map(reached_and_silent).collect();
        // the panel: reached in all of these rounds, and speaking in the first
        let mut panel: BTreeSet<&Text> = &seen[0].0 - &seen[0].1;
        for (reached, _) in &seen {
            panel = &panel & reached;
        }
        let counts: Vec<u64> =
            seen.iter().map(|(_, silent)| panel.intersection(silent).count() as u64).collect();
        let last = counts[self.rounds];
        let (reached, silent) = reached_and_silent(&rounds[0]);
        let usual = (silent.len() as f64 / reached.len().max(1) as f64).max(self.usual);
        let tail = binomial_tail(panel.len() as u64, usual, last);
        let grows =
            counts.windows(2).all(|pair| pair[0] <= pair[1]) && last >= counts[0] + self.peers;
        if !grows || tail > self.chance {
            return Vec::new();
        }
        let growth: Vec<String> = counts.iter().map(ToString::to_string).collect();
        vec![Finding {
            about: "all".into(),
            network: network(&rounds[start]),
            severity: Severity::Look,
            title: "silence that spreads".into(),
            of: panel.len() as u64,
            seen: format!(
                "of {} peers reached in each of {} rounds, {} were silent",
                panel.len(),
                counts.len(),
                growth.join(", then ")
            ),
            asked: "every question of the round".into(),
            healthy: format!("an answer; a share of {} is usually silent", words(usual)),
            chance: words(tail),
            other_causes: words_of(&[
                "an overload with a cause of its own",
                "allow-lists that no longer contain our key",
                "our own questions: too many at once",
            ]),
            to_tell: "one question to the silent peers at a tenth of the rate".into(),
            replies: BTreeSet::new(),
            members: seen[self.rounds].1.intersection(&panel).map(|peer| (*peer).clone()).collect(),
        }]
    }
}
