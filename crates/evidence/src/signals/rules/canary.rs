//! Success for a question that nobody has defined. A healthy peer says that it does not know it.
//! Silence is no evidence: peers that answer everything tend to be overloaded.

use std::collections::{BTreeMap, BTreeSet};
use swarmscope_wire::text;

use crate::signals::card::Severity;
use crate::signals::chance::words;
use crate::signals::input::{Answer, Round, Text};
use crate::signals::rule::{
    Finding, Rule, by_version, digests, one_version, peers, table, words_of,
};

/// A cumulative sum (Wald's likelihood ratio, never below zero) for each peer over distinct
/// invented questions.
#[derive(Clone, Copy, Debug)]
pub struct Canary {
    /// How often a healthy peer may say success to one.
    healthy: f64,
    /// How often a peer that answers everything does, of those it answers.
    odd: f64,
    /// How often a healthy peer may be taken for odd.
    alpha: f64,
    /// How often an odd one may be cleared.
    beta: f64,
}

impl Default for Canary {
    fn default() -> Self {
        Self { healthy: 0.001, odd: 0.9, alpha: 1e-5, beta: 0.01 }
    }
}

impl Canary {
    /// The peers that the test calls odd, by network.
    fn convicted(self, rounds: &[Round]) -> BTreeSet<(&Text, &Text)> {
        let (yes, no) =
            ((self.odd / self.healthy).ln(), ((1.0 - self.odd) / (1.0 - self.healthy)).ln());
        let upper = ((1.0 - self.beta) / self.alpha).ln();
        let mut sums: BTreeMap<(&Text, &Text), (f64, BTreeSet<&Text>)> = BTreeMap::new();
        let mut convicted = BTreeSet::new();
        for answer in
            rounds.iter().flat_map(|round| &round.answers).filter(|a| a.invented && a.is_reply())
        {
            let who = (&answer.network, &answer.peer);
            let (sum, said) = sums.entry(who).or_default();
            if !answer.is_success() {
                *sum = (*sum + no).max(0.0); // an old refusal clears nobody who answers everything now
            } else if said.insert(&answer.question) {
                *sum += yes; // the same question twice is not independent
            }
            if *sum >= upper {
                convicted.insert(who);
            }
        }
        convicted
    }

    fn of_network(
        self,
        network: &Text,
        convicted: &BTreeSet<(&Text, &Text)>,
        newest: &Round,
    ) -> Option<Finding> {
        let asked: Vec<&Answer> =
            newest.answers.iter().filter(|a| a.invented && a.network == *network).collect();
        // those that still say success; one that says error now has changed
        let odd =
            |answer: &&Answer| answer.is_success() && convicted.contains(&(network, &answer.peer));
        let now: Vec<&Answer> = asked.iter().copied().filter(odd).collect();
        let members = peers(now.iter().copied());
        if members.is_empty() {
            return None;
        }
        let replied = || asked.iter().copied().filter(|answer| answer.is_reply());
        let of = peers(replied()).len();
        let refused = peers(replied().filter(|answer| !answer.is_success())).len();
        let questions: BTreeSet<&str> = asked.iter().map(|answer| &*answer.question).collect();
        let list: Vec<&str> = questions.into_iter().collect();
        // a version explains all who said success, those too who were asked too little yet
        let successes = peers(asked.iter().copied().filter(|answer| answer.is_success()));
        let version = one_version(&successes, asked.iter().copied());
        Some(Finding {
            about: "all".into(),
            network: network.to_string(),
            severity: if version.is_some() { Severity::Odd } else { Severity::Look },
            title: "success for invented questions".into(),
            replies: digests(now.into_iter()),
            of: of as u64,
            seen: format!(
                "{} answered success to at least two undefined questions{}",
                text::count(members.len(), "peer", "peers"),
                by_version(version.as_ref())
            ),
            asked: format!(
                "{}, undefined questions; each once per peer and round",
                list.join(" and ")
            ),
            healthy: format!("an error: {refused} of the {of} that answered did"),
            chance: format!(
                "at most {} of a healthy peer's answers are taken to be so, thus {} peers expected \
                 in {of} with two of two",
                words(self.healthy),
                words(self.healthy.powi(2) * of as f64)
            ),
            other_causes: words_of(&[
                "a newer client that defines these questions",
                "a test peer",
                "a tarpit for Crawlers",
                "a changed client",
            ]),
            to_tell:
                "a further invented question with 16 random bytes: do they come back in the reply?"
                    .into(),
            members,
        })
    }
}

impl Rule for Canary {
    fn id(&self) -> String {
        "canary-success@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("healthy success", words(self.healthy)),
            ("odd success", words(self.odd)),
            ("alpha", words(self.alpha)),
            ("beta", words(self.beta)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let convicted = self.convicted(rounds);
        let networks: BTreeSet<&Text> = convicted.iter().map(|(network, _)| *network).collect();
        networks
            .into_iter()
            .filter_map(|network| self.of_network(network, &convicted, newest))
            .collect()
    }
}
