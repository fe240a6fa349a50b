//! Visits to nodes of the DHT, from lease to record. Pure.
//!
//! A node is an id at an address: who answers there under another id is not the one that was named.
//! So what liars invent is asked, and never counted as reached. A visit asks for the neighbourhood
//! of the node's own id, then for a point of each of the outermost parts of the id space, and then
//! puts whatever else is asked. What a node does not answer there leaves it reached.

mod beginning;
mod hearing;
mod reply;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_networks::address::Policy as Addresses;
use swarmscope_networks::dht::asker::{Answer, Event};
use swarmscope_networks::dht::crawl::Zone;
use swarmscope_networks::random::Random;
use swarmscope_store::outcome::{ANSWERED, Class, REACHED};
use swarmscope_store::schedule::{self, Next, Past};
use swarmscope_store::{
    Heard, Leased, Network, PeerId, QuestionId, Replied, RoundId, StoreKey, Time, Visited,
};
use swarmscope_wire::failure::Cause;
use swarmscope_wire::krpc::{Contact, NodeId, Question, Target, Want};
use swarmscope_wire::rows::{Cell, Column, ColumnKind, Rows};

use super::also::Also;
use super::sources::{MOST_IDS, Sources};
use crate::machine::Now;
use crate::progress::{Dropped, Progress};
use crate::settings::Settings;
use reply::client;

/// FIND_NODEs of a visit: its own neighbourhood, and three more points.
const QUESTIONS: u8 = 4;
/// Contacts that are taken from one answer; BEP 5 has 8, some clients send 16.
const MOST_CONTACTS: usize = 16;
/// How many ids one address may be named by in a round.
const MOST_CLAIMS: usize = MOST_IDS as usize;
/// The number of the question in the store.
pub(super) const MESSAGE: u8 = 1;
/// Its name.
pub(super) const NAME: &str = "FIND_NODE";

/// What a visit's answers are stored as.
pub(super) fn rows() -> Rows {
    Rows::of(vec![
        Column::new("client", ColumnKind::Text),
        Column::new("bep42", ColumnKind::Text),
        Column::new("family", ColumnKind::Text),
        Column::new("contacts", ColumnKind::Int).volatile(),
        // what it named close to its own id: the same from many nodes would be odd
        Column::new("nodes", ColumnKind::Text).sensitive().volatile(),
    ])
}

/// One query: of which visit, or of none where it is to a node to start from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    visit: Option<PeerId>,
    question: u8,
    is_retry: bool,
    /// Where it goes to.
    to: SocketAddr,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Ask a node.
    Ask(SocketAddr, Question, Token),
    /// Record word of nodes.
    Hear(Vec<Heard>),
    /// Let go of a node that is not visited, until then.
    PassOver(PeerId, Time),
    /// Write a visit that has ended.
    Write(Box<Visited>),
}

struct Visit {
    leased: Leased,
    node: NodeId,
    began: Now,
    /// Which question is out.
    asking: u8,
    /// Since when.
    asked: Time,
    /// Its first answer, and what is to be stored of it.
    first: Option<(Duration, Cell)>,
    bytes: u64,
    parts: u32,
    listed: u32,
    /// A keyed digest of what it named close to its own id.
    nodes: Option<[u8; 16]>,
    /// What it was asked beside FIND_NODE.
    also: Vec<Replied>,
}

/// What is kept of an answer to a question beside FIND_NODE; nothing of silence.
#[derive(Default)]
struct Beside {
    bytes: u64,
    content: Option<[u8; 16]>,
    rows: Vec<Vec<Cell>>,
    took: Duration,
}

