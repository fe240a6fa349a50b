//! The known peers: their source, their addresses, and the attempts to reach them.
//!
//! What a peer says about another is hearsay: it has a source, never displaces what we saw
//! ourselves, is the first to be forgotten, and is dialled only with its permid pinned (protocol.md
//! §3, §7).

mod dials;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::conn::AttemptId;
use super::event::{PeerKey, Source};
use super::random::Random;
use super::retention::{Group, Rank, Retention, Worth};
use super::target;
use crate::limits::{Limit, Limits, Meter};
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// At this many failed attempts in a row the original gives a peer up (§4).
pub(super) const GIVES_UP_AT: u32 = 28;
/// After the first failure, doubled after each further one up to the longest: 28 attempts take
/// about a day.
const FIRST_RETRY: Duration = Duration::from_secs(15);
const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// Where a peer is said to listen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    /// The address, where the host is one and not a name.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        // with its interface, where it is a link-local one
        target::place(&self.host, self.port).parse().ok()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&target::place(&self.host, self.port))
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
            other => other.ip().to_string(),
        };
        Self { host, port: address.port() }
    }
}

/// The same host, and its interface, at another port.
pub(super) fn at_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// Word of a peer within this time of the last one changes nothing of who is forgotten first: a
/// Crawler hears of everybody hundreds of times in a round.
const REFRESH: Duration = Duration::from_secs(60);
/// A survey says again that a peer is spoken of after this time: whoever writes it down forgets, by
/// days, who is spoken of no more, and may have had no room for it the first time. At 50 000 peers
/// that is 14 times a second.
const REPEAT: Duration = Duration::from_secs(3600);

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
    /// When word of it was last [`News::Fresh`].
    told: Instant,
    retry: Retry,
    /// The operator or a file has named it.
    named: bool,
    connected: bool,
    /// We have dialled it, and it was there.
    reached: bool,
    /// The operator has disconnected it: nobody else dials it.
    held_off: bool,
    /// It was met on the old protocol, and speaks the new one.
    moves: Moves,
    /// Where it stands in [`Retention`].
    put_at: Option<Rank>,
}

/// Whether a peer that was met on the old protocol is dialled on the new one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Moves {
    /// It does not offer the new one, or was not there when it was dialled on it.
    #[default]
    Not,
    /// It offers the new one.
    Next,
    /// It is dialled on the new one, where it has another permid.
    Moved,
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
    /// A new peer, or another address of a known one; in a survey also one not told of for long.
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
    limits: Limits,
    meter: Meter,
    /// Whether word of a peer is told again after a time.
    repeats: bool,
    /// Who goes first.
    retention: Retention,
    attempts: HashMap<AttemptId, Attempt>,
    /// Whom they are to.
    dialled: HashMap<PeerKey, AttemptId>,
    next_attempt: u64,
}

impl Directory {
    pub(super) fn new(limits: &Limits, meter: Meter, repeats: bool) -> Self {
        Self {
            known: HashMap::new(),
            unnamed: HashMap::new(),
            listed: VecDeque::new(),
            limits: *limits,
            meter,
            repeats,
            retention: Retention::default(),
            attempts: HashMap::new(),
            dialled: HashMap::new(),
            next_attempt: 1,
        }
    }

    /// Changes what is known of a peer, and what it is worth.
    fn change<T>(&mut self, permid: Permid, change: impl FnOnce(&mut Known) -> T) -> Option<T> {
        let known = self.known.get_mut(&permid)?;
        let changed = change(known);
        let rank = known.rank();
        let before = known.put_at.replace(rank);
        if before != Some(rank) {
            if let Some(before) = before {
                self.retention.remove(permid, before);
            }
            self.retention.put(permid, rank);
        }
        Some(changed)
    }

    fn forget(&mut self, permid: Permid) {
        let Some(known) = self.known.remove(&permid) else { return };
        self.meter.uses(Limit::Known, self.known.len() as u64);
        if let Some(rank) = known.put_at {
            self.retention.remove(permid, rank);
        }
    }

