//! Who is known, from whom, at which address, and how attempts to reach them went.
//!
//! What somebody says of a third peer is hearsay: it has a source, never displaces what we saw ourselves, is the first to be
//! forgotten, and is dialled only with its permid pinned (protocol.md §3, §7).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::conn::AttemptId;
use super::event::{PeerKey, Source};
use super::random::Random;
use super::target;
use swarmscope_wire::{OverlayVersion, Permid};

/// At this many failed attempts in a row the original gives a peer up (§4).
pub(super) const GIVES_UP_AT: u32 = 28;
/// How many peers that we never saw ourselves are kept in mind on the word of one source: five full BuddyCast messages. So one
/// source can't fill the directory.
const MAX_FROM_ONE: usize = 100;
/// After the first failure, doubled after each further one up to the longest: 28 attempts take about a day.
const FIRST_RETRY: Duration = Duration::from_secs(15);
const LONGEST_RETRY: Duration = Duration::from_secs(3600);
/// A connection that ends sooner than this counts as a failure where the time of the next attempt is set.
const SHORT_LIVED: Duration = Duration::from_secs(60);

/// Where a peer is said to listen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    /// The address, where the host is one and not a name.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.host.parse().ok().map(|ip| SocketAddr::new(ip, self.port))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&target::place(&self.host, self.port))
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port() }
    }
}

/// What is known of one peer.
#[derive(Debug)]
struct Known {
    place: Option<Place>,
    /// Where it was when it proved its permid: the address that we may tell others.
    seen: Option<SocketAddr>,
    /// Who says so.
    source: Source,
    version: Option<OverlayVersion>,
    heard: Instant,
    retry: Retry,
}

#[derive(Debug, Default)]
struct Retry {
    failures: u32,
    short_lived: u32,
    not_before: Option<Instant>,
}

impl Retry {
    fn wait(&mut self, random: &mut Random, now: Instant) {
        let times = (self.failures + self.short_lived).clamp(1, 16);
        let wait = (FIRST_RETRY * (1 << (times - 1))).min(LONGEST_RETRY);
        let jitter = wait.mul_f64(random.below(250) as f64 / 1000.0);
        self.not_before = Some(now + wait + jitter);
    }

    fn is_due(&self, now: Instant) -> bool {
        self.failures < GIVES_UP_AT && self.not_before.is_none_or(|at| at <= now)
    }
}

/// A dial under way.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) peer: PeerKey,
    pub(super) place: Place,
    /// The connection is to stay, once it is made.
    pub(super) keep: bool,
}

/// Whether word of a peer told anything new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// A new peer, or another address of a known one.
    Fresh,
    Stale,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Directory {
    known: HashMap<Permid, Known>,
    /// Bootstrap targets whose permid is not known yet.
    unnamed: HashMap<Place, Retry>,
    /// Targets of a long bootstrap list that wait for their first dial.
    listed: VecDeque<(PeerKey, Place)>,
    /// How many peers are kept in mind.
    max_known: usize,
    /// How many that we never saw ourselves each source has told of.
    told: HashMap<Permid, usize>,
    attempts: HashMap<AttemptId, Attempt>,
    next_attempt: u64,
}

impl Directory {
    pub(super) fn new(max_known: usize) -> Self {
        Self {
            known: HashMap::new(),
            unnamed: HashMap::new(),
            listed: VecDeque::new(),
            max_known,
            told: HashMap::new(),
            attempts: HashMap::new(),
            next_attempt: 1,
        }
    }

    /// Changes what is known of a peer, and keeps count of who told of it.
    fn change<T>(&mut self, permid: Permid, change: impl FnOnce(&mut Known) -> T) -> Option<T> {
        let known = self.known.get_mut(&permid)?;
        let before = known.teller();
        let changed = change(known);
        let after = known.teller();
        if before != after {
            self.tells(after);
            self.told_less(before);
        }
        Some(changed)
    }

    fn forget(&mut self, permid: Permid) -> bool {
        let forgotten = self.known.remove(&permid);
        self.told_less(forgotten.as_ref().and_then(Known::teller));
        forgotten.is_some()
    }

    fn enter(&mut self, permid: Permid, source: Source, now: Instant) {
        let known = Known::new(source, now);
        self.tells(known.teller());
        self.known.insert(permid, known);
    }

    fn tells(&mut self, teller: Option<Permid>) {
        if let Some(teller) = teller {
            *self.told.entry(teller).or_default() += 1;
        }
    }

    fn told_less(&mut self, teller: Option<Permid>) {
        let Some(teller) = teller else { return };
        let count = self.told.get(&teller).map_or(0, |count| count.saturating_sub(1));
        if count == 0 {
            self.told.remove(&teller);
        } else {
            self.told.insert(teller, count);
        }
    }