/// All visits in flight.
pub struct Visits {
    key: StoreKey,
    settings: Settings,
    addresses: Addresses,
    zone: Zone,
    question: QuestionId,
    /// What is asked beside FIND_NODE, and what the store calls it.
    also: Vec<(Also, QuestionId)>,
    /// Names this round's query that nobody has defined.
    draw: u64,
    random: Random,
    round: (RoundId, Time),
    in_flight: HashMap<PeerId, Visit>,
    /// By which ids each address was named in this round.
    claims: HashMap<SocketAddr, Vec<NodeId>>,
    sources: Sources,
    /// Nodes to start from that have not answered yet, with the id they must have.
    starting: HashMap<SocketAddr, Option<NodeId>>,
    actions: VecDeque<Action>,
    pub(super) progress: Progress,
}

impl Visits {
    pub(super) fn new(
        key: StoreKey,
        settings: Settings,
        (addresses, zone): (Addresses, Zone),
        (question, also): (QuestionId, Vec<(Also, QuestionId)>),
        seed: u64,
    ) -> Self {
        Self {
            key,
            settings,
            addresses,
            zone,
            question,
            also,
            draw: 0,
            random: Random::new(seed),
            round: (RoundId(0), Time(0)),
            in_flight: HashMap::new(),
            claims: HashMap::new(),
            sources: Sources::default(),
            starting: HashMap::new(),
            actions: VecDeque::new(),
            progress: Progress { network: Network::Dht, ..Progress::default() },
        }
    }

    /// A round begins, or goes on.
    pub(super) fn begin(&mut self, round: RoundId, began: Time) {
        self.round = (round, began);
        // of all Crawlers of this store the same, and nobody else's to guess
        let draw = self.key.digest(format!("canary of round {}", round.0).as_bytes());
        self.draw = u64::from_le_bytes(*draw.first_chunk().unwrap_or(&[0; 8]));
        self.claims.clear();
        self.sources.begin();
        self.starting.clear();
        (self.progress.round, self.progress.dialled, self.progress.reached) = (round.0, 0, 0);
    }

    /// Asks a node to start from whom it knows. The operator named it: it may be asked wherever it
    /// is.
    pub(super) fn start_from(&mut self, node: SocketAddr, expected: Option<NodeId>, now: Now) {
        if self.settings.opt_out.holds(None, Some(node.ip()), now.time) {
            self.progress.opted_out += 1;
            return;
        }
        self.starting.insert(node, expected);
        let target = self.zone.random_point(&mut self.random);
        let token = Token { visit: None, question: 0, is_retry: false, to: node };
        self.actions.push_back(Action::Ask(node, find_node(target), token));
    }

    /// A random point of the zone, and whom a lookup on the way there may ask.
    pub(super) fn way_in(&mut self) -> (Target, Addresses) {
        (self.zone.random_point(&mut self.random), self.addresses.clone())
    }

    /// Visits in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Visits that wait for others to the same host or network.
    pub(super) const fn waiting(&self) -> usize {
        self.sources.waiting()
    }

    /// Those that wait are no longer ours to make.
    pub(super) fn let_go(&mut self) {
        self.sources.let_go();
    }

    /// Whether nodes to start from are being asked.
    pub(super) fn is_starting(&self) -> bool {
        !self.starting.is_empty()
    }

    /// What is to be done next; until there is nothing.
    pub(super) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn pass_over(&mut self, peer: PeerId, now: Now) {
        let due = schedule::following(&self.settings.policy(), self.round.1, now.time);
        self.actions.push_back(Action::PassOver(peer, due));
    }

    fn ask(&mut self, token: Token, node: NodeId) {
        let question = match self.beside(token.question) {
            Some((also, _)) => also.query(self.draw),
            None => find_node(self.target(node, token.question)),
        };
        self.actions.push_back(Action::Ask(token.to, question, token));
    }

    /// A question that is none of the FIND_NODEs.
    fn beside(&self, question: u8) -> Option<(Also, QuestionId)> {
        self.also.get(usize::from(question.checked_sub(QUESTIONS)?)).copied()
    }

