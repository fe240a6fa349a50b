//! A flood of the same told as its number: of each Crawler, message and outcome some lines a second
//! are written as they come; further ones are counted, and told as one when the second is over.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use swarmscope_peer::node::Event;
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{ErrorByte, MessageId, Permid};

/// Lines of the same within [`WINDOW`]: more than any Crawler needs, which asks once an hour.
const MOST: u64 = 20;
/// How long they are counted.
const WINDOW: Duration = Duration::from_secs(1);
/// Different things counted at the same time; what finds no room is told as it comes. Strangers
/// make them, at the rate at which they may connect.
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

type Key = (Permid, Kind, Option<MessageId>);

/// The counts.
#[derive(Debug, Default)]
pub struct Calm {
    counts: HashMap<Key, (Instant, u64, Option<Event>)>,
}

/// What becomes of an event.
#[derive(PartialEq, Debug)]
pub enum Verdict {
    /// It is told as it is.
    Tell(Event),
    /// It is counted.
    Counted,
}

fn key(event: &Event) -> Option<Key> {
    Some(match event {
        Event::Asked { permid, message, .. } => (*permid, Kind::Asked, Some(*message)),
        Event::Answered { permid, message, error, .. } => {
            (*permid, Kind::Answered(*error), Some(*message))
        }
        Event::Refused { permid, message, failure } => {
            (*permid, Kind::Refused(failure.cause), Some(*message))
        }
        Event::Undelivered { permid, message, failure } => {
            (*permid, Kind::Undelivered(failure.cause), Some(*message))
        }
        Event::Connected { permid, .. } => (*permid, Kind::Connected, None),
        Event::Disconnected { permid, .. } => (*permid, Kind::Disconnected, None),
        _ => return None,
    })
}

impl Calm {
    /// An event came.
    pub fn take(&mut self, event: Event, now: Instant) -> Verdict {
        let Some(key) = key(&event) else { return Verdict::Tell(event) };
        if !self.counts.contains_key(&key) && self.counts.len() >= MANY {
            return Verdict::Tell(event);
        }
        let (_, count, last) = self.counts.entry(key).or_insert((now, 0, None));
        *count += 1;
        if *count <= MOST {
            return Verdict::Tell(event);
        }
        *last = Some(event);
        Verdict::Counted
    }

    /// What is to be told now that time has passed: the last of each flood, and how many it stands
    /// for.
    pub fn due(&mut self, now: Instant) -> Vec<(Event, u64)> {
        let over = self.counts.extract_if(|_, (since, ..)| now >= *since + WINDOW);
        over.filter_map(|(_, (_, count, last))| Some((last?, count - MOST))).collect()
    }

    /// The same of all that is still counted, at the end.
    pub fn rest(&mut self) -> Vec<(Event, u64)> {
        let all = self.counts.drain();
        all.filter_map(|(_, (_, count, last))| Some((last?, count - MOST))).collect()
    }

    /// When to ask [`Self::due`].
    pub fn next(&self) -> Option<Instant> {
        self.counts.values().map(|(since, ..)| *since + WINDOW).min()
    }
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
        assert_eq!(due, [(answered(1, ErrorByte::FREQUENCY), 980)]);
        assert_eq!(told + due[0].1, 1000);
        assert_eq!((calm.due(next), calm.next()), (Vec::new(), None), "nothing stays behind");
        for _ in 0..22 {
            calm.take(answered(1, ErrorByte::FREQUENCY), next);
        }
        assert_eq!(calm.rest(), [(answered(1, ErrorByte::FREQUENCY), 2)], "nor at the end");
        assert_eq!(calm.rest(), []);
    }
}
