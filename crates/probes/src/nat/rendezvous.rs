//! NATTRAVERSAL (protocol.md §5): two peers behind NATs are told of each other by a Crawler, and
//! try to reach each other.
//!
//! ```text
//! peer A ──ping×3──▶ rendezvous ◀──ping×3── peer B      both ask from one socket each
//! peer A ◀──"B's ip:port"×3── rendezvous ──"A's ip:port"×3──▶ peer B
//! peer A ──hello×3──▶ ◀──hello×3── peer B               now, and again 5 s later
//! ```
//!
//! The [`meeting`] is the Crawler's side, the [`puncher`] the peer's, both without I/O;
//! [`invitation`] is what the request and the reply carry. Here are the sockets.
#![allow(
    clippy::disallowed_methods,
    reason = "drivers own the clock, the sockets and the randomness"
)]

pub mod invitation;
pub mod meeting;
pub mod puncher;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use super::scope::is_host;
use super::udp::bind_towards;
pub use invitation::{Invitation, InvitationError, Traversed};
pub use meeting::{Meeting, Met};
pub use puncher::Puncher;

/// The longest datagram of this protocol is an address; the byte more shows what is longer.
const BUFFER: usize = 64;
/// The original's ports: a thousand, so that several pairs can meet at a time.
const PORTS: std::ops::RangeInclusive<u16> = 3200..=4199;
/// How many of them are tried where some are taken.
const BIND_TRIES: usize = 32;
/// How long the rendezvous' name may take to resolve.
const RESOLVING: Duration = Duration::from_secs(5);

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The Crawler's side: a socket at which two peers meet.
pub struct Rendezvous {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Rendezvous {
    /// Opens the socket on this port, or on a random one of 3200–4199.
    ///
    /// # Errors
    /// No such address, or no free port.
    pub async fn open(ip: IpAddr, port: Option<u16>) -> io::Result<Self> {
        let socket = match port {
            Some(port) => UdpSocket::bind((ip, port)).await?,
            None => bind_random(ip).await?,
        };
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where it listens; the port goes into the [`Invitation`].
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for two peers, at most 60 s, and tells each of the other. With `expected`, only pings
    /// from these addresses count, so that a stranger can't take a place.
    ///
    /// # Errors
    /// The socket fails.
    pub async fn meet(&self, expected: Option<[IpAddr; 2]>) -> io::Result<Met> {
        let mut meeting = Meeting::new(expected, now());
        let mut buffer = [0; BUFFER];
        loop {
            while let Some((to, datagram)) = meeting.poll_transmit() {
                send(&self.socket, &datagram, to).await;
            }
            if let Some(met) = meeting.outcome() {
                return Ok(met);
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(meeting.deadline().into()) => meeting.handle_timeout(now()),
                received = self.socket.recv_from(&mut buffer) => {
                    let (length, from) = received?;
                    meeting.receive(from, &buffer[..length]);
                }
            }
        }
    }
}

async fn bind_random(ip: IpAddr) -> io::Result<UdpSocket> {
    let mut taken = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..BIND_TRIES {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
        let port = PORTS.start() + u16::from_be_bytes(random) % (PORTS.end() - PORTS.start() + 1);
        match UdpSocket::bind((ip, port)).await {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

/// The peer's side: meets the other peer at this rendezvous, and tries to reach it; at most 15 s.
///
/// # Errors
/// The socket fails; the reply to the Crawler is then [`Traversed::Error`].
pub async fn punch(rendezvous: SocketAddr) -> io::Result<Traversed> {
    let socket = bind_towards(rendezvous).await?;
    let mut puncher = Puncher::new(rendezvous, now());
    let mut buffer = [0; BUFFER];
    loop {
        while let Some((to, datagram)) = puncher.poll_transmit() {
            send(&socket, &datagram, to).await;
        }
        if let Some(traversed) = puncher.outcome() {
            return Ok(traversed);
        }
        let deadline = puncher.deadline().unwrap_or_else(now);
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(deadline.into()) => puncher.handle_timeout(now()),
            received = socket.recv_from(&mut buffer) => {
                let (length, from) = received?;
                puncher.receive(from, &buffer[..length], now());
            }
        }
    }
}

/// Where the rendezvous of an invitation is: of several addresses, an IPv4 one, because that is
/// where NATs are. Only what can be one host's address counts; an invitation never leads to a
/// broadcast or a multicast.
///
/// # Errors
/// The name has no such address, or does not resolve within 5 s.
pub async fn resolve(invitation: &Invitation) -> io::Result<SocketAddr> {
    let lookup = tokio::net::lookup_host((invitation.host.as_str(), invitation.port));
    let addresses =
        tokio::time::timeout(RESOLVING, lookup).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let addresses: Vec<SocketAddr> = addresses.filter(|address| is_host(address.ip())).collect();
    let preferred = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    preferred.copied().ok_or_else(|| io::Error::other("the rendezvous has no address of a host"))
}

/// What is not sent counts as lost: everything is sent three times.
async fn send(socket: &UdpSocket, datagram: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(datagram, to).await {
        tracing::debug!("a NATTRAVERSAL packet to {to} was not sent: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_peers_on_loopback_meet_and_reach_each_other() {
        let rendezvous = Rendezvous::open([127, 0, 0, 1].into(), None).await.unwrap();
        assert!(PORTS.contains(&rendezvous.address().port()));
        let address = rendezvous.address();
        let expected = Some([[127, 0, 0, 1].into(); 2]);
        let (met, one, other) =
            tokio::join!(rendezvous.meet(expected), punch(address), punch(address));
        assert!(matches!(met.unwrap(), Met::Both(_)));
        assert_eq!((one.unwrap(), other.unwrap()), (Traversed::Yes, Traversed::Yes));
    }

    #[tokio::test]
    async fn an_invitation_leads_to_one_host_only() {
        for (host, leads) in [
            ("127.0.0.1", true),
            ("localhost", true),
            ("203.0.113.1", true),
            ("2001:db8::1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("255.255.255.255", false),
            ("224.0.0.251", false),
            ("::ffff:224.0.0.251", false),
            ("ff02::1", false),
            ("nobody.invalid", false),
        ] {
            let invitation = Invitation { request_id: "abc".into(), host: host.into(), port: 3500 };
            assert_eq!(resolve(&invitation).await.is_ok(), leads, "{host}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rendezvous_where_nobody_is_is_an_error_after_five_seconds() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let start = tokio::time::Instant::now();
        assert_eq!(punch(address).await.unwrap(), Traversed::Error);
        assert!(
            start.elapsed() >= Duration::from_secs(5) && start.elapsed() < Duration::from_secs(6)
        );
    }
}
