//! The handle by which the rest of the program drives a node. Nothing here waits for a peer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Events;
use super::actor::{Actor, now};
use super::allowed::Allowed;
use super::answering::Answering;
use super::asking::{Asking, Connecting};
use super::command::Command;
use super::config::NodeConfig;
use super::event::{Event, Source, Ticket};
use super::outlet::Outlet;
use super::waiting::Waiting;
use crate::crawler::{Ask, Engine, EngineConfig, Input, PeerKey, PeerView, Target};
use crate::limits::reached::Told;
use crate::limits::{Counted, Meter, Reading};
use crate::overlay::{Overlay, OverlayConfig};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// A running node. Cheap to clone; it stops when [`Node::shutdown`] is called or the last clone is
/// dropped. Replies that are on their way then have a second to go out.
#[derive(Clone)]
pub struct Node {
    /// Unbounded, because what comes through it comes from this program and must neither wait nor
    /// get lost: the node takes each command as it comes and waits for nothing else, and the
    /// engine bounds what may wait for a peer.
    commands: mpsc::UnboundedSender<Command>,
    tickets: Arc<AtomicU64>,
    listening: Option<SocketAddr>,
    meter: Meter,
}

impl Node {
    /// Binds, starts the tasks, and returns with the stream of events. Must be called inside a
    /// tokio runtime.
    ///
    /// The stream may be dropped: the node goes on without a reader. A reader that is slow slows
    /// the connections down.
    ///
    /// # Errors
    /// The listening address can't be bound; the allow-list's file can't be read.
    pub async fn start(config: NodeConfig) -> Result<(Self, Events), Failure> {
        let allowed = Allowed::new(config.allow.clone(), config.allow_file.clone())?;
        let seed = seed()?;
        let (permid, legacy_permid) = config.permids();
        let NodeConfig { identities, version, listen, registry, bootstrap, .. } = config;
        let (limits, trace, key_log) = (config.limits, config.trace, config.key_log.clone());
        let meter = Meter::new(&limits);
        let overlay = OverlayConfig {
            identities,
            version,
            listen,
            limits,
            meter: meter.clone(),
            trace,
            key_log,
        };
        let (overlay, overlay_events) = Overlay::start(overlay).await?;
        let listening = overlay.listening();
        let engine = EngineConfig {
            permids: permid.into_iter().chain(legacy_permid).collect(),
            first_run: config.first_run,
            listening,
            registry: registry.clone(),
            gossip: config.gossip,
            survey: config.survey,
            initiators: config.initiators,
            pace: config.pace,
            max_peers: config.max_peers,
            fast_round: config.fast_round,
            limits,
            meter: meter.clone(),
            seed,
        };
        let now = now();
        let mut engine = Engine::new(engine, now);
        for target in bootstrap {
            engine.handle(Input::Connect { target, source: Source::Bootstrap }, now);
        }
        let (mut outlet, events) = Outlet::new();
        if let Some(address) = listening {
            outlet.push(Event::Listening { address, permid, legacy_permid });
        }
        let (commands, from_handles) = mpsc::unbounded_channel();
        let answering = Answering::new(PeerView { listening }, &limits, meter.clone());
        let commanded = Actor {
            engine,
            overlay,
            overlay_events,
            commands: from_handles,
            registry,
            answering,
            allowed,
            outlet,
            waiting: Waiting::default(),
            meter: meter.clone(),
            reached: Told::new(&limits),
            stopping: false,
        };
        tokio::spawn(commanded.run());
        let tickets = Arc::new(AtomicU64::new(1));
        Ok((Self { commands, tickets, listening, meter }, events))
    }

    /// Where it listens, if it does: with the port that was bound.
    #[must_use]
    pub const fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// What others take of this process now, the most that they ever took, and what they were
    /// refused.
    #[must_use]
    pub fn limits(&self) -> Vec<Reading> {
        self.meter.read()
    }

