//! Which answers a question got, round by round: the rows of a heat map. Counted on one fixed panel
//! of peers, those that were asked it in every round, so that a row grows because answers change and
//! not because more peers were asked.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Answer, End, Round, Text};
use crate::moment::rfc3339;
use swarmscope_wire::text;

/// Rows that are named; the answers of all others are one row.
pub const MOST_ROWS: usize = 12;
/// Digits of a digest that a name has.
const DIGITS: usize = 8;

/// One question over the rounds in which it was asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heat {
    /// `overlay`, `bt` or `dht`.
    pub network: String,
    /// The question's name.
    pub question: String,
    /// When each round began, RFC 3339.
    pub rounds: Vec<String>,
    /// How many peers the panel has: the denominator of every count.
    pub panel: u64,
    /// What was answered, the most frequent first.
    pub rows: Vec<Row>,
}

/// One way to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// In words: a content with its length, an error, a failure's code.
    pub what: String,
    /// Peers of the panel by round.
    pub counts: Vec<u64>,
}

impl Heat {
    /// How large a count is, from 0 for nobody to `levels` for the whole panel. Somebody is never
    /// nobody.
    #[must_use]
    pub fn level(&self, count: u64, levels: u64) -> u64 {
        (count * levels).div_ceil(self.panel.max(1)).min(levels)
    }
}

/// What each peer answered to one question, by the index of its round.
type Asked<'a> = Vec<(usize, BTreeMap<Text, &'a Answer>)>;

/// A heat map for each question that was asked in at least two rounds.
#[must_use]
pub fn of(rounds: &[Round]) -> Vec<Heat> {
    let mut questions: BTreeMap<(Text, Text), Asked<'_>> = BTreeMap::new();
    for (at, round) in rounds.iter().enumerate() {
        for answer in &round.answers {
            let asked =
                questions.entry((answer.network.clone(), answer.question.clone())).or_default();
            if asked.last().is_none_or(|(last, _)| *last != at) {
                asked.push((at, BTreeMap::new()));
            }
            if let Some((_, answers)) = asked.last_mut() {
                answers.insert(answer.peer.clone(), answer); // the newest of a round counts
            }
        }
    }
    let several = questions.into_iter().filter(|(_, asked)| asked.len() > 1);
    several.filter_map(|(of, asked)| one(rounds, of, &asked)).collect()
}

fn one(rounds: &[Round], (network, question): (Text, Text), asked: &Asked<'_>) -> Option<Heat> {
    let mut sets = asked.iter().map(|(_, answers)| answers.keys().collect::<BTreeSet<_>>());
    let first = sets.next()?;
    let panel = sets.fold(first, |panel, set| &panel & &set);
    // by all of the digest: a peer can make two contents of which the names are one
    let mut counts: BTreeMap<(String, &str), Vec<u64>> = BTreeMap::new();
    for (n, (_, answers)) in asked.iter().enumerate() {
        for answer in panel.iter().filter_map(|peer| answers.get(*peer)) {
            let content = match &answer.end {
                End::Reply { error: 0, content, .. } => content,
                _ => "",
            };
            let row = counts.entry((what(&answer.end), content));
            row.or_insert_with(|| vec![0; asked.len()])[n] += 1;
        }
    }
    let mut rows: Vec<_> =
        counts.into_iter().map(|((what, _), counts)| Row { what, counts }).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.counts.iter().max().copied()));
    let others = rows.split_off(rows.len().min(MOST_ROWS));
    rows.extend(together(&others, asked.len()));
    (!panel.is_empty()).then(|| Heat {
        network: network.to_string(),
        question: question.to_string(),
        rounds: asked.iter().map(|(at, _)| rfc3339(rounds[*at].at_ns)).collect(),
        panel: panel.len() as u64,
        rows,
    })
}

/// The rows that have no place of their own, as one.
fn together(others: &[Row], rounds: usize) -> Option<Row> {
    let sum = |n: usize| others.iter().map(|row| row.counts[n]).sum();
    let counts = (0..rounds).map(sum).collect();
    (!others.is_empty())
        .then(|| Row { what: text::count(others.len(), "other answer", "other answers"), counts })
}

