//! The plan of a request to many: everything that the preview shows, and all that a campaign starts
//! from.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;

use super::leave_out::{LeftOut, Reason};
use super::pace::Pace;
use crate::facts::Facts;
use crate::messages::{BEFORE_PAYLOAD, known, timeout};
use crate::networks::{self, Question};
use crate::now::Now;
use crate::peer::{Peer, State};
use crate::{request, words};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::{Acceptance, Recipient, Registry};
use swarmscope_peer::node::{Ask, Origin, PeerKey, Transport};
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{Frequency, MessageId, OverlayVersion, Permid};

/// One peer that is to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Who it is.
    pub peer: PeerKey,
    /// Which of the plan's payloads it is asked with.
    payload: usize,
}

/// A question for many peers.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// What is asked.
    pub message: MessageId,
    /// How often, as it says.
    pub frequency: Frequency,
    /// What is asked in particular.
    pub payload: Bytes,
    /// The payload is the usual one: each peer is sent its own instead.
    pub usual: bool,
    /// How fast it goes out.
    pub pace: Pace,
    /// Whom another request to many is going to ask the same message.
    pub taken: HashSet<PeerKey>,
    /// Whose question it is: peers of other networks are left out.
    pub network: Network,
}

impl Draft {
    fn taken_of(&self, key: &PeerKey) -> Option<Reason> {
        self.taken.contains(key).then_some(Reason::Taken)
    }
}

/// A request that goes out for one of its targets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// To a peer of the overlay, through its node.
    Overlay(Ask),
    /// To a peer of another network.
    Other(Question),
}

/// A request to many that was not sent yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Whose question it is.
    pub network: Network,
    /// What is asked.
    pub message: MessageId,
    /// `1 DATABASE`.
    pub title: String,
    /// How often, as it says.
    pub frequency: Frequency,
    /// How long a reply may take.
    pub timeout: Duration,
    /// How fast it goes out.
    pub pace: Pace,
    /// How many peers are marked.
    pub marked: usize,
    /// Who is asked, in this order.
    pub targets: Vec<Target>,
    /// Who is not, and why.
    pub left_out: Vec<LeftOut>,
    /// Payloads, and how many peers are asked with each: more than one where a message's default
    /// depends on the peer.
    pub payloads: Vec<(Bytes, usize)>,
    /// Targets that closed on the request before.
    pub refused_before: usize,
    /// Targets that are not connected.
    pub to_dial: usize,
    /// `18 tls`, how many, and whether everybody on the way can read it.
    pub by_transport: Vec<(String, usize, bool)>,
    /// NAT types as far as they were measured, most first.
    pub by_nat: Vec<(String, usize)>,
    /// What each peer loses by answering, in words.
    pub consumes: Option<&'static str>,
    /// The version of the first target, where all speak in the clear or none does, as far as that
    /// is known of everybody.
    pub version: Option<OverlayVersion>,
    wait_for_dial_back: bool,
}

impl Plan {
    /// A draft to these peers, as things are now. `own` are our own permids.
    #[must_use]
    pub fn new(
        facts: &Facts,
        registry: &Registry,
        now: Now,
        draft: &Draft,
        peers: &[PeerKey],
        own: &[Permid],
    ) -> Self {
        let Draft { message, frequency, pace, .. } = *draft;
        let probe = registry.get(message);
        let known = known(registry, message);
        let is_overlay = draft.network == Network::Overlay;
        let title = if known.name == message.to_string() || !is_overlay {
            known.name
        } else {
            format!("{message} {}", known.name)
        };
        let mut plan = Self {
            network: draft.network,
            message,
            title,
            frequency,
            timeout: timeout(registry, message),
            pace,
            marked: peers.len(),
            targets: Vec::new(),
            left_out: Vec::new(),
            payloads: Vec::new(),
            refused_before: 0,
            to_dial: 0,
            by_transport: Vec::new(),
            by_nat: Vec::new(),
            consumes: probe.filter(|probe| probe.consumes()).map(|_| consumed(message)),
            version: None,
            wait_for_dial_back: is_overlay && facts.listening().is_some(),
        };
        let by_peer = probe.filter(|_| draft.usual && known.takes_payload);
        let asked = Asked {
            network: draft.network,
            message,
            frequency,
            min: known.min_version,
            max: known.max_version,
        };
        let payload_for = |to: &Recipient| match by_peer {
            Some(probe) => probe.initiate(to),
            None => draft.payload.clone(),
        };
        let mut kinds = Kinds::default();
        for key in peers {
            match reason(facts, now, key, own, &asked).or_else(|| draft.taken_of(key)) {
                Some(reason) => plan.leave_out(reason),
                None => plan.add(facts, key, payload_for, &mut kinds),
            }
        }
        plan.by_transport.sort_by(|one, other| other.0.cmp(&one.0));
        plan.by_nat.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        plan.left_out.sort_by_key(LeftOut::order);
        plan
    }

