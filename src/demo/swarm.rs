//! The swarm: planning the peers from the seed, starting them, stopping them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cascade;
use super::cast::Role;
use super::changed;
use super::dead_ends::dead_ends;
use super::nats::Nats;
use super::peer::{self, DemoPeer, Plan};
use super::scenario::Scenario;
use super::seeded::Seeded;
use super::statistics;
use super::strangers::{Lab, Strangers, WhySimulated};
use super::worm;
use swarmscope_peer::identity::Identities;
use swarmscope_peer::node::{Event, Target};
use swarmscope_probes::nat::server::Limits;
use swarmscope_probes::nat::{NatTester, StunServer};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{OverlayVersion, Permid};

/// One peer in so many is of the old kind (version 17).
const OLD_ONE_IN: usize = 4;
/// The first old one. It and the first of all are where others start from, so neither plays
/// anything.
const FIRST_OLD: usize = 3;
/// Seeds of peers are their numbers; the screen's own identity and the other Crawler's come from
/// here.
const SCREEN: u64 = 1 << 32;
const OTHER_CRAWLER: u64 = SCREEN + 1;
/// The identity of one that sends unsolicited replies.
const UNASKED: u64 = SCREEN + 2;

/// Connections a peer looks for by itself, in a swarm of up to so many: a swarm is no full mesh,
/// and all its peers share the open files and the processors of one machine.
const fn connections(peers: usize) -> usize {
    if peers <= 64 { 8 } else { 3 }
}

/// The addresses of the demo's STUN server.
const STUN: [Ipv4Addr; 2] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];
/// All peers of the demo are one source, and an operator can ask all of them at once.
const STUN_LIMITS: Limits = Limits { per_source: 1000, total: 1000, burst: 4 };

/// What swarm to make.
#[derive(Clone)]
pub struct SwarmConfig {
    pub peers: usize,
    /// The same seed makes the same identities and statistics. They are as public as the seed.
    pub seed: u64,
    /// Who may ask, besides the demo's own identity.
    pub allow: Vec<Permid>,
    pub scenario: Scenario,
    /// Whether the roles of the scenario are given away; without it every peer is a plain one.
    pub played: bool,
    /// What the peers are behind in the scenario `nat`.
    pub nats: Option<Arc<Nats>>,
    /// The real clients of the scenario `bittorrent`; without them they are simulated.
    pub clients: Option<Arc<Lab>>,
    /// Where the peers' events go. A reader that waits makes the swarm wait.
    pub watch: Option<mpsc::Sender<Event>>,
}

