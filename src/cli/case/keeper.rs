//! What a node tells, as entries of a case: questions, replies, failures.

use std::collections::HashMap;
use std::net::SocketAddr;

use swarmscope_evidence::case::Draft;
use swarmscope_evidence::entry::{Failed, Reply, Sent, Who};
use swarmscope_peer::crawler::{Registry, decode_reply};
use swarmscope_peer::node::{self, Event, PeerKey, Ticket};
use swarmscope_wire::failure::{Delivered, Failure};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

mod questions;

pub use questions::Questions;

use super::CaseFile;
use super::file::program;
use crate::cli::CliError;

/// The network that events of a node are of.
const NETWORK: &str = "overlay";

/// Remembers who is where and which question is open, and writes entries.
pub struct Keeper {
    registry: Registry,
    /// Who we are to peers of the new and the old protocol.
    identity: String,
    round: Option<u64>,
    /// The question that each connection is made for; a dial without one is not kept.
    asking: Option<MessageId>,
    peers: HashMap<Permid, (String, u16)>,
    open: HashMap<Ticket, u64>,
}

impl Keeper {
    /// `identity`: our permid, or how it is known.
    pub fn new(registry: Registry, identity: String, round: Option<u64>) -> Self {
        Self {
            registry,
            identity,
            round,
            asking: None,
            peers: HashMap::new(),
            open: HashMap::new(),
        }
    }

    /// Keeps failed dials, too: they were made to ask this.
    #[must_use]
    pub fn asking(mut self, message: MessageId) -> Self {
        self.asking = Some(message);
        self
    }

    /// Who was connected before the first event.
    pub fn knows(&mut self, permid: Permid, address: SocketAddr, version: OverlayVersion) {
        self.peers.insert(permid, (address.to_string(), version.0));
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
            Event::Connected { permid, address, version, .. } => {
                self.peers.insert(*permid, (address.to_string(), version.0));
            }
            Event::Sent { ticket, permid, message, frequency, payload, .. } => {
                let question = self.registry.label(*message);
                let (address, peer_version) = self.peers.get(permid).cloned().unwrap_or_default();
                let sent = Sent {
                    network: NETWORK,
                    question: &question,
                    message: message.0,
                    frequency_s: frequency.0,
                    payload,
                    peer: permid,
                    address: &address,
                    peer_version,
                    identity: self.identity.clone(),
                    program: &program(),
                    round: self.round,
                };
                let entry = case.append(dress(case.entries.sent(&sent)))?;
                self.open.insert(*ticket, entry);
            }
            Event::Reply(answer) => {
                let Some(request) = self.open.remove(&answer.ticket) else { return Ok(()) };
                let node::Reply { permid, message, error, payload, .. } = answer;
                let reading = decode_reply(&self.registry, *message, *error, payload);
                let reply = Reply {
                    request,
                    network: NETWORK,
                    question: &self.registry.label(*message),
                    message: message.0,
                    peer: permid,
                    error: *error,
                    channel: answer.channel.0,
                    parts: answer.parts,
                    elapsed_us: u64::try_from(answer.elapsed.as_micros()).unwrap_or(u64::MAX),
                    dialled_back: answer.dialled_back,
                    payload,
                    decoded: &reading.decoded,
                    content: reading.content,
                    shape: reading.shape,
                };
                case.append(dress(case.entries.reply(&reply)))?;
            }
            Event::RequestFailed { ticket, permid, message, failure } => {
                let request = self.open.remove(ticket);
                self.failed(case, request, Some(permid), *message, failure, dress)?;
            }
            Event::ConnectFailed { peer, failure, .. } if self.open.is_empty() => {
                let Some(message) = self.asking else { return Ok(()) };
                let permid = if let PeerKey::Permid(permid) = peer { Some(permid) } else { None };
                self.failed(case, None, permid, message, failure, dress)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Closes every question that is still open with the failure that ended all of them.
    ///
    /// # Errors
    /// It could not be written.
    pub fn ended(
        &mut self,
        case: &mut CaseFile,
        message: MessageId,
        failure: &Failure,
    ) -> Result<(), CliError> {
        let open: Vec<u64> = self.open.drain().map(|(_, entry)| entry).collect();
        for request in open {
            self.failed(case, Some(request), None, message, failure, |draft| draft)?;
        }
        Ok(())
    }

    fn failed(
        &self,
        case: &mut CaseFile,
        request: Option<u64>,
        peer: Option<&Permid>,
        message: MessageId,
        failure: &Failure,
        dress: impl Fn(Draft) -> Draft,
    ) -> Result<(), CliError> {
        let question = self.registry.label(message);
        let asked = (NETWORK, &*question, peer.map(Who::Permid));
        append_failed(case, request, asked, failure, dress)
    }
}

/// Writes that a question ended without a reply: of which network it was, its name, and who was
/// asked.
fn append_failed(
    case: &mut CaseFile,
    request: Option<u64>,
    (network, question, peer): (&str, &str, Option<Who<'_>>),
    failure: &Failure,
    dress: impl Fn(Draft) -> Draft,
) -> Result<(), CliError> {
    let failed = Failed {
        request,
        network,
        question,
        peer,
        phase: failure.phase().name(),
        code: failure.cause.code(),
        by: failure.by.name(),
        delivered: delivered(failure),
        text: &failure.words(),
    };
    case.append(dress(case.entries.failed(&failed))).map(drop)
}

const fn delivered(failure: &Failure) -> &'static str {
    match failure.delivered {
        Delivered::No => "no",
        Delivered::Maybe => "maybe",
        Delivered::Yes => "yes",
    }
}