    /// The same payload to each of these permids, which nothing is known of.
    #[cfg(test)]
    pub fn of_targets(
        message: MessageId,
        frequency: Frequency,
        payload: Bytes,
        pace: Pace,
        permids: impl Iterator<Item = Permid>,
    ) -> Self {
        let target = |permid| Target { peer: PeerKey::Permid(permid), payload: 0 };
        let targets: Vec<Target> = permids.map(target).collect();
        Self {
            network: Network::Overlay,
            message,
            title: message.to_string(),
            frequency,
            timeout: crate::messages::USUAL_TIMEOUT,
            pace,
            marked: targets.len(),
            payloads: vec![(payload, targets.len())],
            targets,
            left_out: Vec::new(),
            refused_before: 0,
            to_dial: 0,
            by_transport: Vec::new(),
            by_nat: Vec::new(),
            consumes: None,
            version: None,
            wait_for_dial_back: false,
        }
    }

    fn leave_out(&mut self, reason: Reason) {
        match self.left_out.iter_mut().find(|left| left.is_like(&reason)) {
            Some(left) => left.add(&reason),
            None => self.left_out.push(LeftOut::new(reason)),
        }
    }

    fn add(
        &mut self,
        facts: &Facts,
        key: &PeerKey,
        payload_for: impl Fn(&Recipient) -> Bytes,
        kinds: &mut Kinds,
    ) {
        let Some(peer) = facts.peer(key) else { return };
        let version = peer.version.unwrap_or(OverlayVersion::CURRENT);
        let payload = payload_for(&Recipient { permid: peer.permid(), version });
        let at = *kinds.payloads.entry(payload).or_insert_with_key(|payload| {
            self.payloads.push((payload.clone(), 0));
            self.payloads.len() - 1
        });
        self.payloads[at].1 += 1;
        let payload = at;
        let is_encrypted = |version: OverlayVersion| version.is_encrypted();
        if self.targets.is_empty() {
            self.version = peer.version;
        } else if peer.version.map(is_encrypted) != self.version.map(is_encrypted) {
            self.version = None;
        }
        self.targets.push(Target { peer: key.clone(), payload });
        if self.network != Network::Overlay {
            return; // what follows is the overlay's
        }
        self.refused_before +=
            usize::from(peer.refuses() || matches!(peer.state, State::Refused { .. }));
        self.to_dial += usize::from(!peer.connected());
        let kind = (peer.version, peer.transport);
        let at = *kinds.transports.entry(kind).or_insert_with(|| self.transport(peer));
        self.by_transport[at].1 += 1;
        let nat = peer.nat.as_deref().unwrap_or("not measured");
        match self.by_nat.iter_mut().find(|(known, _)| known == nat) {
            Some((_, count)) => *count += 1,
            None => self.by_nat.push((nat.to_owned(), 1)),
        }
    }

    /// Where a peer's transport stands.
    fn transport(&mut self, peer: &Peer) -> usize {
        let (transport, readable) = match peer.version {
            Some(version) => (words::version(version, peer.transport), is_readable(peer, version)),
            None => ("version not known".to_owned(), false),
        };
        let known = self.by_transport.iter().position(|(known, ..)| *known == transport);
        known.unwrap_or_else(|| {
            self.by_transport.push((transport, 0, readable));
            self.by_transport.len() - 1
        })
    }

    /// How many are not asked.
    #[must_use]
    pub fn left_out_count(&self) -> usize {
        self.left_out.iter().map(|left| left.peers).sum()
    }

    /// The request to one of its targets.
    #[must_use]
    pub fn request(&self, target: &Target) -> Request {
        let payload = self.payload_of(target);
        match target.peer {
            PeerKey::Permid(to) => Request::Overlay(Ask {
                to,
                message: self.message,
                frequency: self.frequency,
                payload,
                timeout: self.timeout,
                origin: Origin::Operator,
                wait_for_dial_back: self.wait_for_dial_back,
            }),
            PeerKey::Address(_) => Request::Other(Question {
                peer: target.peer.clone(),
                message: self.message,
                about: payload,
                whole: self.timeout,
            }),
        }
    }

    /// What one of its targets is asked in particular.
    #[must_use]
    pub fn payload_of(&self, target: &Target) -> Bytes {
        self.payloads.get(target.payload).map(|(payload, _)| payload.clone()).unwrap_or_default()
    }

