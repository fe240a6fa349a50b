//! One length for whatever is asked. Gnuman answered every query with 8 192 bytes (2001); a healthy
//! peer's answers to different questions differ in length.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::words;
use crate::signals::input::{Answer, End, Round, Text};
use crate::signals::rule::{
    Finding, Rule, by_version, digests, one_version, peers, table, words_of,
};
use swarmscope_wire::text;

/// All replies of a peer have one length.
#[derive(Clone, Copy, Debug)]
pub struct OneLength {
    /// To how many different questions at least.
    questions: usize,
    /// Shorter ones are often equal: an empty list, a number.
    bytes: u64,
    /// How many peers with one length may be expected by chance in a round.
    chance: f64,
}

impl Default for OneLength {
    fn default() -> Self {
        Self { questions: 3, bytes: 32, chance: 1e-4 }
    }
}

impl OneLength {
    /// The length of a peer's answers, if it is one, and they are enough.
    fn one(self, answers: &[&Answer]) -> Option<u64> {
        let bytes = length(answers[0]);
        let questions: BTreeSet<&Text> = answers.iter().map(|answer| &answer.question).collect();
        let holds = bytes >= self.bytes && questions.len() >= self.questions;
        (holds && answers.iter().all(|answer| length(answer) == bytes)).then_some(bytes)
    }

    fn finding(
        self,
        network: &Text,
        bytes: u64,
        answers: &[&Answer],
        rounds: &[Round],
    ) -> Option<Finding> {
        let newest = rounds.last()?;
        let members = peers(answers.iter().copied());
        let in_network = || newest.answers.iter().filter(|answer| answer.network == *network);
        let of = peers(in_network().filter(|answer| answer.is_reply())).len();
        let questions: BTreeSet<&Text> = answers.iter().map(|answer| &answer.question).collect();
        // how often the others' answers had this length, now and in the rounds before, question by
        // question
        let alike = alike(rounds, bytes);
        let mut others: BTreeMap<&Text, (u64, u64)> = BTreeMap::new();
        for answer in
            rounds.iter().flat_map(|round| &round.answers).filter(|answer| answer.is_reply())
        {
            if questions.contains(&answer.question) && !alike.contains(&answer.peer) {
                let (same, all) = others.entry(&answer.question).or_default();
                *same += u64::from(answer.is_success() && length(answer) == bytes);
                *all += 1;
            }
        }
        let share = |question: &Text| {
            let (same, all) = others.get(question).copied().unwrap_or_default();
            (same as f64 + 1.0) / (all as f64 + 2.0)
        };
        let mut shares: Vec<f64> = questions.iter().map(|question| share(question)).collect();
        // a peer may have been asked only some of them
        shares.sort_by(f64::total_cmp);
        let expected = shares.iter().take(self.questions).product::<f64>() * of as f64;
        if expected > self.chance {
            return None;
        }
        let version = one_version(&members, in_network());
        let list: Vec<&str> = questions.iter().map(|question| &***question).collect();
        Some(Finding {
            about: bytes.to_string(),
            network: network.to_string(),
            severity: if version.is_some() { Severity::Odd } else { Severity::Look },
            title: format!("{bytes} bytes, regardless of the question"),
            of: of as u64,
            seen: format!(
                "{} answered at least {} different questions with {bytes} bytes each{}",
                text::count(members.len(), "peer", "peers"),
                self.questions,
                by_version(version.as_ref())
            ),
            asked: list.join(", "),
            healthy: "answers of different lengths to different questions, like the other peers"
                .into(),
            chance: format!(
                "{} peers expected, as often as the others' answers had this length in all rounds",
                words(expected)
            ),
            other_causes: words_of(&[
                "a format of fixed size",
                "a tarpit for Crawlers",
                "a test peer",
            ]),
            to_tell:
                "a question whose answer is a list: does its length change with what is asked?"
                    .into(),
            replies: digests(answers.iter().copied()),
            members,
        })
    }
}

/// The peers that in some round answered two questions, and all of them, with this length: none of
/// them is one of the others.
fn alike(rounds: &[Round], bytes: u64) -> BTreeSet<&Text> {
    let mut alike = BTreeSet::new();
    for round in rounds {
        let mut counts: BTreeMap<&Text, (u64, u64)> = BTreeMap::new();
        for answer in round.answers.iter().filter(|answer| answer.is_success()) {
            let (same, all) = counts.entry(&answer.peer).or_default();
            *same += u64::from(length(answer) == bytes);
            *all += 1;
        }
        alike.extend(
            counts
                .into_iter()
                .filter(|(_, (same, all))| *same >= 2 && same == all)
                .map(|(peer, _)| peer),
        );
    }
    alike
}

impl Rule for OneLength {
    fn id(&self) -> String {
        "one-length@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("questions", self.questions.to_string()),
            ("bytes", self.bytes.to_string()),
            ("expected by chance", words(self.chance)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let mut of_peers: BTreeMap<(&Text, &Text), Vec<&Answer>> = BTreeMap::new();
        for answer in newest.answers.iter().filter(|answer| answer.is_success()) {
            of_peers.entry((&answer.network, &answer.peer)).or_default().push(answer);
        }
        let mut groups: BTreeMap<(&Text, u64), Vec<&Answer>> = BTreeMap::new();
        for ((network, _), answers) in of_peers {
            if let Some(bytes) = self.one(&answers) {
                groups.entry((network, bytes)).or_default().extend(answers);
            }
        }
        groups
            .into_iter()
            .filter_map(|((network, bytes), answers)| {
                self.finding(network, bytes, &answers, rounds)
            })
            .collect()
    }
}

const fn length(answer: &Answer) -> u64 {
    match answer.end {
        End::Reply { bytes, .. } => bytes,
        End::Failure(_) => 0,
    }
}
