//! A socket under an [`Asker`].

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::krpc::{MAX_DATAGRAM, Question};
use tokio::net::UdpSocket;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep_until};

use crate::dht::asker::{Asker, AskerConfig, Event};
use crate::dht::transactions::Tally;

/// How many datagrams are taken between two looks at the deadlines.
const AT_ONCE: usize = 64;

/// An unconnected socket of the family of `like`, on a port that the system picks.
pub(super) async fn bind(like: SocketAddr) -> Result<UdpSocket, Failure> {
    let any: SocketAddr = match like {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let failed = |error: io::Error| Failure::new(Cause::Bind, By::Us, format!("UDP: {error}"));
    UdpSocket::bind(any).await.map_err(failed)
}

/// Queries to one node, or to many.
pub struct Socket<T> {
    udp: UdpSocket,
    /// A socket that is connected to its only node learns from the network that nobody listens.
    node: Option<SocketAddr>,
    asker: Asker<T>,
    ready: VecDeque<Event<T>>,
    /// What is sent next.
    datagram: Vec<u8>,
}

impl<T: Copy> Socket<T> {
    /// To many nodes of the family of `like`.
    ///
    /// # Errors
    /// There is no socket.
    pub async fn to_many(like: SocketAddr, config: AskerConfig) -> Result<Self, Failure> {
        let socket = bind(like).await?;
        Ok(Self::over(socket, None, Asker::new(config)))
    }

    /// To one node.
    ///
    /// # Errors
    /// There is no socket, or no route.
    pub async fn to_one(node: SocketAddr, config: AskerConfig) -> Result<Self, Failure> {
        let socket = bind(node).await?;
        let unreachable = |error: io::Error| {
            Failure::new(Cause::UdpOther, By::Network, format!("{node}: {error}"))
        };
        socket.connect(node).await.map_err(unreachable)?;
        Ok(Self::over(socket, Some(node), Asker::new(config)))
    }

    const fn over(udp: UdpSocket, node: Option<SocketAddr>, asker: Asker<T>) -> Self {
        Self { udp, node, asker, ready: VecDeque::new(), datagram: Vec::new() }
    }

    /// Ends it, for one with questions of another kind at its pace.
    #[must_use]
    pub fn into_successor<U: Copy>(self) -> Socket<U> {
        Socket::over(self.udp, self.node, self.asker.into_successor())
    }

    /// Tells also what is sent, and keeps what is answered as far as that may be kept.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.asker.watch();
        self
    }

    /// Asks as soon as the pace allows it.
    pub fn ask(&mut self, to: SocketAddr, question: Question, what: T) {
        self.asker.ask(to, question, what);
    }

    /// How queries ended so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.asker.tally()
    }

    /// The next thing that happens; none where nothing is asked. Cancel-safe: what has come is
    /// kept.
    pub async fn next_event(&mut self) -> Option<Event<T>> {
        loop {
            consume_budget().await; // what floods it must not keep its caller's deadlines from coming
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let now = Instant::now().into_std();
            if let Some(event) = self.asker.pass(now) {
                return Some(event);
            }
            self.send(now).await;
            self.receive_all();
            if !self.ready.is_empty() {
                continue;
            }
            let deadline = Instant::from_std(self.asker.deadline()?);
            tokio::select! {
                _ = self.udp.readable() => {} // an error is read like a datagram
                () = sleep_until(deadline) => {}
            }
        }
    }

    /// Sends what the pace allows.
    async fn send(&mut self, now: std::time::Instant) {
        while let Some(to) = self.asker.transmit(now, &mut self.datagram) {
            let sent = match self.node {
                Some(_) => self.udp.send(&self.datagram).await,
                None => self.udp.send_to(&self.datagram, to).await,
            };
            if let Some((what, transaction)) = self.asker.latest() {
                let (taken, datagram) = (sent.is_ok(), self.datagram.clone());
                self.ready.push_back(Event::Sent { taken, what, to, transaction, datagram });
            }
            if sent.is_err_and(|error| is_unreachable(&error)) {
                self.ready.extend(self.asker.unreachable(to));
            }
        }
    }

    /// Takes what has come, up to [`AT_ONCE`] datagrams: one wake-up is dearer than all of them.
    fn receive_all(&mut self) {
        let mut buffer = [0; MAX_DATAGRAM + 1];
        for _ in 0..AT_ONCE {
            match self.udp.try_recv_from(&mut buffer) {
                Ok((length, from)) => {
                    let now = Instant::now().into_std();
                    self.ready.push_back(self.asker.receive(from, &buffer[..length], now));
                }
                Err(error) => {
                    if let Some(node) = self.node.filter(|_| is_unreachable(&error)) {
                        self.ready.extend(self.asker.unreachable(node));
                    }
                    if error.kind() == ErrorKind::WouldBlock {
                        return;
                    }
                }
            }
        }
    }
}

/// What the network says where nobody listens, or where there is no way.
fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
    )
}