    /// Bytes of the frames that go out, all together, without TLS around them.
    #[must_use]
    pub fn traffic(&self) -> usize {
        self.payloads.iter().map(|(payload, peers)| (BEFORE_PAYLOAD + payload.len()) * peers).sum()
    }

    /// How many targets send and get everything in the clear.
    #[must_use]
    pub fn readable(&self) -> usize {
        self.by_transport.iter().filter(|(.., readable)| *readable).map(|(_, peers, _)| peers).sum()
    }

    /// How long it takes where all answer, and where nobody does.
    #[must_use]
    pub fn duration(&self) -> (Duration, Duration) {
        self.pace.duration(self.targets.len(), self.timeout)
    }
}

fn is_readable(peer: &Peer, version: OverlayVersion) -> bool {
    peer.transport.map_or(!version.is_encrypted(), |transport| transport == Transport::Legacy)
}

/// Where what is counted stands in a plan's lists, as far as it was met.
#[derive(Default)]
struct Kinds {
    /// Of some messages there are as many as peers.
    payloads: HashMap<Bytes, usize>,
    transports: HashMap<(Option<OverlayVersion>, Option<Transport>), usize>,
}

/// What peers are asked, and which versions know it.
struct Asked {
    network: Network,
    message: MessageId,
    frequency: Frequency,
    min: OverlayVersion,
    max: OverlayVersion,
}

/// Why this peer is not asked.
fn reason(facts: &Facts, now: Now, key: &PeerKey, own: &[Permid], asked: &Asked) -> Option<Reason> {
    let Some(peer) = facts.peer(key) else { return Some(Reason::NotKnown) };
    if peer.network() != asked.network {
        return Some(Reason::OtherNetwork(peer.network()));
    }
    if asked.network != Network::Overlay {
        return reason_of_other(peer, now, asked.message);
    }
    let PeerKey::Permid(permid) = key else { return Some(Reason::NotKnown) };
    let is_cause =
        |cause| matches!(&peer.state, State::Failed { failure, .. } if failure.cause == cause);
    if own.contains(permid) || is_cause(Cause::OwnPermid) {
        return Some(Reason::Own);
    }
    let Asked { message, frequency, min: needs, max: last, .. } = *asked;
    if let Some(version) = peer.version.filter(|version| *version < needs) {
        return Some(Reason::TooOld { version, needs });
    }
    if let Some(version) = peer.version.filter(|version| *version > last) {
        return Some(Reason::TooNew { version, last });
    }
    match &peer.state {
        _ if is_cause(Cause::VersionNeedsLegacy) => return Some(Reason::NeedsLegacy),
        State::Gone { .. } => return Some(Reason::Gone),
        State::Failed { .. } => return Some(Reason::Unreachable),
        State::Heard if peer.target().is_none() => return Some(Reason::NoAddress),
        _ => {}
    }
    if peer.last_of(message).is_some_and(request::Request::in_flight) {
        return Some(Reason::Asked);
    }
    let until = |left| now.wall.checked_add(left).unwrap_or(now.wall);
    match facts.acceptance().acceptance(*permid, message, frequency, now.instant) {
        Acceptance::Now | Acceptance::Unknown => None,
        Acceptance::In(left) => Some(Reason::NotYet(until(left))),
        Acceptance::AtMost(left) | Acceptance::IfCounted(left) => {
            Some(Reason::MaybeNotYet(until(left)))
        }
    }
}

/// The same of a BitTorrent peer or a node of the DHT. Each question dials anew, so that one that
/// was not there before may be asked again.
fn reason_of_other(peer: &Peer, now: Now, message: MessageId) -> Option<Reason> {
    if peer.last_of(message).is_some_and(request::Request::in_flight) {
        return Some(Reason::Asked);
    }
    let from = peer.other.as_ref().filter(|_| networks::gives_samples(message))?.samples_from?;
    (from.instant > now.instant).then_some(Reason::SamplesFrom(from.wall))
}

/// What each peer loses by answering (protocol.md §5).
const fn consumed(message: MessageId) -> &'static str {
    match message {
        MessageId::SEEDINGSTATS_QUERY => {
            "statistics, which each peer marks as crawled: no Crawler gets them again"
        }
        MessageId::REPEX_QUERY => {
            "swarm caches, which each peer clears: the next Crawler gets none"
        }
        MessageId::PUNCTURE_QUERY => "the log, which each peer empties: the next Crawler gets none",
        MessageId::USEREVENTLOG_QUERY => {
            "events, which each peer deletes: no Crawler gets them again"
        }
        _ => "records, which each peer deletes: the next Crawler gets none",
    }
}