/// A running swarm.
pub struct Swarm {
    peers: Vec<DemoPeer>,
    /// What the peers test their NAT against; none where this machine has only one address of its
    /// own.
    stun: Option<StunServer>,
    /// Kept as long as the peers that are behind them.
    _nats: Option<Arc<Nats>>,
    seed: u64,
    scenario: Scenario,
    /// Clients and nodes of other networks, where the scenario has some.
    strangers: Option<Arc<Strangers>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Swarm {
    /// Starts every peer; all listen when this returns. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// A listener can't be opened, or the statistics can't be made.
    pub async fn start(config: SwarmConfig) -> Result<Self, Failure> {
        let mut swarm = Self {
            peers: Vec::new(),
            stun: stun_server().await,
            _nats: config.nats.clone(),
            seed: config.seed,
            scenario: config.scenario,
            strangers: match config.scenario {
                Scenario::BitTorrent => {
                    let lab = config.clients.clone();
                    let lab = lab.unwrap_or_else(|| Arc::new(Err(WhySimulated::Asked)));
                    Some(Arc::new(Strangers::start(config.seed, lab).await?))
                }
                _ => None,
            },
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        for index in 0..config.peers {
            let plan = swarm.plan(index, &config)?;
            let peer =
                peer::start(plan, config.watch.clone(), &swarm.tasks, swarm.stop.clone()).await?;
            swarm.peers.push(peer);
        }
        Ok(swarm)
    }

    fn plan(&self, index: usize, config: &SwarmConfig) -> Result<Plan, Failure> {
        let mut seeded = Seeded::new(config.seed, index as u64);
        let old = is_old(index);
        let role = match config.scenario {
            _ if !config.played => Role::Plain,
            Scenario::Cascade => falls(index),
            scenario => role(index, config.peers, scenario.cast()),
        };
        let mut allow = config.allow.clone();
        allow.extend(permids(&self.screen()));
        allow.extend(permids(&self.other_crawler()));
        Ok(Plan {
            role,
            label: config.scenario.label(role),
            identities: if old { seeded.old_identity() } else { seeded.identity() },
            version: if old { OverlayVersion::LEGACY } else { OverlayVersion::CURRENT },
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow: if role.allows() { allow } else { Vec::new() },
            bootstrap: self.entrance(old).map(DemoPeer::target).into_iter().collect(),
            max_peers: connections(config.peers),
            statistics: statistics::make(&mut seeded, role)?,
            behind: config.nats.as_ref().map(|nats| nats.behind(index)),
            nat: NatTester::new(
                self.stun.iter().map(|server| server.listen().to_string()).collect(),
            ),
        })
    }

    /// The peer that others of its kind start from.
    fn entrance(&self, old: bool) -> Option<&DemoPeer> {
        self.peers.get(if old { FIRST_OLD } else { 0 })
    }

    /// Where the screen starts: one peer of each kind.
    pub(super) fn entrances(&self) -> impl Iterator<Item = &DemoPeer> {
        [self.entrance(false), self.entrance(true)].into_iter().flatten()
    }

    /// The screen's own identities.
    pub(super) fn screen(&self) -> Identities {
        Seeded::new(self.seed, SCREEN).both()
    }

    /// Those of the Crawler that asked before.
    pub(super) fn other_crawler(&self) -> Identities {
        Seeded::new(self.seed, OTHER_CRAWLER).both()
    }

    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Clients and nodes of other networks.
    #[must_use]
    pub fn strangers(&self) -> Option<&Arc<Strangers>> {
        self.strangers.as_ref()
    }

    /// Addresses at which there is no peer to talk to.
    pub(super) async fn dead_ends(&self) -> Vec<Target> {
        let Some(known) = self.peers.first() else { return Vec::new() };
        let targets = dead_ends(&known.target(), &self.tasks, &self.stop).await;
        targets
            .inspect_err(|error| tracing::warn!("the demo has no dead ends: {error}"))
            .unwrap_or_default()
    }

    /// Starts a peer that sends unsolicited replies.
    pub(super) async fn send_unasked(&self, whom: SocketAddr) -> Result<(), Failure> {
        let identities = Seeded::new(self.seed, UNASKED).identity();
        changed::unasked(identities, whom, &self.tasks, self.stop.clone()).await
    }

    /// Lets a story take its course without a tour.
    pub fn play_by_the_clock(&self) {
        let (peers, stop) = (self.peers.clone(), self.stop.clone());
        match self.scenario {
            Scenario::Cascade => drop(self.tasks.spawn(cascade::by_the_clock(peers, stop))),
            Scenario::Worm => drop(self.tasks.spawn(worm::by_the_clock(peers, stop))),
            _ => {}
        }
    }

    #[must_use]
    pub fn peers(&self) -> &[DemoPeer] {
        &self.peers
    }

    /// Who plays this role, if the swarm is large enough for it.
    #[must_use]
    pub fn player(&self, role: Role) -> Option<&DemoPeer> {
        self.peers.iter().find(|peer| peer.role == role)
    }

    /// Stops every peer and waits for them, at most `grace`.
    pub async fn shutdown(self, grace: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            tracing::debug!("some peers of the demo took longer than {grace:?} to close");
        }
    }
}

/// A STUN server on two loopback addresses, so that NATCHECK answers what was measured: no NAT
/// between two of one machine.
async fn stun_server() -> Option<StunServer> {
    let [listen, alternate] = STUN.map(|ip| SocketAddr::from((ip, 0)));
    let started = StunServer::start_with(listen, alternate, STUN_LIMITS).await;
    // only Linux has all of 127.0.0.0/8; without a server the peers answer that they don't know
    started.inspect_err(|error| tracing::debug!("the demo has no STUN server: {error}")).ok()
}

const fn is_old(index: usize) -> bool {
    cfg!(feature = "legacy") && index % OLD_ONE_IN == FIRST_OLD
}

/// All old peers fall but the entrance, so that the others find each other.
const fn falls(index: usize) -> Role {
    if is_old(index) && index > FIRST_OLD {
        cascade::role(index / OLD_ONE_IN - 1)
    } else {
        Role::Plain
    }
}

/// The last peers play; the first stay plain, and so do more than half of all.
fn role(index: usize, peers: usize, cast: &[Role]) -> Role {
    let players = cast.len().min(peers.saturating_sub(FIRST_OLD + 1));
    (index + players).checked_sub(peers).map_or(Role::Plain, |place| cast[place])
}

fn permids(identities: &Identities) -> impl Iterator<Item = Permid> {
    let current = identities.current.as_ref().map(|identity| identity.permid());
    let legacy = identities.legacy.as_ref().map(|identity| identity.permid());
    current.into_iter().chain(legacy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swarm_of_24_plays_everything_and_leaves_14_to_the_operator() {
        let roles: Vec<Role> = (0..24).map(|index| role(index, 24, &Role::PLAYED)).collect();
        assert_eq!(roles.iter().filter(|role| **role == Role::Plain).count(), 14);
        let players: Vec<Role> =
            roles.iter().copied().filter(|role| *role != Role::Plain).collect();
        assert_eq!(players, Role::PLAYED);
        assert_eq!((roles[0], roles[FIRST_OLD]), (Role::Plain, Role::Plain));
    }

    #[test]
    fn a_small_swarm_plays_what_it_can() {
        assert!((0..4).all(|index| role(index, 4, &Role::PLAYED) == Role::Plain));
        assert_eq!(role(4, 5, &Role::PLAYED), Role::BehindNat);
        assert_eq!(role(0, 1, &Role::PLAYED), Role::Plain);
    }
}
