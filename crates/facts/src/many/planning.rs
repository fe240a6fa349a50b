//! A plan in the making, peer by peer: to look at a million takes seconds, for which no key may wait.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;

use super::leave_out::{LeftOut, Reason};
use super::plan::{Draft, Plan, Target};
use crate::facts::Facts;
use crate::messages::{known, timeout};
use crate::networks;
use crate::now::Now;
use crate::peer::{Peer, State};
use crate::{request, words};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::{Acceptance, Recipient, Registry};
use swarmscope_peer::node::{PeerKey, Transport};
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// How things are when a peer is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// What is known of everybody.
    pub facts: &'a Facts,
    /// What can be asked.
    pub registry: &'a Registry,
    /// The time.
    pub now: Now,
    /// Our own permids.
    pub own: &'a [Permid],
}

/// A plan of which some peers are still to be looked at.
#[derive(Clone, Debug)]
pub struct Planning {
    plan: Plan,
    payload: Bytes,
    /// Each peer is sent the message's default for it.
    by_peer: bool,
    /// Which versions know the message.
    versions: (OverlayVersion, OverlayVersion),
    kinds: Kinds,
}

impl Planning {
    /// Begins: nobody was looked at.
    #[must_use]
    pub fn new(sight: &Sight<'_>, draft: Draft) -> Self {
        let Draft { message, frequency, payload, usual, pace, network } = draft;
        let probe = sight.registry.get(message);
        let known = known(sight.registry, message);
        let is_overlay = network == Network::Overlay;
        let by_peer = probe.is_some() && usual && known.takes_payload;
        let versions = (known.min_version, known.max_version);
        let title = if known.name == message.to_string() || !is_overlay {
            known.name
        } else {
            format!("{message} {}", known.name)
        };
        let plan = Plan {
            network,
            message,
            title,
            frequency,
            timeout: timeout(sight.registry, message),
            pace,
            marked: 0,
            targets: Vec::new(),
            left_out: Vec::new(),
            payloads: Vec::new(),
            refused_before: 0,
            to_dial: 0,
            by_transport: Vec::new(),
            by_nat: Vec::new(),
            consumes: probe.filter(|probe| probe.consumes()).map(|_| consumed(message)),
            version: None,
            wait_for_dial_back: is_overlay && sight.facts.listening().is_some(),
        };
        Self { plan, payload, by_peer, versions, kinds: Kinds::default() }
    }

    /// How many were looked at.
    #[must_use]
    pub const fn looked_at(&self) -> usize {
        self.plan.marked
    }

    /// Looks at a peer whose key comes after those of all before it. `is_taken`: another request
    /// to many is going to ask it the same.
    pub fn look_at(&mut self, sight: &Sight<'_>, key: &PeerKey, is_taken: bool) {
        self.plan.marked += 1;
        let taken = || is_taken.then_some(Reason::Taken);
        match self.reason(sight, key).or_else(taken) {
            Some(reason) => self.leave_out(reason),
            None => self.add(sight, key),
        }
    }

    /// The plan, once everybody was looked at.
    #[must_use]
    pub fn done(self) -> Plan {
        let mut plan = self.plan;
        plan.by_transport.sort_by(|one, other| other.0.cmp(&one.0));
        plan.by_nat.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        plan.left_out.sort_by_key(LeftOut::order);
        plan
    }

    fn leave_out(&mut self, reason: Reason) {
        match self.plan.left_out.iter_mut().find(|left| left.is_like(&reason)) {
            Some(left) => left.add(&reason),
            None => self.plan.left_out.push(LeftOut::new(reason)),
        }
    }

    fn add(&mut self, sight: &Sight<'_>, key: &PeerKey) {
        let Some(peer) = sight.facts.peer(key) else { return };
        let payload = self.payload_for(sight, peer);
        let plan = &mut self.plan;
        let next = plan.payloads.len();
        let at = *self.kinds.payloads.entry(hash(&payload)).or_insert(next);
        let at = if plan.payloads.get(at).is_some_and(|(known, _)| *known == payload) {
            at
        } else {
            plan.payloads.push((payload, 0));
            next
        };
        plan.payloads[at].1 += 1;
        let is_encrypted = |version: OverlayVersion| version.is_encrypted();
        if plan.targets.is_empty() {
            plan.version = peer.version;
        } else if peer.version.map(is_encrypted) != plan.version.map(is_encrypted) {
            plan.version = None;
        }
        plan.targets.push(Target { peer: key.clone(), payload: at });
        if plan.network != Network::Overlay {
            return; // what follows is the overlay's
        }
        plan.refused_before +=
            usize::from(peer.refuses() || matches!(peer.state, State::Refused { .. }));
        plan.to_dial += usize::from(!peer.connected());
        let nat = peer.nat.as_deref().unwrap_or("not measured");
        match plan.by_nat.iter_mut().find(|(known, _)| known == nat) {
            Some((_, count)) => *count += 1,
            None => plan.by_nat.push((nat.to_owned(), 1)),
        }
        let kind = (peer.version, peer.transport);
        let at = *self.kinds.transports.entry(kind).or_insert_with(|| transport(plan, peer));
        plan.by_transport[at].1 += 1;
    }

    fn payload_for(&self, sight: &Sight<'_>, peer: &Peer) -> Bytes {
        match sight.registry.get(self.plan.message).filter(|_| self.by_peer) {
            Some(probe) => {
                let version = peer.version.unwrap_or(OverlayVersion::CURRENT);
                probe.initiate(&Recipient { permid: peer.permid(), version })
            }
            None => self.payload.clone(),
        }
    }

    /// Why this peer is not asked.
    fn reason(&self, sight: &Sight<'_>, key: &PeerKey) -> Option<Reason> {
        let Sight { facts, now, own, .. } = *sight;
        let Plan { network, message, frequency, .. } = self.plan;
        let Some(peer) = facts.peer(key) else { return Some(Reason::NotKnown) };
        if peer.network() != network {
            return Some(Reason::OtherNetwork(peer.network()));
        }
        if network != Network::Overlay {
            return reason_of_other(peer, now, message);
        }
        let PeerKey::Permid(permid) = key else { return Some(Reason::NotKnown) };
        let is_cause =
            |cause| matches!(&peer.state, State::Failed { failure, .. } if failure.cause == cause);
        if own.contains(permid) || is_cause(Cause::OwnPermid) {
            return Some(Reason::Own);
        }
        let (needs, last) = self.versions;
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

/// Where what is counted stands in a plan's lists, as far as it was met.
#[derive(Clone, Default, Debug)]
struct Kinds {
    /// By a hash: of some messages there are as many as peers, and to make room for a million at once
    /// takes a second. Two of one hash are told apart in the plan.
    payloads: BTreeMap<u64, usize>,
    transports: HashMap<(Option<OverlayVersion>, Option<Transport>), usize>,
}

fn hash(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}

/// Where a peer's transport stands.
fn transport(plan: &mut Plan, peer: &Peer) -> usize {
    let (transport, readable) = match peer.version {
        Some(version) => (words::version(version, peer.transport), is_readable(peer, version)),
        None => ("version not known".to_owned(), false),
    };
    let known = plan.by_transport.iter().position(|(known, ..)| *known == transport);
    known.unwrap_or_else(|| {
        plan.by_transport.push((transport, 0, readable));
        plan.by_transport.len() - 1
    })
}

fn is_readable(peer: &Peer, version: OverlayVersion) -> bool {
    peer.transport.map_or(!version.is_encrypted(), |transport| transport == Transport::Legacy)
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
