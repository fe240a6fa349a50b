//! The case that a question to a BitTorrent peer or a node of the DHT is kept in.

use std::path::Path;

use swarmscope_facts::networks::{self, Event};
use swarmscope_networks::question::Spec;
use swarmscope_networks::sockets::{Reply, Told};
use swarmscope_networks::target::Target;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::failure::Failure;

use crate::cli::CliError;
use crate::cli::case::keeper::Questions;
use crate::cli::case::{CaseFile, KeyOption};

/// There is one question.
const TICKET: Ticket = Ticket(0);

/// A case that is written to while a question is asked.
pub struct Kept {
    file: CaseFile,
    questions: Questions,
    peer: PeerKey,
    /// Why nothing more is kept. The question goes on.
    failed: Option<CliError>,
}

impl Kept {
    /// Opens a case.
    ///
    /// # Errors
    /// It is missing, in use, broken, or another key's.
    pub fn open(path: &Path, key: &KeyOption, target: &Target) -> Result<Self, CliError> {
        let file = CaseFile::open(path, key)?;
        let peer = networks::key(target);
        Ok(Self { file, questions: Questions::default(), peer, failed: None })
    }

    /// A question is about to be asked.
    pub fn begin(&mut self, spec: &Spec) {
        let (peer, whole) = (self.peer.clone(), spec.timeout);
        let (question, about) = (networks::number(spec), bytes::Bytes::new());
        self.event(&Event::Asked { peer, ticket: TICKET, question, about, whole });
        self.event(&Event::Sent { peer: self.peer.clone(), ticket: TICKET });
    }

    /// Something became known.
    pub fn told(&mut self, told: &Told) {
        match told {
            Told::Part(part) => {
                let (index, after, says) = (part.index + 1, part.at, part.json.clone());
                let peer = self.peer.clone();
                self.event(&Event::Part { peer, ticket: TICKET, index, after, says });
            }
            Told::Exchange(exchange) if self.failed.is_none() => {
                self.failed = self.questions.exchange(TICKET, exchange, &mut self.file).err();
            }
            Told::Exchange(_) => {}
        }
    }

    fn event(&mut self, event: &Event) {
        if self.failed.is_none() {
            self.failed = self.questions.event(event, &mut self.file, |draft| draft).err();
        }
    }

    /// Writes how it ended, and signs.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn close(mut self, outcome: &Result<Reply, Failure>) -> Result<(), CliError> {
        let (peer, ticket) = (self.peer.clone(), TICKET);
        self.event(&match outcome {
            Ok(reply) => Event::Answered {
                peer,
                ticket,
                error: reply.code(),
                summary: reply.said.summary.clone(),
                says: reply.said.json.clone(),
                parts: reply.parts,
                elapsed: reply.elapsed,
            },
            Err(failure) => Event::Failed { peer, ticket, failure: failure.clone() },
        });
        self.failed.map_or_else(|| self.file.close(), Err)
    }
}
