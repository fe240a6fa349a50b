//! A STUN server for labs, with the two addresses and two ports that RFC 5780 needs. Small on
//! purpose: Binding requests over UDP, no credentials, and nothing in it remembers a client but the
//! rate limit.
#![allow(clippy::disallowed_methods, reason = "drivers own the clock and the sockets")]

mod answer;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::stun::MAX_DATAGRAM;
use super::udp::Sockets;
pub use answer::{Answer, Answerer, Endpoint, MAX_ANSWER};
pub use swarmscope_peer::limits::pace::{Limiter, Rates as Limits};

/// A whole test asks 6 times a second; eight at a time behind one NAT are within the limit.
pub const USUAL: Limits = Limits { per_source: 50, total: 1000, burst: 4 };

/// How often a free pair of ports is looked for where the system chooses them.
const BIND_TRIES: usize = 16;
/// After an error of a socket, so that a lasting one doesn't spin.
const PAUSE: Duration = Duration::from_millis(10);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StunServerError {
    /// Both addresses have the same IP address.
    #[error(
        "{0} and {1} are the same address: RFC 5780 needs two; on a lab machine add one, e.g. \
         127.0.0.2"
    )]
    SameAddress(SocketAddr, SocketAddr),
    /// Both addresses have the same port.
    #[error("{0} and {1} have the same port: RFC 5780 needs two")]
    SamePort(SocketAddr, SocketAddr),
    /// One is IPv4, the other IPv6.
    #[error("{0} and {1} are of different address families")]
    Families(SocketAddr, SocketAddr),
    /// An address that stands for all of them.
    #[error("{0} means every address of this machine: give the one that clients should use")]
    Unspecified(SocketAddr),
    /// The operating system refuses the address.
    #[error("{0} can't be bound ({1}): choose a free port, and addresses of this machine")]
    Bind(SocketAddr, #[source] io::Error),
}

/// What a server has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Requests that were answered.
    pub answered: u64,
    /// Not answered because their source, or all together, asked too much.
    pub limited: u64,
    /// Datagrams that are no Binding request.
    pub dropped: u64,
    /// Answers that the system refused to send.
    pub unsent: u64,
}

#[derive(Default)]
struct Counters {
    answered: AtomicU64,
    limited: AtomicU64,
    dropped: AtomicU64,
    unsent: AtomicU64,
}

/// A running server; it stops when this is dropped.
pub struct StunServer {
    answerer: Answerer,
    counters: Arc<Counters>,
    _task: AbortOnDropHandle<()>,
}

impl StunServer {
    /// Listens on both addresses, on the ports of both, within [`USUAL`]. Port 0: the
    /// system chooses. Needs a tokio runtime.
    ///
    /// # Errors
    /// Addresses or ports that don't differ, or that can't be bound.
    pub async fn start(listen: SocketAddr, alternate: SocketAddr) -> Result<Self, StunServerError> {
        Self::start_with(listen, alternate, USUAL).await
    }

    /// As [`Self::start`], with other limits.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        listen: SocketAddr,
        alternate: SocketAddr,
        limits: Limits,
    ) -> Result<Self, StunServerError> {
        check(listen, alternate)?;
        let (answerer, sockets) = bind(listen, alternate).await?;
        let counters = Arc::new(Counters::default());
        let limiter = Limiter::new(limits, Instant::now().into_std());
        let serving = Serving { answerer, sockets, limiter, counters: counters.clone() };
        let task = AbortOnDropHandle::new(tokio::spawn(serving.run()));
        Ok(Self { answerer, counters, _task: task })
    }

    /// The address and port to give to clients.
    #[must_use]
    pub const fn listen(&self) -> SocketAddr {
        self.answerer.listen
    }

    /// The other address and the other port.
    #[must_use]
    pub const fn alternate(&self) -> SocketAddr {
        self.answerer.alternate
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { answered, limited, dropped, unsent } = &*self.counters;
        Counts {
            answered: read(answered),
            limited: read(limited),
            dropped: read(dropped),
            unsent: read(unsent),
        }
    }
}

fn check(listen: SocketAddr, alternate: SocketAddr) -> Result<(), StunServerError> {
    if listen.is_ipv4() != alternate.is_ipv4() {
        return Err(StunServerError::Families(listen, alternate));
    }
    if let Some(any) = [listen, alternate].into_iter().find(|address| address.ip().is_unspecified())
    {
        return Err(StunServerError::Unspecified(any));
    }
    if listen.ip() == alternate.ip() {
        return Err(StunServerError::SameAddress(listen, alternate));
    }
    if listen.port() == alternate.port() && listen.port() != 0 {
        return Err(StunServerError::SamePort(listen, alternate));
    }
    Ok(())
}

