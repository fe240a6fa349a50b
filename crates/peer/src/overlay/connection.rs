//! The task of a connection: from a dial or an accepted socket through the setup and the rules to
//! the conversation.
#![allow(
    clippy::disallowed_methods,
    reason = "sockets, their timers and fresh nonces live in overlay"
)]

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::conversation::Conversation;
use super::progress::Progress;
use super::queue::SendQueue;
use super::rules::Newcomer;
use super::setup::{Arrival, Established, arrive, establish, farewell};
use super::shared::{Shared, stopped, tell};
use super::slot::HeldSlot;
use super::tracer::Tracer;
use super::world::now;
use super::{AttemptId, ConnId, Direction, OverlayEvent, Trace, Watched, dial as tcp};
use crate::session::{Role, SessionConfig};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// The task of a connection. Its setup takes several times what a quiet connection does: it has a
/// box of its own, which is given back before the conversation begins.
pub(super) async fn run(setup: Pin<Box<impl Future<Output = Option<Box<Conversation>>>>>) {
    let conversation = setup.await;
    if let Some(conversation) = conversation {
        conversation.live().await;
    }
}

/// The setup of a dial.
pub(super) async fn dial(
    shared: Arc<Shared>,
    attempt: AttemptId,
    host: String,
    port: u16,
    expected: Option<Permid>,
) -> Option<Box<Conversation>> {
    let began = now();
    let tracer = Tracer::new(&shared, Some(Watched::Attempt(attempt)), expected);
    let setup = async {
        let (established, remote) = tokio::select! {
            biased;
            () = shared.stop.cancelled() => Err(stopped()),
            done = dialled(&shared, attempt, &host, port, expected, &tracer) => done,
        }?;
        let origin =
            Origin { attempt: Some(attempt), direction: Direction::Outgoing, remote, began };
        seat(&shared, established, origin, &tracer).await
    };
    match setup.await {
        Ok(seated) => Some(seated.tell(&shared, &tracer).await),
        Err(failure) => {
            tracer.end(&failure).await;
            tell(&shared, OverlayEvent::DialFailed { attempt, failure }).await;
            None
        }
    }
}

async fn dialled(
    shared: &Shared,
    attempt: AttemptId,
    host: &str,
    port: u16,
    expected: Option<Permid>,
    tracer: &Tracer,
) -> Result<(Established, SocketAddr), Failure> {
    let _turn = shared.dials.acquire().await.map_err(|_| stopped())?;
    let progress =
        Progress { attempt: Some(attempt), events: shared.events.clone(), tracer: tracer.clone() };
    tracer.fact(|| Trace::Resolving { host: host.to_owned(), pinned: expected.is_some() });
    let (socket, remote) = tcp::connect(host, port, &shared.limits, &progress).await?;
    let config = SessionConfig {
        role: Role::Dialler { port },
        peer_id: shared.peer_id(expected.as_ref()),
        identities: shared.identities.clone(),
        expected,
        nonce: shared.nonce()?,
        timeouts: shared.limits.outgoing,
    };
    Ok((establish(socket, config, shared.tls.as_ref(), &progress).await?, remote))
}

/// The setup of an accepted socket. It holds its slot until it is authenticated, or until its
/// failure was told.
pub(super) async fn accept(
    shared: Arc<Shared>,
    socket: TcpStream,
    remote: SocketAddr,
    slot: HeldSlot,
    evict: CancellationToken,
) -> Option<Box<Conversation>> {
    let began = now();
    let tracer = Tracer::new(&shared, None, None);
    tracer.fact(|| Trace::Accepted(remote));
    let crowded = || Failure::new(Cause::Crowded, By::Us, "it made room for a newer connection");
    let setup = async {
        let arrival = tokio::select! {
            biased;
            () = shared.stop.cancelled() => Err(stopped()),
            () = evict.cancelled() => Err(crowded()),
            done = accepted(&shared, socket, &tracer) => done,
        }?;
        let established = match arrival {
            Arrival::Peer(established) => established,
            Arrival::DialledBack(at) => return Ok(Err(at)),
        };
        let origin = Origin { attempt: None, direction: Direction::Incoming, remote, began };
        seat(&shared, *established, origin, &tracer).await.map(Ok)
    };
    match setup.await {
        Ok(Ok(seated)) => {
            drop(slot);
            return Some(seated.tell(&shared, &tracer).await);
        }
        Ok(Err(at)) => tell(&shared, OverlayEvent::DialledBack { remote, at }).await,
        Err(failure) => {
            tell(&shared, OverlayEvent::AcceptFailed { remote, failure, times: 1 }).await;
        }
    }
    None
}

async fn accepted(shared: &Shared, socket: TcpStream, tracer: &Tracer) -> Result<Arrival, Failure> {
    // As in a dial: without it frames are late, not wrong.
    let _ = socket.set_nodelay(true);
    let config = SessionConfig {
        role: Role::Acceptor,
        peer_id: shared.peer_id(None),
        identities: shared.identities.clone(),
        expected: None,
        nonce: shared.nonce()?,
        timeouts: shared.limits.incoming,
    };
    let nobody = Progress { attempt: None, events: shared.events.clone(), tracer: tracer.clone() };
    arrive(socket, config, shared.tls.as_ref(), &nobody).await
}

/// Where a connection comes from.
struct Origin {
    attempt: Option<AttemptId>,
    direction: Direction,
    remote: SocketAddr,
    began: std::time::Instant,
}

/// An authenticated connection that the rules allow.
struct Seated {
    conn: ConnId,
    permid: Permid,
    /// Whether the peer has begun no frame yet.
    between: bool,
    connected: OverlayEvent,
    conversation: Box<Conversation>,
}

/// Asks the rules.
///
/// # Errors
/// They don't allow this connection. It is closed then.
async fn seat(
    shared: &Arc<Shared>,
    established: Established,
    origin: Origin,
    tracer: &Tracer,
) -> Result<Seated, Failure> {
    tracer.fact(|| Trace::Authenticated);
    let Established { mut stream, session, who } = established;
    let Origin { attempt, direction, remote, began } = origin;
    let conn = shared.next_conn();
    let own = shared.own_permid(who.version).ok_or_else(stopped)?;
    let newcomer = Newcomer {
        conn,
        direction,
        permid: who.permid,
        own,
        ip: remote.ip().to_canonical(),
        port: who.peer_id.port(),
        began,
    };
    let queue = Arc::new(SendQueue::new(&shared.limits));
    let taken = shared.seats().take(newcomer, &queue, now());
    if let Err(failure) = taken {
        farewell(&mut stream).await;
        return Err(failure);
    }
    let (permid, between) = (who.permid, session.is_between_frames());
    let conversation =
        Conversation::new(Arc::clone(shared), conn, stream, session, queue, tracer.clone());
    let conversation = Box::new(conversation);
    let connected = OverlayEvent::Connected { conn, attempt, direction, remote, who };
    Ok(Seated { conn, permid, between, connected, conversation })
}

impl Seated {
    /// Tells of it; the conversation may begin then.
    async fn tell(self, shared: &Shared, tracer: &Tracer) -> Box<Conversation> {
        tell(shared, self.connected).await;
        tracer.seated(self.conn, self.permid, self.between);
        self.conversation
    }
}
