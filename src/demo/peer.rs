//! One peer of the swarm: a node, started from a plan, that may go away and come back.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cast::Role;
use super::nats::{Behind, Sort};
use swarmscope_peer::Limits;
use swarmscope_peer::identity::Identities;
use swarmscope_peer::node::{Event, Events, Node, NodeConfig, Target};
use swarmscope_probes::Statistics;
use swarmscope_probes::nat::NatTester;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{OverlayVersion, Permid};

/// How long a peer that goes away stays away.
const AWAY: Duration = Duration::from_secs(20);
/// How long a node may take to close.
const GRACE: Duration = Duration::from_secs(1);

/// A peer of the swarm, as far as others need to know it.
#[derive(Clone, Debug)]
pub struct DemoPeer {
    pub role: Role,
    /// What the screen writes beside it.
    pub label: Option<&'static str>,
    pub address: SocketAddr,
    pub permid: Permid,
    pub version: OverlayVersion,
    /// What the scenario `nat` puts it behind.
    pub(super) behind: Option<Sort>,
    pub(super) handle: Handle,
}

impl DemoPeer {
    /// The fact that it listens, as its own node tells it.
    #[must_use]
    pub fn listening(&self) -> Event {
        let old = !self.version.is_encrypted();
        Event::Listening {
            address: self.address,
            permid: (!old).then_some(self.permid),
            legacy_permid: old.then_some(self.permid),
        }
    }

    /// Where to dial it, and it alone.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            permid: Some(self.permid),
        }
    }
}

/// Everything a peer is made of.
pub struct Plan {
    pub role: Role,
    /// What the screen writes beside it.
    pub label: Option<&'static str>,
    pub identities: Identities,
    pub version: OverlayVersion,
    pub listen: SocketAddr,
    pub allow: Vec<Permid>,
    pub bootstrap: Vec<Target>,
    /// Connections it looks for by itself.
    pub max_peers: usize,
    pub statistics: Statistics,
    pub nat: NatTester,
    /// What the scenario `nat` puts it behind.
    pub behind: Option<Behind>,
}

/// How a peer leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leave {
    /// It comes back after a while.
    ForAWhile,
    /// It comes back at once, tampered with.
    ToBeChanged,
    ForGood,
}

/// What the demo may ask of a running peer.
#[derive(Clone, Debug)]
pub struct Handle {
    leave: mpsc::Sender<Leave>,
    connections: watch::Receiver<usize>,
}

impl Handle {
    /// Tells the peer to play that it goes away.
    pub fn go_away(&self) {
        // A full queue means that it is told already.
        let _ = self.leave.try_send(Leave::ForAWhile);
    }

    /// Tells the peer to restart as one that answers everything.
    pub fn change(&self) {
        let _ = self.leave.try_send(Leave::ToBeChanged); // as above
    }

    /// Tells the peer to leave and to stay away.
    pub fn fall(&self) {
        let _ = self.leave.try_send(Leave::ForGood); // as above
    }

    /// Returns when the peer has this many connections, or is stopped.
    pub async fn connected(&mut self, at_least: usize) {
        let _ = self.connections.wait_for(|connections| *connections >= at_least).await;
    }
}

/// Starts a peer; it listens when this returns.
pub async fn start(
    mut plan: Plan,
    watch: Option<mpsc::Sender<Event>>,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<DemoPeer, Failure> {
    let permid = plan.permid();
    let (node, events) = plan.start().await?;
    // From now on it is known at this address, and comes back to it.
    plan.listen = node.listening().unwrap_or(plan.listen);
    let (leave, leaves) = mpsc::channel(1);
    let (count, connections) = watch::channel(0);
    let peer = DemoPeer {
        role: plan.role,
        label: plan.label.or(plan.behind.as_ref().map(Behind::label)),
        address: plan.listen,
        permid,
        version: plan.version,
        behind: plan.behind.as_ref().map(Behind::sort),
        handle: Handle { leave, connections },
    };
    tasks.spawn(Life { plan, watch, leaves, count, stop }.live(node, events));
    Ok(peer)
}

impl Plan {
    fn permid(&self) -> Permid {
        let current = self.identities.current.as_ref().map(|identity| identity.permid());
        let legacy = || self.identities.legacy.as_ref().map(|identity| identity.permid());
        current.or_else(legacy).expect("a peer of the demo has an identity")
    }

    async fn start(&self) -> Result<(Node, Events), Failure> {
        // Two of its probes play with the node's own connections, and the node is made with its
        // probes.
        let own = Arc::new(OnceLock::new());
        let mut honest =
            swarmscope_probes::registry_of_peer(self.statistics.clone(), self.nat.clone());
        if let Some(behind) = &self.behind {
            honest = honest.map_probes(|id, probe| Some(behind.dress(id, probe)));
        }
        let config = NodeConfig {
            identities: self.identities.clone(),
            version: self.version,
            listen: Some(self.listen),
            allow: self.allow.clone(),
            registry: self.role.registry(&honest, &own),
            gossip: true,
            bootstrap: self.bootstrap.clone(),
            pace: self.role.pace(),
            max_peers: self.max_peers,
            limits: crowded(),
            ..NodeConfig::default()
        };
        let (node, events) = Node::start(config).await?;
        let _ = own.set(node.clone());
        Ok((node, events))
    }
}

/// A whole swarm shares one address, and its peers all begin at the same time.
fn crowded() -> Limits {
    Limits { attempts: 100_000, attempts_per_source: 100_000, ..Limits::default() }
}

/// A peer from its start to its stop.
struct Life {
    plan: Plan,
    watch: Option<mpsc::Sender<Event>>,
    leaves: mpsc::Receiver<Leave>,
    count: watch::Sender<usize>,
    stop: CancellationToken,
}

impl Life {
    async fn live(mut self, mut node: Node, mut events: Events) {
        loop {
            let leave = self.until_it_leaves(&mut events).await;
            node.shutdown(GRACE).await;
            match leave {
                Some(Leave::ForAWhile) => {
                    let away = tokio::time::sleep(AWAY);
                    if self.stop.run_until_cancelled(away).await.is_none() {
                        return;
                    }
                }
                Some(Leave::ToBeChanged) => self.plan.role = Role::Changed,
                Some(Leave::ForGood) | None => return,
            }
            match self.plan.start().await {
                Ok(again) => (node, events) = again,
                Err(failure) => {
                    tracing::warn!("a peer of the demo could not come back: {failure}");
                    return;
                }
            }
        }
    }

    /// How it leaves; `None` if it has to stop.
    async fn until_it_leaves(&mut self, events: &mut Events) -> Option<Leave> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                Some(leave) = self.leaves.recv() => return Some(leave),
                event = events.recv() => match event {
                    Some(event) => self.observe(event).await,
                    None => return None,
                },
            }
        }
    }

    async fn observe(&self, event: Event) {
        match &event {
            Event::Connected { .. } => self.count.send_modify(|count| *count += 1),
            Event::Disconnected { .. } => {
                self.count.send_modify(|count| *count = count.saturating_sub(1));
            }
            _ => {}
        }
        if let Some(watch) = &self.watch {
            // That no one watches any more is no reason to stop.
            let _ = watch.send(event).await;
        }
    }
}
