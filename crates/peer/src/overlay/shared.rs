//! What the overlay's handle and all its tasks hold together.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::assembly::Assembly;
use super::queue::SendQueue;
use super::seats::Seats;
use super::tls::Tls;
use super::watches::Watches;
use super::world::random;
use super::{ConnId, OverlayConfig, OverlayEvent};
use crate::crawler::SocketId;
use crate::identity::Identities;
use crate::limits::{Limits, Meter};
use crate::weighed;
use swarmscope_wire::auth::Nonce;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// What the handle and all tasks hold together.
pub(super) struct Shared {
    pub(super) identities: Identities,
    pub(super) version: OverlayVersion,
    pub(super) tls: Option<Tls>,
    pub(super) limits: Limits,
    pub(super) meter: Meter,
    pub(super) watches: Watches,
    pub(super) listening: Option<SocketAddr>,
    pub(super) events: weighed::Sender<OverlayEvent>,
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
    seats: Mutex<Seats>,
}

impl Shared {
    pub(super) fn new(
        config: OverlayConfig,
        listening: Option<SocketAddr>,
        events: weighed::Sender<OverlayEvent>,
    ) -> Result<Self, Failure> {
        let OverlayConfig { mut identities, mut version, limits, meter, trace, key_log, .. } =
            config;
        if !version.is_encrypted() {
            identities.current = None; // a version that old speaks only legacy (cli.md)
        } else if identities.current.is_none() {
            version = OverlayVersion::LEGACY;
        }
        if identities.current.is_none() && identities.legacy.is_none() {
            let detail =
                "overlay versions up to 17 need a legacy identity, version 18 an Ed25519 one";
            return Err(Failure::new(Cause::Io, By::Us, detail));
        }
        let tls = identities.current.as_ref();
        let tls = tls.map(|identity| Tls::new(identity, key_log)).transpose()?;
        Ok(Self {
            identities,
            version,
            tls,
            limits,
            watches: Watches::new(trace),
            listening,
            events,
            dials: Semaphore::new(limits.dials),
            assembly: Assembly::new(&limits, meter.clone()),
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
            tasks: TaskTracker::new(),
            peer_id_random: random()?,
            next_conn: AtomicU64::new(0),
            next_socket: AtomicU64::new(0),
            seats: Mutex::new(Seats::new(&limits, meter.clone())),
            meter,
        })
    }

    /// The peer id to present, and with which versions: a peer that is expected to prove a legacy
    /// permid has to be offered a version that can.
    pub(super) fn peer_id(&self, expected: Option<&Permid>) -> PeerId {
        let legacy_pin = expected.is_some_and(|permid| permid.kind() == PermidKind::Sect233k1);
        let current =
            if legacy_pin { self.version.min(OverlayVersion::LEGACY) } else { self.version };
        // §8: lowest 2 with the legacy profile; else 7, so that an original peer still answers and
        // can be told what it is.
        let legacy = self.identities.legacy.is_some();
        let lowest = if legacy { OverlayVersion::LEGACY_LOWEST } else { OverlayVersion::CRAWLER };
        let port = self.listening.map_or(0, |address| address.port());
        PeerId::new(self.peer_id_random, port, lowest, current)
    }

    /// Fresh randomness for a legacy authentication; nothing of the kind where that is not spoken.
    pub(super) fn nonce(&self) -> Result<Option<Nonce>, Failure> {
        self.identities.legacy.as_ref().map(|_| random().map(Box::new)).transpose()
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

    pub(super) fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn queue(&self, conn: ConnId) -> Option<Arc<SendQueue>> {
        self.seats().queue(conn)
    }
}

/// Waits for the reader of the events, unless the overlay is being stopped: then an event that
/// finds no room is dropped.
pub(super) async fn tell(shared: &Shared, event: OverlayEvent) {
    tokio::select! {
        biased;
        // No one listens any more, so no one needs to know.
        _ = shared.events.send(event) => {}
        () = shared.stop.cancelled() => {}
    }
}

pub(super) fn stopped() -> Failure {
    Failure::new(Cause::Stopped, By::Us, "")
}
