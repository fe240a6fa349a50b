//! The answers of a store. It holds no address, so in how many networks peers are is not known, and
//! no shape of an answer apart from what it says: cards say so. Of nodes of the DHT it holds a digest
//! of whom each named, and the client's name, but no id.

use std::collections::{BTreeMap, HashMap};

use swarmscope_evidence::signals::input::{Answer, End, Node, Round, Text};
use swarmscope_store::outcome::ANSWERED;
use swarmscope_store::store::{ReplyRow, Selection, VisitRow};
use swarmscope_store::{Network, Place, Store};
use swarmscope_wire::MessageId;
use swarmscope_wire::rows::Cell;

use crate::cli::CliError;

/// The rounds of a store.
///
/// # Errors
/// There is none, or it can't be read.
pub fn rounds(place: &str) -> Result<Vec<Round>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::io(format!("{place}: {error}"));
    let parsed: Place = place
        .parse()
        .map_err(|error: String| CliError::usage(error, "use a case, a recording or a store"))?;
    let mut store = Store::read(&parsed).map_err(|error| failed(&error))?;
    let all = Selection::default();
    let (mut rounds, mut versions, mut clients) = (BTreeMap::new(), HashMap::new(), HashMap::new());
    store
        .visits(all, &mut |visit| {
            versions.insert((visit.round, visit.peer.clone()), visit.version);
            failure(&mut rounds, &visit);
            true
        })
        .map_err(|error| failed(&error))?;
    store
        .replies(all, &mut |reply| {
            node(&mut rounds, &mut clients, &reply);
            answer(
                &mut rounds,
                &reply,
                versions.get(&(reply.round, reply.peer.clone())).copied().flatten(),
            );
            true
        })
        .map_err(|error| failed(&error))?;
    for (number, round) in &mut rounds {
        name_clients(round, *number, &clients);
    }
    Ok(rounds.into_values().collect())
}

/// The client of each node by round, as it names itself.
type Clients = HashMap<(i64, String), Text>;

/// What a node of the DHT says of itself and of others.
fn node(rounds: &mut BTreeMap<i64, Round>, clients: &mut Clients, reply: &ReplyRow) {
    if reply.network != Network::Dht {
        return;
    }
    let cell = |name: &str| {
        let place = reply.columns.iter().position(|column| column == name)?;
        match reply.rows.first()?.get(place)? {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        }
    };
    if let Some(client) = cell("client") {
        clients.insert((reply.round, reply.peer.clone()), client.into());
    }
    if let Some(nodes) = cell("nodes") {
        round(rounds, reply.round, reply.at.0).nodes.push(Node {
            peer: reply.peer.as_str().into(),
            place: None,
            id: None,
            v: Vec::new(),
            nodes: nodes.into(),
            comparable: true, // each for its own id
            impossible: 0,
        });
    }
}

/// The nodes' versions are their clients, for all answers of the round.
fn name_clients(round: &mut Round, number: i64, clients: &Clients) {
    for answer in round.answers.iter_mut().filter(|answer| &*answer.network == "dht") {
        if let Some(client) = clients.get(&(number, answer.peer.to_string())) {
            answer.version = client.clone();
        }
    }
}

/// A visit that did not reach its peer is the end of everything that was to be asked.
fn failure(rounds: &mut BTreeMap<i64, Round>, visit: &VisitRow) {
    let round = round(rounds, visit.round, visit.at.0);
    if visit.outcome != swarmscope_store::outcome::REACHED {
        let end = End::Failure(visit.outcome.as_str().into());
        round.answers.push(of(visit.network, &visit.peer, visit.version, "visit", end));
    }
}

fn answer(rounds: &mut BTreeMap<i64, Round>, reply: &ReplyRow, version: Option<i64>) {
    let content: Text = reply.content.as_deref().unwrap_or_default().into();
    let end = match error(&reply.outcome) {
        Some(error) => End::Reply {
            error,
            content: content.clone(),
            shape: content.clone(),
            bytes: u64::try_from(reply.bytes).unwrap_or_default(),
            digest: content,
            too_soon_was_due: false,
        },
        None => End::Failure(reply.outcome.as_str().into()),
    };
    let question = label(reply.network, &reply.question, reply.round);
    let mut answer = of(reply.network, &reply.peer, version, &question, end);
    answer.invented = is_nameless(&reply.question) || is_canary(&reply.question);
    round(rounds, reply.round, reply.at.0).answers.push(answer);
}

/// A CANARY asks another name in each round, which no other one has asked.
fn label(network: Network, question: &str, round: i64) -> String {
    if network != Network::Overlay && is_canary(question) {
        return format!("{question}, draw {round}");
    }
    question.to_owned()
}

