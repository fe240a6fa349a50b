#![allow(clippy::disallowed_methods, reason = "a test's beginning of time")]

use std::net::IpAddr;
use std::time::Instant;

use swarmscope_networks::dht::asker::{Asker, AskerConfig};
use swarmscope_networks::dht::transactions::Deadlines;
use swarmscope_networks::simulated::{Conduct, Network as Ways, Swarm, SwarmConfig};
use swarmscope_peer::crawler::Registry;
use swarmscope_store::opt_out::OptOut;
use swarmscope_store::records::{Question as Declared, State};
use swarmscope_store::store::Opening;
use swarmscope_store::{Figures, Place, Store};

use super::*;
use crate::pace::Pace;

const EVERY: Duration = Duration::from_secs(3600);
const AT_ONCE: usize = 256;

/// A crawl of a simulated DHT on virtual time, into a real store.
struct Rehearsal {
    store: Store,
    visits: Visits,
    ways: Ways,
    asker: Asker<Token>,
    began: Instant,
    /// How far the time of day is ahead of the network's.
    ahead: Duration,
    _directory: tempfile::TempDir,
}

impl Rehearsal {
    fn new(swarm: SwarmConfig, opt_out: OptOut) -> Self {
        Self::in_zone(swarm, opt_out, Zone { prefix: NodeId([0; 20]), bits: 0 })
    }

    fn in_zone(swarm: SwarmConfig, opt_out: OptOut, zone: Zone) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(directory.path().join("c.sqlite"));
        let key = StoreKey::new([7; 32]);
        let mut store = Store::crawl(&place, &key).unwrap();
        let declared = Declared { message: MESSAGE, name: NAME.into(), rows: rows() };
        let question = store.declare(Network::Dht, &declared).unwrap();
        let settings = Settings { every: EVERY, opt_out, ..Settings::new(Registry::default()) };
        let began = Instant::now();
        let mut ask = |also: Also| (also, store.declare(Network::Dht, &also.declared()).unwrap());
        let questions = (question, Also::ALL.map(&mut ask).to_vec());
        let visits = Visits::new(key, settings, (Addresses::default(), zone), questions, 5);
        let (id, deadlines) = (NodeId([9; 20]), Deadlines::default());
        let asker = Asker::new(AskerConfig { id, rate: 250, deadlines, seed: 3 });
        let ways = Ways::new(Swarm::new(swarm), began);
        let ahead = Duration::from_secs(1_800_000_000);
        Self { store, visits, ways, asker, began, ahead, _directory: directory }
    }

    fn now(&self) -> Now {
        let instant = self.ways.now();
        Now { instant, time: Time(0).after(self.ahead + (instant - self.began)) }
    }

    fn honest(&self) -> SocketAddr {
        let (swarm, zone) = (&self.ways.swarm, self.visits.zone);
        let mut nodes = swarm.nodes().iter().enumerate();
        let is_honest = |index| swarm.conduct(index) == Conduct::Honest;
        nodes.find(|(index, node)| is_honest(*index) && zone.contains(&node.id)).unwrap().1.address
    }

    fn act(&mut self) {
        let mut written = Vec::new();
        while let Some(action) = self.visits.next_action() {
            match action {
                Action::Ask(to, question, token) => self.asker.ask(to, question, token),
                Action::Hear(heard) => drop(self.store.hear(Network::Dht, &heard).unwrap()),
                Action::PassOver(peer, due) => self.store.pass_over(&[peer], due).unwrap(),
                Action::Write(visited) => written.push(*visited),
            }
        }
        self.store.visited(&written).unwrap();
    }

    fn round(&mut self) -> Figures {
        let opening = Opening {
            network: Network::Dht,
            every: EVERY,
            program: "test".into(),
            settings: "{}".into(),
        };
        let (round, _) = self.store.open_round(&opening, self.now().time).unwrap();
        self.visits.begin(round.id, round.began);
        let first = self.honest();
        self.visits.start_from(first, None, self.now());
        let (mut leased, mut events) = (VecDeque::new(), Vec::new());
        loop {
            self.act();
            let now = self.now();
            if leased.is_empty() && self.visits.in_flight() < AT_ONCE / 2 {
                let until = now.time.after(EVERY);
                let some = self.store.lease(Network::Dht, AT_ONCE, "it", now.time, until).unwrap();
                leased.extend(some);
            }
            self.visits.start(&mut leased, None, || true, now);
            self.act();
            if self.visits.in_flight() == 0 && !self.visits.is_starting() {
                break;
            }
            self.ways.step(&mut self.asker, &mut events);
            for event in events.drain(..) {
                let now = self.now();
                self.visits.event(event, now);
            }
        }
        assert_eq!(self.store.left(&round).unwrap().due, 0);
        let figures =
            self.store.end_round(round.id, State::Complete, self.now().time).unwrap().unwrap();
        self.ahead += round.began.after(EVERY).since(self.now().time);
        figures
    }
}

