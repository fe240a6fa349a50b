//! One content from many peers that should differ: prevalence × dispersion (`EarlyBird`), in one
//! round, and as a change from one round to the next. Whether answers should differ is told from
//! the others' answers, not from a list.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::signals::card::Severity;
use crate::signals::chance::{poisson_tail, words};
use crate::signals::input::{Answer, End, Round, Text};
use crate::signals::rule::{
    Finding, Rule, by_question, by_version, digests, healthy, one_version, peers, places, table,
    words_of,
};

/// How many others a group must be held against.
const OTHERS: usize = 16;

/// One content from many.
#[derive(Clone, Copy, Debug)]
pub struct OneContent {
    /// How many peers at least.
    peers: usize,
    /// In how many networks at least.
    pub(super) networks: usize,
    /// Which share of the others must answer something of their own.
    distinct: f64,
    /// How likely it may be by chance, all groups of the round taken together.
    chance: f64,
}

impl Default for OneContent {
    fn default() -> Self {
        Self { peers: 4, networks: 3, distinct: 0.8, chance: 1e-6 }
    }
}

/// How many peers say what.
type Sizes<'a> = BTreeMap<&'a Text, usize>;

fn success(answer: &Answer) -> Option<&Text> {
    match &answer.end {
        End::Reply { error: 0, content, .. } => Some(content),
        _ => None,
    }
}

/// The answers of the first round, where it is not the newest.
fn first_answers(rounds: &[Round]) -> BTreeMap<(&Text, &Text), Vec<&Answer>> {
    rounds.first().map(by_question).unwrap_or_default()
}

/// A group of equal answers, held against the others.
pub(super) struct Group<'a> {
    pub(super) members: Vec<&'a Answer>,
    /// The chance that so many of the peers say the same, as far as the others tell.
    pub(super) tail: f64,
}

impl OneContent {
    /// `first`: the answers to the same question in the first round. Where most say the same now,
    /// they tell whether that was so from the beginning.
    pub(super) fn groups<'a>(self, answers: &[&'a Answer], first: &[&Answer]) -> Vec<Group<'a>> {
        let mut contents: BTreeMap<&Text, Vec<&Answer>> = BTreeMap::new();
        for &answer in answers {
            if let Some(content) = success(answer) {
                contents.entry(content).or_default().push(answer);
            }
        }
        let total: usize = contents.values().map(Vec::len).sum();
        let now: Sizes<'_> =
            contents.iter().map(|(content, members)| (*content, members.len())).collect();
        let mut then = Sizes::new();
        first
            .iter()
            .filter_map(|answer| success(answer))
            .for_each(|content| *then.entry(content).or_default() += 1);
        let judge = |(content, members): (&Text, Vec<&'a Answer>)| {
            let size = members.len();
            let is_minority = size * 2 <= total;
            let (sizes, everybody) =
                if is_minority { (&now, total) } else { (&then, then.values().sum()) };
            let was = sizes.get(content).copied().unwrap_or_default();
            if size < self.peers || was * 2 > everybody {
                return None;
            }
            let same = self.sameness_of_others(sizes, content)?;
            // one could have found as many groups as there are answers
            let tail = poisson_tail(same * total as f64, size as u64 - 1) * total as f64;
            (tail <= self.chance).then_some(Group { members, tail })
        };
        contents.into_iter().filter_map(judge).collect()
    }

    /// How often two of the others say the same, where nearly each of them says something of its
    /// own.
    fn sameness_of_others(self, sizes: &Sizes<'_>, content: &Text) -> Option<f64> {
        let others = || sizes.iter().filter(|(other, _)| **other != content).map(|(_, size)| *size);
        let count: usize = others().sum();
        let alone = others().filter(|size| *size == 1).count();
        if count < OTHERS || (alone as f64) < self.distinct * count as f64 {
            return None;
        }
        // where none do, less than once in all pairs
        let pairs = others().map(|size| size * (size - 1)).sum::<usize>().max(1);
        Some(pairs as f64 / (count * (count - 1)) as f64)
    }

    fn finding(
        self,
        network: &Text,
        question: &Text,
        answers: &[&Answer],
        group: &Group<'_>,
    ) -> Finding {
        let members = peers(group.members.iter().copied());
        let dispersion = places(group.members.iter().copied());
        let version = one_version(&members, answers.iter().copied());
        let wide = dispersion.is_some_and(|places| places >= self.networks);
        let (said, bytes) = match &group.members[0].end {
            End::Reply { content, bytes, .. } => (content.get(..8).unwrap_or(content), *bytes),
            End::Failure(_) => ("", 0),
        };
        let spread = match dispersion {
            Some(places) => format!("they are in {places} networks"),
            None => "the number of their networks is unknown here".into(),
        };
        Finding {
            about: format!("{question}/{said}"),
            network: network.to_string(),
            severity: if wide && version.is_none() { Severity::Look } else { Severity::Odd },
            title: format!("one answer to {question} from many peers"),
            replies: digests(group.members.iter().copied()),
            of: answers.iter().filter(|answer| answer.is_success()).count() as u64,
            seen: format!(
                "{} peers gave the same answer to {question}: {bytes} bytes, {said}…; {spread}{}",
                members.len(),
                by_version(version.as_ref())
            ),
            asked: format!("{question}, once a peer"),
            healthy: format!(
                "an answer of its own: of the others nearly all differ. By shape: {}",
                healthy(answers)
            ),
            chance: format!(
                "at most {} for any such group in this round, as the others' answers go",
                words(group.tail)
            ),
            other_causes: words_of(&[
                "one popular version or build with a fixed answer",
                "an empty or default answer",
                "one operator with many peers",
            ]),
            to_tell: "another question to the same peers: do they agree there too?".into(),
            members,
        }
    }
}

