//! A socket under an [`Asker`].

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::krpc::{MAX_DATAGRAM, Question};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until};

use crate::dht::asker::{Asker, AskerConfig, Event};
use crate::dht::transactions::Tally;

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
}

impl<T: Copy> Socket<T> {
    /// To many nodes of the family of `like`.
    ///
    /// # Errors
    /// There is no socket.
    pub async fn to_many(like: SocketAddr, config: AskerConfig) -> Result<Self, Failure> {
        let socket = bind(like).await?;
        Ok(Self { udp: socket, node: None, asker: Asker::new(config), ready: VecDeque::new() })
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
        Ok(Self {
            udp: socket,
            node: Some(node),
            asker: Asker::new(config),
            ready: VecDeque::new(),
        })
    }

    /// Ends it, for one with questions of another kind at its pace.
    #[must_use]
    pub fn into_successor<U: Copy>(self) -> Socket<U> {
        let asker = self.asker.into_successor();
        Socket { udp: self.udp, node: self.node, asker, ready: VecDeque::new() }
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
        let mut buffer = [0; MAX_DATAGRAM + 1];
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let now = Instant::now().into_std();
            if let Some(event) = self.asker.pass(now) {
                return Some(event);
            }
            while let Some(transmit) = self.asker.transmit(now) {
                let sent = match self.node {
                    Some(_) => self.udp.send(&transmit.datagram).await,
                    None => self.udp.send_to(&transmit.datagram, transmit.to).await,
                };
                if sent.is_err_and(|error| is_unreachable(&error)) {
                    self.ready.extend(self.asker.unreachable(transmit.to));
                }
            }
            if !self.ready.is_empty() {
                continue;
            }
            let deadline = Instant::from_std(self.asker.deadline()?);
            tokio::select! {
                received = self.udp.recv_from(&mut buffer) => match received {
                    Ok((length, from)) => {
                        let now = Instant::now().into_std();
                        return Some(self.asker.receive(from, &buffer[..length], now));
                    }
                    Err(error) => if let Some(node) = self.node.filter(|_| is_unreachable(&error)) {
                        self.ready.extend(self.asker.unreachable(node));
                    },
                },
                () = sleep_until(deadline) => {}
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