const MIXED: SwarmConfig =
    SwarmConfig { nodes: 600, liars: 10, silent: 10, limited: 10, loss: 1, seed: 4 };

#[test]
fn who_is_there_is_reached_and_what_liars_invent_is_not() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let truth = test.ways.swarm.truth().count() as u64;
    for round in 0..2 {
        let figures = test.round();
        assert_eq!(figures.outcomes.values().sum::<u64>(), figures.dialled);
        let reached = figures.reached();
        assert!(reached <= truth, "round {round}: {reached} reached of {truth}: {figures:?}");
        assert!(reached * 100 >= truth * 93, "round {round}: {reached} of {truth}: {figures:?}");
        assert_eq!(figures.answered[NAME], reached);
        assert!(figures.known > reached, "liars name nodes that are not there");
        if round == 1 {
            let estimate = figures.estimate().expect("two rounds");
            let off = (estimate.mid - truth as f64).abs() / truth as f64;
            assert!(off < 0.07, "{estimate:?} for {truth}");
        }
    }
    assert!(test.ways.swarm.busiest_second() <= 4, "{}", test.ways.swarm.busiest_second());
    assert!(test.store.faults().unwrap().is_empty());
}

/// Each node that is reached is asked the rest, once; its silence or refusal leaves it reached.
#[test]
fn what_is_asked_beside_is_stored_for_every_node_that_is_reached() {
    let mut test = Rehearsal::new(SwarmConfig { limited: 0, ..MIXED }, OptOut::default());
    let mut names = Vec::new();
    for _ in 0..2 {
        let figures = test.round();
        let reached = figures.reached();
        names.push(Also::Canary.query(test.visits.draw).name().to_vec());
        let of = |name: &str| -> u64 {
            let all = test.visits.progress.questions.iter();
            all.filter(|((known, _), _)| known == name).map(|(_, count)| *count).sum()
        };
        // a visit that lost a node midway asks it no more
        assert!(of("PING") == of("CANARY") && of(NAME) - of("PING") <= of(NAME) / 50);
        assert!(figures.answered["PING"] * 100 >= reached * 95, "{figures:?}");
        assert_eq!(figures.answered["CANARY"], 0, "all refuse it: {figures:?}");
    }
    assert_ne!(names[0], names[1], "drawn anew in each round");
    let refused = test.visits.progress.questions[&("CANARY".to_owned(), "error.204".to_owned())];
    let silent =
        test.visits.progress.questions[&("CANARY".to_owned(), "answer.timeout".to_owned())];
    assert!(silent > 0 && silent * 20 < refused, "{silent} lost of {refused}");
    assert!(test.ways.swarm.busiest_second() <= 4, "{}", test.ways.swarm.busiest_second());
    assert!(test.store.faults().unwrap().is_empty());
}

/// Half of the nodes stand for the whole.
#[test]
fn a_zone_tells_the_size_of_the_whole() {
    let zone = Zone { prefix: NodeId([0x80; 20]), bits: 1 };
    let config = SwarmConfig { nodes: 500, ..MIXED };
    let mut test = Rehearsal::in_zone(config, OptOut::default(), zone);
    let of_zone =
        |swarm: &Swarm| swarm.truth().filter(|node| zone.contains(&node.id)).count() as u64;
    let (truth, inside) = (test.ways.swarm.truth().count() as f64, of_zone(&test.ways.swarm));
    let _ = test.round();
    let figures = test.round();
    let reached = figures.reached();
    assert!((inside * 93 / 100..=inside).contains(&reached), "{reached} of {inside}: {figures:?}");
    let whole = figures.estimate().expect("two rounds").of_whole(1);
    assert!((whole.low..=whole.high).contains(&truth), "{whole:?} for {truth}");
    assert!(test.ways.swarm.busiest_second() <= 4, "{}", test.ways.swarm.busiest_second());
}

