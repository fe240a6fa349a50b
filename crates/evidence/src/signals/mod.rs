//! Signals: what looks odd among many answers, and why. Pure: rounds in, cards out.
//!
//! A card says what was asked and seen, what a healthy peer answers, how often it would come by
//! chance, what else could cause it, and on which replies it rests. None says what runs on a
//! machine. `docs/signals.md` has each rule's measured figures.

use std::collections::{BTreeMap, BTreeSet};

mod card;
pub mod chance;
pub mod heat;
pub mod input;
mod of_case;
pub mod rule;
pub mod rules;
pub mod spread;

pub use card::{Card, NOT_SAID, Severity};
pub use of_case::rounds;
pub use rule::{Finding, Rule};
pub use rules::{Own, OwnError, built_in};

use crate::moment::rfc3339;
use input::{Answer, End, Round, Text};
use spread::Spread;

/// The signals of these rounds, those that ask for most attention first. Rounds are in order of
/// time; every rule looks at each of them as if it were the newest.
#[must_use]
pub fn find(rounds: &[Round], rules: &[Box<dyn Rule>]) -> Vec<Card> {
    let mut cards: Vec<Card> =
        rules.iter().flat_map(|rule| of_rule(rounds, rule.as_ref())).collect();
    cards.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(b.peers.cmp(&a.peers)).then(a.id.cmp(&b.id))
    });
    cards
}

/// What is said of spread where it can't be known.
const NO_SPREAD: &str = "spread can't be measured: only one time is kept of each peer";

/// What was found of one thing over the rounds.
#[derive(Default)]
struct Story {
    /// The newest finding, and in which round.
    last: Option<(usize, Finding)>,
    first: usize,
    members: BTreeMap<u64, BTreeSet<Text>>,
}

fn of_rule(rounds: &[Round], rule: &dyn Rule) -> Vec<Card> {
    let mut stories: BTreeMap<(String, String), Story> = BTreeMap::new();
    for n in 0..rounds.len() {
        for finding in rule.look(&rounds[..=n]) {
            let story =
                stories.entry((finding.network.clone(), finding.about.clone())).or_default();
            if story.last.is_none() {
                story.first = n;
            }
            story.members.insert(rounds[n].number, finding.members.clone());
            story.last = Some((n, finding));
        }
    }
    stories.into_values().filter_map(|story| card(rounds, rule, story)).collect()
}

fn card(rounds: &[Round], rule: &dyn Rule, story: Story) -> Option<Card> {
    let (latest, finding) = story.last?;
    let knows = rule.knows_spread();
    let spread = if knows { Spread::of(rounds, &story.members) } else { Spread::default() };
    let grows = latest + 1 == rounds.len() && spread.counts.len() > 1 && {
        let [.., (_, before), (_, now)] = spread.counts.as_slice() else { return None };
        now > before && *before > 0
    };
    let severity = if grows && finding.severity == Severity::Look {
        Severity::LookNow
    } else {
        finding.severity
    };
    let rests = |answer: &&Answer| match &answer.end {
        End::Reply { digest, .. } => {
            finding.members.contains(&answer.peer) && finding.replies.contains(digest)
        }
        End::Failure(_) => false,
    };
    let answers = rounds[latest].answers.iter().filter(rests);
    let questions: BTreeSet<&str> = answers.map(|answer| &*answer.question).collect();
    Some(Card {
        questions: questions.into_iter().map(str::to_owned).collect(),
        id: format!("{}/{}/{}", finding.network, rule.id(), finding.about),
        rule: rule.id(),
        parameters: rule.parameters(),
        severity,
        peers: finding.members.len() as u64,
        of: finding.of,
        since: rfc3339(rounds[story.first].at_ns),
        latest: rfc3339(rounds[latest].at_ns),
        not_said: NOT_SAID.into(),
        replies: finding.replies.iter().map(ToString::to_string).collect(),
        members: finding.members.iter().map(ToString::to_string).collect(),
        spread: if knows { spread.words() } else { Some(NO_SPREAD.into()) },
        by_round: spread.counts,
        network: finding.network,
        title: finding.title,
        seen: finding.seen,
        asked: finding.asked,
        healthy: finding.healthy,
        chance: finding.chance,
        other_causes: finding.other_causes,
        to_tell: finding.to_tell,
    })
}
