//! Lookups and crawls among nodes that answer anything, in any order, or nothing: they end, ask
//! nobody too often and nobody that may not be asked, and remember no more than they may.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use swarmscope_networks::address::{Policy, is_public};
use swarmscope_networks::dht::asker::{Asker, AskerConfig, Event};
use swarmscope_networks::dht::crawl::{self, Crawl, CrawlConfig, Zone};
use swarmscope_networks::dht::lookup::{self, CLOSEST, Lookup, LookupConfig};
use swarmscope_networks::dht::transactions::Deadlines;
use swarmscope_wire::krpc::{
    Body, Contact, Contacts, Message, NodeId, Question, RemoteError, Response, Target, Want,
};

use crate::Choices;

const SECOND: Duration = Duration::from_secs(1);
/// Queries to one address in any second.
const MOST_A_SECOND: usize = 4;
/// Nodes that a crawl here may remember.
const MOST_KNOWN: usize = 50;
/// Questions a pass to each of them.
const QUESTIONS: u8 = 3;
/// In how many steps it must be over once nobody answers any more.
const MOST_STEPS: usize = 20_000;

/// The first byte chooses which of the two.
pub fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    if choices.byte() & 1 == 0 { look_up(choices) } else { crawl(choices) }
}

fn look_up(mut choices: Choices<'_>) {
    let target = Target(id(choices.byte()).0);
    let start = Instant::now();
    let config = LookupConfig::default();
    let seeds: Vec<_> = (0..3).map(|n| (address(n), (n > 0).then(|| id(n)))).collect();
    let mut lookup = Lookup::new(target, config.clone(), &seeds, start);
    let mut world: World<'_, lookup::Token> = World::new(choices, start);
    for step in 0.. {
        assert!(step < MOST_STEPS, "a lookup ends");
        while let Some(ask) = lookup.next_query(world.now) {
            world.ask(ask.to, ask.target, ask.token);
        }
        if lookup.ended().is_some() {
            break;
        }
        let now = world.now;
        for event in world.step(lookup.deadline()) {
            lookup.hear(event, now.max(world.now));
        }
    }
    let tally = lookup.tally();
    assert!(tally.queries <= config.most_queries);
    assert_eq!(tally.queries as u64, world.asked);
    assert!(tally.answered + tally.refused + tally.silent <= tally.queries);
    let closest = lookup.closest();
    assert!(closest.len() <= CLOSEST);
    let distance = |hop: &lookup::Hop| hop.contact.id.distance(&target);
    assert!(closest.is_sorted_by_key(distance), "closest first");
    assert!(world.now <= start + config.most_time + SECOND * 20);
}

fn crawl(mut choices: Choices<'_>) {
    let start = Instant::now();
    let zone = Zone { prefix: id(choices.byte()), bits: choices.byte() % 5 };
    let config = CrawlConfig {
        zone,
        questions: QUESTIONS,
        most_known: MOST_KNOWN,
        policy: Policy::default(),
        seed: 3,
    };
    let seeds: Vec<Contact> = (0..4).map(|n| Contact { id: id(n), address: address(n) }).collect();
    let mut crawl = Crawl::new(config, &seeds);
    let mut world: World<'_, crawl::Token> = World::new(choices, start);
    for pass in 0..2 {
        if pass == 1 {
            crawl.begin_second_pass(&seeds);
        }
        for step in 0.. {
            assert!(step < MOST_STEPS, "a crawl ends");
            while world.asker.queued() < 8
                && let Some(ask) = crawl.next_query()
            {
                world.ask(ask.to, ask.target, ask.token);
            }
            if crawl.is_pass_done() {
                break;
            }
            for event in world.step(world.now + SECOND) {
                crawl.hear_of(event);
            }
        }
    }
    let figures = crawl.figures();
    assert!(figures.heard <= MOST_KNOWN && crawl.known() == figures.heard);
    assert!(figures.answered <= figures.heard && figures.confirmed <= figures.answered);
    assert!(figures.catches.both <= figures.catches.first.min(figures.catches.second));
    // Each node: its questions and a retry of each, in each of two passes.
    assert!(figures.queries <= figures.heard as u64 * u64::from(QUESTIONS) * 4);
    assert_eq!(figures.queries, world.asked);
}

/// A few ids, near to one another and far.
fn id(choice: u8) -> NodeId {
    let mut id = [choice & 0xf0; 20];
    id[19] = choice;
    NodeId(id)
}

/// A few addresses in a few neighbourhoods, some of which nobody can have.
fn address(choice: u8) -> SocketAddr {
    let ip: IpAddr = match choice {
        255 => [127, 0, 0, 1].into(),
        254 => [192, 168, 1, 1].into(),
        250..=253 => [0x2600, 0, 0, choice.into(), 0, 0, 0, 1].into(),
        _ => [11, 0, choice / 16, choice % 16 + 1].into(),
    };
    (ip, if choice == 249 { 0 } else { 6881 }).into()
}

