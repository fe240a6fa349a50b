//! The mapping test (RFC 5780 §4.3): one fresh socket asks several endpoints what they see of it.

use std::net::SocketAddr;
use std::time::Instant;

use super::exchange::{Ask, Exchange, Heard, SocketId};
use crate::nat::axis::{Axis, Confidence, Mapping, Why};
use crate::nat::stun::TransactionId;

/// A result that contradicts itself is measured once more, from another socket.
const TRIES: u32 = 2;

/// What one destination saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub by: SocketAddr,
    pub mapped: SocketAddr,
}

pub(super) struct MappingTest {
    pub socket: SocketId,
    destinations: Vec<SocketAddr>,
    open: Vec<(TransactionId, SocketAddr)>,
    seen: Vec<Seen>,
    /// The first destination, asked again at the end: the mapping must not have changed meanwhile.
    repeat: Repeat,
    tries: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    NotYet,
    Asked(TransactionId),
    Same,
    Changed,
    Unanswered,
}

impl MappingTest {
    pub fn new(destinations: Vec<SocketAddr>, exchange: &mut Exchange, now: Instant) -> Self {
        let (open, seen) = (Vec::new(), Vec::new());
        let socket = exchange.fresh_socket();
        let mut test = Self { socket, destinations, open, seen, repeat: Repeat::NotYet, tries: 1 };
        test.ask_all(exchange, now);
        test
    }

    fn ask_all(&mut self, exchange: &mut Exchange, now: Instant) {
        let asked = self
            .destinations
            .iter()
            .map(|to| (exchange.ask(Ask::plain(self.socket, *to), now), *to));
        self.open = asked.collect();
    }

    pub fn heard(
        &mut self,
        exchange: &mut Exchange,
        id: TransactionId,
        heard: &Heard,
        now: Instant,
    ) {
        let mapped =
            if let Heard::Answer { success, .. } = heard { Some(success.mapped) } else { None };
        if self.repeat == Repeat::Asked(id) {
            self.repeat = match mapped {
                Some(mapped) if mapped == self.seen[0].mapped => Repeat::Same,
                Some(_) => Repeat::Changed,
                None => Repeat::Unanswered,
            };
            self.retry_if_unstable(exchange, now);
            return;
        }
        if let Some(by) = self.close(id) {
            self.seen.extend(mapped.map(|mapped| Seen { by, mapped }));
            self.ask_again_if_all_settled(exchange, now);
        }
    }

    pub fn given_up(&mut self, exchange: &mut Exchange, id: TransactionId, now: Instant) {
        if self.repeat == Repeat::Asked(id) {
            self.repeat = Repeat::Unanswered;
        } else if self.close(id).is_some() {
            self.ask_again_if_all_settled(exchange, now);
        }
    }

    fn close(&mut self, id: TransactionId) -> Option<SocketAddr> {
        let at = self.open.iter().position(|(open, _)| *open == id)?;
        Some(self.open.swap_remove(at).1)
    }

    fn ask_again_if_all_settled(&mut self, exchange: &mut Exchange, now: Instant) {
        if !self.open.is_empty() {
            return;
        }
        self.repeat = match self.seen.first() {
            Some(first) => Repeat::Asked(exchange.ask(Ask::plain(self.socket, first.by), now)),
            None => Repeat::Unanswered,
        };
    }

    fn retry_if_unstable(&mut self, exchange: &mut Exchange, now: Instant) {
        if self.axis() == Axis::Inconclusive(Why::Unstable) && self.tries < TRIES {
            let again = Self::new(std::mem::take(&mut self.destinations), exchange, now);
            *self = Self { tries: self.tries + 1, ..again };
        }
    }

    pub const fn is_done(&self) -> bool {
        matches!(self.repeat, Repeat::Same | Repeat::Changed | Repeat::Unanswered)
    }

    /// Whether this destination answered when it was asked directly.
    pub fn answered(&self, destination: SocketAddr) -> bool {
        self.seen.iter().any(|seen| seen.by == destination)
    }

    pub fn axis(&self) -> Axis<Mapping> {
        if self.repeat == Repeat::Changed {
            return Axis::Inconclusive(Why::Unstable);
        }
        let whole = self.seen.len() == self.destinations.len() && self.repeat == Repeat::Same;
        match classify(&self.seen) {
            Ok(mapping) => {
                Axis::Known(mapping, if whole { Confidence::PROVEN } else { Confidence::LIKELY })
            }
            Err(why) => Axis::Inconclusive(why),
        }
    }
}

