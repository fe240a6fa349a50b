//! A flood told as its number. Some lines a second are written as they come: of the same Crawler,
//! message and outcome, of one peer in all, and of strangers and connections together. Further ones
//! are counted, and told as one when the second is over: at its narrowest, as far as there is room.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use swarmscope_peer::node::Event;
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{ErrorByte, MessageId, Permid};

/// Lines of the same within [`WINDOW`]: more than any Crawler needs, which asks once an hour.
const MOST: u64 = 20;
/// Lines of one peer: it has 256 messages, and would fill an audit's files in a minute.
const OF_A_PEER: u64 = 60;
/// Lines about strangers and connections, all peers together: there are as many permids as somebody
/// likes. An audit's files last for about half an hour of that, and for months of what Crawlers do.
/// What listed Crawlers ask and get does not count here, so that nobody else can crowd it out.
const OF_OTHERS: u64 = 200;
/// How long they are counted.
const WINDOW: Duration = Duration::from_secs(1);
/// Different things counted at the same time; what finds no room is counted among all peers.
const MANY: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Kind {
    Asked,
    Answered(ErrorByte),
    Refused(Cause),
    Undelivered(Cause),
    Connected,
    Disconnected,
}

/// What is counted as one: none for several peers, none for several messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    permid: Option<Permid>,
    kind: Kind,
    message: Option<MessageId>,
}

impl Kind {
    /// What only somebody on the allow-list can make happen.
    const fn is_of_a_listed_crawler(self) -> bool {
        matches!(self, Self::Asked | Self::Answered(_) | Self::Undelivered(_))
    }
}

impl Key {
    const fn of_the_peer(self) -> Self {
        Self { message: None, ..self }
    }

    const fn of_all(self) -> Self {
        Self { permid: None, message: None, ..self }
    }
}

/// Since the window began.
#[derive(Debug)]
struct Count {
    since: Instant,
    told: u64,
    /// Those that were not told, and the last of them.
    untold: u64,
    last: Option<Event>,
}

impl Count {
    const fn new(since: Instant) -> Self {
        Self { since, told: 0, untold: 0, last: None }
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.since + WINDOW
    }
}

/// The counts.
#[derive(Debug, Default)]
pub struct Calm {
    counts: HashMap<Key, Count>,
    /// Lines of each peer in its window.
    peers: HashMap<Permid, (Instant, u64)>,
    /// Those about strangers and connections.
    others: Option<(Instant, u64)>,
}

/// What becomes of an event.
#[derive(PartialEq, Debug)]
pub enum Verdict {
    /// It is told as it is.
    Tell(Event),
    /// It is counted.
    Counted,
}

/// Events that were counted.
#[derive(PartialEq, Debug)]
pub struct Flood {
    /// The last of them.
    pub last: Event,
    /// Whose they are; none if several peers'.
    pub permid: Option<Permid>,
    /// What was asked; none if several messages, or none at all.
    pub message: Option<MessageId>,
    pub times: u64,
}

fn key(event: &Event) -> Option<Key> {
    let (permid, kind, message) = match event {
        Event::Asked { permid, message, .. } => (permid, Kind::Asked, Some(*message)),
        Event::Answered { permid, message, error, .. } => {
            (permid, Kind::Answered(*error), Some(*message))
        }
        Event::Refused { permid, message, failure } => {
            (permid, Kind::Refused(failure.cause), Some(*message))
        }
        Event::Undelivered { permid, message, failure } => {
            (permid, Kind::Undelivered(failure.cause), Some(*message))
        }
        Event::Connected { permid, .. } => (permid, Kind::Connected, None),
        Event::Disconnected { permid, .. } => (permid, Kind::Disconnected, None),
        _ => return None,
    };
    Some(Key { permid: Some(*permid), kind, message })
}

impl Calm {
    /// An event came.
    pub fn take(&mut self, event: Event, now: Instant) -> Verdict {
        let Some(key) = key(&event) else { return Verdict::Tell(event) };
        let Some(as_what) = self.too_many(key, now) else {
            self.told(key, now);
            return Verdict::Tell(event);
        };
        let count = self.counts.entry(as_what).or_insert(Count::new(now));
        count.untold += 1;
        count.last = Some(event);
        Verdict::Counted
    }

    /// As what an event is counted, if it is not told.
    fn too_many(&self, key: Key, now: Instant) -> Option<Key> {
        let lines = |of: Option<(Instant, u64)>| {
            of.filter(|(since, _)| now < *since + WINDOW).map_or(0, |(_, lines)| lines)
        };
        let of_the_peer = lines(key.permid.and_then(|permid| self.peers.get(&permid).copied()));
        let wanted = if self.counts.get(&key).is_some_and(|count| count.told >= MOST) {
            key
        } else if of_the_peer >= OF_A_PEER {
            key.of_the_peer()
        } else if !key.kind.is_of_a_listed_crawler() && lines(self.others) >= OF_OTHERS {
            key.of_all()
        } else if self.has_room(key) {
            return None;
        } else {
            key.of_all()
        };
        Some(if self.has_room(wanted) { wanted } else { key.of_all() })
    }

    fn has_room(&self, key: Key) -> bool {
        self.counts.len() < MANY || self.counts.contains_key(&key)
    }