    /// Someone we trust (the operator, a file) says where a peer is.
    pub(super) fn tell(&mut self, permid: Permid, place: Place, source: Source, now: Instant) -> News {
        if !self.known.contains_key(&permid) {
            self.enter(permid, source.clone(), now);
        }
        let changed = self.change(permid, |known| {
            known.source = source;
            let news = if known.place.as_ref() == Some(&place) { News::Stale } else { News::Fresh };
            known.place = Some(place);
            known.retry = Retry::default();
            news
        });
        changed.unwrap_or(News::Stale)
    }

    /// A target without a permid, to be dialled by rounds until it has told who it is.
    pub(super) fn tell_unnamed(&mut self, place: Place) {
        self.unnamed.insert(place, Retry::default());
    }

    /// A target of a long list is to be dialled when its turn comes.
    pub(super) fn list(&mut self, peer: PeerKey, place: Place) {
        self.listed.push_back((peer, place));
    }

    /// The next target of a long list that nobody has dialled meanwhile.
    pub(super) fn next_listed(&mut self) -> Option<(PeerKey, Place)> {
        loop {
            let (peer, place) = self.listed.pop_front()?;
            let retry = match &peer {
                PeerKey::Permid(permid) => self.known.get(permid).map(|known| &known.retry),
                PeerKey::Address(_) => self.unnamed.get(&place),
            };
            if retry.is_some_and(|retry| retry.failures == 0) {
                return Some((peer, place));
            }
        }
    }

    /// A peer says where a third one is.
    pub(super) fn hear(
        &mut self,
        permid: Permid,
        address: SocketAddr,
        version: Option<OverlayVersion>,
        from: Permid,
        now: Instant,
    ) -> News {
        let source = Source::BuddyCast(from);
        if !self.known.contains_key(&permid) {
            if !self.make_room(Some(from)) {
                return News::Stale;
            }
            self.enter(permid, source.clone(), now);
        }
        let changed = self.change(permid, |known| {
            known.heard = now;
            known.version = known.version.or(version);
            let place = Place::from(address);
            let doubted = known.seen.is_none() || known.retry.failures > 0;
            if known.place.is_some() && !(doubted && known.place.as_ref() != Some(&place)) {
                return News::Stale;
            }
            (known.place, known.source, known.retry) = (Some(place), source, Retry::default());
            News::Fresh
        });
        changed.unwrap_or(News::Stale)
    }

    /// Forgets the one that was heard of longest ago, where this source has told of too many or the directory is full; never one
    /// that we saw ourselves.
    fn make_room(&mut self, teller: Option<Permid>) -> bool {
        let told = teller.and_then(|teller| self.told.get(&teller)).copied().unwrap_or(0);
        let unseen = || self.known.iter().filter(|(_, known)| known.seen.is_none());
        let oldest = if told >= MAX_FROM_ONE {
            unseen().filter(|(_, known)| known.teller() == teller).min_by_key(|(_, known)| known.heard)
        } else if self.known.len() >= self.max_known {
            unseen().min_by_key(|(_, known)| known.heard)
        } else {
            return true;
        };
        let oldest = oldest.map(|(permid, _)| *permid);
        oldest.is_some_and(|permid| self.forget(permid))
    }

    /// A peer has proved its permid. `listening` is where it can be dialled, as far as is known; `dialled` what we dialled.
    pub(super) fn saw(
        &mut self,
        permid: Permid,
        dialled: Option<Place>,
        listening: Option<SocketAddr>,
        version: OverlayVersion,
        now: Instant,
    ) -> News {
        let news = if self.known.contains_key(&permid) { News::Stale } else { News::Fresh };
        if news == News::Fresh && !self.make_room(None) {
            self.forget_one_seen();
        }
        if news == News::Fresh {
            let source = if dialled.is_some() { Source::Operator } else { Source::Incoming };
            self.enter(permid, source, now);
        }
        self.change(permid, |known| {
            known.heard = now;
            known.version = Some(version);
            known.seen = listening.or(known.seen);
            known.place = dialled.or_else(|| listening.map(Place::from)).or_else(|| known.place.take());
            known.retry.failures = 0;
            known.retry.not_before = None;
        });
        news
    }

    /// The directory is full of peers that we saw: the one that was longest ago goes.
    fn forget_one_seen(&mut self) {
        let oldest = self.known.iter().min_by_key(|(_, known)| known.heard).map(|(permid, _)| *permid);
        if let Some(permid) = oldest {
            self.forget(permid);
        }
    }

    pub(super) fn place(&self, permid: Permid) -> Option<&Place> {
        self.known.get(&permid)?.place.as_ref()
    }

