//! Success where nearly everybody says error, and the reverse; or did, in the first round.

use std::collections::BTreeMap;

use crate::signals::card::Severity;
use crate::signals::chance::words;
use crate::signals::input::{Answer, End, Round, Text};
use crate::signals::rule::{
    Finding, Rule, by_question, by_version, digests, healthy, one_version, peers, table, words_of,
};
use swarmscope_wire::text;

/// "Too soon" is an answer to us, not to the question.
const TOO_SOON: i64 = 254;

/// The other answer than nearly everybody's.
#[derive(Clone, Copy, Debug)]
pub struct Inversion {
    /// Which share of those that answered must agree.
    agree: f64,
    /// How many must have answered.
    answered: usize,
}

impl Default for Inversion {
    fn default() -> Self {
        Self { agree: 0.95, answered: 20 }
    }
}

/// Those that said success, and those that said error.
fn sides<'a>(answers: &[&'a Answer]) -> (Vec<&'a Answer>, Vec<&'a Answer>) {
    let counts =
        |answer: &&&Answer| matches!(answer.end, End::Reply { error, .. } if error != TOO_SOON);
    answers.iter().filter(counts).partition(|answer| answer.is_success())
}

impl Inversion {
    /// What nearly all say: success or not.
    fn norm(self, (yes, no): &(Vec<&Answer>, Vec<&Answer>)) -> Option<bool> {
        let replied = yes.len() + no.len();
        let agree = |side: &[&Answer]| side.len() as f64 >= self.agree * replied as f64;
        if replied < self.answered {
            None
        } else {
            agree(yes).then_some(true).or(agree(no).then_some(false))
        }
    }

    /// `first`: the answers to the same question in the first round. Where the peers no longer
    /// agree, they tell what nearly all said before.
    fn of(
        self,
        network: &Text,
        question: &Text,
        answers: &[&Answer],
        first: &[&Answer],
    ) -> Option<Finding> {
        let now = sides(answers);
        let norm = self.norm(&now);
        let is_success = norm.or_else(|| self.norm(&sides(first)))?;
        let replied: Vec<&Answer> = now.0.iter().chain(&now.1).copied().collect();
        let (said, other) = if is_success { ("error", now.1) } else { ("success", now.0) };
        if other.is_empty() || replied.len() < self.answered {
            return None;
        }
        let members = peers(other.iter().copied());
        let version = one_version(&members, replied.iter().copied());
        Some(Finding {
            about: format!("{question}/{said}"),
            network: network.to_string(),
            severity: Severity::Odd,
            title: format!("{said} to {question}, unlike the others"),
            of: replied.len() as u64,
            seen: format!(
                "{} said {said} to {question}{}",
                text::count(members.len(), "peer", "peers"),
                by_version(version.as_ref())
            ),
            asked: format!("{question}, once a peer"),
            healthy: if norm.is_some() {
                healthy(&replied)
            } else {
                format!("in the first round, {}", healthy(first))
            },
            chance: "not known: settings and versions make peers differ, so this alone is never shown as ▲".into(),
            other_causes: words_of(&["another version", "another setting", "a damaged database"]),
            to_tell: "the same question again, and the versions of the peers that differ".into(),
            replies: digests(other.into_iter()),
            members,
        })
    }
}

impl Rule for Inversion {
    fn id(&self) -> String {
        "inversion@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("agree", words(self.agree)), ("answered", self.answered.to_string())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let first = rounds.first().map(by_question).unwrap_or_default();
        let known = by_question(newest).into_iter().filter(|(_, answers)| !answers[0].invented);
        known
            .filter_map(|((network, question), answers)| {
                let first = first.get(&(network, question)).map_or(&[][..], Vec::as_slice);
                self.of(network, question, &answers, first)
            })
            .collect()
    }
}
