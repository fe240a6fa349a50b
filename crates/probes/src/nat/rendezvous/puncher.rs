//! The peer's side: asks the rendezvous where the other peer is, and sends there until it is heard.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::invitation::Traversed;
use crate::nat::scope::{Scope, is_host};

/// What is sent to the rendezvous.
pub(super) const PING: &[u8] = b"ping";
/// What is sent to the other peer.
const HELLO: &[u8] = b"hello";
/// Everything is sent that often, against loss.
pub(super) const COPIES: usize = 3;
/// The wait for the rendezvous, and after each round of hellos.
const WAIT: Duration = Duration::from_secs(5);
/// Rounds of hellos; the first may have opened only the own NAT.
const ROUNDS: u8 = 2;

/// One try, of at most 15 s. Whoever runs the rendezvous can make it send twelve short datagrams to
/// one address, no more.
pub struct Puncher {
    rendezvous: SocketAddr,
    state: State,
    deadline: Instant,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
}

enum State {
    Asking,
    Punching { other: SocketAddr, round: u8 },
    Over(Traversed),
}

impl Puncher {
    /// Begins at once: there are pings to send.
    #[must_use]
    pub fn new(rendezvous: SocketAddr, now: Instant) -> Self {
        let mut puncher =
            Self { rendezvous, state: State::Asking, deadline: now + WAIT, out: VecDeque::new() };
        puncher.send(PING, rendezvous);
        puncher
    }

    fn send(&mut self, word: &[u8], to: SocketAddr) {
        for _ in 0..COPIES {
            self.out.push_back((to, word.to_vec()));
        }
    }

    /// A datagram has come.
    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) {
        match self.state {
            State::Asking if from == self.rendezvous => {
                if let Some(other) = self.other(datagram) {
                    self.punch(other, 1, now);
                }
            }
            // the rendezvous says everything three times, and may be at the other peer's address
            State::Punching { other, .. } if from.ip() == other.ip() && from != self.rendezvous => {
                self.send(HELLO, from);
                self.state = State::Over(Traversed::Yes);
            }
            _ => {}
        }
    }

    /// Where the other peer is, as the rendezvous says, if that can be: one host, and not nearer to
    /// us than the rendezvous, so that nobody sends us into our own network.
    fn other(&self, datagram: &[u8]) -> Option<SocketAddr> {
        let other: SocketAddr = std::str::from_utf8(datagram).ok()?.parse().ok()?;
        let near = Scope::of(other.ip()) < Scope::of(self.rendezvous.ip());
        let usable = other.port() != 0
            && is_host(other.ip())
            && other.is_ipv4() == self.rendezvous.is_ipv4();
        (usable && !near && other != self.rendezvous).then_some(other)
    }

    fn punch(&mut self, other: SocketAddr, round: u8, now: Instant) {
        self.send(HELLO, other);
        self.state = State::Punching { other, round };
        self.deadline = now + WAIT;
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if now < self.deadline {
            return;
        }
        match self.state {
            State::Asking => self.state = State::Over(Traversed::Error),
            State::Punching { other, round } if round < ROUNDS => self.punch(other, round + 1, now),
            State::Punching { .. } => self.state = State::Over(Traversed::No),
            State::Over(_) => {}
        }
    }

    /// When to call [`Self::handle_timeout`]; `None` once it is over.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        if let State::Over(_) = self.state { None } else { Some(self.deadline) }
    }

    /// The next datagram to send, and where to.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    /// What came of it, once it is over. What [`Self::poll_transmit`] still has must be sent first:
    /// the other side may need it.
    #[must_use]
    pub const fn outcome(&self) -> Option<Traversed> {
        if let State::Over(traversed) = self.state { Some(traversed) } else { None }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any instant serves as the beginning of virtual time"
)]
mod tests {
    use super::*;

    const OTHER: &str = "203.0.113.1:1000";

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn rendezvous() -> SocketAddr {
        address("198.51.100.1:3500")
    }

