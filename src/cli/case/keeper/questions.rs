//! Questions to BitTorrent peers and nodes of the DHT, as entries of a case: what was sent and what
//! came, each query of a lookup by itself.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use swarmscope_evidence::case::Draft;
use swarmscope_evidence::entry::{Answered, Asked, Message, Payload, Who};
use swarmscope_facts::networks::{self, Event};
use swarmscope_networks::answer::Said;
use swarmscope_networks::exchange::{Exchange, Received, Sent};
use swarmscope_networks::sockets::shown_code;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::{ErrorByte, MessageId};

use super::{CaseFile, append_failed};
use crate::cli::CliError;
use crate::cli::case::file::program;

/// Steps of a REACH that are kept; it has eight.
const MOST_STEPS: usize = 32;
/// What the queries of a lookup are.
const QUERY: &str = "FIND_NODE";
/// The first step of a REACH.
const RESOLVE: &str = "resolve";

/// Remembers which question is open, and writes entries.
#[derive(Default)]
pub struct Questions {
    /// Whether this is what a recording tells, which holds no bytes.
    is_recorded: bool,
    open: HashMap<Ticket, Open>,
}

/// A question that has not ended.
struct Open {
    peer: String,
    network: Network,
    question: String,
    /// Its entry, once there is one.
    entry: Option<u64>,
    /// The queries of a lookup that are open: to whom, and the entry.
    queries: HashMap<u32, (String, u64)>,
    received: Option<Received>,
    steps: Vec<Value>,
}

/// An answer, of a question or of a query of a lookup.
struct Answer<'a> {
    request: u64,
    peer: &'a str,
    question: &'a str,
    error: u8,
    parts: u32,
    elapsed: Duration,
    received: Option<&'a Received>,
    steps: &'a [Value],
    summary: &'a str,
    says: &'a Value,
}

impl Questions {
    /// Of a recording.
    pub fn recorded() -> Self {
        Self { is_recorded: true, ..Self::default() }
    }

    /// Writes what an event is worth. `dress` adds what the entry needs besides.
    ///
    /// # Errors
    /// It could not be written.
    pub fn event(
        &mut self,
        event: &Event,
        case: &mut CaseFile,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        match event {
            Event::Asked { peer, ticket, question, .. } => {
                self.open.extend(Open::new(peer, *question).map(|open| (*ticket, open)));
            }
            Event::Sent { ticket, .. } => {
                let Some(open) = self.open.get_mut(ticket) else { return Ok(()) };
                // what is sent is told by itself
                if self.is_recorded {
                    open.begin(case, dress)?;
                }
            }
            Event::Part { ticket, says, .. } => {
                let Some(open) = self.open.get_mut(ticket) else { return Ok(()) };
                if open.question != "REACH" {
                    return Ok(());
                }
                // until the name is resolved nothing is sent
                if says["rung"] != RESOLVE {
                    open.begin(case, dress)?;
                }
                if open.steps.len() < MOST_STEPS {
                    open.steps.push(says.clone());
                }
            }
            Event::Answered { ticket, error, summary, says, parts, elapsed, .. } => {
                let Some(open) = self.open.remove(ticket) else { return Ok(()) };
                let why = "the lookup was over before it answered";
                let failure = Failure::new(Cause::Stopped, By::Us, why);
                open.end_queries(&failure.delivered(Delivered::Maybe), case, &dress)?;
                let Some(request) = open.entry else {
                    let failure = open.nothing_sent(summary);
                    return open.failed(None, &open.peer, &open.question, &failure, case, dress);
                };
                let answer = Answer {
                    request,
                    peer: &open.peer,
                    question: &open.question,
                    error: *error,
                    parts: *parts,
                    elapsed: *elapsed,
                    received: open.received.as_ref(),
                    steps: &open.steps,
                    summary,
                    says,
                };
                open.answered(&answer, case, dress)?;
            }
            Event::Failed { ticket, failure, .. } => {
                let Some(open) = self.open.remove(ticket) else { return Ok(()) };
                open.end_queries(failure, case, &dress)?;
                open.failed(open.entry, &open.peer, &open.question, failure, case, dress)?;
            }
            Event::Named { .. } | Event::Labelled { .. } | Event::Examined { .. } => {}
        }
        Ok(())
    }