/// The mapping behaviour that explains what was seen. Pairs of destinations with different
/// addresses tell whether the mapping depends on the address, pairs with one address and different
/// ports whether it depends on the port.
fn classify(seen: &[Seen]) -> Result<Mapping, Why> {
    let pairs = || {
        seen.iter()
            .enumerate()
            .flat_map(|(at, one)| seen[at + 1..].iter().map(move |other| (one, other)))
    };
    let same_mapping = |across: bool| {
        pairs()
            .filter(move |(a, b)| (a.by.ip() != b.by.ip()) == across)
            .map(|(a, b)| a.mapped == b.mapped)
    };
    let (addresses, ports) =
        (Agreement::of(same_mapping(true)), Agreement::of(same_mapping(false)));
    match (addresses, ports) {
        (Agreement::None, _) if seen.is_empty() => Err(Why::NoAnswer),
        (Agreement::None, _) => Err(Why::NoAlternate),
        (Agreement::All, Agreement::All | Agreement::None) => Ok(Mapping::EndpointIndependent),
        (Agreement::Never, Agreement::All) => Ok(Mapping::AddressDependent),
        (Agreement::Never, Agreement::Never) => Ok(Mapping::AddressAndPortDependent),
        (Agreement::Never, Agreement::None) => Err(Why::KindUnknown),
        _ => Err(Why::Unstable),
    }
}

/// In how many pairs the mappings are the same.
enum Agreement {
    /// There are no pairs.
    None,
    All,
    Some,
    Never,
}

impl Agreement {
    fn of(pairs: impl Iterator<Item = bool>) -> Self {
        let (same, all) =
            pairs.fold((0, 0), |(same, all), equal| (same + usize::from(equal), all + 1));
        match (same, all) {
            (_, 0) => Self::None,
            (0, _) => Self::Never,
            _ if same == all => Self::All,
            _ => Self::Some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Servers 1 and 2, ports 1 and 2; what each saw is the external port.
    fn seen(table: &[(u8, u16, u16)]) -> Vec<Seen> {
        let one = |&(address, port, mapped): &(u8, u16, u16)| Seen {
            by: SocketAddr::from(([198, 51, 100, address], port)),
            mapped: SocketAddr::from(([203, 0, 113, 1], mapped)),
        };
        table.iter().map(one).collect()
    }

    #[test]
    fn the_three_behaviours_are_told_apart() {
        let table = [
            ([(1, 1, 9), (2, 1, 9), (2, 2, 9), (1, 2, 9)], Mapping::EndpointIndependent),
            ([(1, 1, 8), (2, 1, 9), (2, 2, 9), (1, 2, 8)], Mapping::AddressDependent),
            ([(1, 1, 6), (2, 1, 7), (2, 2, 8), (1, 2, 9)], Mapping::AddressAndPortDependent),
        ];
        for (table, mapping) in table {
            assert_eq!(classify(&seen(&table)), Ok(mapping));
        }
    }

    #[test]
    fn what_was_not_seen_is_not_guessed() {
        assert_eq!(classify(&[]), Err(Why::NoAnswer));
        assert_eq!(classify(&seen(&[(1, 1, 9)])), Err(Why::NoAlternate));
        assert_eq!(
            classify(&seen(&[(1, 1, 9), (1, 2, 9)])),
            Err(Why::NoAlternate),
            "one address says nothing of others"
        );
        assert_eq!(classify(&seen(&[(1, 1, 8), (2, 1, 9)])), Err(Why::KindUnknown));
        assert_eq!(classify(&seen(&[(1, 1, 9), (2, 1, 9)])), Ok(Mapping::EndpointIndependent));
        assert_eq!(
            classify(&seen(&[(1, 1, 7), (2, 1, 8), (2, 2, 9)])),
            Ok(Mapping::AddressAndPortDependent)
        );
    }

    #[test]
    fn one_that_differs_among_equals_is_no_behaviour() {
        assert_eq!(
            classify(&seen(&[(1, 1, 9), (2, 1, 9), (2, 2, 9), (1, 2, 8)])),
            Err(Why::Unstable)
        );
        assert_eq!(
            classify(&seen(&[(1, 1, 7), (2, 1, 8), (2, 2, 8), (1, 2, 9)])),
            Err(Why::Unstable)
        );
    }
}