fn is_canary(question: &str) -> bool {
    question.eq_ignore_ascii_case("canary")
}

/// The error byte that an outcome stands for; none where it is a failure.
pub fn error(outcome: &str) -> Option<i64> {
    if outcome == ANSWERED {
        return Some(0);
    }
    outcome.strip_prefix("error")?.trim_start_matches(['.', ' ', ':']).parse().ok()
}

fn of(network: Network, peer: &str, version: Option<i64>, question: &str, end: End) -> Answer {
    Answer {
        peer: peer.into(),
        place: None,
        network: network.name().into(),
        version: version.map_or_else(|| "not known".into(), |version| version.to_string().into()),
        question: question.into(),
        invented: false,
        end,
    }
}

/// How a crawl names a message id that nobody has defined.
/// The id of the overlay that a question's name stands for.
pub fn id(question: &str) -> Option<MessageId> {
    let nameless = question.strip_prefix("ID_").and_then(|id| id.parse().ok()).map(MessageId);
    nameless.or_else(|| (0..=u8::MAX).map(MessageId).find(|id| id.name() == Some(question)))
}

fn is_nameless(question: &str) -> bool {
    id(question).is_some_and(|id| id.name().is_none())
}

fn round(rounds: &mut BTreeMap<i64, Round>, number: i64, at_ms: i64) -> &mut Round {
    let began = u64::try_from(at_ms).unwrap_or_default().saturating_mul(1_000_000); // in nanoseconds
    let new = || Round {
        number: u64::try_from(number).unwrap_or_default(),
        at_ns: began,
        ..Round::default()
    };
    rounds.entry(number).or_insert_with(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_evidence::signals::{self, Severity};

    /// Six nodes name the same nodes; where they are is not kept, so that it is no ▲.
    #[test]
    fn nodes_that_name_the_same_are_told_without_a_mark() {
        let reply = |n: usize| ReplyRow {
            peer: format!("node {n}"),
            network: Network::Dht,
            round: 1,
            question: "FIND_NODE".to_owned(),
            outcome: ANSWERED.to_owned(),
            at: swarmscope_store::Time(60_000),
            took: 1,
            bytes: 300,
            parts: 4,
            content: Some("the same".to_owned()),
            columns: ["client", "nodes"].map(str::to_owned).to_vec(),
            rows: vec![vec![
                Cell::Text("libtorrent 2.0.8".to_owned()),
                Cell::Text(format!("digest {}", if n < 6 { 0 } else { n })),
            ]],
        };
        let (mut rounds, mut clients) = (BTreeMap::new(), Clients::new());
        for reply in (0..60).map(reply) {
            node(&mut rounds, &mut clients, &reply);
            answer(&mut rounds, &reply, None);
        }
        name_clients(rounds.get_mut(&1).expect("a round"), 1, &clients);
        let rounds: Vec<Round> = rounds.into_values().collect();
        assert!(rounds[0].answers.iter().all(|answer| &*answer.version == "libtorrent 2.0.8"));
        let cards = signals::find(&rounds, &signals::built_in());
        let [card] = &cards[..] else { panic!("{cards:#?}") };
        assert_eq!((&*card.rule, card.peers), ("same-nodes@1", 6), "{card:?}");
        assert_eq!(card.severity, Severity::Odd);
        assert!(card.seen.contains("networks is unknown here"), "{card:?}");
    }

    /// A node that answers what nobody has defined, in two rounds.
    #[test]
    fn a_node_that_answers_two_draws_of_canary_is_a_signal() {
        let reply = |round: i64, peer: &str, outcome: &str| ReplyRow {
            peer: peer.to_owned(),
            network: Network::Dht,
            round,
            question: "CANARY".to_owned(),
            outcome: outcome.to_owned(),
            at: swarmscope_store::Time(round * 60_000),
            took: 1,
            bytes: 20,
            parts: 1,
            content: Some("the same".to_owned()),
            columns: Vec::new(),
            rows: Vec::new(),
        };
        let mut rounds = BTreeMap::new();
        for round in 0..2 {
            answer(&mut rounds, &reply(round, "odd", ANSWERED), None);
            for n in 0..20 {
                answer(&mut rounds, &reply(round, &format!("node {n}"), "error 204"), None);
            }
        }
        let rounds: Vec<Round> = rounds.into_values().collect();
        let cards = signals::find(&rounds, &signals::built_in());
        let card = cards.iter().find(|card| card.rule == "canary-success@1").expect("found");
        assert_eq!((card.peers, card.severity), (1, Severity::Look), "{card:?}");
    }
}
