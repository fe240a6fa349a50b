//! The way between a machine and a swarm on virtual time: delays, losses, order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Swarm;
use crate::dht::asker::{Asker, Event};
use crate::random::Random;

/// The shortest and longest way there, or back.
const WAY: (u64, u64) = (10, 150);

/// A datagram on its way: when it arrives, its number, the node's address, whether it goes there,
/// and the bytes.
type Flight = Reverse<(Instant, u64, SocketAddr, bool, Vec<u8>)>;

/// A swarm and the way to it.
#[derive(Debug)]
pub struct Network {
    /// Who answers.
    pub swarm: Swarm,
    flights: BinaryHeap<Flight>,
    count: u64,
    random: Random,
    now: Instant,
}

impl Network {
    /// With nothing on its way.
    #[must_use]
    pub fn new(swarm: Swarm, now: Instant) -> Self {
        let random = Random::new(swarm.config.seed ^ 0x77);
        Self { swarm, flights: BinaryHeap::new(), count: 0, random, now }
    }

    /// The virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Sends what `asker` has to send, goes on to whatever happens next, and gives what came of it.
    /// Empty events and `false`: nothing more will happen.
    pub fn step<T: Copy>(&mut self, asker: &mut Asker<T>, events: &mut Vec<Event<T>>) -> bool {
        let mut datagram = Vec::new();
        while let Some(to) = asker.transmit(self.now, &mut datagram) {
            self.send(to, true, datagram.clone());
        }
        let arrival = self.flights.peek().map(|Reverse((at, ..))| *at);
        let Some(next) = [arrival, asker.deadline()].into_iter().flatten().min() else {
            return false;
        };
        self.now = self.now.max(next);
        while self.flights.peek().is_some_and(|Reverse((at, ..))| *at <= self.now) {
            let Some(Reverse((_, _, node, goes_there, datagram))) = self.flights.pop() else {
                break;
            };
            if !goes_there {
                events.push(asker.receive(node, &datagram, self.now));
            } else if let Some(answer) = self.swarm.answer(node, &datagram, self.now) {
                self.send(node, false, answer);
            }
        }
        while let Some(event) = asker.pass(self.now) {
            events.push(event);
        }
        true
    }

    fn send(&mut self, node: SocketAddr, goes_there: bool, datagram: Vec<u8>) {
        if self.random.percent(self.swarm.config.loss) {
            return;
        }
        let way = Duration::from_millis(WAY.0 + self.random.below(WAY.1 - WAY.0));
        self.count += 1;
        self.flights.push(Reverse((self.now + way, self.count, node, goes_there, datagram)));
    }
}
