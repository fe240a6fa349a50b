//! What could come next in a filter: names of fields, and values that occur among the peers.

use std::collections::HashMap;
use std::ops::Range;

use super::field::{Field, Kind, client};
use crate::peer::Peer;
use crate::present::Present;
use crate::reply_of::{last_error, last_reply};
use crate::words;

/// Candidates at most.
const MOST: usize = 40;
/// Different values that are counted at most: a peer chooses its own words.
const VALUES: usize = 2000;
/// Peers that are looked at for values at most, all over the table where there are more: this is
/// done at each key.
const LOOKED_AT: usize = 25_000;
/// Characters of a value that is proposed.
const LONGEST: usize = 60;

/// A word that could stand at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// As it would be written.
    pub text: String,
    /// How many peers have it, or what it means.
    pub note: String,
}

/// What could stand at the cursor, the likeliest first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Completion {
    /// The bytes that a candidate takes the place of.
    pub at: Range<usize>,
    /// What could stand there.
    pub candidates: Vec<Candidate>,
}

/// What could stand where the cursor is, so many bytes into the text.
#[must_use]
pub fn complete(text: &str, cursor: usize, facts: &Present) -> Completion {
    let before = &text[..cursor];
    let start = before
        .rfind(|c: char| c.is_whitespace() || c == '(')
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let start = start + usize::from(before[start..].starts_with('-'));
    let word = &before[start..];
    if word.starts_with(['/', '"']) {
        return Completion { at: start..cursor, candidates: Vec::new() };
    }
    match word.split_once(':') {
        Some((name, values)) => {
            let value_start =
                cursor - values.len() + values.rfind(',').map_or(0, |comma| comma + 1);
            let candidates = Field::named(name)
                .map_or_else(Vec::new, |field| of(field, &before[value_start..], facts));
            Completion { at: value_start..cursor, candidates }
        }
        None => Completion { at: start..cursor, candidates: names(word) },
    }
}

fn names(word: &str) -> Vec<Candidate> {
    let word = word.to_ascii_lowercase();
    let fields = Field::ALL.iter().filter(|field| field.name().starts_with(&word));
    let fields = fields.map(|field| Candidate {
        text: format!("{}:", field.name()),
        note: field.doc().to_owned(),
    });
    let joins = [("or", "one or the other"), ("not", "all but those")];
    let joins = joins.iter().filter(|(join, _)| !word.is_empty() && join.starts_with(&word));
    let joins =
        joins.map(|(join, doc)| Candidate { text: format!("{join} "), note: (*doc).to_owned() });
    fields.chain(joins).collect()
}

/// Values of a field that begin like this.
fn of(field: Field, begun: &str, facts: &Present) -> Vec<Candidate> {
    let wanted = begun.trim_start_matches('"').to_lowercase();
    let apart = facts.peers.places().div_ceil(LOOKED_AT).max(1);
    let mut candidates: Vec<Candidate> = match field.holds() {
        Kind::Words(words) => {
            let fits = words.iter().filter(|(word, _)| word.starts_with(&wanted));
            return fits
                .map(|(word, _)| Candidate { text: format!("{word} "), note: String::new() })
                .collect();
        }
        _ => occurring(field, facts, apart)
            .into_iter()
            .filter(|(value, _)| value.to_lowercase().starts_with(&wanted))
            .map(|(value, count)| Candidate {
                text: quoted(&value) + " ",
                note: words_of(count, apart),
            })
            .take(MOST)
            .collect(),
    };
    for (word, doc) in [("any", "any value"), ("none", "no value")] {
        if word.starts_with(&wanted) {
            candidates.push(Candidate { text: format!("{word} "), note: doc.to_owned() });
        }
    }
    candidates
}

fn words_of(count: usize, apart: usize) -> String {
    let peers = crate::format::counted(count, "peer");
    if apart == 1 { peers } else { format!("{peers} in a sample of 1 in {apart}") }
}

/// The values that occur among all peers, or one of so many; the most frequent first.
fn occurring(field: Field, facts: &Present, apart: usize) -> Vec<(String, usize)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut number = String::new();
    for peer in (0..facts.peers.places()).step_by(apart).filter_map(|at| facts.peers.at(at)) {
        let Some(value) = value(field, facts, peer, &mut number) else { continue };
        if let Some(count) = counts.get_mut(value) {
            *count += 1;
        } else if counts.len() < VALUES && value.chars().count() <= LONGEST {
            counts.insert(value.to_owned(), 1);
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    counts
}

/// A value worth proposing: not of fields of which every peer has another.
fn value<'v>(
    field: Field,
    facts: &'v Present,
    peer: &'v Peer,
    number: &'v mut String,
) -> Option<&'v str> {
    let figure = |value: u64, text: &'v mut String| {
        *text = value.to_string();
        Some(text.as_str())
    };
    match field {
        Field::Nat => peer.nat.as_deref(),
        Field::Client => client(peer),
        Field::Label => peer.label.as_deref(),
        Field::Note => facts.note(peer),
        Field::Version => figure(peer.version?.0.into(), number),
        Field::Asked => figure(peer.requests.len() as u64, number),
        Field::Signal => figure(peer.signals.into(), number),
        Field::Error => match last_error(peer) {
            Some(failure) => Some(failure.cause.code()),
            None => figure(last_reply(peer)?.1.error.0.into(), number),
        },
        _ => None,
    }
}

/// A value as it must be written.
fn quoted(value: &str) -> String {
    let value = words::clean(value);
    let plain = |c: char| !c.is_whitespace() && !"()\",\\/".contains(c);
    if value.chars().all(plain) && !matches!(value.as_str(), "any" | "none") {
        return value;
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
