//! Several UDP sockets as one.
#![allow(clippy::disallowed_methods, reason = "drivers own the sockets")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// Sockets that are waited for together; none of them can starve the others.
#[derive(Default)]
pub(super) struct Sockets {
    sockets: Vec<UdpSocket>,
    turn: usize,
}

impl Sockets {
    /// Adds a socket, and gives its place.
    pub fn add(&mut self, socket: UdpSocket) -> usize {
        self.sockets.push(socket);
        self.sockets.len() - 1
    }

    pub fn get(&self, place: usize) -> Option<&UdpSocket> {
        self.sockets.get(place)
    }

    /// The next datagram of any of them: the socket's place, the datagram's length (at most the
    /// buffer's: a longer one is cut) and its source. Waits for ever where there are no
    /// sockets. Nothing is lost if it is cancelled.
    ///
    /// # Errors
    /// What the system says of that socket.
    pub async fn receive(&mut self, buffer: &mut [u8]) -> (usize, io::Result<(usize, SocketAddr)>) {
        std::future::poll_fn(|context| self.poll(context, buffer)).await
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<(usize, io::Result<(usize, SocketAddr)>)> {
        let count = self.sockets.len();
        for place in (0..count).map(|offset| (self.turn + offset) % count) {
            let mut read = ReadBuf::new(buffer);
            if let Poll::Ready(result) = self.sockets[place].poll_recv_from(context, &mut read) {
                self.turn = place + 1;
                return Poll::Ready((place, result.map(|from| (read.filled().len(), from))));
            }
        }
        Poll::Pending
    }
}

/// A socket on the address from which this machine reaches `to`, with a port that the system
/// chooses: its own address is then known exactly, and answers from anywhere arrive.
///
/// # Errors
/// What the system says.
pub(super) async fn bind_towards(to: SocketAddr) -> io::Result<UdpSocket> {
    let any = if to.is_ipv4() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    let route = UdpSocket::bind((any, 0)).await?;
    let local = match route.connect(to).await {
        Ok(()) => route.local_addr()?.ip(),
        // no route: sending will fail too, and say so
        Err(_) => any,
    };
    UdpSocket::bind((local, 0)).await
}
