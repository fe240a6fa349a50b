//! What the screen is given: a node of its own that knows one or two addresses, and the tour.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use swarmscope_facts::Naming;

use tokio::sync::{mpsc, watch};

use super::cast::Role;
use super::peer::DemoPeer;
use super::scenario::Scenario;
use super::swarm::Swarm;
use super::tour::{Facts, Reading, Tour};
use crate::screen::asking::identity::Identity;
use crate::screen::kept::Kept;
use crate::screen::{Keymap, Msg, Setup, TourControl};
use swarmscope_peer::identity::Identities;
use swarmscope_peer::node::{Ask, Event, Events, Node, NodeConfig, Origin};
use swarmscope_peer::weighed;
use swarmscope_probes::{Statistics, pseudonyms};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{Frequency, MessageId, OverlayVersion};

/// How long the swarm may take to find together before the screen starts anyway.
const SETTLE: Duration = Duration::from_secs(5);
/// How long the other Crawler waits for its answer; the tour goes on without it.
const OTHER_CRAWLER: Duration = Duration::from_secs(10);
/// How often a peer of the swarm is dialled: on loopback nobody is bothered, and an audience does not
/// wait.
const DEMO_ROUND: Duration = Duration::from_millis(50);
/// Events between the node and the screen. The node waits when they are not taken.
const EVENTS: usize = 1024;
/// Bytes of payloads among them.
const EVENT_BYTES: u32 = 64 << 20;
/// Labels and steps of the tour.
const EXTRA: usize = 64;
/// Keys of somebody who steps through the tour faster than it can follow.
const CONTROLS: usize = 16;

/// Everything [`crate::tui::run()`] is called with in the demo.
pub struct Stage {
    pub node: Node,
    pub events: Events,
    pub setup: Setup,
    pub extra: mpsc::Receiver<Msg>,
    /// What the operator wants of the tour.
    pub tour: mpsc::Sender<TourControl>,
}

/// Starts the screen's node and the tour. What the tour keeps, a case file and a report, goes into
/// the directory `keep`.
///
/// # Errors
/// The node can't listen on loopback.
pub async fn stage(
    swarm: &Swarm,
    reading: Reading,
    keep: Option<PathBuf>,
) -> Result<Stage, Failure> {
    settle(swarm).await;
    if let Some(peer) = swarm.player(Role::AskedBefore) {
        ask_before(swarm, peer).await?;
    }
    let registry = swarmscope_probes::registry(Statistics::empty());
    let mut config = crawler(swarm.screen(), OverlayVersion::CURRENT);
    config.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    config.gossip = true;
    config.trace = true;
    config.bootstrap = swarm.entrances().map(DemoPeer::target).collect();
    if swarm.scenario() == Scenario::Refusals {
        config.bootstrap.extend(swarm.dead_ends().await);
    }
    let (node, from_node) = Node::start(config).await?;
    if let Some(listening) = node.listening().filter(|_| swarm.scenario() == Scenario::Worm) {
        swarm.send_unasked(listening).await?;
    }

    let (to_screen, events) = weighed::channel(EVENTS, EVENT_BYTES);
    let (facts, known) = watch::channel(Facts::default());
    tokio::spawn(relay(from_node, to_screen, facts));

    let (show, extra) = mpsc::channel(EXTRA);
    let (tour, controls) = mpsc::channel(CONTROLS);
    let steps = Tour::new(swarm, node.clone(), registry.clone(), known, show, keep);
    tokio::spawn(steps.run(reading, controls));
    let title = format!("demo: {}", swarm.scenario().name());
    let setup = Setup {
        registry,
        title,
        naming: Naming { privacy: false, mask: pseudonyms::mask().clone() },
        identity: Identity::default(),
        keymap: Keymap::default(),
        kept: Kept::default(),
    };
    Ok(Stage { node, events: events.into(), setup, extra, tour })
}

fn crawler(identities: Identities, version: OverlayVersion) -> NodeConfig {
    NodeConfig {
        identities,
        first_run: true, // whoever could owe a reply is of this run, too
        version,
        registry: swarmscope_probes::registry(Statistics::empty()),
        max_peers: 500, // more than a demo has
        fast_round: DEMO_ROUND,
        ..NodeConfig::default()
    }
}

/// Waits until those whom the screen starts from know the others, so that their first BuddyCast
/// message says much.
async fn settle(swarm: &Swarm) {
    let wait = async {
        for entrance in swarm.entrances() {
            let same = swarm.peers().iter().filter(|peer| peer.version == entrance.version).count();
            entrance.handle.clone().connected(same - 1).await;
        }
    };
    if tokio::time::timeout(SETTLE, wait).await.is_err() {
        tracing::debug!("the peers of the swarm did not find each other within {SETTLE:?}");
    }
}

/// Another Crawler asks this peer, so that the screen's first request meets a 254 that it can't
/// explain by itself.
async fn ask_before(swarm: &Swarm, peer: &DemoPeer) -> Result<(), Failure> {
    let (node, mut events) = Node::start(crawler(swarm.other_crawler(), peer.version)).await?;
    node.connect(peer.target());
    let conversation = async {
        while let Some(event) = events.recv().await {
            match event {
                Event::Connected { permid, .. } => {
                    node.request(Ask {
                        to: permid,
                        message: MessageId::NATCHECK,
                        frequency: Frequency::DEFAULT,
                        payload: bytes::Bytes::new(),
                        timeout: OTHER_CRAWLER,
                        origin: Origin::Operator,
                        wait_for_dial_back: false,
                    });
                }
                Event::Reply(_) | Event::RequestFailed { .. } | Event::ConnectFailed { .. } => {
                    break;
                }
                _ => {}
            }
        }
    };
    if tokio::time::timeout(OTHER_CRAWLER, conversation).await.is_err() {
        tracing::debug!("the demo's other Crawler got no answer");
    }
    node.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// Hands the node's events on to the screen, and keeps for the tour what it must know of them.
async fn relay(mut from: Events, to: weighed::Sender<Event>, facts: watch::Sender<Facts>) {
    while let Some(event) = from.recv().await {
        facts.send_if_modified(|facts| facts.learn(&event));
        if to.send(event).await.is_err() {
            return;
        }
    }
}