    /// Writes what went over the wire for a question.
    ///
    /// # Errors
    /// It could not be written.
    pub fn exchange(
        &mut self,
        ticket: Ticket,
        exchange: &Exchange,
        case: &mut CaseFile,
    ) -> Result<(), CliError> {
        let Some(open) = self.open.get_mut(&ticket) else { return Ok(()) };
        match exchange {
            Exchange::Sent(sent) => open.sent(sent, case)?,
            Exchange::Received(received) => open.received = Some(received.clone()),
            Exchange::Answered { query, rtt, error, said, received } => {
                let Some((peer, request)) = open.queries.remove(query) else { return Ok(()) };
                let Said { summary, json } = said;
                let answer = Answer {
                    request,
                    peer: &peer,
                    question: QUERY,
                    error: error.as_ref().map_or(0, |error| shown_code(error.code)),
                    parts: 0,
                    elapsed: *rtt,
                    received: Some(received),
                    steps: &[],
                    summary,
                    says: json,
                };
                open.answered(&answer, case, |draft| draft)?;
            }
            Exchange::Unanswered { query, to, failure } => {
                let known = open.queries.remove(query);
                let (peer, request) = known.map_or_else(
                    || (open.node(*to), None), // it could not be sent
                    |(peer, request)| (peer, Some(request)),
                );
                // what names no request of its own names the lookup
                let lookup = open.entry.filter(|_| request.is_none());
                let dress = |draft: Draft| draft.plain_some("part_of", lookup);
                open.failed(request, &peer, QUERY, failure, case, dress)?;
            }
        }
        Ok(())
    }
}

impl Open {
    /// None for a question of the overlay.
    fn new(key: &PeerKey, question: MessageId) -> Option<Self> {
        let PeerKey::Address(peer) = key else { return None };
        let network = networks::network(key);
        Some(Self {
            peer: peer.clone(),
            network,
            question: networks::registry(network).label(question),
            entry: None,
            queries: HashMap::new(),
            received: None,
            steps: Vec::new(),
        })
    }

    /// Writes that it is asked, once, where it has no message of its own.
    fn begin(
        &mut self,
        case: &mut CaseFile,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        if self.entry.is_none() {
            let program = program();
            let asked = self.asked(&self.peer, &self.question, &program, None);
            self.entry = Some(case.append(dress(case.entries.asked(&asked)))?);
        }
        Ok(())
    }

    /// Ends the queries of a lookup that are open.
    fn end_queries(
        &self,
        failure: &Failure,
        case: &mut CaseFile,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        let mut queries: Vec<_> = self.queries.values().collect();
        queries.sort_by_key(|(_, entry)| *entry);
        for (peer, entry) in queries {
            self.failed(Some(*entry), peer, QUERY, failure, case, &dress)?;
        }
        Ok(())
    }

    /// It ended, and nothing was sent before that.
    fn nothing_sent(&self, summary: &str) -> Failure {
        let step = self.steps.iter().find(|step| step["outcome"] != "ok");
        let detail = step.and_then(|step| step["detail"].as_str()).unwrap_or(summary);
        let (cause, by) = match &*self.question {
            "REACH" => (Cause::NotFound, By::Network),
            _ => (Cause::Io, By::Us),
        };
        Failure::new(cause, by, detail).delivered(Delivered::No)
    }

    fn node(&self, address: SocketAddr) -> String {
        format!("{}://{address}", self.network.name())
    }

    /// Written at once: when it went out is the entry's own time.
    fn sent(&mut self, sent: &Sent, case: &mut CaseFile) -> Result<(), CliError> {
        let program = program();
        let Some(query) = sent.query else {
            let mut asked = self.asked(&self.peer, &self.question, &program, Some(sent));
            asked.continues = self.entry;
            let entry = case.append(case.entries.asked(&asked))?;
            self.entry.get_or_insert(entry);
            return Ok(());
        };
        self.begin(case, |draft| draft)?;
        let peer = self.node(sent.to);
        let mut asked = self.asked(&peer, QUERY, &program, Some(sent));
        asked.part_of = self.entry;
        asked.continues = self.queries.get(&query).map(|(_, entry)| *entry);
        let entry = case.append(case.entries.asked(&asked))?;
        self.queries.entry(query).or_insert((peer, entry));
        Ok(())
    }

