//! One TCP connection, read with a deadline.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::{By, Cause, Failure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::{connect_cause, deadline};

/// What reading gave.
pub(super) enum Read {
    /// Some bytes.
    Data(Vec<u8>),
    /// The other side closed, or the connection was lost.
    Closed,
    /// Neither by the deadline.
    Nothing,
}

/// A connection, and how long it took to be made.
pub(super) struct Stream {
    socket: TcpStream,
    pub(super) connected_after: Duration,
}

impl Stream {
    /// # Errors
    /// Why there is none.
    pub(super) async fn connect(address: SocketAddr, limit: Duration) -> Result<Self, Failure> {
        let begun = Instant::now();
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => Ok(Self { socket, connected_after: begun.elapsed() }),
            Ok(Err(error)) => {
                Err(Failure::new(connect_cause(&error), By::Network, format!("{address}: {error}")))
            }
            Err(_) => {
                let detail = format!("{address}, after {} s", limit.as_secs_f32());
                Err(Failure::new(Cause::TcpTimeout, By::Network, detail))
            }
        }
    }

    /// Writes all of it; `false` where the socket does not take it. That the connection is lost
    /// shows at the next [`Self::read`].
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).await.is_ok()
    }

    /// What comes next; nothing once `until` is over, whatever is ready.
    pub(super) async fn read(&mut self, until: Instant) -> Read {
        let mut buffer = vec![0; 4096];
        match deadline::by(until, self.socket.read(&mut buffer)).await {
            None => Read::Nothing,
            Some(Ok(0) | Err(_)) => Read::Closed,
            Some(Ok(count)) => {
                buffer.truncate(count);
                Read::Data(buffer)
            }
        }
    }

    /// At least `len` bytes if they come, else as many as came; and whether the other side closed.
    pub(super) async fn read_at_least(&mut self, len: usize, until: Instant) -> (Vec<u8>, bool) {
        let mut all = Vec::new();
        while all.len() < len {
            match self.read(until).await {
                Read::Data(bytes) => all.extend_from_slice(&bytes),
                Read::Closed => return (all, true),
                Read::Nothing => break,
            }
        }
        (all, false)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // sockets of this machine
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_socket_refuses_is_not_written() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let limit = Duration::from_secs(5);
        let mut stream = Stream::connect(address, limit).await.expect("a connection");
        assert!(stream.write(b"hello").await);
        drop(listener.accept().expect("the other end")); // unread bytes: it resets
        assert!(matches!(stream.read(Instant::now() + limit).await, Read::Closed));
        assert!(!stream.write(b"anybody there?").await);
    }
}
