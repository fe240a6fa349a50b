//! Overlays to test with, and what is waited for.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use crate::identity::{Ed25519Identity, Identities, LegacyIdentity};
use crate::overlay::{AttemptId, ConnId, Events, Limits, Overlay, OverlayConfig, OverlayEvent};
use crate::session::Authenticated;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{OverlayVersion, Permid};

/// Nothing that is tested takes this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn current(seed: u8) -> Identities {
    Identities { current: Some(Arc::new(Ed25519Identity::from_seed([seed; 32]))), legacy: None }
}

pub fn legacy(seed: u8) -> Identities {
    Identities { current: None, legacy: Some(Arc::new(LegacyIdentity::from_seed([seed; 64]))) }
}

pub fn both(seed: u8) -> Identities {
    Identities { current: current(seed).current, legacy: legacy(seed).legacy }
}

/// The permid of version 18, where there is one.
pub fn permid(identities: &Identities) -> Permid {
    match (&identities.current, &identities.legacy) {
        (Some(identity), _) => identity.permid(),
        (None, Some(identity)) => identity.permid(),
        (None, None) => panic!("no identity"),
    }
}

pub fn frame(id: u8, body: &[u8]) -> Frame {
    Frame { id: FrameId(id), body: Bytes::copy_from_slice(body) }
}

/// A frame whose body is this byte so many times.
pub fn filled(id: u8, byte: u8, len: usize) -> Frame {
    Frame { id: FrameId(id), body: Bytes::from(vec![byte; len]) }
}

/// One overlay and its events.
pub struct Peer {
    pub overlay: Overlay,
    pub events: Events,
    attempts: u64,
}

/// An authenticated connection, as its owner heard of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    pub conn: ConnId,
    pub who: Authenticated,
    pub remote: SocketAddr,
}

impl Peer {
    /// Listens on a port of its own.
    pub async fn start(identities: Identities) -> Self {
        Self::with(identities, true, &Limits::default()).await
    }

    /// Does not listen: announces port 0.
    pub async fn silent(identities: Identities) -> Self {
        Self::with(identities, false, &Limits::default()).await
    }

    /// Listens, and tells everything.
    pub async fn traced(identities: Identities) -> Self {
        Self::configured(identities, true, &Limits::default(), true).await
    }

    pub async fn with(identities: Identities, listens: bool, limits: &Limits) -> Self {
        Self::configured(identities, listens, limits, false).await
    }

    pub async fn configured(
        identities: Identities,
        listens: bool,
        limits: &Limits,
        trace: bool,
    ) -> Self {
        let listen = listens.then_some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let config = OverlayConfig {
            identities,
            version: OverlayVersion::CURRENT,
            listen,
            limits: *limits,
            meter: crate::limits::Meter::new(limits),
            trace,
            key_log: None,
        };
        let (overlay, events) = Overlay::start(config).await.unwrap();
        Self { overlay, events, attempts: 0 }
    }

    pub fn port(&self) -> u16 {
        self.overlay.listening().unwrap().port()
    }

    pub fn dial(&mut self, port: u16, expected: Option<Permid>) -> AttemptId {
        self.dial_at(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), expected)
    }

    pub fn dial_at(&mut self, address: &SocketAddr, expected: Option<Permid>) -> AttemptId {
        self.attempts += 1;
        let attempt = AttemptId(self.attempts);
        self.overlay.dial(attempt, &address.ip().to_string(), address.port(), expected);
        attempt
    }

    pub async fn next(&mut self) -> OverlayEvent {
        timeout(PATIENCE, self.events.recv())
            .await
            .expect("an event in time")
            .expect("the overlay runs")
    }

    /// The next event that is not a rung of a dial or a count of what was written.
    pub async fn fact(&mut self) -> OverlayEvent {
        loop {
            match self.next().await {
                OverlayEvent::Progress { .. } | OverlayEvent::Written { .. } => {}
                fact => return fact,
            }
        }
    }

    pub async fn connected(&mut self) -> Link {
        match self.fact().await {
            OverlayEvent::Connected { conn, who, remote, .. } => Link { conn, who, remote },
            other => panic!("{other:?} instead of Connected"),
        }
    }

    pub async fn frame(&mut self) -> (ConnId, Frame) {
        match self.fact().await {
            OverlayEvent::Frame { conn, frame } => (conn, frame),
            other => panic!("{other:?} instead of Frame"),
        }
    }

    pub async fn closed(&mut self) -> (ConnId, Failure) {
        match self.fact().await {
            OverlayEvent::Closed { conn, failure } => (conn, failure),
            other => panic!("{other:?} instead of Closed"),
        }
    }

    /// Why a dial or an accepted connection failed.
    pub async fn refused(&mut self) -> Failure {
        match self.fact().await {
            OverlayEvent::DialFailed { failure, .. }
            | OverlayEvent::AcceptFailed { failure, .. } => failure,
            other => panic!("{other:?} instead of a failure"),
        }
    }
}

/// `dialler` dials `acceptor`; both ends.
pub async fn connect(dialler: &mut Peer, acceptor: &mut Peer) -> (Link, Link) {
    dialler.dial(acceptor.port(), None);
    (dialler.connected().await, acceptor.connected().await)
}
