//! One request and what became of it.

use std::time::Duration;

use bytes::Bytes;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::{PeerKey, Transport};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{ContentId, ErrorByte, Frequency, MessageId, Sha256Sum};

use super::fields::{Field, Fields};
use super::{Export, time};
use crate::many::campaign::{Campaign, Row};
use crate::many::outcome::Outcome;
use crate::many::sample;
use crate::networks;
use crate::now::Now;
use crate::peer::Peer;
use crate::request::{Outcome as End, Reply, Request};

/// How a request ended.
struct Ended {
    outcome: Outcome,
    at: Option<Now>,
    error: Option<ErrorByte>,
    /// Of a failure: its code, and who ended it.
    failure: Option<(&'static str, &'static str)>,
    first_part: Option<Duration>,
    elapsed: Option<Duration>,
    parts: u32,
    bytes: usize,
    sha256: Option<Sha256Sum>,
    ids: Option<(ContentId, ContentId)>,
    summary: Option<String>,
}

/// A line, before it is known how it is written.
pub(super) struct Line {
    key: PeerKey,
    message: MessageId,
    frequency: Frequency,
    payload: Option<Bytes>,
    asked: Option<Now>,
    sent: Option<Now>,
    ended: Ended,
    reply: Option<Bytes>,
    dropped: Vec<&'static str>,
}

impl Line {
    pub(super) fn of_row(
        export: &Export<'_>,
        campaign: &Campaign,
        row: &Row,
        payload: Option<Bytes>,
    ) -> Self {
        let key = row.peer.clone();
        let is_overlay = campaign.plan.network == Network::Overlay;
        let has_subject = payload.as_ref().is_some_and(|payload| !payload.is_empty());
        let request = row.ticket.and_then(|ticket| export.facts.request(&key, ticket));
        let reply = request.and_then(Request::reply);
        let ids = campaign.ids_of(row);
        let sample = campaign.by_content_of(row).and_then(|group| group.sample.as_ref());
        let ended = Ended {
            outcome: row.outcome,
            at: row.ended,
            error: row.error,
            failure: row.cause.zip(row.by).map(|(cause, by)| (cause.code(), by.name())),
            first_part: row.first_part,
            elapsed: row.ended.map(|_| row.elapsed),
            parts: row.parts,
            bytes: row.bytes,
            sha256: row.sha256,
            ids,
            summary: sample.map(|sample| sample.line.clone()),
        };
        let mut line = Self {
            key,
            message: campaign.plan.message,
            frequency: campaign.plan.frequency,
            // an infohash is held in memory alone
            payload: payload.filter(|_| is_overlay),
            asked: row.asked,
            sent: request.and_then(|request| request.sent),
            ended,
            reply: reply.filter(|reply| !reply.as_read).and_then(|reply| reply.payload.clone()),
            dropped: Vec::new(),
        };
        line.drop_if(has_subject && !is_overlay, "request_payload");
        let let_go = row.ticket.is_some() && request.is_none();
        line.drop_if(let_go, "sent_at");
        line.drop_if(ids.is_some() && sample.is_none(), "summary");
        line.drop_reply(export, row.error.is_some());
        line
    }

    pub(super) fn of_request(export: &Export<'_>, peer: &Peer, request: &Request) -> Self {
        let reply = request.reply();
        let mut line = Self {
            key: peer.key.clone(),
            message: request.message,
            frequency: request.frequency,
            // an infohash is held in memory alone
            payload: peer.other.is_none().then(|| request.payload.clone()),
            asked: Some(request.asked),
            sent: request.sent,
            ended: Ended::of(request),
            reply: reply.filter(|reply| !reply.as_read).and_then(|reply| reply.payload.clone()),
            dropped: Vec::new(),
        };
        let let_go = reply.is_some_and(|reply| reply.payload.is_none());
        for name in ["content", "shape", "summary"] {
            line.drop_if(let_go && line.ended.ids.is_none(), name);
        }
        line.drop_if(peer.other.is_some() && !request.payload.is_empty(), "request_payload");
        line.drop_reply(export, reply.is_some());
        line
    }

    fn drop_if(&mut self, dropped: bool, name: &'static str) {
        self.dropped.extend(dropped.then_some(name));
    }

    fn drop_reply(&mut self, export: &Export<'_>, replied: bool) {
        self.drop_if(export.raw && replied && self.reply.is_none(), "reply_payload");
    }

    /// When the peer accepts this message again at this frequency, as known now, seen from when it
    /// was asked: so no present is needed, and the moment is the same from everywhere.
    fn acceptance(&self, export: &Export<'_>) -> Acceptance {
        let (PeerKey::Permid(permid), Some(asked)) = (&self.key, self.asked) else {
            return Acceptance::Unknown;
        };
        let log = export.facts.acceptance();
        log.acceptance(*permid, self.message, self.frequency, asked.instant)
    }