    fn asked<'a>(
        &self,
        peer: &'a str,
        question: &'a str,
        program: &'a str,
        sent: Option<&'a Sent>,
    ) -> Asked<'a> {
        let message = |sent: &'a Sent| Message {
            to: sent.to,
            identity: &sent.identity,
            encrypted: sent.encrypted,
            bytes: &sent.bytes,
        };
        Asked {
            network: self.network.name(),
            question,
            peer,
            program,
            round: None,
            part_of: None,
            continues: None,
            message: sent.map(message),
        }
    }

    fn answered(
        &self,
        answer: &Answer<'_>,
        case: &mut CaseFile,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        let (decoding, _) =
            networks::decoding(ErrorByte(answer.error), answer.summary, answer.says);
        let reply = Answered {
            request: answer.request,
            network: self.network.name(),
            question: answer.question,
            peer: answer.peer,
            error: answer.error,
            parts: answer.parts,
            elapsed_us: u64::try_from(answer.elapsed.as_micros()).unwrap_or(u64::MAX),
            payload: answer.received.map(|received| match received {
                Received::Whole(bytes) => Payload::Whole(bytes),
                Received::Digest { sha256, bytes } => Payload::Digest(*sha256, *bytes),
            }),
            decoded: &decoding.decoded,
            steps: answer.steps,
            content: decoding.content,
            shape: decoding.shape,
        };
        case.append(dress(case.entries.answered(&reply))).map(drop)
    }

    fn failed(
        &self,
        request: Option<u64>,
        peer: &str,
        question: &str,
        failure: &Failure,
        case: &mut CaseFile,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        let asked = (self.network.name(), question, Some(Who::Place(peer)));
        append_failed(case, request, asked, failure, dress)
    }
}

#[cfg(test)]
mod tests {
    use swarmscope_evidence::entry::Keeps;
    use swarmscope_evidence::record;
    use swarmscope_networks::question::Spec;
    use swarmscope_peer::identity::Ed25519Identity;

    use super::*;
    use crate::cli::case::file::create;

    /// One query went out and has no end, one could not be sent, and the lookup is over.
    #[test]
    fn every_query_of_a_lookup_has_an_end_and_is_tied_to_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.case");
        let key = Ed25519Identity::from_seed([7; 32]);
        let keeps = Keeps { addresses: true, bytes: true };
        let mut case = create(&path, key, keeps, &[]).expect("a case");
        let mut questions = Questions::default();
        let (ticket, peer) = (Ticket(1), PeerKey::Address("dht://8.8.8.8:6881".into()));
        let to = SocketAddr::from(([8, 8, 8, 8], 6881));
        let (about, whole) = (bytes::Bytes::new(), Duration::from_secs(20));
        let question = networks::number(Spec::find(Network::Dht, "lookup").expect("a question"));
        let asked = Event::Asked { peer: peer.clone(), ticket, question, about, whole };
        questions.event(&asked, &mut case, |draft| draft).expect("written");
        let (query, bytes) = (Some(0), b"d1:y1:qe".to_vec());
        let sent = Sent { to, identity: [1; 20], encrypted: false, query, bytes };
        questions.exchange(ticket, &Exchange::Sent(sent), &mut case).expect("written");
        let failure = Failure::new(Cause::Io, By::Us, "").delivered(Delivered::No);
        let refused = Exchange::Unanswered { query: 1, to, failure };
        questions.exchange(ticket, &refused, &mut case).expect("written");
        let (summary, says) = (String::new(), serde_json::json!({}));
        let (error, parts, elapsed) = (0, 1, Duration::from_secs(1));
        let over = Event::Answered { peer, ticket, error, summary, says, parts, elapsed };
        questions.event(&over, &mut case, |draft| draft).expect("written");
        case.close().expect("signed");
        let file = std::fs::File::open(&path).expect("the case");
        let records = record::contents(file).expect("read").records;
        let lookup = Some(records[0].entry);
        let told: Vec<_> =
            records.iter().map(|of| (&*of.question, of.part_of, of.code.as_deref())).collect();
        let ends = [
            ("LOOKUP", None, None),
            (QUERY, lookup, Some(Cause::Stopped.code())),
            (QUERY, lookup, Some(Cause::Io.code())),
        ];
        assert_eq!(told, ends);
    }
}