fn what(end: &End) -> String {
    match end {
        End::Reply { error: 0, content, bytes, .. } if content.is_empty() => {
            format!("not read {bytes} B")
        }
        End::Reply { error: 0, content, bytes, .. } => {
            format!("{} {bytes} B", content.get(..DIGITS).unwrap_or(content))
        }
        End::Reply { error, .. } => format!("error {error}"),
        End::Failure(code) => code.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(peer: &str, end: End) -> Answer {
        Answer {
            peer: peer.into(),
            place: None,
            network: "overlay".into(),
            version: "18".into(),
            question: "NATCHECK".into(),
            invented: false,
            end,
        }
    }

    fn reply(content: &str, bytes: u64) -> End {
        let text = Text::from(content);
        End::Reply {
            error: 0,
            content: text.clone(),
            shape: text.clone(),
            bytes,
            digest: text,
            too_soon_was_due: false,
        }
    }

    fn round(number: u64, answers: Vec<Answer>) -> Round {
        Round { number, at_ns: number * 3_600_000_000_000, answers, ..Round::default() }
    }

    #[test]
    fn a_row_is_counted_on_the_peers_that_were_asked_in_every_round() {
        let rounds = [
            round(
                0,
                vec![
                    answer("a", reply("healthy-long", 79)),
                    answer("b", reply("healthy-long", 79)),
                    answer("only then", reply("odd", 5)),
                ],
            ),
            round(
                1,
                vec![
                    answer("a", reply("other", 8192)),
                    answer("b", End::Failure("tcp.refused".into())),
                ],
            ),
        ];
        let [heat] = &of(&rounds)[..] else { panic!("one question") };
        assert_eq!((heat.panel, heat.rounds.len()), (2, 2));
        let row = |what: &str| {
            heat.rows.iter().find(|row| row.what == what).map(|row| row.counts.as_slice())
        };
        assert_eq!(row("healthy- 79 B"), Some(&[2, 0][..]));
        assert_eq!(row("other 8192 B"), Some(&[0, 1][..]));
        assert_eq!(row("tcp.refused"), Some(&[0, 1][..]));
        assert_eq!(row("odd 5 B"), None, "it was not asked again");
        assert_eq!([0, 1, 2].map(|count| heat.level(count, 4)), [0, 2, 4]);
    }

    #[test]
    fn what_has_no_row_of_its_own_is_counted_all_the_same() {
        let all = |number| {
            let answers =
                (0..40).map(|n| answer(&format!("peer {n}"), reply(&format!("content {n:02}"), n)));
            round(number, answers.collect())
        };
        let [heat] = &of(&[all(0), all(1)])[..] else { panic!("one question") };
        assert_eq!(heat.rows.len(), MOST_ROWS + 1);
        assert_eq!(heat.rows.last().unwrap().what, "28 other answers");
        let sums = [0, 1].map(|n| heat.rows.iter().map(|row| row.counts[n]).sum::<u64>());
        assert_eq!(sums, [40, 40]);
    }

    #[test]
    fn contents_that_only_begin_alike_are_two_and_one_that_was_not_read_has_no_digest() {
        let all = |number| {
            let ends = [reply("12345678a", 5), reply("12345678b", 5), reply("", 5), reply("", 5)];
            let answers = ends.into_iter().enumerate();
            round(number, answers.map(|(n, end)| answer(&n.to_string(), end)).collect())
        };
        let [heat] = &of(&[all(0), all(1)])[..] else { panic!("one question") };
        let rows: Vec<_> = heat.rows.iter().map(|row| (&*row.what, row.counts[0])).collect();
        assert_eq!(rows, [("not read 5 B", 2), ("12345678 5 B", 1), ("12345678 5 B", 1)]);
    }

    #[test]
    fn one_round_is_no_map() {
        assert!(of(&[round(0, vec![answer("a", reply("x", 1))])]).is_empty());
    }
}