/// The four sockets, in the order of [`Endpoint::ALL`].
async fn bind(
    listen: SocketAddr,
    alternate: SocketAddr,
) -> Result<(Answerer, Sockets), StunServerError> {
    let chosen = listen.port() == 0 || alternate.port() == 0;
    let mut tries = if chosen { BIND_TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_once(listen, alternate).await {
            Err(_) if tries > 0 => {}
            bound => return bound,
        }
    }
}

async fn bind_once(
    listen: SocketAddr,
    alternate: SocketAddr,
) -> Result<(Answerer, Sockets), StunServerError> {
    let one = bind_one(listen).await?;
    let other_port = bind_one(SocketAddr::new(listen.ip(), alternate.port())).await?;
    let address = |socket: &UdpSocket| {
        socket.local_addr().map_err(|error| StunServerError::Bind(listen, error))
    };
    let listen = address(&one)?;
    let alternate = SocketAddr::new(alternate.ip(), address(&other_port)?.port());
    let other_ip = bind_one(SocketAddr::new(alternate.ip(), listen.port())).await?;
    let mut sockets = Sockets::default();
    for socket in [one, other_port, other_ip, bind_one(alternate).await?] {
        sockets.add(socket);
    }
    Ok((Answerer { listen, alternate }, sockets))
}

async fn bind_one(address: SocketAddr) -> Result<UdpSocket, StunServerError> {
    UdpSocket::bind(address).await.map_err(|error| StunServerError::Bind(address, error))
}

struct Serving {
    answerer: Answerer,
    sockets: Sockets,
    limiter: Limiter,
    counters: Arc<Counters>,
}

impl Serving {
    async fn run(mut self) {
        let mut buffer = [0; MAX_DATAGRAM + 1];
        loop {
            match self.sockets.receive(&mut buffer).await {
                (place, Ok((length, from))) => {
                    let counter = self.serve(place, &buffer[..length], from).await;
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                (_, Err(error)) => {
                    tracing::debug!("a socket of the STUN server reports: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Answers one datagram, or not; gives the counter of what became of it.
    async fn serve(&mut self, place: usize, datagram: &[u8], from: SocketAddr) -> &AtomicU64 {
        let Some(answer) = self.answerer.answer(datagram, from, Endpoint::ALL[place]) else {
            return &self.counters.dropped;
        };
        if !self.limiter.allows(from.ip(), Instant::now().into_std()) {
            return &self.counters.limited;
        }
        let Some(socket) = self.sockets.get(answer.from.index()) else {
            return &self.counters.unsent;
        };
        match socket.send_to(&answer.datagram, answer.to).await {
            Ok(_) => &self.counters.answered,
            Err(error) => {
                tracing::debug!("an answer of the STUN server was not sent: {error}");
                &self.counters.unsent
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nat::stun::{self, Route, TransactionId};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn two_addresses_and_two_ports_are_demanded() {
        let start = |listen, alternate| StunServer::start(address(listen), address(alternate));
        let same = start("127.0.0.1:3478", "127.0.0.1:3479").await;
        assert!(matches!(same, Err(StunServerError::SameAddress(..))));
        let same = start("127.0.0.1:3478", "127.0.0.2:3478").await;
        assert!(matches!(same, Err(StunServerError::SamePort(..))));
        assert!(matches!(
            start("127.0.0.1:0", "[::1]:0").await,
            Err(StunServerError::Families(..))
        ));
        assert!(matches!(
            start("0.0.0.0:0", "127.0.0.2:0").await,
            Err(StunServerError::Unspecified(_))
        ));
        let foreign = start("127.0.0.1:0", "198.51.100.77:0").await;
        let Err(StunServerError::Bind(address, _)) = foreign else {
            panic!("not an address of this machine")
        };
        assert_eq!(address.ip().to_string(), "198.51.100.77");
    }

    #[tokio::test]
    async fn one_source_is_answered_only_so_often_and_junk_never() {
        let limits = Limits { per_source: 5, total: 100, burst: 1 };
        let server = StunServer::start_with(address("127.0.0.1:0"), address("127.0.0.2:0"), limits)
            .await
            .unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let request = stun::encode_request(TransactionId::from(1), Route::PLAIN);
        for _ in 0..20 {
            socket.send_to(&request, server.listen()).await.unwrap();
        }
        for junk in [&b"hello"[..], &[0; 1400]] {
            socket.send_to(junk, server.listen()).await.unwrap();
        }
        let mut buffer = [0; 600];
        let mut answers = 0;
        while tokio::time::timeout(Duration::from_millis(300), socket.recv_from(&mut buffer))
            .await
            .is_ok()
        {
            answers += 1;
        }
        let counts = server.counts();
        assert!((5..10).contains(&answers), "{answers} answers of 20");
        assert_eq!(counts.answered, answers);
        assert_eq!((counts.answered + counts.limited, counts.dropped), (20, 2));
    }
}