    /// Counts a whole reply of so many bytes towards [`Limit::ReplyBytesInAll`] until what is
    /// returned is dropped. Whoever reads replies more slowly than they come holds this while one
    /// waits to be read, so that no more come in than fit.
    ///
    /// [`Limit::ReplyBytesInAll`]: crate::limits::Limit::ReplyBytesInAll
    #[must_use]
    pub fn reads(&self, bytes: usize) -> Counted {
        self.meter.reads(bytes)
    }

    /// Dials. The outcome comes as events, and as the result of the returned future.
    #[expect(clippy::must_use_candidate, reason = "the dial goes on without anybody waiting")]
    pub fn connect(&self, target: Target) -> Connecting {
        let (tell, told) = oneshot::channel();
        self.command(Command::Connect(target, tell));
        Connecting(told)
    }

    /// Dials an address that is known from hearsay: whether a peer is there, and who it is, comes as
    /// events.
    pub fn try_address(&self, target: Target, source: Source) {
        self.command(Command::Try(target, source));
    }

    /// Asks a peer and waits for its reply; it is dialled first if it is known but not connected.
    /// Everything else that becomes of it comes as events, too.
    ///
    /// ```no_run
    /// # use swarmscope_peer::{Ask, Failure, MessageId, Node, Target};
    /// # async fn f(node: Node, target: Target) -> Result<(), Failure> {
    /// let peer = node.connect(target).await?;
    /// let reply = node.ask(Ask::new(peer, MessageId::NATCHECK)).await?;
    /// # Ok(()) }
    /// ```
    pub fn ask(&self, ask: Ask) -> Asking {
        let ticket = self.next_ticket();
        let (tell, told) = mpsc::unbounded_channel();
        self.command(Command::Ask(ticket, ask, tell));
        Asking::new(ticket, told, self.commands.clone())
    }

    /// As [`Self::ask`], for a program that reads the events: what becomes of it comes there under
    /// this ticket.
    pub fn request(&self, ask: Ask) -> Ticket {
        let ticket = self.next_ticket();
        self.command(Command::Request(ticket, ask));
        ticket
    }

    /// Gives a request up.
    pub fn cancel(&self, ticket: Ticket) {
        self.command(Command::Cancel(ticket));
    }

    /// Waits so much longer for a request: for its first part, between parts and for the whole
    /// reply.
    pub fn extend(&self, ticket: Ticket, by: Duration) {
        self.command(Command::Extend(ticket, by));
    }

    /// Closes every connection to a peer.
    pub fn disconnect(&self, permid: Permid) {
        self.command(Command::Disconnect(permid));
    }

    /// Dials a peer no more by itself, until it is named again or connects by itself. A connection
    /// that there is stays.
    pub fn forget(&self, peer: PeerKey) {
        self.command(Command::Forget(peer));
    }

    /// Tells what passes over the connections of this peer from now on ([`Event::Traced`]), or no
    /// longer. What passed before is counted and not told.
    pub fn trace(&self, permid: Permid, watched: bool) {
        self.command(Command::Trace(permid, watched));
    }

    /// Tells the frames of everybody's connections, as a recording needs it; or only those of the
    /// peers that [`Self::trace`] names. A node that was started with [`NodeConfig::trace`]
    /// begins with everybody's.
    pub fn trace_all(&self, all: bool) {
        self.command(Command::TraceAll(all));
    }

    /// Ends requests and dials, sends the replies that are on their way, closes, and waits at most
    /// `grace`.
    pub async fn shutdown(self, grace: Duration) {
        let (done, ended) = oneshot::channel();
        self.command(Command::Shutdown { grace, done });
        let _ = ended.await; // an error: it had ended before
    }

    fn next_ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// A node that has ended takes no commands; its stream of events has told so by its end.
    fn command(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

fn seed() -> Result<u64, Failure> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|error| {
        Failure::new(
            Cause::Io,
            By::Us,
            format!("the operating system returned no random numbers: {error}"),
        )
    })?;
    Ok(u64::from_le_bytes(seed))
}
