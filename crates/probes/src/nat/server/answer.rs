//! What the server answers, as a pure function (RFC 8489 §6.3, RFC 5780 §6.1).
//!
//! Answers are small: at most [`MAX_ANSWER`] bytes, less than four times the request for IPv4 and
//! less than six times for IPv6, which is what RFC 5780 demands to be in them. They go to the
//! address the request claims to come from, one a request, and only requests are answered, so that
//! neither two servers nor a server and itself can be made to talk to each other.

use std::net::SocketAddr;

use crate::nat::stun::{self, Incoming, Request};

/// The largest answer: a success with four IPv6 addresses.
pub const MAX_ANSWER: usize = 116;

/// One of the server's four sockets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Endpoint {
    /// It has the other address.
    pub other_ip: bool,
    /// It has the other port.
    pub other_port: bool,
}

impl Endpoint {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { other_ip: false, other_port: false },
        Self { other_ip: false, other_port: true },
        Self { other_ip: true, other_port: false },
        Self { other_ip: true, other_port: true },
    ];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.other_ip) * 2 + usize::from(self.other_port)
    }
}

/// A datagram to send from one of the four sockets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The endpoint that sends it.
    pub from: Endpoint,
    /// Where to.
    pub to: SocketAddr,
    /// The bytes.
    pub datagram: Vec<u8>,
}

/// A server's two addresses and ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answerer {
    /// The address and port that clients are told of.
    pub listen: SocketAddr,
    /// The other address and the other port.
    pub alternate: SocketAddr,
}

impl Answerer {
    /// The address of one of the four sockets.
    #[must_use]
    pub const fn address(&self, endpoint: Endpoint) -> SocketAddr {
        let ip = if endpoint.other_ip { self.alternate.ip() } else { self.listen.ip() };
        let port = if endpoint.other_port { self.alternate.port() } else { self.listen.port() };
        SocketAddr::new(ip, port)
    }

    /// The answer to a datagram that came to `at`, if it is a request that deserves one.
    #[must_use]
    pub fn answer(&self, datagram: &[u8], from: SocketAddr, at: Endpoint) -> Option<Answer> {
        let Ok(Incoming::Request(request)) = stun::decode(datagram) else { return None };
        let own = Endpoint::ALL.iter().any(|endpoint| self.address(*endpoint) == from);
        if own || from.port() == 0 {
            return None;
        }
        if request.unknown.is_empty() {
            self.success(&request, from, at)
        } else {
            refusal(&request, from, at)
        }
    }

    fn success(&self, request: &Request, from: SocketAddr, at: Endpoint) -> Option<Answer> {
        let route = request.route;
        let origin = Endpoint {
            other_ip: at.other_ip != route.change_ip,
            other_port: at.other_port != route.change_port,
        };
        let other = Endpoint { other_ip: !at.other_ip, other_port: !at.other_port };
        let port = route.response_port.unwrap_or(from.port());
        if port == 0 {
            return None;
        }
        let datagram =
            stun::encode_success(request.id, from, self.address(origin), self.address(other));
        Some(Answer { from: origin, to: SocketAddr::new(from.ip(), port), datagram })
    }
}

fn refusal(request: &Request, from: SocketAddr, at: Endpoint) -> Option<Answer> {
    let datagram = stun::encode_unknown(request.id, &request.unknown)?;
    Some(Answer { from: at, to: from, datagram })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nat::stun::{Response, Route, Success, TransactionId};
    use proptest::prelude::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn server() -> Answerer {
        Answerer { listen: address("198.51.100.1:3478"), alternate: address("198.51.100.2:3479") }
    }

    fn ask(route: Route, at: Endpoint) -> Option<Answer> {
        let request = stun::encode_request(TransactionId::from(7), route);
        server().answer(&request, address("203.0.113.9:4000"), at)
    }

    #[test]
    fn answers_come_from_where_change_request_wants_them() {
        for at in Endpoint::ALL {
            for (change_ip, change_port) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let answer =
                    ask(Route { change_ip, change_port, response_port: None }, at).unwrap();
                assert_eq!(answer.from.other_ip, at.other_ip ^ change_ip);
                assert_eq!(answer.from.other_port, at.other_port ^ change_port);
                assert_eq!(answer.to, address("203.0.113.9:4000"));
                let success =
                    Success {
                        mapped: address("203.0.113.9:4000"),
                        origin: Some(server().address(answer.from)),
                        other: Some(server().address(Endpoint {
                            other_ip: !at.other_ip,
                            other_port: !at.other_port,
                        })),
                    };
                let read = stun::decode(&answer.datagram);
                assert_eq!(
                    read,
                    Ok(Incoming::Response(TransactionId::from(7), Response::Success(success)))
                );
            }
        }
    }

    #[test]
    fn response_port_moves_the_answer_within_the_asking_address() {
        let answer = ask(Route::to_port(5000), Endpoint::ALL[0]).unwrap();
        assert_eq!(answer.to, address("203.0.113.9:5000"));
        assert_eq!(ask(Route::to_port(0), Endpoint::ALL[0]), None);
    }

    #[test]
    fn only_requests_from_others_are_answered() {
        let at = Endpoint::ALL[0];
        let request = stun::encode_request(TransactionId::from(7), Route::PLAIN);
        for own in Endpoint::ALL {
            assert_eq!(server().answer(&request, server().address(own), at), None);
        }
        let answer = ask(Route::PLAIN, at).unwrap().datagram;
        assert_eq!(
            server().answer(&answer, address("203.0.113.9:4000"), at),
            None,
            "an answer is no request"
        );
        assert_eq!(
            server().answer(b"GET / HTTP/1.1\r\n\r\n........", address("203.0.113.9:4000"), at),
            None
        );
    }

    #[test]
    fn endpoints_know_their_place() {
        for (place, endpoint) in Endpoint::ALL.iter().enumerate() {
            assert_eq!(endpoint.index(), place);
        }
    }

    proptest! {
        /// What bounds the use of the server as an amplifier.
        #[test]
        fn no_answer_is_larger_than_its_bound(
            v6: bool, number: u128, unknown in prop::collection::vec(0u16..0x7fff, 0..100), change_ip: bool, response: Option<u16>,
        ) {
            let (listen, alternate, from) = if v6 {
                (address("[2001:db8::1]:3478"), address("[2001:db8::2]:3479"), address("[2001:db8::9]:4000"))
            } else {
                (address("198.51.100.1:3478"), address("198.51.100.2:3479"), address("203.0.113.9:4000"))
            };
            let server = Answerer { listen, alternate };
            let route = Route { change_ip, change_port: true, response_port: response };
            let request = Request { id: TransactionId::from(number), route, unknown: unknown.clone() };
            let answers = [server.success(&request, from, Endpoint::ALL[3]), refusal(&request, from, Endpoint::ALL[3])];
            let bound = stun::encode_request(request.id, Route::PLAIN).len() * if v6 { 6 } else { 4 };
            for answer in answers.into_iter().flatten() {
                prop_assert!(answer.datagram.len() <= MAX_ANSWER);
                prop_assert!(answer.datagram.len() < bound);
            }
        }
    }
}