    /// Enters a peer of which nothing is known yet; what it is worth is known after the first
    /// change.
    fn enter(&mut self, permid: Permid, source: Source, now: Instant) {
        self.known.insert(permid, Known::new(source, now));
        self.meter.uses(Limit::Known, self.known.len() as u64);
    }

    /// Someone we trust (the operator, a file) says where a peer is.
    pub(super) fn tell(
        &mut self,
        permid: Permid,
        place: Place,
        source: Source,
        now: Instant,
    ) -> News {
        if !self.known.contains_key(&permid) {
            self.enter(permid, source.clone(), now);
        }
        let changed = self.change(permid, |known| {
            known.source = source;
            let news = if known.place.as_ref() == Some(&place) { News::Stale } else { News::Fresh };
            known.place = Some(place);
            known.retry = Retry::default();
            known.named = true;
            known.held_off = false;
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
        if let Some(known) = self.known.get_mut(&permid) {
            known.version = known.version.or(version);
            if now < known.heard + REFRESH && !known.is_news(address) {
                return News::Stale;
            }
        } else {
            if !self.make_room(Worth::Hearsay, Some(Group::Told(from))) {
                return News::Stale;
            }
            self.enter(permid, source.clone(), now);
        }
        let repeats = self.repeats;
        let changed = self.change(permid, |known| {
            known.heard = now;
            known.version = known.version.or(version);
            if known.is_news(address) {
                let place = Some(Place::from(address));
                (known.place, known.source, known.retry) = (place, source, Retry::default());
            } else if !repeats || now < known.told + REPEAT {
                return News::Stale;
            }
            known.told = now;
            News::Fresh
        });
        changed.unwrap_or(News::Stale)
    }

    /// Makes room for a peer of this worth: where one group has too many the oldest of them goes,
    /// where the directory is full the one that is worth least and no more than the newcomer.
    /// `false`: there is none.
    fn make_room(&mut self, newcomer: Worth, group: Option<Group>) -> bool {
        let of_group = group.map(|group| {
            let ((limit, most), count) = (group.most(&self.limits), self.retention.count(group));
            self.meter.uses(limit, count as u64);
            (group, limit, count >= most)
        });
        let goes = match of_group {
            Some((group, limit, true)) => {
                self.meter.refused(limit);
                self.retention.oldest_of(group)
            }
            _ if self.known.len() < self.limits.known => return true,
            _ => {
                self.meter.refused(Limit::Known);
                let least = self.retention.least().filter(|(worth, _)| *worth <= newcomer);
                least.map(|(_, permid)| permid)
            }
        };
        if let Some(permid) = goes {
            self.forget(permid);
        }
        goes.is_some()
    }

    /// A peer has proved its permid. `listening` is where it can be dialled, as far as is known;
    /// `dialled` what we dialled.
    pub(super) fn saw(
        &mut self,
        permid: Permid,
        dialled: Option<Place>,
        listening: Option<SocketAddr>,
        version: OverlayVersion,
        now: Instant,
    ) -> News {
        let news = if self.known.contains_key(&permid) { News::Stale } else { News::Fresh };
        if news == News::Fresh {
            // Connections are bounded elsewhere: where everybody else is worth more, this one is
            // entered all the same.
            let group = listening
                .filter(|_| dialled.is_none())
                .map(|address| Group::Near(address.ip().into()));
            self.make_room(Worth::Reached, group);
            let source = if dialled.is_some() { Source::Operator } else { Source::Incoming };
            self.enter(permid, source, now);
        }
        self.change(permid, |known| {
            known.heard = now;
            known.version = Some(version);
            known.seen = listening.or(known.seen);
            known.connected = true;
            known.reached |= dialled.is_some();
            known.held_off &= dialled.is_none();
            known.place =
                dialled.or_else(|| listening.map(Place::from)).or_else(|| known.place.take());
            known.retry.failures = 0;
            known.retry.not_before = None;
        });
        news
    }

    /// A peer has announced the highest version that it speaks, in what it signed.
    pub(super) fn offers(&mut self, permid: Permid, version: OverlayVersion) {
        let moves = permid.kind() == PermidKind::Sect233k1 && version.is_encrypted();
        self.change(permid, |known| known.moves = if moves { Moves::Next } else { Moves::Not });
    }

    /// Where a peer is dialled on the new protocol, if it was met on the old one and speaks both.
    /// What is known of its old permid is not dialled any more, unless nobody is there.
    pub(super) fn moves_up(&mut self, permid: Permid) -> Option<Place> {
        let place = self.place(permid).cloned()?;
        self.change(permid, |known| {
            let moves = known.moves == Moves::Next && !known.named;
            if moves {
                known.moves = Moves::Moved;
            }
            moves.then_some(place)
        })?
    }

    /// Nobody was there on the new protocol: the old one will do.
    fn stays_below(&mut self, place: &Place) {
        let here =
            |known: &Known| known.moves == Moves::Moved && known.place.as_ref() == Some(place);
        for known in self.known.values_mut().filter(|known| here(known)) {
            known.moves = Moves::Not;
        }
    }

    pub(super) fn place(&self, permid: Permid) -> Option<&Place> {
        self.known.get(&permid)?.place.as_ref()
    }

    /// How long the next attempt waits.
    pub(super) fn wait(&self, attempt: &Attempt, now: Instant) -> Option<Duration> {
        let retry = match &attempt.peer {
            PeerKey::Permid(permid) => &self.known.get(permid)?.retry,
            PeerKey::Address(_) => self.unnamed.get(&attempt.place)?,
        };
        Some(retry.not_before?.saturating_duration_since(now))
    }

    /// Peers that a round may dial.
    pub(super) fn candidates(&self, now: Instant) -> impl Iterator<Item = Permid> {
        let due = move |known: &Known| {
            known.place.is_some()
                && !known.held_off
                && known.moves != Moves::Moved
                && known.retry.is_due(now)
        };
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
    pub(super) fn seen(
        &self,
    ) -> impl Iterator<Item = (Permid, SocketAddr, Option<OverlayVersion>)> {
        self.known.iter().filter_map(|(permid, known)| Some((*permid, known.seen?, known.version)))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

impl Known {
    fn new(source: Source, now: Instant) -> Self {
        let retry = Retry::default();
        let (named, connected, reached, held_off) = (false, false, false, false);
        Self {
            place: None,
            seen: None,
            source,
            version: None,
            heard: now,
            told: now,
            retry,
            named,
            connected,
            reached,
            held_off,
            moves: Moves::Not,
            put_at: None,
        }
    }

    /// Whether hearsay of this address changes where it is dialled: only where that is not known,
    /// or nobody was found there.
    fn is_news(&self, address: SocketAddr) -> bool {
        let is_doubted = self.seen.is_none() || self.retry.failures > 0;
        self.place.as_ref().is_none_or(|place| {
            is_doubted && (place.port != address.port() || place.host.parse() != Ok(address.ip()))
        })
    }

    fn rank(&self) -> Rank {
        Rank { worth: self.worth(), heard: self.heard, group: self.group() }
    }

    fn worth(&self) -> Worth {
        match self {
            Self { named: true, .. } => Worth::Named,
            Self { connected: true, .. } => Worth::Connected,
            Self { reached: true, .. } => Worth::Reached,
            Self { seen: None, source: Source::BuddyCast(_), .. } => Worth::Hearsay,
            _ => Worth::Stranger,
        }
    }

    /// Whose share it counts towards.
    fn group(&self) -> Option<Group> {
        match (self.worth(), &self.source, self.seen) {
            (Worth::Hearsay, Source::BuddyCast(teller), _) => Some(Group::Told(*teller)),
            (Worth::Stranger, _, Some(seen)) => Some(Group::Near(seen.ip().into())),
            _ => None,
        }
    }
}
