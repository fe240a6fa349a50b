//! Success where nearly everybody says error, and the reverse.

use std::collections::BTreeMap;

use crate::signals::card::Severity;
use crate::signals::chance::words;
use crate::signals::input::{Answer, End, Round, Text};
use crate::signals::rule::{
    Finding, Rule, by_question, by_version, digests, healthy, one_version, peers, table, words_of,
};

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

impl Inversion {
    fn of(self, network: &Text, question: &Text, answers: &[&Answer]) -> Option<Finding> {
        let counts =
            |answer: &&Answer| matches!(answer.end, End::Reply { error, .. } if error != TOO_SOON);
        let replied: Vec<&Answer> = answers.iter().copied().filter(counts).collect();
        let (yes, no): (Vec<&Answer>, Vec<&Answer>) =
            replied.iter().partition(|answer| answer.is_success());
        let agree = |side: &[&Answer]| side.len() as f64 >= self.agree * replied.len() as f64;
        let (said, other) = if agree(&yes) {
            ("error", no)
        } else if agree(&no) {
            ("success", yes)
        } else {
            return None;
        };
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
            seen: format!("{} peers said {said} to {question}{}", members.len(), by_version(version.as_ref())),
            asked: format!("{question}, once a peer"),
            healthy: healthy(&replied),
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
        "inversion@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("agree", words(self.agree)), ("answered", self.answered.to_string())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let known = by_question(newest).into_iter().filter(|(_, answers)| !answers[0].invented);
        known
            .filter_map(|((network, question), answers)| self.of(network, question, &answers))
            .collect()
    }
}
