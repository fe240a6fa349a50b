//! Peer counts by state, updated as peers change: the status bar never scans all peers.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use crate::list::order::AT_ONCE;
use crate::peer::{Peer, State};
use crate::present::Present;
use crate::request::Request;
use swarmscope_networks::target::Network;
use swarmscope_wire::{Frequency, MessageId};

/// The networks, as their peers are counted.
pub const NETWORKS: [Network; 3] = [Network::Overlay, Network::BitTorrent, Network::Dht];

/// The counts, and what each peer adds to them.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// Connected.
    pub connected: usize,
    /// Of another network than the overlay, and answering.
    pub answered: usize,
    /// Heard of, or being connected to.
    pub waiting: usize,
    /// Their connection has ended.
    pub gone: usize,
    /// They would not have us.
    pub refused: usize,
    /// They were not reached.
    pub failed: usize,
    /// Peers with a signal.
    pub signals: usize,
    /// Requests that may still be answered.
    pub in_flight: usize,
    /// Peers of each network, in the order of [`NETWORKS`].
    pub networks: [usize; 3],
    shares: Vec<Share>,
    /// Who answered the composer's message with 254 and would again, by the time until when.
    not_yet: BTreeSet<(Instant, usize)>,
    /// Until when that is, of each of them.
    until: HashMap<usize, Instant>,
    asked: Option<(MessageId, Frequency)>,
    /// The message is another one: from this place on nobody was looked at for it.
    next: Option<usize>,
}

/// What one peer adds.
#[derive(Clone, Copy, Default, Debug)]
struct Share {
    class: Option<Class>,
    network: u8,
    signals: bool,
    in_flight: u32,
}

#[derive(Clone, Copy, Debug)]
enum Class {
    Connected,
    Answered,
    Waiting,
    Gone,
    Refused,
    Failed,
}

impl Tally {
    /// Peers that would answer the composer's message with 254 now; `None` while they are counted.
    #[must_use]
    pub fn not_yet(&self) -> Option<usize> {
        self.next.is_none().then_some(self.not_yet.len())
    }

    /// Whether something is left to [`Self::go_on`] with.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.next.is_some()
    }

    /// Whether there are peers of other networks than the overlay.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.networks[1..].iter().any(|count| *count > 0)
    }

    /// Whether there are peers of more than one network.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        self.networks.iter().filter(|count| **count > 0).count() > 1
    }

    /// Takes in what has changed: these peers, the composer's message, the time.
    pub fn update(&mut self, facts: &Present, changed: &[usize]) {
        let asked = Some((facts.message, facts.frequency));
        if self.asked != asked {
            self.asked = asked;
            self.not_yet.clear();
            self.until.clear();
            self.next = Some(0);
            self.go_on(facts);
        }
        for &index in changed {
            self.count(facts, index);
        }
        while self.not_yet.first().is_some_and(|(until, _)| *until <= facts.now.instant) {
            self.not_yet.pop_first();
        }
    }

    /// Looks at some more peers for another message.
    pub fn go_on(&mut self, facts: &Present) {
        let Some(next) = self.next else { return };
        let end = (next + AT_ONCE).min(facts.peers.places());
        for index in next..end {
            self.wait_until(index, facts.peers.at(index).and_then(|peer| not_yet(facts, peer)));
        }
        self.next = (end < facts.peers.places()).then_some(end);
    }

    fn wait_until(&mut self, index: usize, until: Option<Instant>) {
        let before = match until {
            Some(until) => self.until.insert(index, until),
            None => self.until.remove(&index),
        };
        if before != until {
            before.map(|before| self.not_yet.remove(&(before, index)));
            until.map(|until| self.not_yet.insert((until, index)));
        }
    }

    fn count(&mut self, facts: &Present, index: usize) {
        if self.shares.len() <= index {
            self.shares.resize(index + 1, Share::default());
        }
        let peer = facts.peers.at(index);
        let share = peer.map(Share::of).unwrap_or_default();
        let old = std::mem::replace(&mut self.shares[index], share);
        if let Some(class) = old.class {
            self.networks[usize::from(old.network)] -= 1;
            *self.of(class) -= 1;
        }
        if let Some(class) = share.class {
            self.networks[usize::from(share.network)] += 1;
            *self.of(class) += 1;
        }
        self.signals = self.signals + usize::from(share.signals) - usize::from(old.signals);
        self.in_flight = self.in_flight + share.in_flight as usize - old.in_flight as usize;
        self.wait_until(index, peer.and_then(|peer| not_yet(facts, peer)));
    }

    const fn of(&mut self, class: Class) -> &mut usize {
        match class {
            Class::Connected => &mut self.connected,
            Class::Answered => &mut self.answered,
            Class::Waiting => &mut self.waiting,
            Class::Gone => &mut self.gone,
            Class::Refused => &mut self.refused,
            Class::Failed => &mut self.failed,
        }
    }
}

