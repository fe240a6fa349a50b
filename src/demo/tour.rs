//! The tour: every way a request can end, in under a minute, and then everybody is asked. It asks
//! through the screen's own node, and only peers that play a role; the last question is the
//! screen's.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::cascade;
use super::cast::Role;
use super::nats::Sort;
use super::peer::DemoPeer;
use super::scenario::Scenario;
use super::steps::{Act, CaseStep, Needs, Step};
use super::strangers::Strangers;
use super::swarm::Swarm;
use super::worm;
use crate::screen::{Msg, Scene, TourCase, TourControl, TourStep};
use swarmscope_facts::format::counted;
use swarmscope_facts::networks::Question;
use swarmscope_peer::crawler::{Recipient, Registry};
use swarmscope_peer::node::{Ask, Event, Node, Origin, PeerKey, Reply, Ticket};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

/// How long a step waits until its peer is known, or for its request to end, before the tour goes
/// on.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the screen has to ask the first of everybody: it does not where somebody else has the
/// keyboard.
const ASKS: Duration = Duration::from_secs(3);
/// How long everybody has to answer: 500 peers are asked in 25 s.
const ALL_PATIENCE: Duration = Duration::from_secs(45);
/// Nobody new was asked for so long: all were.
const ALL_ASKED: Duration = Duration::from_millis(700);
/// How often one that restarts is dialled until it is back.
const CALL_AGAIN: Duration = Duration::from_millis(700);
/// Between a step's announcement and what happens: time for the eye to find the peer.
const LEAD: Duration = Duration::from_millis(500);

/// The names of what the tour keeps.
const CASE: &str = "worm.case";
const REPORT: &str = "worm.html";

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
    /// What the screen asked, and not the tour.
    asked: HashSet<Ticket>,
    /// Who has answered, with error 0.
    answered: HashSet<Permid>,
    /// How often each has connected, and who is.
    came: HashMap<Permid, usize>,
    connected: HashSet<Permid>,
}

impl Facts {
    /// Whether the event changed anything here.
    pub fn learn(&mut self, event: &Event) -> bool {
        match event {
            Event::Discovered { peer: PeerKey::Permid(permid), .. } => self.known.insert(*permid),
            Event::Connected { permid, .. } => {
                self.known.insert(*permid);
                *self.came.entry(*permid).or_default() += 1;
                self.connected.insert(*permid)
            }
            Event::Disconnected { permid, .. } => self.connected.remove(permid),
            Event::Sent { ticket, origin: Origin::Operator, .. } => self.asked.insert(*ticket),
            Event::Reply(Reply { ticket, permid, error, .. }) => {
                if *error == ErrorByte::SUCCESS {
                    self.answered.insert(*permid);
                }
                self.ended.insert(*ticket)
            }
            Event::RequestFailed { ticket, .. } => self.ended.insert(*ticket),
            _ => false,
        }
    }
}

/// Where the tour goes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    On,
    Back,
    End,
}

