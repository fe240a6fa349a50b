//! An hour of six unmodified BitTorrent clients (tests/networks), asked once a minute: nothing of
//! it may be marked.
//!
//! `real_clients.tsv` has a row for each client and question, with its outcomes minute by minute:
//! a failure's code, or the error of a reply and a digest of what it said without times and ids of
//! ours; `×N` for N alike. An invented question is a query name that nobody has defined, or the
//! infohash of no torrent. In that hour each was the same sixty times; the rules are given them as
//! sixty draws, which makes a ▲ easier and not harder. `client_versions.tsv` has the same of old and
//! new versions, twelve times each.
#![allow(clippy::cast_possible_truncation, reason = "an hour has few minutes")]

use std::collections::BTreeSet;

use swarmscope_evidence::signals::input::{Answer, End, Round, Text};
use swarmscope_evidence::signals::{Severity, built_in, find};

const HOUR: &str = include_str!("real_clients.tsv");
const VERSIONS: &str = include_str!("client_versions.tsv");
const MINUTE_NS: u64 = 60_000_000_000;
/// When it was asked: 2026-11-30T05:42Z.
const BEGAN_NS: u64 = 1_796_017_320_000_000_000;

/// One row: who, of which network, what, whether it is invented, and how it ended each time.
struct Row<'a> {
    client: &'a str,
    network: &'a str,
    question: &'a str,
    invented: bool,
    ends: Vec<&'a str>,
}

fn rows(of: &'static str) -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let [client, network, question, kind, ends] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        let runs = ends.split(' ').flat_map(|run| {
            let (end, times) = run.split_once('×').unwrap_or((run, "1"));
            std::iter::repeat_n(end, times.parse().expect("a count"))
        });
        Row { client, network, question, invented: kind == "invented", ends: runs.collect() }
    };
    of.lines().map(row).collect()
}

fn end(text: &str) -> End {
    let Some((error, said)) = text.split_once('/') else { return End::Failure(text.into()) };
    let said: Text = said.into();
    End::Reply {
        error: error.parse().expect("a number"),
        content: said.clone(),
        shape: said.clone(),
        bytes: 0, // not kept
        digest: said,
        too_soon_was_due: false,
    }
}

fn rounds(rows: &[Row]) -> Vec<Round> {
    let minutes = rows.iter().map(|row| row.ends.len()).min().unwrap_or(0);
    let answer = |row: &Row, minute: usize| Answer {
        peer: row.client.into(),
        // each has an address in a network of its own
        place: Some(format!("network of {}", row.client).into()),
        network: row.network.into(),
        version: row.client.into(),
        // as if drawn anew each time
        question: if row.invented {
            format!("{}, draw {}", row.question, minute + 1).into()
        } else {
            row.question.into()
        },
        invented: row.invented,
        end: end(row.ends[minute]),
    };
    let round = |minute: usize| Round {
        number: minute as u64,
        at_ns: BEGAN_NS + minute as u64 * MINUTE_NS,
        answers: rows.iter().map(|row| answer(row, minute)).collect(),
        ..Round::default()
    };
    (0..minutes).map(round).collect()
}

#[test]
fn nothing_of_unmodified_clients_is_marked_in_an_hour() {
    let rows = rows(HOUR);
    let clients: BTreeSet<&str> = rows.iter().map(|row| row.client).collect();
    let rounds = rounds(&rows);
    assert_eq!((clients.len(), rows.len()), (6, 42), "seven questions each");
    assert!(rounds.len() >= 60, "an hour: {} minutes", rounds.len());
    let cards = find(&rounds, &built_in());
    let marked: Vec<_> = cards.iter().filter(|card| card.severity > Severity::Odd).collect();
    assert!(marked.is_empty(), "{marked:#?}");
}

#[test]
fn nothing_of_old_and_new_versions_is_marked() {
    let rows = rows(VERSIONS);
    assert_eq!(rows.len(), 4 * 7, "seven questions each");
    let rounds = rounds(&rows);
    assert_eq!(rounds.len(), 12);
    let cards = find(&rounds, &built_in());
    let marked: Vec<_> = cards.iter().filter(|card| card.severity > Severity::Odd).collect();
    assert!(marked.is_empty(), "{marked:#?}");
}

/// The same hour in which one of them answers what nobody has defined: the test above could fail.
#[test]
fn one_that_answers_invented_questions_is_marked() {
    let mut rows = rows(HOUR);
    for row in rows.iter_mut().filter(|row| row.client == "aria2" && row.invented) {
        row.ends = vec!["0/00000000"; row.ends.len()];
    }
    let cards = find(&rounds(&rows), &built_in());
    let marked = cards.iter().find(|card| card.severity > Severity::Odd).expect("a card");
    assert_eq!(marked.members, ["aria2"], "{marked:?}");
}
