//! Replies that nobody asked for, on channels that no question had gone over: guesses.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{poisson_tail, words};
use crate::signals::input::{Round, Text};
use crate::signals::rule::{Finding, Rule, peers, table, words_of};
use swarmscope_wire::text;

/// The network that has channels.
const NETWORK: &str = "overlay";

/// Guessed channels of one peer within an hour.
#[derive(Clone, Copy, Debug)]
pub struct Guesses {
    /// How many a healthy peer guesses in an hour: clients that mix up their channels.
    usual: f64,
    /// How many are worth a line.
    odd: u64,
    /// How likely that may be by chance to be shown as ▲.
    chance: f64,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { usual: 0.05, odd: 2, chance: 1e-6 }
    }
}

impl Rule for Guesses {
    fn id(&self) -> String {
        "unsolicited@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("usual", words(self.usual)),
            ("odd", self.odd.to_string()),
            ("chance", words(self.chance)),
        ])
    }

    fn knows_spread(&self) -> bool {
        false
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let mut guesses: BTreeMap<&Text, u64> = BTreeMap::new();
        for one in &newest.unsolicited {
            *guesses.entry(&one.peer).or_default() += one.guessed;
        }
        let mut everybody =
            peers(newest.answers.iter().filter(|answer| &*answer.network == NETWORK));
        everybody.extend(newest.unsolicited.iter().map(|one| one.peer.clone()));
        let tail = |count| poisson_tail(self.usual, count);
        let found = |look: bool| {
            let such = |count: u64| count >= self.odd && (tail(count) <= self.chance) == look;
            let many: BTreeMap<&Text, u64> =
                guesses.iter().filter(|(_, count)| such(**count)).map(|(p, n)| (*p, *n)).collect();
            let most = many.values().copied().max()?;
            let channels = many.values().fold(0_u64, |all, count| all.saturating_add(*count));
            let channels = usize::try_from(channels).unwrap_or(usize::MAX);
            Some(Finding {
                about: if look { "many" } else { "some" }.into(),
                network: NETWORK.into(),
                severity: if look { Severity::Look } else { Severity::Odd },
                title: "unsolicited replies".into(),
                of: everybody.len() as u64,
                seen: format!(
                    "replies from {} on {} that no question to them had gone over for an hour, \
                     {most} of them from one peer",
                    text::count(many.len(), "peer", "peers"),
                    text::count(channels, "channel", "channels")
                ),
                asked: "nothing: these replies answer none of our questions".into(),
                healthy:
                    "none; replies that are repeated or less than an hour late are not counted"
                        .into(),
                chance: format!(
                    "{} for the peer with most, at {} an hour",
                    words(tail(most)),
                    words(self.usual)
                ),
                other_causes: words_of(&[
                    "a client that mixes up its channels",
                    "a peer that answers more than an hour late",
                    "a proxy that merges connections",
                    "somebody on the way of an unencrypted connection (version 17 or older)",
                    "another program of ours with the same key file",
                ]),
                to_tell: "connect again with a fresh identity (`--identity`): a guess needs no \
                          question of ours, and comes again"
                    .into(),
                replies: BTreeSet::new(),
                members: many.into_keys().cloned().collect(),
            })
        };
        [true, false].into_iter().filter_map(found).collect()
    }
}