#[test]
fn whoever_opted_out_is_not_asked() {
    let mut test = Rehearsal::new(SwarmConfig { liars: 0, silent: 0, ..MIXED }, OptOut::default());
    let out = test.ways.swarm.nodes().iter().find(|node| node.address != test.honest()).unwrap();
    test.visits.settings.opt_out = OptOut::parse(&out.address.ip().to_string()).unwrap();
    test.round();
    assert_eq!(test.visits.progress.opted_out, 1);
}

/// Nodes at these addresses, under ids that nobody else has.
fn contacts(addresses: impl Iterator<Item = SocketAddr>) -> Vec<Contact> {
    let id = |address: &SocketAddr| {
        let mut id = NodeId([0; 20]);
        id.0[..4].copy_from_slice(&u32::to_be_bytes(match address.ip() {
            IpAddr::V4(ip) => ip.to_bits(),
            IpAddr::V6(_) => 0,
        }));
        id.0[4..6].copy_from_slice(&address.port().to_be_bytes());
        id
    };
    addresses.map(|address| Contact { id: id(&address), address }).collect()
}

/// Puts them into the store as far as they are taken, and says how many were.
fn take(test: &mut Rehearsal, teller: [u8; 4], contacts: &[Contact]) -> usize {
    let mut taken = 0;
    for few in contacts.chunks(16) {
        let now = test.now();
        test.visits.hear_from((teller, 6881).into(), few, now);
        while let Some(action) = test.visits.next_action() {
            let Action::Hear(heard) = action else { panic!("{action:?}") };
            taken += heard.len();
            test.store.hear(Network::Dht, &heard).unwrap();
        }
    }
    taken
}

fn dropped(test: &Rehearsal, why: Dropped) -> u64 {
    test.visits.progress.dropped.get(&why).copied().unwrap_or(0)
}

#[test]
fn a_crowd_at_one_address_in_one_network_or_of_one_teller_leaves_room_for_others() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let ports = contacts((0..10_000).map(|port| ([11, 0, 0, 1], 2000 + port).into()));
    assert_eq!(take(&mut test, [11, 0, 0, 1], &ports), 64);
    let left = dropped(&test, Dropped::Host) + dropped(&test, Dropped::Teller);
    assert_eq!(left, 10_000 - 64);
    let spread = |number: u16| ([11, 0, 1, (number % 250) as u8], 2000 + number / 250).into();
    assert_eq!(take(&mut test, [12, 0, 0, 1], &contacts((0..10_000).map(spread))), 1024);
    let all: u64 = test.visits.progress.dropped.values().sum();
    assert_eq!(all - left, 10_000 - 1024);
    let anywhere = |number: u16| {
        let [high, low] = number.to_be_bytes();
        ([20, high, low, 1], 6881).into()
    };
    assert_eq!(take(&mut test, [12, 0, 0, 2], &contacts((0..10_000).map(anywhere))), 1024);
    let honest = contacts((0..100).map(|host| ([99, host, 0, 1], 6881).into()));
    assert_eq!(take(&mut test, [99, 0, 0, 2], &honest), 100);
    let all: u64 = test.visits.progress.dropped.values().sum();
    assert_eq!(all, 30_000 - 64 - 1024 - 1024, "each has its counter");
}

#[test]
fn further_ids_special_addresses_and_ports_of_the_system_are_counted() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let one: SocketAddr = ([11, 0, 0, 1], 6881).into();
    let ids: Vec<Contact> =
        (0..10).map(|id| Contact { id: NodeId([id; 20]), address: one }).collect();
    assert_eq!(take(&mut test, [12, 0, 0, 1], &ids), MOST_CLAIMS);
    assert_eq!(dropped(&test, Dropped::Claim), 6);
    let special =
        contacts([([127, 0, 0, 1], 6881).into(), ([10, 0, 0, 1], 6881).into()].into_iter());
    let services = contacts([53, 123, 1023].map(|port| ([13, 0, 0, 1], port).into()).into_iter());
    assert_eq!(take(&mut test, [12, 0, 0, 1], &[special, services].concat()), 0);
    assert_eq!((dropped(&test, Dropped::Address), dropped(&test, Dropped::SystemPort)), (2, 3));
    let now = test.now();
    test.visits.event(Event::Stray(one, swarmscope_networks::dht::asker::Stray::Unknown), now);
    assert_eq!(dropped(&test, Dropped::Stray), 1);
}

