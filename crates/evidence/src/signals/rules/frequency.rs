//! An answer where "too soon" was due: the peer did not count our last request.

use std::collections::BTreeMap;

use crate::signals::card::Severity;
use crate::signals::input::{Answer, End, Round};
use crate::signals::rule::{Finding, Rule, digests, peers, words_of};

/// Success where error 254 was due.
#[derive(Clone, Copy, Debug)]
pub struct TooSoonAnswered;

impl Rule for TooSoonAnswered {
    fn id(&self) -> String {
        "too-soon-answered@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let due =
            |answer: &&Answer| matches!(answer.end, End::Reply { too_soon_was_due: true, .. });
        let asked: Vec<&Answer> = newest.answers.iter().filter(due).collect();
        let odd: Vec<&Answer> =
            asked.iter().copied().filter(|answer| answer.is_success()).collect();
        let Some(first) = odd.first() else { return Vec::new() };
        vec![Finding {
            about: "all".into(),
            network: first.network.to_string(),
            severity: Severity::Odd,
            title: "success where 254 was due".into(),
            of: asked.len() as u64,
            seen: format!(
                "{} answers came within the frequency of our own last request",
                odd.len()
            ),
            asked: "the same question within its frequency".into(),
            healthy: "error 254 until the frequency has passed; a restart makes a peer forget"
                .into(),
            chance: "not known: as frequent as restarts, so this alone is never shown as ▲".into(),
            other_causes: words_of(&[
                "a restart in between",
                "a client that ignores the frequency",
            ]),
            to_tell: "the same question twice within a minute: a restart does not explain that"
                .into(),
            members: peers(odd.iter().copied()),
            replies: digests(odd.into_iter()),
        }]
    }
}