/// The tour of one swarm.
pub struct Tour {
    scenario: Scenario,
    cast: Vec<DemoPeer>,
    strangers: Option<Arc<Strangers>>,
    node: Node,
    registry: Registry,
    facts: watch::Receiver<Facts>,
    show: mpsc::Sender<Msg>,
    /// Where its case file and report go; without it, it keeps none.
    keep: Option<PathBuf>,
    /// How much the screen had asked when the step began.
    asked_before: usize,
    paused: bool,
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
        keep: Option<PathBuf>,
    ) -> Self {
        let cast = swarm
            .peers()
            .iter()
            .filter(|peer| peer.label.is_some() || peer.role != Role::Plain)
            .cloned()
            .collect();
        let (scenario, strangers) = (swarm.scenario(), swarm.strangers().cloned());
        let (asked_before, paused) = (0, false);
        Self { scenario, cast, strangers, node, registry, facts, show, keep, asked_before, paused }
    }

    /// Labels the cast and goes through the steps, until the end or until it is skipped.
    pub async fn run(mut self, reading: Reading, mut controls: mpsc::Receiver<TourControl>) {
        self.label().await;
        self.steps(reading, &mut controls).await;
        self.tell(Msg::TourEnded).await;
    }

    async fn label(&self) {
        for peer in &self.cast {
            if let Some(label) = peer.label {
                self.tell(Msg::Label { permid: peer.permid, label: label.into() }).await;
            }
        }
        for event in self.strangers.iter().flat_map(|strangers| strangers.told()) {
            self.tell(Msg::Network(event)).await;
        }
    }

    async fn steps(&mut self, reading: Reading, controls: &mut mpsc::Receiver<TourControl>) {
        let steps: Vec<&Step> =
            self.scenario.steps().iter().filter(|step| self.can(step.act)).collect();
        let mut shown = vec![false; steps.len()];
        let mut index = 0;
        let mut turn = Turn::On;
        while let Some(step) = steps.get(index) {
            if self.has(step.needs) {
                self.asked_before = self.facts.borrow().asked.len();
                let again = std::mem::replace(&mut shown[index], true);
                self.announce(step, index, steps.len(), again).await;
                turn = self.step(step, again, reading, controls).await;
            }
            index = match turn {
                Turn::On => index + 1,
                Turn::Back => index.saturating_sub(1),
                Turn::End => return,
            };
        }
    }

    async fn announce(&self, step: &Step, index: usize, of: usize, again: bool) {
        let scene = match step.scene {
            // nobody is asked twice
            Some(Scene::AskAll(_) | Scene::AskAgain(_)) if again => None,
            scene => scene,
        };
        self.tell(Msg::Tour(TourStep {
            step: number(index + 1),
            of: number(of),
            text: self.text(step),
            show: self.shown(step.act),
            other: self.stranger(step.act),
            // nobody is asked twice
            asks: if again { Vec::new() } else { self.questions(step.act) },
            case: if again { None } else { self.case(step.act) },
            scene,
            paused: self.paused,
        }))
        .await;
    }

    /// With what is known by now.
    fn text(&self, step: &Step) -> String {
        let which = self.strangers.as_ref().map(|strangers| strangers.which());
        let text = step.text.replace("{odd}", &counted(self.changed().count(), "peer"));
        let mut text = text.replace("{which}", &which.unwrap_or_default());
        for (name, file) in [("{case}", CASE), ("{report}", REPORT)] {
            text = text.replace(name, file);
        }
        text
    }

    /// What the screen is to do with the tour's case.
    fn case(&self, act: Act) -> Option<TourCase> {
        let (Act::Case(step), Some(keep)) = (act, &self.keep) else { return None };
        Some(match step {
            CaseStep::Open => TourCase::Open(keep.join(CASE)),
            CaseStep::Keep => TourCase::Keep,
            CaseStep::Report => TourCase::Export(keep.join(REPORT)),
        })
    }

    /// Does what the step is about, and gives time to read; the operator may hold it or go on.
    async fn step(
        &mut self,
        step: &Step,
        again: bool,
        reading: Reading,
        controls: &mut mpsc::Receiver<TourControl>,
    ) -> Turn {
        let mut paused = self.paused;
        let turn = {
            let act = async {
                reading.rest(LEAD).await;
                if !again {
                    self.act(step.act).await;
                }
                reading.rest(step.dwell).await;
            };
            let (mut act, mut over) = (pin!(act), false);
            loop {
                tokio::select! {
                    () = &mut act, if !over => over = true,
                    Some(control) = controls.recv() => match control {
                        TourControl::Skip => break Turn::End,
                        TourControl::Next => break Turn::On,
                        TourControl::Back => {
                            paused = true; // who looks back wants to look
                            break Turn::Back;
                        }
                        TourControl::Pause => paused = !paused,
                    },
                    else => break Turn::On,
                }
                if over && !paused {
                    break Turn::On;
                }
            }
        };
        self.paused = paused;
        turn
    }

    /// Whether the swarm is large enough for whom the step needs.
    fn can(&self, act: Act) -> bool {
        match act {
            Act::Look | Act::AskAll => true,
            Act::AskStranger(..) => self.strangers.is_some(),
            Act::Ask(role, _) | Act::Leave(role) | Act::Meet(role) => self.player(role).is_some(),
            Act::AskBehind(sort, _) => self.behind(sort).is_some(),
            Act::Fall(wave) => self.player(Role::Falls(wave)).is_some(),
            Act::Change(wave) => self.player(Role::Changes(wave)).is_some(),
            Act::Case(_) => self.keep.is_some(),
        }
    }

    /// Whether what the step speaks of is there: a slow peer makes no sentence untrue.
    fn has(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Asked => !self.facts.borrow().asked.is_empty(),
            Needs::Answered(role) => self.met(role).is_some(),
        }
    }

    /// Whom the step speaks of, and with which message.
    fn shown(&self, act: Act) -> Option<(Permid, MessageId)> {
        let (peer, message) = match act {
            Act::Look
            | Act::AskAll
            | Act::AskStranger(..)
            | Act::Fall(_)
            | Act::Change(_)
            | Act::Case(_) => return None,
            Act::Ask(role, message) => (self.player(role), message),
            Act::AskBehind(sort, message) => (self.behind(sort), message),
            Act::Meet(role) => (self.met(role), MessageId::NATCHECK),
            Act::Leave(role) => (self.player(role), MessageId::NATCHECK),
        };
        peer.map(|peer| (peer.permid, message))
    }

    /// The client or node of another network that the step speaks of.
    fn stranger(&self, act: Act) -> Option<PeerKey> {
        let Act::AskStranger(who, ..) = act else { return None };
        self.strangers.as_ref()?.key(who)
    }

    /// What the screen is to ask it.
    fn questions(&self, act: Act) -> Vec<Question> {
        let Act::AskStranger(who, name, times) = act else { return Vec::new() };
        let question = self.strangers.as_ref().and_then(|all| all.question(who, name));
        question.map_or_else(Vec::new, |question| vec![question; times])
    }

    fn player(&self, role: Role) -> Option<&DemoPeer> {
        self.cast.iter().find(|peer| peer.role == role)
    }

    fn behind(&self, sort: Sort) -> Option<&DemoPeer> {
        self.cast.iter().find(|peer| peer.behind == Some(sort))
    }

    /// One with this role that has answered.
    fn met(&self, role: Role) -> Option<&DemoPeer> {
        let facts = self.facts.borrow();
        self.cast.iter().find(|peer| peer.role == role && facts.answered.contains(&peer.permid))
    }

    /// The changed ones that have answered.
    fn changed(&self) -> impl Iterator<Item = &DemoPeer> {
        let answered = self.facts.borrow().answered.clone();
        self.cast
            .iter()
            .filter(move |peer| peer.role == Role::Changed && answered.contains(&peer.permid))
    }

    async fn act(&mut self, act: Act) {
        match act {
            // The screen asks strangers, and keeps the case.
            Act::Look | Act::Meet(_) | Act::AskStranger(..) | Act::Case(_) => {}
            Act::Ask(role, message) => {
                if let Some(peer) = self.player(role).cloned() {
                    self.ask(&peer, message).await;
                }
            }
            Act::AskBehind(sort, message) => {
                if let Some(peer) = self.behind(sort).cloned() {
                    self.ask(&peer, message).await;
                }
            }
            Act::AskAll => {
                let _ = tokio::time::timeout(ALL_PATIENCE, self.all_asked()).await;
            }
            Act::Fall(wave) => drop(cascade::fall(&self.cast, wave)),
            Act::Change(wave) => self.change(wave).await,
            Act::Leave(role) => {
                if let Some(peer) = self.player(role) {
                    peer.handle.go_away();
                }
            }
        }
    }

    /// Returns when those who changed are back, or after a while.
    async fn change(&self, wave: u8) {
        let before = self.facts.borrow().came.clone();
        let mut away = worm::change(&self.cast, wave);
        let end = tokio::time::Instant::now() + PATIENCE;
        while !away.is_empty() && tokio::time::Instant::now() < end {
            tokio::time::sleep(CALL_AGAIN).await;
            let facts = self.facts.borrow();
            away.retain(|DemoPeer { permid, .. }| {
                let is_new = facts.came.get(permid) > before.get(permid);
                !is_new || !facts.connected.contains(permid)
            });
            for peer in away.iter().filter(|peer| !facts.connected.contains(&peer.permid)) {
                drop(self.node.connect(peer.target())); // the dial goes on
            }
        }
    }

    /// Returns when everybody whom the screen asked has answered, or failed to.
    async fn all_asked(&mut self) {
        let before = self.asked_before;
        let first = self.facts.wait_for(|facts| facts.asked.len() > before);
        if tokio::time::timeout(ASKS, first).await.is_err() {
            return; // somebody else has the keyboard
        }
        loop {
            let asked = self.facts.borrow().asked.len();
            let ended = |facts: &Facts| facts.asked.is_subset(&facts.ended);
            if self.facts.wait_for(ended).await.is_err() {
                return;
            }
            tokio::time::sleep(ALL_ASKED).await;
            let facts = self.facts.borrow();
            if facts.asked.len() == asked && ended(&facts) {
                return;
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