    /// The node's own id, then a point of its sibling at each of the first bits after the zone's.
    fn target(&mut self, node: NodeId, question: u8) -> Target {
        let Some(bit) = question.checked_sub(1) else { return node.into() };
        let bit = bit + self.zone.bits;
        let mut prefix = node;
        prefix.0[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
        Zone { prefix, bits: bit + 1 }.random_point(&mut self.random)
    }

    /// Something came of a query, or by itself.
    pub(super) fn event(&mut self, event: Event<Token>, now: Now) {
        match event {
            Event::Answered { what, answer, rtt, .. } => self.answered(what, &answer, rtt, now),
            // silence is a usual answer to what is asked beside FIND_NODE
            Event::Slow(what) if !what.is_retry && what.question < QUESTIONS => self.again(what),
            Event::TimedOut(what) if what.is_retry || what.question >= QUESTIONS => {
                self.failed(what, Cause::AnswerTimeout.code(), now);
            }
            Event::Unreachable(what) => self.failed(what, Cause::UdpUnreachable.code(), now),
            Event::Stray(..) => self.progress.dropped(Dropped::Stray, 1),
            Event::Slow(_) | Event::TimedOut(_) | Event::Sent { .. } => {}
        }
    }

    /// No answer by the first deadline: asked once more. An answer may still come.
    fn again(&mut self, what: Token) {
        let node = match what.visit {
            Some(peer) => match self.in_flight.get(&peer) {
                Some(visit) if visit.asking == what.question => visit.node,
                _ => return,
            },
            None if self.starting.contains_key(&what.to) => NodeId(self.random.bytes()),
            None => return,
        };
        self.ask(Token { is_retry: true, ..what }, node);
    }

    fn answered(&mut self, what: Token, answer: &Answer, rtt: Duration, now: Now) {
        let Some(peer) = what.visit else { return self.started(what.to, answer, now) };
        let Some(visit) = self.in_flight.get_mut(&peer) else { return };
        if visit.asking != what.question {
            return; // the answer to a question that was asked twice
        }
        if what.question >= QUESTIONS {
            return self.also_answered(what, answer, rtt, now);
        }
        let Ok(response) = &answer.said else {
            return self.failed(what, Cause::AnswerRefused.code(), now);
        };
        if response.id != visit.node {
            return self.failed(what, Cause::WrongNode.code(), now);
        }
        visit.parts += 1;
        visit.bytes += answer.bytes as u64;
        if visit.first.is_none() {
            visit.first = Some((rtt, client(answer.version.as_deref())));
            self.progress.dialled_in(rtt);
        }
        let contacts: Vec<Contact> = response.contacts().take(MOST_CONTACTS).copied().collect();
        self.progress.dropped(Dropped::Surplus, response.contacts().skip(MOST_CONTACTS).count());
        visit.listed += u32::try_from(contacts.len()).unwrap_or(u32::MAX);
        if what.question == 0 && !contacts.is_empty() {
            let named =
                contacts.iter().map(|contact| format!("{}@{}", contact.id, contact.address));
            visit.nodes = Some(self.key.digest(named.collect::<Vec<_>>().join(" ").as_bytes()));
        }
        self.hear_from(what.to, &contacts, now);
        self.go_on(peer, what, now);
    }

    /// The next question, if there is one.
    fn go_on(&mut self, peer: PeerId, what: Token, now: Now) {
        let question = what.question + 1;
        let is_last = usize::from(question) == usize::from(QUESTIONS) + self.also.len();
        if is_last {
            return self.end(peer, what.to, REACHED, now);
        }
        let Some(visit) = self.in_flight.get_mut(&peer) else { return };
        (visit.asking, visit.asked) = (question, now.time);
        let node = visit.node;
        self.ask(Token { question, is_retry: false, ..what }, node);
    }

    fn also_answered(&mut self, what: Token, answer: &Answer, rtt: Duration, now: Now) {
        let Some(node) = what.visit.and_then(|peer| Some(self.in_flight.get(&peer)?.node)) else {
            return;
        };
        let outcome = Also::outcome(node, answer);
        let client = client(answer.version.as_deref());
        let content = self.key.digest(&Also::content(&client, answer));
        let rows = if outcome == ANSWERED { vec![vec![client]] } else { Vec::new() };
        let said = Beside { bytes: answer.bytes as u64, content: Some(content), rows, took: rtt };
        self.also_ended(what, outcome, said, now);
    }

    /// One of the questions beside FIND_NODE has ended.
    fn also_ended(&mut self, what: Token, outcome: String, said: Beside, now: Now) {
        let (Some(peer), Some((also, question))) = (what.visit, self.beside(what.question)) else {
            return;
        };
        self.progress.asked(also.name(), &outcome);
        let Some(visit) = self.in_flight.get_mut(&peer) else { return };
        visit.also.push(Replied {
            question,
            message: also.message(),
            at: visit.asked,
            outcome,
            bytes: said.bytes,
            parts: u32::from(said.content.is_some()),
            took: said.took,
            content: said.content,
            rows: said.rows,
            raw: None,
            not_before: now.time,
        });
        self.go_on(peer, what, now);
    }

    /// A node to start from has answered: it is known now, under the id that it has.
    fn started(&mut self, node: SocketAddr, answer: &Answer, now: Now) {
        let Some(expected) = self.starting.remove(&node) else { return };
        let Ok(response) = &answer.said else {
            return tracing::warn!("a node to start from refuses to tell whom it knows");
        };
        if expected.is_some_and(|expected| expected != response.id) {
            return tracing::warn!("a node to start from has another id than it should");
        }
        let itself = Contact { id: response.id, address: node };
        let contacts: Vec<Contact> = response.contacts().take(MOST_CONTACTS).copied().collect();
        self.progress.dropped(Dropped::Surplus, response.contacts().skip(MOST_CONTACTS).count());
        self.hear(&[itself], now);
        self.hear_from(node, &contacts, now);
    }

    /// Who had answered before was reached all the same.
    fn failed(&mut self, what: Token, code: &str, now: Now) {
        let Some(peer) = what.visit else {
            if self.starting.remove(&what.to).is_some() {
                tracing::warn!("a node to start from does not answer");
            }
            return;
        };
        let Some(visit) = self.in_flight.get(&peer) else { return };
        if visit.asking != what.question {
            return;
        }
        if what.question >= QUESTIONS {
            return self.also_ended(what, code.to_owned(), Beside::default(), now);
        }
        let outcome = if visit.parts > 0 { REACHED } else { code };
        self.end(peer, what.to, outcome, now);
    }

    fn end(&mut self, peer: PeerId, address: SocketAddr, outcome: &str, now: Now) {
        let Some(mut visit) = self.in_flight.remove(&peer) else { return };
        let also = std::mem::take(&mut visit.also);
        let past =
            Past { failures: visit.leased.failures, online_since: visit.leased.online_since };
        let policy = self.settings.policy();
        let Next { failures, online_since, due } =
            schedule::next(&policy, past, Class::of(outcome), self.round.1, now.time);
        self.progress.ended(outcome);
        let rtt = visit.first.as_ref().map(|(rtt, _)| *rtt);
        let took = now.instant.saturating_duration_since(visit.began.instant);
        let (at, listed) = (visit.began.time, visit.listed);
        let replies: Vec<Replied> =
            self.replied(visit, address, took, now.time).into_iter().chain(also).collect();
        self.actions.push_back(Action::Write(Box::new(Visited {
            round: self.round.0,
            peer,
            at,
            took,
            outcome: outcome.to_owned(),
            version: None,
            rtt,
            listed,
            failures,
            online_since,
            due,
            replies,
        })));
        self.sources.end_visit(address);
    }
}

/// A node as the store names it: `ID@ADDRESS:PORT`.
fn place(text: &str) -> Option<(NodeId, SocketAddr)> {
    let (id, address) = text.split_once('@')?;
    Some((id.parse().ok()?, address.parse().ok()?))
}

fn find_node(target: Target) -> Question {
    Question::FindNode { target, want: Want::default() }
}