    /// Names and values, in one order for all lines of a file.
    pub(super) fn fields(self, export: &Export<'_>) -> Fields {
        let peer = export.facts.peer(&self.key);
        let transport = peer.and_then(|peer| peer.transport);
        let privacy = export.naming.privacy;
        let mut withheld = Vec::new();
        let mut hide = |name: &'static str, there: bool| {
            withheld.extend((privacy && there).then_some(name));
            !privacy
        };
        // what only the overlay's requests and replies have
        let network = networks::network(&self.key);
        let of_overlay =
            |field: Field| if network == Network::Overlay { field } else { Field::None };
        let registry = match network {
            Network::Overlay => export.registry,
            other => networks::registry(other),
        };
        let acceptance = self.acceptance(export);
        let accepts_at = self
            .asked
            .zip(acceptance.wait())
            .and_then(|(asked, wait)| asked.wall.checked_add(wait));
        let note = peer.and_then(Peer::permid).and_then(|permid| export.notes.get(&permid));
        let note = note.filter(|_| hide("note", true));
        let payload = self.payload.filter(|bytes| hide("request_payload", !bytes.is_empty()));
        let sha256 = self.ended.sha256.filter(|_| hide("reply_sha256", true));
        let reply = self.reply.filter(|_| export.raw && hide("reply_payload", true));
        let id = |id: ContentId| if privacy { export.naming.mask.content(id) } else { id };
        let identity = export.identity(transport).map(|permid| export.permid(&permid));
        let ended = self.ended;
        let mut fields = vec![
            ("peer", export.who(&self.key).into()),
            ("address", Field::of(peer.and_then(|peer| address(export, peer)))),
            ("version", Field::of(peer.and_then(|peer| peer.version).map(|it| u64::from(it.0)))),
            ("transport", Field::of(transport.map(named))),
            ("nat", Field::of(peer.and_then(|peer| peer.nat.as_deref()).map(|it| export.told(it)))),
            ("note", Field::of(note)),
            ("message_id", of_overlay(Field::Number(self.message.0.into()))),
            ("message", registry.label(self.message).to_lowercase().into()),
            ("frequency_s", of_overlay(Field::Number(self.frequency.0.into()))),
            ("request_payload", Field::Bytes(payload)),
            ("asked_at", Field::of(self.asked.map(|now| time(now.wall)))),
            ("sent_at", Field::of(self.sent.map(|now| time(now.wall)))),
            ("ended_at", Field::of(ended.at.map(|now| time(now.wall)))),
            ("acceptance", acceptance.name().into()),
            ("accepts_at", Field::of(accepts_at.map(time))),
            ("outcome", ended.outcome.code().into()),
            ("error", Field::of(ended.error.map(|error| u64::from(error.0)))),
            ("code", Field::of(ended.failure.map(|(code, _)| code))),
            ("by", Field::of(ended.failure.map(|(_, by)| by))),
            ("first_part_ms", Field::of(ended.first_part.map(ms))),
            ("elapsed_ms", Field::of(ended.elapsed.map(ms))),
            ("parts", Field::Number(ended.parts.into())),
            ("reply_bytes", of_overlay(Field::Number(ended.bytes as u64))),
            ("reply_sha256", of_overlay(Field::of(sha256.map(|sum| sum.to_string())))),
            ("content", Field::of(ended.ids.map(|(content, _)| id(content).to_string()))),
            ("shape", Field::of(ended.ids.map(|(_, shape)| id(shape).to_string()))),
            ("summary", Field::of(ended.summary.map(|summary| export.told(&summary)))),
        ];
        if export.raw {
            fields.push(("reply_payload", Field::Bytes(reply)));
        }
        fields.push(("dropped", Field::Names(self.dropped)));
        fields.push(("withheld", Field::Names(withheld)));
        fields.push(("program", export.program.into()));
        fields.push(("identity", Field::of(identity)));
        Fields(fields)
    }
}

impl Ended {
    fn of(request: &Request) -> Self {
        let newest = request.newest;
        let mut ended = Self {
            outcome: Outcome::of_request(request),
            at: None,
            error: None,
            failure: None,
            first_part: request.parts.first().map(|part| part.after),
            elapsed: None,
            parts: newest.map_or(0, |part| part.index),
            bytes: request.bytes,
            sha256: None,
            ids: None,
            summary: None,
        };
        match &request.outcome {
            End::Replied(reply) => ended.replied(reply),
            End::Failed { failure, at } => ended.failed(failure, *at, request.asked),
            End::Queued | End::Waiting | End::AwaitingDialBack => {}
        }
        ended
    }

    fn replied(&mut self, reply: &Reply) {
        (self.at, self.error) = (Some(reply.at), Some(reply.error));
        (self.parts, self.bytes, self.sha256) = (reply.parts, reply.bytes, reply.sha256);
        self.elapsed = Some(reply.elapsed);
        self.first_part = self.first_part.or(Some(reply.elapsed));
        // of a 254 there is nothing to compare: a request to many puts it in no group either
        let decoding = reply.decoding.as_ref().filter(|_| reply.error != ErrorByte::FREQUENCY);
        self.ids = decoding.map(|decoding| (decoding.content, decoding.shape));
        self.summary = decoding.map(|decoding| sample::line_of(decoding, reply.error));
    }

    fn failed(&mut self, failure: &Failure, at: Now, asked: Now) {
        self.at = Some(at);
        self.failure = Some((failure.cause.code(), failure.by.name()));
        self.elapsed = Some(at.since(asked));
    }
}

fn address(export: &Export<'_>, peer: &Peer) -> Option<String> {
    let address = peer.address?;
    let (privacy, mask) = (export.naming.privacy, &export.naming.mask);
    Some(if privacy { mask.address(address) } else { address.to_string() })
}

const fn named(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls => "tls",
        Transport::Legacy => "legacy",
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