fn leased(number: i64, address: SocketAddr) -> Leased {
    Leased {
        peer: PeerId(number),
        address: Some(format!("{}@{address}", NodeId([7; 20]))),
        failures: 0,
        online_since: None,
        hash: swarmscope_store::PeerHash([0; 16]),
        clocks: Vec::new(),
    }
}

/// Ports of one address.
fn crowd_of(count: u16) -> VecDeque<Leased> {
    let at = |port: u16| leased(port.into(), ([11, 0, 0, 1], 2000 + port).into());
    (0..count).map(at).collect()
}

/// Ends all visits in flight, but to one address, and says how many there were.
fn end_all_but(test: &mut Rehearsal, but: IpAddr) -> usize {
    let (now, mut ended) = (test.now(), 0);
    while let Some(action) = test.visits.next_action() {
        if let Action::Ask(to, _, token) = action
            && to.ip() != but
        {
            ended += 1;
            test.visits.event(Event::Unreachable(token), now);
        }
    }
    ended
}

#[test]
fn a_crowd_that_is_known_from_before_holds_few_places() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let now = test.now();
    for (number, port) in (0..).zip(2000..2300) {
        test.visits.visit(leased(number, ([11, 0, 0, 1], port).into()), now);
    }
    assert_eq!((test.visits.in_flight(), test.visits.waiting()), (4, 252));
    assert_eq!(dropped(&test, Dropped::HostVisits), 300 - 256);
    for (number, host) in (1000..).zip(0..100) {
        test.visits.visit(leased(number, ([11, 0, 1, host], 6881).into()), now);
    }
    assert_eq!(test.visits.in_flight(), 4 + 32, "a network has an eighth of the places");
    let other = [99, 0, 0, 1];
    test.visits.visit(leased(5000, (other, 6881).into()), now);
    assert_eq!(test.visits.in_flight(), 37, "and somebody else begins at once");
    let mut ended = 0;
    while test.visits.in_flight() > 1 {
        ended += end_all_but(&mut test, other.into());
        test.visits.start(&mut VecDeque::new(), None, || true, now);
        assert!(test.visits.in_flight() <= 37);
    }
    assert_eq!((ended, test.visits.waiting()), (256 + 100, 0), "the others in their turn");
}

#[test]
fn visits_that_waited_begin_as_the_store_and_the_rate_allow() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let (mut now, nobody) = (test.now(), IpAddr::from([0; 4]));
    let mut pace = Pace::new(10, now.instant);
    let mut crowd = crowd_of(200);
    test.visits.start(&mut crowd, None, || true, now);
    assert_eq!((test.visits.in_flight(), test.visits.waiting()), (4, 196));
    assert_eq!(end_all_but(&mut test, nobody), 4);
    assert_eq!(test.visits.in_flight(), 0, "a place is free, and nothing begins by itself");
    test.visits.start(&mut crowd, None, || false, now);
    assert_eq!((test.visits.in_flight(), test.visits.waiting()), (0, 196), "the store has no room");
    // others are leased meanwhile: of all together ten begin in a second
    let other = |host: u8| leased(1000 + i64::from(host), ([99, host, 0, 1], 6881).into());
    let (mut others, mut began): (VecDeque<Leased>, _) = ((0..200).map(other).collect(), 0);
    for _ in 0..100 {
        test.visits.start(&mut others, Some(&mut pace), || true, now);
        began += end_all_but(&mut test, nobody);
        now.instant += Duration::from_millis(10);
    }
    assert!((10..=11).contains(&began), "{began}");
    assert!(test.visits.waiting() < 196, "those that waited are first");
}

#[test]
fn who_only_waits_or_is_passed_over_takes_nothing_of_the_rate() {
    let mut test = Rehearsal::new(MIXED, OptOut::default());
    let now = test.now();
    let mut pace = Pace::new(50, now.instant);
    assert!(pace.take(now.instant), "the first at once");
    let now = Now { instant: now.instant + Duration::from_secs(1), ..now };
    let mut all = crowd_of(300);
    all.push_back(leased(1000, ([99, 0, 0, 1], 6881).into()));
    test.visits.start(&mut all, Some(&mut pace), || true, now);
    // a burst is a tenth of the rate: 5
    assert_eq!((test.visits.in_flight(), all.len()), (5, 0));
    assert!(!pace.take(now.instant));
}