    fn told(&mut self, key: Key, now: Instant) {
        self.counts.entry(key).or_insert(Count::new(now)).told += 1;
        let one_more = |of: &mut (Instant, u64)| {
            *of = if now < of.0 + WINDOW { (of.0, of.1 + 1) } else { (now, 1) };
        };
        if !key.kind.is_of_a_listed_crawler() {
            one_more(self.others.get_or_insert((now, 0)));
        }
        if let Some(permid) = key.permid {
            one_more(self.peers.entry(permid).or_insert((now, 0)));
        }
    }

    /// What is to be told now that time has passed: the last of each flood, and how many it stands
    /// for.
    pub fn due(&mut self, now: Instant) -> Vec<Flood> {
        self.peers.retain(|_, (since, _)| now < *since + WINDOW);
        let over = self.counts.extract_if(|_, count| count.is_over(now));
        over.filter_map(|(key, count)| flood(key, count)).collect()
    }

    /// The same of all that is still counted, at the end.
    pub fn rest(&mut self) -> Vec<Flood> {
        self.counts.drain().filter_map(|(key, count)| flood(key, count)).collect()
    }

    /// When to ask [`Self::due`].
    pub fn next(&self) -> Option<Instant> {
        self.counts.values().map(|count| count.since + WINDOW).min()
    }
}

fn flood(key: Key, count: Count) -> Option<Flood> {
    let Key { permid, message, .. } = key;
    Some(Flood { last: count.last?, permid, message, times: count.untold })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
mod tests {
    use super::*;

    fn answered(n: u8, error: ErrorByte) -> Event {
        Event::Answered {
            permid: Permid::Ed25519([n; 32]),
            message: MessageId::NATCHECK,
            channel: swarmscope_wire::ChannelId(1),
            error,
            bytes: 15,
        }
    }

    #[test]
    fn of_a_flood_some_are_told_and_all_are_counted() {
        let (mut calm, t0) = (Calm::default(), Instant::now());
        let mut told = 0;
        for _ in 0..1000 {
            told += u64::from(calm.take(answered(1, ErrorByte::FREQUENCY), t0) != Verdict::Counted);
        }
        let other = answered(2, ErrorByte::SUCCESS);
        assert_eq!(calm.take(other.clone(), t0), Verdict::Tell(other), "somebody else");
        assert_eq!(calm.due(t0), []);
        let next = calm.next().expect("something to tell");
        let due = calm.due(next);
        let flood = |times| Flood {
            last: answered(1, ErrorByte::FREQUENCY),
            permid: Some(Permid::Ed25519([1; 32])),
            message: Some(MessageId::NATCHECK),
            times,
        };
        assert_eq!(due, [flood(980)]);
        assert_eq!(told + due[0].times, 1000);
        assert_eq!((calm.due(next), calm.next()), (Vec::new(), None), "nothing stays behind");
        for _ in 0..22 {
            calm.take(answered(1, ErrorByte::FREQUENCY), next);
        }
        assert_eq!(calm.rest(), [flood(2)], "nor at the end");
        assert_eq!(calm.rest(), []);
    }

    fn refused(permid: u32, message: u8) -> Event {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&permid.to_le_bytes());
        let failure = swarmscope_wire::failure::Failure::new(
            Cause::NotAllowed,
            swarmscope_wire::failure::By::Us,
            "",
        );
        Event::Refused { permid: Permid::Ed25519(bytes), message: MessageId(message), failure }
    }

    /// How many are told at once, and what is told of the others a second later.
    fn told(events: impl Iterator<Item = Event>) -> (u64, Vec<Flood>) {
        let (mut calm, t0) = (Calm::default(), Instant::now());
        let told = events.filter(|event| calm.take(event.clone(), t0) != Verdict::Counted).count();
        (told as u64, calm.due(t0 + WINDOW))
    }

    #[test]
    fn one_peer_fills_no_log_with_all_its_messages() {
        let flood = (0..=u8::MAX).cycle().take(4000).map(|message| refused(1, message));
        let (lines, floods) = told(flood);
        assert_eq!(lines, OF_A_PEER);
        let [Flood { permid: Some(_), message: None, times, .. }] = floods[..] else {
            panic!("{floods:?}")
        };
        assert_eq!(lines + times, 4000, "no count is lost");
    }

    #[test]
    fn many_strangers_fill_no_log_together() {
        let flood = (0..40_000_u32).map(|n| refused(n % 20_000, 3));
        let (lines, floods) = told(flood);
        assert_eq!(lines, OF_OTHERS);
        let [Flood { permid: None, message: None, times, .. }] = floods[..] else {
            panic!("{floods:?}")
        };
        assert_eq!(lines + times, 40_000);
    }

    #[test]
    fn strangers_crowd_out_nothing_that_a_listed_crawler_gets() {
        let (mut calm, t0) = (Calm::default(), Instant::now());
        for n in 0..20_000 {
            calm.take(refused(n, 3), t0);
        }
        let answer = answered(200, ErrorByte::SUCCESS);
        assert_eq!(calm.take(answer.clone(), t0), Verdict::Tell(answer));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let (mut calm, t0) = (Calm::default(), Instant::now());
        for second in 0..60 {
            let now = t0 + WINDOW * second / 10;
            for n in 0..2000 {
                calm.take(refused(second * 2000 + n, 3), now);
            }
            assert!(calm.counts.len() <= MANY + 1 && calm.peers.len() <= MANY);
            calm.due(now);
        }
    }
}
