//! The rounds of a case: its questions by the round they were asked in. Where none was named, the
//! first question of a kind to a peer is of the first round, the second of the second. A dial that
//! failed before it was known who is there is nobody's answer.
//!
//! The queries of a lookup differ in what they ask, so that their answers are not compared: only
//! what nodes say of themselves is taken from them. That needs the bytes of a datagram.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use swarmscope_wire::krpc::{Body, Contacts, Message, Question, Target};

use super::input::{Answer, End, Node, Round, Swarm, Text, place};
use crate::moment::parse_rfc3339;
use crate::record::{Outcome, Record};

/// Message ids of the overlay that somebody has assigned (protocol.md §5); answers to others are to
/// invented questions.
const ASSIGNED: std::ops::RangeInclusive<u64> = 1..=11;

/// The rounds that records tell of.
#[must_use]
pub fn rounds(records: &[Record]) -> Vec<Round> {
    let mut rounds: BTreeMap<u64, Round> = BTreeMap::new();
    let mut asked: BTreeMap<(&Option<String>, &str), (u64, u64)> = BTreeMap::new();
    let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
    let mut clients = clients(records);
    let targets = targets(records);
    let mut compared = BTreeSet::new();
    for record in records.iter().filter(|record| record.peer.is_some()) {
        let at_ns = parse_rfc3339(&record.sent_at).unwrap_or_default();
        let of_lookup = record.part_of.and_then(|lookup| numbers.get(&lookup).copied());
        let key = (&record.peer, &*record.question);
        let before = asked.get(&key).copied().filter(|_| of_lookup.is_none());
        let times = before.map_or(0, |(times, _)| times + 1);
        let number = of_lookup.or(record.round).unwrap_or(times);
        numbers.insert(record.entry, number);
        if record.outcome == Outcome::Open {
            continue;
        }
        if of_lookup.is_none() {
            asked.insert(key, (times, at_ns));
        }
        let round =
            rounds.entry(number).or_insert_with(|| Round { number, at_ns, ..Round::default() });
        round.at_ns = round.at_ns.min(at_ns);
        let mut node = node(record, &targets);
        if let Some(node) = &mut node {
            node.comparable &= compared.insert((number, record.peer.as_deref()));
        }
        round.nodes.extend(node);
        round.swarms.extend(swarm(record));
        let window = record.frequency_s.unwrap_or_default().saturating_mul(1_000_000_000);
        let due = before.is_some_and(|(_, before)| {
            at_ns.saturating_sub(before).saturating_add(5_000_000_000) < window
        });
        if record.part_of.is_none() {
            if let (Some(peer), Some(client)) = (&record.peer, &record.client) {
                clients.insert(peer, client);
            }
            let client = record.peer.as_deref().and_then(|peer| clients.get(peer).copied());
            round.answers.extend(answer(record, client, times, due));
        }
    }
    rounds.into_values().collect()
}

/// The client that each peer names first: not every answer names one, and a peer has not changed
/// because of that.
fn clients(records: &[Record]) -> BTreeMap<&str, &str> {
    let mut clients = BTreeMap::new();
    for record in records {
        if let (Some(peer), Some(client)) = (record.peer.as_deref(), record.client.as_deref()) {
            clients.entry(peer).or_insert(client);
        }
    }
    clients
}

fn answer(
    record: &Record,
    client: Option<&str>,
    times: u64,
    too_soon_was_due: bool,
) -> Option<Answer> {
    let text = |text: &Option<String>| Text::from(text.as_deref().unwrap_or_default());
    let end = if record.outcome == Outcome::Failure {
        End::Failure(text(&record.code))
    } else {
        let digest = record.reply_sha256.as_ref().or(record.content.as_ref());
        End::Reply {
            error: i64::try_from(record.error?).ok()?,
            content: text(&record.content),
            shape: text(&record.shape),
            bytes: record.reply_bytes.unwrap_or_default(),
            digest: digest.map_or_else(|| Text::from(""), |digest| Text::from(digest.as_str())),
            too_soon_was_due,
        }
    };
    let is_overlay = record.network == "overlay";
    let is_canary = !is_overlay && record.question == "CANARY";
    let version =
        record.peer_version.map(|version| version.to_string()).or(client.map(str::to_owned));
    Some(Answer {
        peer: record.peer.as_deref()?.into(),
        place: of_address(record),
        network: record.network.as_str().into(),
        version: version.map_or_else(|| "not known".into(), Into::into),
        // A CANARY asks another name each time, which no other one has asked.
        question: if is_canary {
            format!("CANARY, draw {}", times + 1).into()
        } else {
            record.question.as_str().into()
        },
        invented: is_canary
            || is_overlay && record.message.is_some_and(|id| !ASSIGNED.contains(&id)),
        end,
    })
}

/// How many peers were asked for each target.
fn targets(records: &[Record]) -> HashMap<Target, BTreeSet<&str>> {
    let mut targets: HashMap<Target, BTreeSet<&str>> = HashMap::new();
    for record in records {
        if let (Some(target), Some(peer)) = (target(record), record.peer.as_deref()) {
            targets.entry(target).or_default().insert(peer);
        }
    }
    targets
}

/// What a record asked a node for, where the question was kept.
fn target(record: &Record) -> Option<Target> {
    let Body::Query(query) = datagram(record, record.request_payload.as_ref())?.body else {
        return None;
    };
    query.question.target()
}

/// What a node of the DHT says of itself, where its datagram was kept. Honest nodes near one target
/// name the same contacts, so that a list is held against others only if nobody else was asked for
/// that target.
fn node(record: &Record, targets: &HashMap<Target, BTreeSet<&str>>) -> Option<Node> {
    let message = datagram(record, record.reply_payload.as_ref())?;
    let Body::Response(response) = message.body else { return None };
    let nodes = response.nodes.unwrap_or_default();
    let is_own = target(record)
        .and_then(|target| targets.get(&target))
        .is_some_and(|peers| peers.len() == 1);
    let mut bytes = Contacts::write(&nodes.list);
    bytes.resize(bytes.len() + nodes.trailing, 0); // how many there are is said, not which
    Some(Node {
        peer: record.peer.as_deref()?.into(),
        place: of_address(record),
        id: Some(response.id.0),
        v: message.version.map(|v| v.to_vec()).unwrap_or_default(),
        nodes: bytes,
        comparable: is_own && !nodes.list.is_empty(),
        impossible: 0,
    })
}

/// How many peers of the infohash that was asked for a node knows, where the question was kept.
fn swarm(record: &Record) -> Option<Swarm> {
    let message = datagram(record, record.request_payload.as_ref())?;
    let Body::Query(query) = message.body else { return None };
    let Question::GetPeers { infohash, .. } = query.question else { return None };
    let decoded: serde_json::Value = serde_json::from_str(record.reply_decoded.as_ref()?).ok()?;
    let peers = decoded["peers"].as_u64()?;
    Some(Swarm { infohash: infohash.0, peers })
}

/// The network of the address that a record holds.
fn of_address(record: &Record) -> Option<Text> {
    record.address.as_deref().and_then(|address| address.parse().ok()).map(place)
}

fn datagram(record: &Record, bytes: Option<&Vec<u8>>) -> Option<Message> {
    if record.network == "dht" { Message::decode(bytes?).ok() } else { None }
}
