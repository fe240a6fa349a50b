//! The tour: every way a request can end, in under a minute. It asks through the screen's own
//! node, peers that play a role and no others.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::cast::Role;
use super::peer::DemoPeer;
use super::scenario::Scenario;
use super::steps::{Act, Step};
use super::swarm::Swarm;
use crate::screen::{Msg, TourStep};
use swarmscope_peer::crawler::{Recipient, Registry};
use swarmscope_peer::node::{Ask, Event, Node, Origin, PeerKey, Ticket};
use swarmscope_wire::{Frequency, MessageId, Permid};

/// How long a step waits until its peer is known, or for its request to end, before the tour goes
/// on.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between a step's announcement and what happens: time for the eye to find the peer.
const LEAD: Duration = Duration::from_millis(500);

/// How long each step waits for its readers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    AsWritten,
    /// For tests.
    NoTime,
}

impl Reading {
    async fn rest(self, time: Duration) {
        if self == Self::AsWritten {
            tokio::time::sleep(time).await;
        }
    }
}

/// What the tour knows of the screen's node.
#[derive(Default, Debug)]
pub struct Facts {
    known: HashSet<Permid>,
    ended: HashSet<Ticket>,
}

impl Facts {
    /// Whether the event changed anything here.
    pub fn learn(&mut self, event: &Event) -> bool {
        match event {
            Event::Discovered { peer: PeerKey::Permid(permid), .. }
            | Event::Connected { permid, .. } => self.known.insert(*permid),
            Event::Reply { ticket, .. } | Event::RequestFailed { ticket, .. } => {
                self.ended.insert(*ticket)
            }
            _ => false,
        }
    }
}

/// The tour of one swarm.
pub struct Tour {
    scenario: Scenario,
    cast: Vec<DemoPeer>,
    node: Node,
    registry: Registry,
    facts: watch::Receiver<Facts>,
    show: mpsc::Sender<Msg>,
}

impl Tour {
    /// `facts` are those of `node`; `show` leads to the screen.
    #[must_use]
    pub fn new(
        swarm: &Swarm,
        node: Node,
        registry: Registry,
        facts: watch::Receiver<Facts>,
        show: mpsc::Sender<Msg>,
    ) -> Self {
        let cast = swarm
            .peers()
            .iter()
            .filter(|peer| peer.label.is_some() || peer.role != Role::Plain)
            .cloned()
            .collect();
        Self { scenario: swarm.scenario(), cast, node, registry, facts, show }
    }

    /// Labels the cast and goes through the steps, until the end or until `skip`.
    pub async fn run(mut self, reading: Reading, skip: CancellationToken) {
        self.label().await;
        skip.run_until_cancelled(self.steps(reading)).await;
        self.tell(Msg::TourEnded).await;
    }

    async fn label(&self) {
        for peer in &self.cast {
            if let Some(label) = peer.label {
                self.tell(Msg::Label { permid: peer.permid, label: label.into() }).await;
            }
        }
    }

    async fn steps(&mut self, reading: Reading) {
        let steps: Vec<&Step> =
            self.scenario.steps().iter().filter(|step| self.can(step.act)).collect();
        let of = number(steps.len());
        for (index, step) in steps.into_iter().enumerate() {
            let show = match step.act {
                Act::Ask(role, message) => self.player(role).map(|peer| (peer.permid, message)),
                Act::Leave(role) => {
                    self.player(role).map(|peer| (peer.permid, MessageId::NATCHECK))
                }
                Act::Look => None,
            };
            self.tell(Msg::Tour(TourStep {
                step: number(index + 1),
                of,
                text: step.text.into(),
                show,
            }))
            .await;
            reading.rest(LEAD).await;
            self.act(step.act).await;
            reading.rest(step.dwell).await;
        }
    }

    /// Whether the swarm is large enough for whom the step needs.
    fn can(&self, act: Act) -> bool {
        match act {
            Act::Look => true,
            Act::Ask(role, _) | Act::Leave(role) => self.player(role).is_some(),
        }
    }

    fn player(&self, role: Role) -> Option<&DemoPeer> {
        self.cast.iter().find(|peer| peer.role == role)
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Look => {}
            Act::Ask(role, message) => {
                if let Some(peer) = self.player(role).cloned() {
                    self.ask(&peer, message).await;
                }
            }
            Act::Leave(role) => {
                if let Some(peer) = self.player(role) {
                    peer.handle.go_away();
                }
            }
        }
    }

    async fn ask(&mut self, peer: &DemoPeer, message: MessageId) {
        let permid = peer.permid;
        self.until(|facts| facts.known.contains(&permid)).await;
        let probe = self.registry.get(message);
        let to = Recipient { permid: Some(permid), version: peer.version };
        let default = || probe.map(|probe| probe.initiate(&to)).unwrap_or_default();
        let ticket = self.node.request(Ask {
            to: permid,
            message,
            frequency: probe.map_or(Frequency::DEFAULT, |probe| probe.default_frequency()),
            payload: peer
                .role
                .query()
                .map_or_else(default, |query| Bytes::from_static(query.as_bytes())),
            timeout: peer
                .role
                .timeout()
                .unwrap_or_else(|| probe.map_or(PATIENCE, |probe| probe.timeout())),
            origin: Origin::Tour,
            // A refusal is a lost connection too: only where the peer is to dial back is there
            // anything to wait for.
            wait_for_dial_back: peer.role == Role::AnswersLate,
        });
        self.until(|facts| facts.ended.contains(&ticket)).await;
    }

    /// Waits for a fact, but not for ever: the tour goes on, and the screen shows what is missing.
    async fn until(&mut self, fact: impl FnMut(&Facts) -> bool) {
        let _ = tokio::time::timeout(PATIENCE, self.facts.wait_for(fact)).await;
    }

    /// A screen that is gone needs no tour; the next step ends with it.
    async fn tell(&self, msg: Msg) {
        let _ = self.show.send(msg).await;
    }
}

fn number(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