    /// Enters a dial; `None` if one to this peer is under way.
    pub(super) fn begin(&mut self, peer: PeerKey, place: Place, keep: bool) -> Option<AttemptId> {
        if let Some(attempt) = self.attempts.values_mut().find(|attempt| attempt.peer == peer) {
            attempt.keep |= keep;
            return None;
        }
        let id = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        self.attempts.insert(id, Attempt { peer, place, keep });
        Some(id)
    }

    pub(super) fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(&id)
    }

    /// A dial has ended, one way or the other.
    pub(super) fn end(&mut self, id: AttemptId) -> Option<Attempt> {
        self.attempts.remove(&id)
    }

    /// Dials under way.
    pub(super) fn dialling(&self) -> usize {
        self.attempts.len()
    }

    pub(super) fn is_dialling(&self, permid: Permid) -> bool {
        self.attempts.values().any(|attempt| attempt.peer == PeerKey::Permid(permid))
    }

    /// An attempt failed: how many in a row.
    pub(super) fn failed(&mut self, attempt: &Attempt, random: &mut Random, now: Instant) -> u32 {
        let retry = match &attempt.peer {
            PeerKey::Permid(permid) => self.known.get_mut(permid).map(|known| &mut known.retry),
            PeerKey::Address(_) => self.unnamed.get_mut(&attempt.place),
        };
        let Some(retry) = retry else { return 1 };
        retry.failures += 1;
        retry.wait(random, now);
        retry.failures
    }

    /// Who is there is not who was said to be: hearsay that is wrong is forgotten, and a target that is ourselves.
    pub(super) fn disproved(&mut self, attempt: &Attempt) {
        self.unnamed.remove(&attempt.place);
        if let PeerKey::Permid(permid) = attempt.peer
            && self.known.get(&permid).is_some_and(|known| known.seen.is_none())
        {
            self.forget(permid);
        }
    }

    /// The last connection of a peer has ended.
    pub(super) fn lost(&mut self, permid: Permid, since: Instant, random: &mut Random, now: Instant) {
        let Some(known) = self.known.get_mut(&permid) else { return };
        known.retry.short_lived = if now < since + SHORT_LIVED { known.retry.short_lived + 1 } else { 0 };
        known.retry.wait(random, now);
    }

    /// When a peer may be dialled again by itself; `None` once it is given up or not known any more.
    pub(super) fn retry_at(&self, permid: Permid, now: Instant) -> Option<Instant> {
        let known = self.known.get(&permid).filter(|known| known.retry.failures < GIVES_UP_AT)?;
        Some(known.retry.not_before.unwrap_or(now))
    }

    /// Peers that a round may dial.
    pub(super) fn candidates(&self, now: Instant) -> impl Iterator<Item = Permid> {
        let due = move |known: &Known| known.place.is_some() && known.retry.is_due(now);
        self.known.iter().filter(move |(_, known)| due(known)).map(|(permid, _)| *permid)
    }

    /// Targets without a permid that a round may dial.
    pub(super) fn unnamed_candidates(&self, now: Instant) -> impl Iterator<Item = &Place> {
        self.unnamed.iter().filter(move |(_, retry)| retry.is_due(now)).map(|(place, _)| place)
    }

    /// A target has told who it is.
    pub(super) fn named(&mut self, place: &Place) {
        self.unnamed.remove(place);
    }

    /// Whom we may tell others of: peers that proved their permid to us, where they listen.
    pub(super) fn seen(&self) -> impl Iterator<Item = (Permid, SocketAddr, Option<OverlayVersion>)> {
        self.known.iter().filter_map(|(permid, known)| Some((*permid, known.seen?, known.version)))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

impl Known {
    fn new(source: Source, now: Instant) -> Self {
        Self { place: None, seen: None, source, version: None, heard: now, retry: Retry::default() }
    }

    /// On whose word alone it is known.
    fn teller(&self) -> Option<Permid> {
        match self.source {
            Source::BuddyCast(teller) if self.seen.is_none() => Some(teller),
            _ => None,
        }
    }
}

/// Whether a peer at `peer` can have anything to say of, or do with, the address `of`: nobody from outside makes us dial into
/// our own machine or network, and nobody outside is told of it.
pub(super) fn concerns(of: SocketAddr, peer: IpAddr) -> bool {
    reach(of.ip()).is_some_and(|reach_of| of.port() != 0 && Some(reach_of) >= reach(peer))
}

/// How far an address can be used from; `None` where no peer can be.
fn reach(ip: IpAddr) -> Option<Reach> {
    let ip = ip.to_canonical();
    if ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    let near = match ip {
        IpAddr::V4(v4) if v4.is_broadcast() => return None,
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    Some(match (ip.is_loopback(), near) {
        (true, _) => Reach::Machine,
        (_, true) => Reach::Network,
        _ => Reach::World,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reach {
    Machine,
    Network,
    World,
}
