//! One accepted connection, driven by the acceptor of its socket: for a program that is many peers
//! at once, each of them known by the address that was dialled. Everything else wants an
//! [`Overlay`](super::Overlay) or a node.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use tokio::net::TcpStream;

use super::progress::Progress;
use super::setup::{Established, establish, farewell, read, write};
use super::tls::Tls;
use super::tracer::Tracer;
use super::world::now;
use crate::identity::{Ed25519Identity, Identities};
use crate::session::{Output, Role, Session, SessionConfig, Timeouts};
use crate::weighed;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::frame::Frame;
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid};

/// A connection whose other side has proved who it is.
pub struct Served {
    established: Established,
    tracer: Tracer,
}

impl Served {
    /// Runs the acceptor's side of the handshake and of TLS on a socket, as the peer of this
    /// identity that listens on `port`.
    ///
    /// # Errors
    /// Whatever ended it. The socket is closed then.
    pub async fn accept(
        socket: TcpStream,
        identity: std::sync::Arc<Ed25519Identity>,
        port: u16,
        timeouts: Timeouts,
    ) -> Result<Self, Failure> {
        let tls = Tls::new(&identity, None)?;
        let [first, .., last] = identity.permid().to_der()[..] else {
            unreachable!("a permid has 44 bytes or more")
        };
        let config = SessionConfig {
            role: Role::Acceptor,
            peer_id: PeerId::new(
                [first, last, 0, 0, 0, 0, 0, 0],
                port,
                OverlayVersion::CRAWLER,
                OverlayVersion::CURRENT,
            ),
            identities: Identities { current: Some(identity), legacy: None },
            expected: None,
            nonce: None,
            timeouts,
        };
        let tracer = Tracer::silent();
        let (events, _) = weighed::channel(1, 0);
        let nobody = Progress { attempt: None, events, tracer: tracer.clone() };
        let established = establish(socket, config, Some(&tls), &nobody).await?;
        Ok(Self { established, tracer })
    }

    /// Who is on the other side.
    #[must_use]
    pub fn permid(&self) -> Permid {
        self.established.who.permid
    }

    /// The next frame. Not cancel-safe while something is being sent.
    ///
    /// # Errors
    /// What ended the connection.
    pub async fn next(&mut self) -> Result<Frame, Failure> {
        loop {
            while let Some(output) = self.established.session.poll_output() {
                let Established { stream, session, .. } = &mut self.established;
                match output {
                    Output::Send(bytes) => write(stream, session, &bytes, &self.tracer).await,
                    Output::Frame(frame) => return Ok(frame),
                    Output::Close(failure) => {
                        farewell(stream).await;
                        return Err(failure);
                    }
                    Output::Rung { .. }
                    | Output::StartTls { .. }
                    | Output::DialledBack(_)
                    | Output::Authenticated(_) => {}
                }
            }
            let Established { stream, session, .. } = &mut self.established;
            read(stream, session, &self.tracer).await;
        }
    }

    /// Sends a frame; it is on its way with the next call of [`Self::next`].
    pub fn send(&mut self, frame: &Frame) {
        let session: &mut Session = &mut self.established.session;
        session.send(frame, now());
    }
}
