//! The answers of a store. It holds no address, so in how many networks peers are is not known, and
//! no shape of an answer apart from what it says: cards say so.

use std::collections::{BTreeMap, HashMap};

use swarmscope_evidence::signals::input::{Answer, End, Round, Text};
use swarmscope_store::outcome::ANSWERED;
use swarmscope_store::store::{ReplyRow, Selection, VisitRow};
use swarmscope_store::{Network, Place, Store};
use swarmscope_wire::MessageId;

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
    let (mut rounds, mut versions) = (BTreeMap::new(), HashMap::new());
    store
        .visits(all, &mut |visit| {
            versions.insert((visit.round, visit.peer.clone()), visit.version);
            failure(&mut rounds, &visit);
            true
        })
        .map_err(|error| failed(&error))?;
    store
        .replies(all, &mut |reply| {
            answer(
                &mut rounds,
                &reply,
                versions.get(&(reply.round, reply.peer.clone())).copied().flatten(),
            );
            true
        })
        .map_err(|error| failed(&error))?;
    Ok(rounds.into_values().collect())
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
    round(rounds, reply.round, reply.at.0).answers.push(of(
        reply.network,
        &reply.peer,
        version,
        &reply.question,
        end,
    ));
}

/// The error byte that an outcome stands for; none where it is a failure.
fn error(outcome: &str) -> Option<i64> {
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
        invented: is_nameless(question) || question.eq_ignore_ascii_case("canary"),
        end,
    }
}

/// How a crawl names a message id that nobody has defined.
fn is_nameless(question: &str) -> bool {
    let id = question.strip_prefix("ID_").and_then(|id| id.parse::<u8>().ok());
    id.is_some_and(|id| MessageId(id).name().is_none())
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
