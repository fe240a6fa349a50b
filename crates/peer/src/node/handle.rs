//! The handle by which the rest of the program drives a node. Nothing here waits for a peer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::actor::{Actor, Command};
use super::allowed::Allowed;
use super::answering::Answering;
use super::event::{Event, Source, Ticket};
use super::outlet::Outlet;
use crate::crawler::{Ask, Budgets, Engine, EngineConfig, Input, PeerView, Registry, Target};
use crate::identity::Identities;
use crate::overlay::{Limits, Overlay, OverlayConfig};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

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
    pub allow_file: Option<PathBuf>,
    pub registry: Registry,
    /// Whether to take part in BuddyCast, and to dial whom it tells of.
    pub gossip: bool,
    /// Dialled at the start, and again by rounds where `gossip` is on.
    pub bootstrap: Vec<Target>,
    /// Ids whose initiators run by themselves; none unless switched on.
    pub initiators: Vec<MessageId>,
    /// Peer side: the time between two parts of a reply. A cap on what a reply takes of the line.
    pub pace: Option<Duration>,
    /// How many peers to keep connections to at the same time.
    pub max_peers: usize,
    /// How many peers to keep in mind.
    pub max_known: usize,
    /// Whether to tell what passes over every connection ([`Event::Traced`]).
    pub trace: bool,
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
            max_peers: 50,   // arbitrary: enough to stay findable, few enough for any limit on open files
            max_known: 2500, // the size of the original's peer cache
            trace: false,
        }
    }
}

impl NodeConfig {
    /// The permids that this node is known by: (current, legacy); below version 18 only the legacy identity is in use.
    fn permids(&self) -> (Option<Permid>, Option<Permid>) {
        let current = self.identities.current.as_ref().filter(|_| self.version.is_encrypted());
        (current.map(|identity| identity.permid()), self.identities.legacy.as_ref().map(|identity| identity.permid()))
    }
}

/// A running node. Cheap to clone; it stops when [`Node::shutdown`] is called or the last clone is dropped.
#[derive(Clone)]
pub struct Node {
    /// Unbounded, because what comes through it comes from this program and must neither wait nor get lost: the node takes each
    /// command as it comes and waits for nothing else, and the engine bounds what may wait for a peer.
    commands: mpsc::UnboundedSender<Command>,
    tickets: Arc<AtomicU64>,
    listening: Option<SocketAddr>,
}

impl Node {
    /// Binds, starts the tasks, and returns with the stream of events. Must be called inside a tokio runtime.
    ///
    /// The stream may be dropped: the node goes on without a reader. A reader that is slow slows the connections down.
    ///
    /// # Errors
    /// The listening address can't be bound; the allow-list's file can't be read.
    pub async fn start(config: NodeConfig) -> Result<(Self, mpsc::Receiver<Event>), Failure> {
        let allowed = Allowed::new(config.allow.clone(), config.allow_file.clone())?;
        let seed = seed()?;
        let (permid, legacy_permid) = config.permids();
        let NodeConfig { identities, version, listen, registry, bootstrap, .. } = config;
        let overlay = OverlayConfig { identities, version, listen, limits: Limits::default(), trace: config.trace };
        let (overlay, overlay_events) = Overlay::start(overlay).await?;
        let listening = overlay.listening();
        let engine = EngineConfig {
            permids: permid.into_iter().chain(legacy_permid).collect(),
            listening,
            registry: registry.clone(),
            gossip: config.gossip,
            initiators: config.initiators,
            pace: config.pace,
            max_peers: config.max_peers,
            max_known: config.max_known,
            budgets: Budgets::default(),
            seed,
        };
        let now = super::actor::now();
        let mut engine = Engine::new(engine, now);
        for target in bootstrap {
            engine.handle(Input::Connect { target, source: Source::Bootstrap }, now);
        }
        let (mut outlet, events) = Outlet::new();
        if let Some(address) = listening {
            outlet.push(Event::Listening { address, permid, legacy_permid });
        }
        let (commands, from_handles) = mpsc::unbounded_channel();
        let answering = Answering::new(PeerView { listening });
        let commanded =
            Actor { engine, overlay, overlay_events, commands: from_handles, registry, answering, allowed, outlet };
        tokio::spawn(commanded.run());
        Ok((Self { commands, tickets: Arc::new(AtomicU64::new(1)), listening }, events))
    }

    /// Where it listens, if it does: with the port that was bound.
    #[must_use]
    pub const fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Dials; what becomes of it comes as events.
    pub fn connect(&self, target: Target) {
        self.command(Command::Connect(target));
    }

    /// Asks a peer; it is dialled first if it is known but not connected. What becomes of it comes as events under this ticket.
    pub fn request(&self, ask: Ask) -> Ticket {
        let ticket = Ticket(self.tickets.fetch_add(1, Ordering::Relaxed));
        self.command(Command::Request(ticket, ask));
        ticket
    }

    /// Gives a request up.
    pub fn cancel(&self, ticket: Ticket) {
        self.command(Command::Cancel(ticket));
    }

    /// Waits so much longer for a request: for its first part, between parts and for the whole reply.
    pub fn extend(&self, ticket: Ticket, by: Duration) {
        self.command(Command::Extend(ticket, by));
    }

    /// Closes every connection to a peer.
    pub fn disconnect(&self, permid: Permid) {
        self.command(Command::Disconnect(permid));
    }

    /// Ends requests and dials, sends the replies that are on their way, closes, and waits at most `grace`.
    pub async fn shutdown(self, grace: Duration) {
        let (done, ended) = oneshot::channel();
        self.command(Command::Shutdown { grace, done });
        let _ = ended.await; // an error: it had ended before
    }

    /// A node that has ended takes no commands; its stream of events has told so by its end.
    fn command(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

fn seed() -> Result<u64, Failure> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|error| {
        Failure::new(Cause::Io, By::Us, format!("the operating system gives no randomness: {error}"))
    })?;
    Ok(u64::from_le_bytes(seed))
}