    fn sent(puncher: &mut Puncher) -> Vec<(SocketAddr, String)> {
        let text = |(to, datagram)| (to, String::from_utf8(datagram).unwrap());
        std::iter::from_fn(|| puncher.poll_transmit()).map(text).collect()
    }

    fn three(word: &str, to: &str) -> Vec<(SocketAddr, String)> {
        vec![(address(to), word.to_owned()); 3]
    }

    /// One that has been told of the other peer.
    fn punching(start: Instant) -> Puncher {
        let mut puncher = Puncher::new(rendezvous(), start);
        assert_eq!(sent(&mut puncher), three("ping", "198.51.100.1:3500"));
        puncher.receive(rendezvous(), OTHER.as_bytes(), start);
        assert_eq!(sent(&mut puncher), three("hello", OTHER));
        puncher
    }

    #[test]
    fn who_is_heard_is_greeted_once_more() {
        for from in [OTHER, "203.0.113.1:6000"] {
            let start = Instant::now();
            let mut puncher = punching(start);
            puncher.receive(address(from), b"hello", start + Duration::from_secs(1));
            assert_eq!(sent(&mut puncher), three("hello", from), "to the port that was heard");
            assert_eq!(puncher.outcome(), Some(Traversed::Yes));
            assert_eq!(puncher.deadline(), None);
        }
    }

    #[test]
    fn two_rounds_of_five_seconds_and_then_no() {
        let start = Instant::now();
        let mut puncher = punching(start);
        let second = |seconds| start + Duration::from_secs(seconds);
        puncher.handle_timeout(second(4));
        assert_eq!(sent(&mut puncher), []);
        puncher.handle_timeout(second(5));
        assert_eq!(sent(&mut puncher), three("hello", OTHER));
        assert_eq!(puncher.deadline(), Some(second(10)));
        puncher.handle_timeout(second(10));
        assert_eq!(sent(&mut puncher), []);
        assert_eq!(puncher.outcome(), Some(Traversed::No));
    }

    #[test]
    fn a_silent_rendezvous_is_an_error() {
        let start = Instant::now();
        let mut puncher = Puncher::new(rendezvous(), start);
        puncher.receive(address("192.0.2.66:6666"), OTHER.as_bytes(), start);
        puncher.receive(address(OTHER), b"hello", start);
        puncher.handle_timeout(start + Duration::from_secs(5));
        assert_eq!(puncher.outcome(), Some(Traversed::Error));
    }

    #[test]
    fn the_rendezvous_and_strangers_are_not_taken_for_the_other_peer() {
        let start = Instant::now();
        // the other peer is behind the rendezvous' own address, as on one machine
        let mut puncher = Puncher::new(rendezvous(), start);
        puncher.receive(rendezvous(), b"198.51.100.1:1000", start);
        puncher.receive(rendezvous(), b"198.51.100.1:1000", start);
        puncher.receive(address("192.0.2.66:1000"), b"hello", start);
        assert_eq!(puncher.outcome(), None);
        puncher.receive(address("198.51.100.1:1000"), b"hello", start);
        assert_eq!(puncher.outcome(), Some(Traversed::Yes));
    }

    #[test]
    fn a_rendezvous_can_t_send_us_just_anywhere() {
        let start = Instant::now();
        for bad in [
            "",
            "nonsense",
            "203.0.113.1",
            "203.0.113.1:0",
            "255.255.255.255:53",
            "224.0.0.1:53",
            "0.0.0.0:53",
            "127.0.0.1:53",
            "192.168.1.1:53",
            "[2001:db8::1]:53",
            "198.51.100.1:3500",
            "host.example:53",
        ] {
            let mut puncher = Puncher::new(rendezvous(), start);
            sent(&mut puncher);
            puncher.receive(rendezvous(), bad.as_bytes(), start);
            assert_eq!(sent(&mut puncher), [], "{bad}");
        }
    }
}