impl Rule for OneContent {
    fn id(&self) -> String {
        "one-content@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("peers", self.peers.to_string()),
            ("networks", self.networks.to_string()),
            ("distinct among others", words(self.distinct)),
            ("chance", words(self.chance)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let first = first_answers(rounds);
        let of_question = |((network, question), answers): ((&Text, &Text), Vec<&Answer>)| {
            let groups =
                self.groups(&answers, first.get(&(network, question)).map_or(&[], Vec::as_slice));
            groups
                .iter()
                .map(|group| self.finding(network, question, &answers, group))
                .collect::<Vec<_>>()
        };
        by_question(newest).into_iter().flat_map(of_question).collect()
    }
}

/// Questions whose records a peer sends once: its second answer is empty, as everybody's is.
const ONCE: [&str; 4] = ["SEEDINGSTATS", "REPEX", "PUNCTURE", "USEREVENTLOG"];

/// Answers that became one content from one round to the next.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangedTogether(OneContent);

impl Rule for ChangedTogether {
    fn id(&self) -> String {
        "changed-together@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        self.0.parameters()
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let [.., before, newest] = rounds else { return Vec::new() };
        let successes = before.answers.iter().filter(|answer| answer.is_success());
        let then: BTreeMap<(&Text, &Text), &Answer> =
            successes.map(|a| ((&a.peer, &a.question), a)).collect();
        let first = first_answers(rounds);
        let mut findings = Vec::new();
        for ((network, question), answers) in by_question(newest) {
            let was = |answer: &&Answer| then.get(&(&answer.peer, question)).copied();
            let first = first.get(&(network, question)).map_or(&[][..], Vec::as_slice);
            for mut group in self.0.groups(&answers, first) {
                group.members.retain(|answer| {
                    was(answer).is_some_and(|was| content(was) != content(answer))
                });
                let count = group.members.len();
                if count < self.0.peers {
                    continue;
                }
                let updated = group
                    .members
                    .iter()
                    .filter(|a| was(a).is_some_and(|was| was.version != a.version))
                    .count();
                let mut finding = self.0.finding(network, question, &answers, &group);
                finding.title = format!("{question}: many answers became one");
                finding.seen = format!(
                    "{count} peers answered differently in the previous round. {}",
                    finding.seen
                );
                finding.other_causes.insert(0, "an update that came to all of them".into());
                if ONCE.contains(&&**question) {
                    finding.other_causes.insert(0, "records that each peer sends once".into());
                }
                if updated * 2 > count {
                    let _ = write!(finding.seen, "; {updated} of them also changed their version");
                    finding.severity = Severity::Odd;
                }
                findings.push(finding);
            }
        }
        findings
    }
}

fn content(answer: &Answer) -> Option<&Text> {
    match &answer.end {
        End::Reply { content, .. } => Some(content),
        End::Failure(_) => None,
    }
}