impl Share {
    fn of(peer: &Peer) -> Self {
        let class = match peer.state {
            State::Connected { .. } => Class::Connected,
            State::Answered { .. } => Class::Answered,
            State::Heard | State::Connecting { .. } => Class::Waiting,
            State::Gone { .. } => Class::Gone,
            State::Refused { .. } => Class::Refused,
            State::Failed { .. } => Class::Failed,
        };
        let in_flight = peer.requests.iter().filter(|request| request.in_flight()).count();
        let network = NETWORKS.iter().position(|of| *of == peer.network()).unwrap_or(0);
        Self {
            class: Some(class),
            network: u8::try_from(network).unwrap_or_default(),
            signals: peer.signals > 0,
            in_flight: u32::try_from(in_flight).unwrap_or(u32::MAX),
        }
    }
}

/// Until when a peer would answer the composer's message with 254, as far as it has said so; none
/// where that is over.
fn not_yet(facts: &Present, peer: &Peer) -> Option<Instant> {
    let was_254 = peer.last_of(facts.message).is_some_and(Request::was_254) && !peer.refuses();
    let until = if was_254 { facts.accepted_from(peer) } else { None };
    until.filter(|until| *until > facts.now.instant)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::notes::Notes;
    use crate::now::Now;
    use crate::peers::Peers;
    use crate::request::{Outcome, Reply};
    use swarmscope_peer::crawler::AcceptanceLog;
    use swarmscope_peer::node::{Origin, PeerKey, Ticket};
    use swarmscope_wire::{ErrorByte, Permid};

    /// Its newest answer.
    fn was_254(at: Now) -> Request {
        let none = bytes::Bytes::new();
        let (id, hour) = (MessageId::NATCHECK, Frequency(3600));
        let mut request = Request::new(Ticket(1), 1, id, hour, none, Origin::Operator, at);
        request.outcome = Outcome::Replied(Reply {
            error: ErrorByte::FREQUENCY,
            payload: None,
            bytes: 0,
            parts: 1,
            elapsed: Duration::ZERO,
            dialled_back: false,
            as_read: false,
            at,
            decoding: None,
            malformed: false,
            sha256: None,
            digests: None,
        });
        request
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // an origin for virtual time
    fn who_would_answer_by_now_is_in_no_step_counted_among_those_who_would_not() {
        let at = Now { instant: Instant::now(), wall: UNIX_EPOCH };
        let after = |seconds| Now { instant: at.instant + Duration::from_secs(seconds), ..at };
        let (mut peers, mut acceptance) = (Peers::new(2 * AT_ONCE), AcceptanceLog::default());
        for n in 0..=AT_ONCE {
            peers.entry(&PeerKey::Address(n.to_string()));
        }
        let who = Permid::Ed25519([1; 32]);
        peers.entry(&PeerKey::Permid(who)).unwrap().requests.push(Arc::new(was_254(at)));
        acceptance.record_254(who, MessageId::NATCHECK, at.instant, Frequency(3600));
        let notes = Notes::default();
        let facts = |now| Present {
            peers: &peers,
            notes: &notes,
            acceptance: &acceptance,
            message: MessageId::NATCHECK,
            frequency: Frequency(3600),
            target: None,
            now,
            origin: at.instant,
            privacy: false,
        };
        for (now, not_yet) in [(after(60), 1), (after(7200), 0)] {
            let mut tally = Tally::default();
            tally.update(&facts(now), &[]);
            assert_eq!(tally.not_yet(), None, "they are counted");
            tally.go_on(&facts(now));
            assert_eq!(tally.not_yet(), Some(not_yet));
        }
    }
}
