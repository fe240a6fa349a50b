//! The answers of a recording. The first question of a kind to a peer is of the first round, the
//! second of the second.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use swarmscope_evidence::signals::input::{Answer, End, Gossip, Round, Text, Unsolicited, place};
use swarmscope_peer::crawler::decode_reply;
use swarmscope_peer::node::{Event, PeerKey, Reply, Source, Ticket};
use swarmscope_wire::{MessageId, Permid};

use crate::cli::{CliError, probes, session};
use crate::screen::msg::Msg;
use crate::screen::session::recording::What;

/// A question that was asked.
struct Asked {
    round: u64,
    message: MessageId,
    at_ns: u64,
    too_soon_was_due: bool,
}

/// What is known while the recording is read.
#[derive(Default)]
struct Reading {
    rounds: BTreeMap<u64, Round>,
    peers: HashMap<Permid, (Option<Text>, Text)>,
    asked: HashMap<Ticket, Asked>,
    /// The recording has whole lists of gossip, and not only whom it named first.
    has_lists: bool,
    /// How often a peer was asked something, when last, and how often at most.
    times: HashMap<(Permid, MessageId), (u64, u64, u64)>,
}

/// The rounds of a recording.
///
/// # Errors
/// It can't be read.
pub fn rounds(path: &Path) -> Result<Vec<Round>, CliError> {
    let recording = session::read_recording(path)?;
    let registry = probes::registry()?;
    let mut reading = Reading::default();
    for line in &recording.lines {
        let What::Msg(Msg::Node(event)) = &line.1 else { continue };
        let at_ns =
            recording.header.started.saturating_add(line.0.unsigned_abs()).saturating_mul(1000);
        reading.event(
            event,
            at_ns,
            |message, error, payload| decode_reply(&registry, message, error, payload),
            |id| registry.label(id),
        );
    }
    Ok(reading.rounds.into_values().collect())
}

impl Reading {
    fn event(
        &mut self,
        event: &Event,
        at_ns: u64,
        decode: impl Fn(
            MessageId,
            swarmscope_wire::ErrorByte,
            &[u8],
        ) -> swarmscope_peer::crawler::Decoding,
        label: impl Fn(MessageId) -> String,
    ) {
        match event {
            Event::Connected { permid, address, version, .. } => {
                self.peers.insert(*permid, (Some(place(*address)), version.to_string().into()));
            }
            Event::Sent { ticket, permid, message, frequency, .. } => {
                let (count, last, window) = self.times.entry((*permid, *message)).or_default();
                // §4: a request that comes five seconds early passes
                let due = *count > 0
                    && at_ns < last.saturating_add(*window).saturating_sub(5_000_000_000);
                let asked =
                    Asked { round: *count, message: *message, at_ns, too_soon_was_due: due };
                (*count, *last, *window) =
                    (*count + 1, at_ns, u64::from(frequency.0) * 1_000_000_000);
                self.asked.insert(*ticket, asked);
            }
            Event::Reply(Reply { ticket, permid, message, error, payload, .. }) => {
                let Some(asked) = self.asked.remove(ticket) else { return };
                let reading = decode(*message, *error, payload);
                let end = End::Reply {
                    error: i64::from(error.0),
                    content: reading.content.to_string().into(),
                    shape: reading.shape.to_string().into(),
                    bytes: payload.len() as u64,
                    digest: swarmscope_evidence::case::sha256_hex(payload).into(),
                    too_soon_was_due: asked.too_soon_was_due,
                };
                self.answer(*permid, &asked, end, label(asked.message));
            }
            Event::RequestFailed { ticket, permid, failure, .. } => {
                let Some(asked) = self.asked.remove(ticket) else { return };
                self.answer(
                    *permid,
                    &asked,
                    End::Failure(failure.cause.code().into()),
                    label(asked.message),
                );
            }
            Event::Discovered {
                peer: PeerKey::Permid(named),
                source: Source::BuddyCast(teller),
                ..
            } if !self.has_lists => {
                let (teller, named): (Text, Text) =
                    (teller.to_string().into(), named.to_string().into());
                let network = "overlay".into();
                self.newest(at_ns).gossip.push(Gossip {
                    teller,
                    network,
                    named: vec![named],
                    bogons: 0,
                    listed: 1,
                });
            }
            Event::Gossip { permid, listed, named, impossible, .. } if !named.is_empty() => {
                self.has_lists = true;
                self.newest(at_ns).gossip.push(Gossip {
                    teller: permid.to_string().into(),
                    network: "overlay".into(),
                    named: named.iter().map(|named| named.to_string().into()).collect(),
                    bogons: *impossible as u64,
                    listed: *listed as u64,
                });
            }
            Event::ReplyRefused { permid, times, .. } => {
                // which channels were used before is not told: none is counted as guessed
                let peer = permid.to_string().into();
                self.newest(at_ns).unsolicited.push(Unsolicited {
                    peer,
                    replies: u64::from(*times),
                    guessed: 0,
                });
            }
            _ => {}
        }
    }

    fn newest(&mut self, at_ns: u64) -> &mut Round {
        let number = self.rounds.keys().last().copied().unwrap_or_default();
        self.round(number, at_ns)
    }

    fn round(&mut self, number: u64, at_ns: u64) -> &mut Round {
        self.rounds.entry(number).or_insert_with(|| Round { number, at_ns, ..Round::default() })
    }

    fn answer(&mut self, permid: Permid, asked: &Asked, end: End, question: String) {
        let (place, version) =
            self.peers.get(&permid).cloned().unwrap_or_else(|| (None, "not known".into()));
        let answer = Answer {
            peer: permid.to_string().into(),
            place,
            network: "overlay".into(),
            version,
            question: question.into(),
            invented: asked.message.name().is_none(),
            end,
        };
        self.round(asked.round, asked.at_ns).answers.push(answer);
    }
}