/// What lies between the machine and those who answer, and those who answer.
struct World<'a, T> {
    choices: Choices<'a>,
    asker: Asker<T>,
    now: Instant,
    /// Queries that are not answered yet: to whom, and the datagram.
    open: VecDeque<(SocketAddr, Vec<u8>)>,
    /// When each address was asked in the last second.
    sent: HashMap<IpAddr, VecDeque<Instant>>,
    asked: u64,
}

impl<'a, T: Copy> World<'a, T> {
    fn new(choices: Choices<'a>, now: Instant) -> Self {
        let config = AskerConfig {
            id: NodeId([7; 20]),
            rate: 250,
            deadlines: Deadlines::default(),
            seed: 5,
        };
        let (open, sent) = (VecDeque::new(), HashMap::new());
        Self { choices, asker: Asker::new(config), now, open, sent, asked: 0 }
    }

    fn ask(&mut self, to: SocketAddr, target: Target, token: T) {
        self.asked += 1;
        self.asker.ask(to, Question::FindNode { target, want: Want::default() }, token);
    }

    /// Sends what may be sent, lets something happen, or time pass until `latest` at most.
    fn step(&mut self, latest: Instant) -> Vec<Event<T>> {
        let mut datagram = Vec::new();
        while let Some(to) = self.asker.transmit(self.now, &mut datagram) {
            self.note(to, &datagram);
        }
        let mut events = Vec::new();
        if self.choices.is_empty() || self.open.is_empty() {
            let next = self.asker.deadline().unwrap_or(latest).min(latest);
            self.now = next.max(self.now + Duration::from_millis(1));
            self.open.clear(); // nobody answers these any more
        } else {
            events.extend(self.happen());
        }
        events.extend(std::iter::from_fn(|| self.asker.pass(self.now)));
        let tally = self.asker.tally();
        let ended = tally.answered + tally.timed_out + tally.unreachable + tally.cancelled;
        assert!(ended <= tally.asked, "every query ends once");
        events
    }

    /// A query has been sent: to nobody too often, and to nobody it may not be sent to.
    fn note(&mut self, to: SocketAddr, datagram: &[u8]) {
        assert!(is_public(to.ip()) && to.port() != 0, "{to}");
        let message = Message::decode(datagram).expect("ours can be read");
        assert!(message.read_only && matches!(message.body, Body::Query(_)));
        let sent = self.sent.entry(to.ip()).or_default();
        sent.push_back(self.now);
        while sent.front().is_some_and(|at| *at + SECOND <= self.now) {
            sent.pop_front();
        }
        assert!(sent.len() <= MOST_A_SECOND, "{} queries to one address in a second", sent.len());
        self.open.push_back((to, datagram.to_vec()));
    }

    fn happen(&mut self) -> Vec<Event<T>> {
        let kind = self.choices.byte();
        self.now += Duration::from_millis(u64::from(kind >> 3) * 40);
        let at = usize::from(self.choices.byte()) % self.open.len();
        let (to, query) = self.open[at].clone();
        match kind & 7 {
            0 => return self.asker.unreachable(to),
            1 => drop(self.open.remove(at)), // lost
            2 => return vec![self.asker.receive(to, self.choices.bytes(), self.now)],
            3 => {
                let answer = self.answer(&query);
                return vec![self.asker.receive(address(kind), &answer, self.now)];
            }
            4 => {
                // Damaged on the way.
                let mut answer = self.answer(&query);
                let place = usize::from(self.choices.number()) % answer.len();
                answer[place] = self.choices.byte();
                return vec![self.asker.receive(to, &answer, self.now)];
            }
            _ => {
                let answer = self.answer(&query);
                if kind & 7 != 5 {
                    drop(self.open.remove(at)); // else it may be answered again
                }
                return vec![self.asker.receive(to, &answer, self.now)];
            }
        }
        Vec::new()
    }

    fn answer(&mut self, query: &[u8]) -> Vec<u8> {
        let transaction = Message::decode(query).expect("ours can be read").transaction;
        let shape = self.choices.byte();
        let body = if shape == 255 {
            Body::Error(RemoteError { code: 203, message: self.choices.bytes().to_vec() })
        } else {
            let mut response = Response::new(id(self.choices.byte()));
            let contact = |choices: &mut Choices<'_>| Contact {
                id: id(choices.byte()),
                address: address(choices.byte()),
            };
            let list: Vec<_> = (0..shape % 24).map(|_| contact(&mut self.choices)).collect();
            let (v4, v6) =
                list.into_iter().partition(|contact: &Contact| contact.address.is_ipv4());
            response.nodes = Some(Contacts { list: v4, trailing: 0 });
            response.nodes6 = Some(Contacts { list: v6, trailing: 0 });
            Body::Response(response)
        };
        let mut message = Message::new(transaction, body);
        message.version = (shape & 1 == 1).then(|| [b'L', b'T', shape, 0].into());
        message.encode()
    }
}
