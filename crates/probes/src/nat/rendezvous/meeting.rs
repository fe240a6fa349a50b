//! The Crawler's side: waits for two peers and tells each where the other is.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::puncher::{COPIES, PING};

/// How long the original's rendezvous waits.
const WAIT: Duration = Duration::from_secs(60);

/// What came of a meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Met {
    /// Both came, from these addresses.
    Both([SocketAddr; 2]),
    /// One came, from this address.
    One(SocketAddr),
    /// Nobody has come yet.
    Nobody,
}

/// Waits for two pings from different addresses. Sends nothing before both are there, and then
/// three short datagrams to each: less than came in.
pub struct Meeting {
    expected: Option<[IpAddr; 2]>,
    first: Option<SocketAddr>,
    ends: Instant,
    outcome: Option<Met>,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Meeting {
    /// Begins to wait. With `expected`, pings from other addresses don't count, and the two must
    /// come from one each.
    #[must_use]
    pub fn new(expected: Option<[IpAddr; 2]>, now: Instant) -> Self {
        Self { expected, first: None, ends: now + WAIT, outcome: None, out: VecDeque::new() }
    }

    /// A datagram has come.
    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        if datagram != PING || self.outcome.is_some() || !self.is_expected(from.ip()) {
            return;
        }
        match self.first {
            None => self.first = Some(from),
            Some(first) if first == from => {}
            Some(first) if self.fits(first.ip(), from.ip()) => {
                self.tell(first, from);
                self.tell(from, first);
                self.outcome = Some(Met::Both([first, from]));
            }
            Some(_) => {}
        }
    }

    fn is_expected(&self, ip: IpAddr) -> bool {
        self.expected.is_none_or(|expected| expected.contains(&ip))
    }

    /// Whether the two are one of each expected address.
    fn fits(&self, one: IpAddr, other: IpAddr) -> bool {
        self.expected.is_none_or(|expected| expected == [one, other] || expected == [other, one])
    }

    fn tell(&mut self, to: SocketAddr, of: SocketAddr) {
        for _ in 0..COPIES {
            self.out.push_back((to, of.to_string().into_bytes()));
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if now >= self.ends && self.outcome.is_none() {
            self.outcome = Some(self.first.map_or(Met::Nobody, Met::One));
        }
    }

    /// When to call [`Self::handle_timeout`].
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.ends
    }

    /// The next datagram to send, and where to.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    /// What came of it, once it is over. What [`Self::poll_transmit`] still has must be sent first.
    #[must_use]
    pub const fn outcome(&self) -> Option<Met> {
        self.outcome
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any instant serves as the beginning of virtual time"
)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_is_told_of_the_other_three_times() {
        let mut meeting = Meeting::new(None, Instant::now());
        let (one, other) = (address("203.0.113.1:1000"), address("[2001:db8::1]:2000"));
        for _ in 0..3 {
            meeting.receive(one, b"ping");
        }
        assert_eq!(meeting.poll_transmit(), None, "nothing is sent for one");
        meeting.receive(other, b"ping");
        meeting.receive(other, b"ping");
        let sent: Vec<_> = std::iter::from_fn(|| meeting.poll_transmit()).collect();
        let told = |to, text: &str| (to, text.as_bytes().to_vec());
        let mut expected = vec![told(one, "[2001:db8::1]:2000"); 3];
        expected.extend(vec![told(other, "203.0.113.1:1000"); 3]);
        assert_eq!(sent, expected);
        assert_eq!(meeting.outcome(), Some(Met::Both([one, other])));
    }

    #[test]
    fn strangers_and_other_words_take_no_place() {
        let (one, other) = (address("203.0.113.1:1000"), address("203.0.113.2:2000"));
        let mut meeting = Meeting::new(Some([one.ip(), other.ip()]), Instant::now());
        meeting.receive(address("192.0.2.66:6666"), b"ping");
        meeting.receive(one, b"hello");
        meeting.receive(one, b"ping");
        meeting.receive(address("203.0.113.1:1001"), b"ping");
        assert_eq!(meeting.outcome(), None, "the second must be the other one");
        meeting.receive(other, b"ping");
        assert_eq!(meeting.outcome(), Some(Met::Both([one, other])));
    }

    #[test]
    fn two_behind_one_nat_differ_by_port() {
        let nat = address("203.0.113.1:1000");
        let mut meeting = Meeting::new(Some([nat.ip(); 2]), Instant::now());
        meeting.receive(nat, b"ping");
        meeting.receive(address("203.0.113.1:1001"), b"ping");
        assert!(matches!(meeting.outcome(), Some(Met::Both(_))));
    }

    #[test]
    fn it_ends_after_a_minute() {
        let start = Instant::now();
        let mut nobody = Meeting::new(None, start);
        nobody.handle_timeout(start + Duration::from_millis(59_999));
        assert_eq!(nobody.outcome(), None);
        assert_eq!(nobody.deadline(), start + Duration::from_secs(60));
        nobody.handle_timeout(nobody.deadline());
        assert_eq!(nobody.outcome(), Some(Met::Nobody));
        let mut one = Meeting::new(None, start);
        one.receive(address("203.0.113.1:1000"), b"ping");
        one.handle_timeout(one.deadline());
        assert_eq!(one.outcome(), Some(Met::One(address("203.0.113.1:1000"))));
    }
}
