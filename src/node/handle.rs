//! The handle by which the rest of the program drives a node. Nothing here waits for a peer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use super::event::{Event, Ticket};
use crate::crawler::{Ask, Registry, Target};
use crate::failure::Failure;
use crate::identity::Identities;
use crate::wire::{MessageId, OverlayVersion, Permid};

/// What a node is and does.
#[derive(Clone)]
pub struct NodeConfig {
    pub identities: Identities,
    /// The current version presented (7–18).
    pub version: OverlayVersion,
    pub listen: Option<SocketAddr>,
    /// Crawlers that may ask, besides those of `allow_file`.
    pub allow: Vec<Permid>,
    /// Read again when it changes.
    pub allow_file: Option<std::path::PathBuf>,
    pub registry: Registry,
    /// Whether to take part in BuddyCast, and to dial whom it tells of.
    pub gossip: bool,
    pub bootstrap: Vec<Target>,
    /// Ids whose initiators run by themselves; none unless switched on.
    pub initiators: Vec<MessageId>,
    /// Peer side: the time between two parts of a reply. A cap on what a reply takes of the line.
    pub pace: Option<Duration>,
    /// How many peers to keep connections to at the same time.
    pub max_peers: usize,
}

impl Default for NodeConfig {
    /// Nobody: no identity, no listener, nobody allowed, no probes, no gossip. The rest is what most nodes want.
    fn default() -> Self {
        Self {
            identities: Identities::default(),
            version: OverlayVersion::CURRENT,
            listen: None,
            allow: Vec::new(),
            allow_file: None,
            registry: Registry::default(),
            gossip: false,
            bootstrap: Vec::new(),
            initiators: Vec::new(),
            pace: None,
            max_peers: 50, // arbitrary: enough to stay findable, few enough for any limit on open files
        }
    }
}

/// A running node. Cheap to clone; it stops when [`Node::shutdown`] is called or the last clone is dropped.
#[derive(Clone)]
pub struct Node {
    // to come
}

impl Node {
    /// Binds, starts the tasks, and returns with the stream of events. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The listening address can't be bound.
    pub async fn start(config: NodeConfig) -> Result<(Self, mpsc::Receiver<Event>), Failure> {
        let _ = config;
        todo!()
    }

    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        todo!()
    }

    /// Dials; what becomes of it comes as events.
    pub fn connect(&self, target: Target) {
        let _ = target;
        todo!()
    }

    /// Asks a peer; it is dialled first if it is known but not connected. What becomes of it comes as events under this ticket.
    pub fn request(&self, ask: Ask) -> Ticket {
        let _ = ask;
        todo!()
    }

    /// Gives a request up.
    pub fn cancel(&self, ticket: Ticket) {
        let _ = ticket;
        todo!()
    }

    /// Closes every connection to a peer.
    pub fn disconnect(&self, permid: Permid) {
        let _ = permid;
        todo!()
    }

    /// Stops accepting, sends what is queued, closes, and waits at most `grace`.
    pub async fn shutdown(self, grace: Duration) {
        let _ = grace;
        todo!()
    }
}
