//! The handle by which the rest of the program drives the overlay. Nothing here waits for a peer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::assembly::Assembly;
use super::connection;
use super::limits::Limits;
use super::listener;
use super::queue::{Manner, SendQueue};
use super::rules::Rules;
use super::tls::Tls;
use super::{AttemptId, ConnId, OverlayConfig, OverlayEvent, Stopped};
use crate::crawler::SocketId;
use crate::identity::Identities;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// A running overlay. Cheap to clone; it ends when [`Overlay::shutdown`] is called or the last clone is dropped.
#[derive(Clone)]
pub struct Overlay {
    shared: Arc<Shared>,
    _stop: Arc<DropGuard>,
}

/// What the handle and all tasks hold together.
pub(super) struct Shared {
    pub(super) identities: Identities,
    pub(super) version: OverlayVersion,
    pub(super) tls: Option<Tls>,
    pub(super) limits: Limits,
    pub(super) trace: bool,
    pub(super) listening: Option<SocketAddr>,
    pub(super) events: mpsc::Sender<OverlayEvent>,
    pub(super) dials: Semaphore,
    pub(super) assembly: Assembly,
    /// Stop in order.
    pub(super) stop: CancellationToken,
    /// Stop at once.
    pub(super) kill: CancellationToken,
    pub(super) tasks: TaskTracker,
    peer_id_random: [u8; 8],
    next_conn: AtomicU64,
    next_socket: AtomicU64,
    rules: Mutex<Rules>,
    connections: Mutex<HashMap<ConnId, Arc<SendQueue>>>,
}

impl Overlay {
    /// Binds and starts the tasks. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The listening address can't be bound, or no identity can be used.
    pub async fn start(config: OverlayConfig) -> Result<(Self, mpsc::Receiver<OverlayEvent>), Failure> {
        let listener = match config.listen {
            Some(address) => Some(listener::bind(address).await?),
            None => None,
        };
        let listening = match &listener {
            Some(listener) => Some(listener.local_addr().map_err(|error| io(&error))?),
            None => None,
        };
        let (events, receiver) = mpsc::channel(config.limits.events);
        let shared = Arc::new(Shared::new(config, listening, events)?);
        if let Some(listener) = listener {
            shared.tasks.spawn(listener::run(Arc::clone(&shared), listener));
        }
        let stop = Arc::new(shared.stop.clone().drop_guard());
        Ok((Self { shared, _stop: stop }, receiver))
    }

    /// Where connections are accepted; with the real port where 0 was asked for.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.shared.listening
    }

    /// Dials; what becomes of it comes as events with this attempt's number. `expected`: connect only if it is that peer.
    pub fn dial(&self, attempt: AttemptId, host: &str, port: u16, expected: Option<Permid>) {
        let dial = connection::dial(Arc::clone(&self.shared), attempt, host.to_owned(), port, expected);
        self.shared.tasks.spawn(dial);
    }

    /// Queues a frame.
    ///
    /// # Errors
    /// There is no such connection any more (`NotConnected`), or its queue is full (`QueueFull`), which closes it.
    pub fn send(&self, conn: ConnId, frame: Frame) -> Result<(), Failure> {
        let queue = self.shared.queue(conn);
        let queue = queue.ok_or_else(|| Failure::new(Cause::NotConnected, By::Us, "the connection has ended"))?;
        queue.push(frame)
    }

    /// Closes a connection after what is queued was written, in bounded time. `Closed` will give this failure.
    pub fn close(&self, conn: ConnId, failure: Failure) {
        if let Some(queue) = self.shared.queue(conn) {
            queue.close(failure, Manner::Flush);
        }
    }

    /// Stops accepting and dialling, sends what is queued, closes every connection in order, and cuts those that have not
    /// ended when `grace` is over. Events may be left unread meanwhile.
    pub async fn shutdown(&self, grace: Duration) -> Stopped {
        let open = self.shared.connections().len();
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let in_time = connection::within(grace, self.shared.tasks.wait()).await;
        let cut = if in_time { 0 } else { self.shared.connections().len() };
        self.shared.kill.cancel();
        self.shared.tasks.wait().await;
        Stopped { open, cut }
    }
}

impl Shared {
    fn new(
        config: OverlayConfig,
        listening: Option<SocketAddr>,
        events: mpsc::Sender<OverlayEvent>,
    ) -> Result<Self, Failure> {
        let OverlayConfig { mut identities, mut version, limits, trace, .. } = config;
        if !version.is_encrypted() {
            identities.current = None; // a version that old speaks only legacy (cli.md)
        } else if identities.current.is_none() {
            version = OverlayVersion::LEGACY;
        }
        if identities.current.is_none() && identities.legacy.is_none() {
            let detail = "overlay versions up to 17 need a legacy identity, version 18 an Ed25519 one";
            return Err(Failure::new(Cause::Io, By::Us, detail));
        }
        let tls = identities.current.as_deref().map(Tls::new).transpose()?;
        Ok(Self {
            identities,
            version,
            tls,
            limits,
            trace,
            listening,
            events,
            dials: Semaphore::new(limits.dials),
            assembly: Assembly::new(&limits),
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
            tasks: TaskTracker::new(),
            peer_id_random: connection::random()?,
            next_conn: AtomicU64::new(0),
            next_socket: AtomicU64::new(0),
            rules: Mutex::new(Rules::new(&limits)),
            connections: Mutex::default(),
        })
    }

    /// The peer id to present, and with which versions: a peer that is expected to prove a legacy permid has to be offered
    /// a version that can.
    pub(super) fn peer_id(&self, expected: Option<&Permid>) -> PeerId {
        let legacy_pin = expected.is_some_and(|permid| permid.kind() == PermidKind::Sect233k1);
        let current = if legacy_pin { self.version.min(OverlayVersion::LEGACY) } else { self.version };
        // §8: lowest 2 with the legacy profile; else 7, so that an original peer still answers and can be told what it is.
        let legacy = self.identities.legacy.is_some();
        let lowest = if legacy { OverlayVersion::LEGACY_LOWEST } else { OverlayVersion::CRAWLER };
        let port = self.listening.map_or(0, |address| address.port());
        PeerId::new(self.peer_id_random, port, lowest, current)
    }

    /// Our permid on a connection of this version.
    pub(super) fn own_permid(&self, version: OverlayVersion) -> Option<Permid> {
        if version.is_encrypted() {
            self.identities.current.as_ref().map(|identity| identity.permid())
        } else {
            self.identities.legacy.as_ref().map(|identity| identity.permid())
        }
    }

    pub(super) fn next_conn(&self) -> ConnId {
        ConnId(self.next_conn.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn next_socket(&self) -> SocketId {
        SocketId(self.next_socket.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connections(&self) -> MutexGuard<'_, HashMap<ConnId, Arc<SendQueue>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn queue(&self, conn: ConnId) -> Option<Arc<SendQueue>> {
        self.connections().get(&conn).cloned()
    }
}

fn io(error: &std::io::Error) -> Failure {
    Failure::new(Cause::Io, By::Us, error.to_string())
}
