//! Two hundred peers and five Crawlers on virtual time, for an hour in which connections are cut,
//! members are started anew, go away and come back, and the machine sleeps. What happens follows
//! from a seed: `SIMULATION_SEEDS=1000 cargo test -p swarmscope-peer simulation` for so many of
//! them, `SIMULATION_SEED=N` for one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use super::world::World;
use super::*;

const CRAWLERS: u8 = 5;
const PEERS: u8 = 200;
const ALL: usize = (CRAWLERS + PEERS) as usize;
const LASTS: Duration = Duration::from_secs(3600);
/// After which nothing may be left: a channel lives for an hour.
const QUIET: Duration = Duration::from_secs(2 * 3600);

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn index(&mut self, most: u64) -> usize {
        usize::try_from(self.below(most)).unwrap()
    }

    fn member(&mut self, from: u8, count: u8) -> usize {
        usize::from(from) + self.index(count.into())
    }
}

/// What is watched while it goes on.
#[derive(Default)]
struct Seen {
    /// Of everything that every member did, and when.
    digest: DefaultHasher,
    /// When each member last accepted each message, by the rule of §4.
    accepted: HashMap<(usize, MessageId), Instant>,
    /// What a member was asked, and whether the rule lets it in; until it has decided.
    asked: Option<(usize, MessageId, bool)>,
    /// Questions that a member was asked and that have not ended.
    open: HashMap<usize, i64>,
    refused: u64,
    let_in: u64,
}

impl Seen {
    fn output(&mut self, began: Instant, now: Instant, member: usize, output: &Output) {
        format!("{:?} {member} {output:?}", now - began).hash(&mut self.digest);
        match output {
            Output::Event(Event::Asked { message, frequency, .. }) => {
                self.decided();
                let (every, last) = (frequency.duration(), self.accepted.get(&(member, *message)));
                let early = last.is_some_and(|last| *last + every >= now + secs(5));
                self.asked = Some((member, *message, every <= secs(5) || !early));
                *self.open.entry(member).or_default() += 1;
            }
            Output::Ask { message, .. } => {
                assert_eq!(self.asked.take(), Some((member, *message, true)), "by the rule");
                self.accepted.insert((member, *message), now);
                self.let_in += 1;
            }
            Output::Event(Event::Answered { .. } | Event::Undelivered { .. }) => {
                *self.open.entry(member).or_default() -= 1;
            }
            _ => {}
        }
    }

    /// Whoever was not let in by now was refused.
    fn decided(&mut self) {
        if let Some((member, message, lets_in)) = self.asked.take() {
            assert!(!lets_in, "member {member} refuses {message}, which it must not");
            self.refused += 1;
        }
    }

    fn forget(&mut self, member: usize) {
        self.accepted.retain(|(other, _), _| *other != member);
        self.open.remove(&member);
    }
}

struct Simulation {
    world: World,
    dice: Dice,
    seen: Rc<RefCell<Seen>>,
    /// Tickets of each Crawler's present life.
    tickets: Vec<Vec<Ticket>>,
    next_ticket: u64,
}

fn make(member: usize) -> EngineConfig {
    config(u8::try_from(member + 1).unwrap())
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let (mut world, watched) = (World::new(), Rc::new(RefCell::new(Seen::default())));
        let (began, watching) = (world.now, Rc::clone(&watched));
        world.watch = Some(Box::new(move |now, member, output| {
            watching.borrow_mut().output(began, now, member, output);
        }));
        for member in 0..ALL {
            let dice = RefCell::new(Dice(seed ^ (member as u64) << 32));
            let answer = move |_| {
                let mut dice = dice.borrow_mut();
                let after = Duration::from_millis(dice.below(20_000));
                let most = if dice.below(10) == 0 { 100_000 } else { 100 };
                (after, Answer::success(vec![b'a'; dice.index(most)]))
            };
            world.add(make(member), Box::new(answer));
        }
        let mut simulation = Self {
            world,
            dice: Dice(seed),
            seen: watched,
            tickets: vec![Vec::new(); CRAWLERS.into()],
            next_ticket: 0,
        };
        (0..ALL).for_each(|member| simulation.allow(member));
        simulation
    }

    fn allow(&mut self, member: usize) {
        let crawlers = (1..=CRAWLERS).map(permid).collect();
        self.world.input(member, Input::Allow(crawlers));
    }

    /// Everything from the seed.
    fn run(&mut self) {
        let until = self.world.now + LASTS;
        while self.world.now < until {
            self.act();
            let pause = Duration::from_millis(self.dice.below(4_000));
            self.world.run(pause);
        }
        for member in 0..ALL {
            self.world.members[member].reachable = true;
        }
        self.world.run(QUIET);
        self.seen.borrow_mut().decided();
    }

    fn act(&mut self) {
        let crawler = self.dice.member(0, CRAWLERS);
        let anybody = self.dice.member(0, CRAWLERS + PEERS);
        match self.dice.below(1000) {
            0..700 => self.ask(crawler),
            700..800 => self.world.unplug(anybody),
            800..840 => {
                self.world.members[anybody].reachable ^= true;
                self.world.unplug(anybody);
            }
            840..880 => self.restart(anybody),
            880..930 => {
                if let Some(ticket) = self.tickets[crawler].last().copied() {
                    self.world.input(crawler, Input::Cancel(ticket));
                }
            }
            930..998 => {
                if let Some(ticket) = self.tickets[crawler].last().copied() {
                    self.world.input(crawler, Input::Extend(ticket, secs(30)));
                }
            }
            // the machine sleeps: all that was due is due at once
            _ => self.world.now += secs(self.dice.below(600)),
        }
    }

    fn ask(&mut self, crawler: usize) {
        let peer = self.dice.member(CRAWLERS, PEERS);
        self.world.connect(crawler, peer);
        let message = if self.dice.below(2) == 0 { ID } else { OTHER_ID };
        let frequency = [0, 5, 6, 60, 3600][self.dice.index(5)];
        let ask = Ask {
            message,
            frequency: Frequency(frequency),
            timeout: secs(1 + self.dice.below(120)),
            wait_for_dial_back: self.dice.below(2) == 0,
            ..ask(u8::try_from(peer + 1).unwrap())
        };
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.tickets[crawler].push(ticket);
        self.world.input(crawler, Input::Ask { ticket, ask });
    }

    /// It has forgotten everything.
    fn restart(&mut self, member: usize) {
        self.world.restart(member, make(member));
        self.seen.borrow_mut().forget(member);
        if let Some(tickets) = self.tickets.get_mut(member) {
            tickets.clear();
        }
        self.allow(member);
    }

    /// What holds once all is quiet.
    fn check(&self) {
        for (crawler, tickets) in self.tickets.iter().enumerate() {
            let mut ended: Vec<_> =
                self.world.ends(crawler).into_iter().map(|(ticket, _)| ticket).collect();
            ended.sort_unstable();
            assert_eq!(&ended, tickets, "each request of Crawler {crawler} ends once");
        }
        for (member, it) in self.world.members.iter().enumerate() {
            let engine = &it.engine;
            assert_eq!(engine.requests.open(), 0, "member {member}: nothing is under way");
            assert_eq!(engine.requests.held(), (0, 0, 0), "member {member}: budgets");
            assert_eq!(engine.backend.replies.held(), (0, 0), "member {member}: replies");
            assert!(!engine.is_replying(), "member {member}");
        }
        let seen = self.seen.borrow();
        let open: Vec<_> = seen.open.iter().filter(|(_, open)| **open != 0).collect();
        assert!(open.is_empty(), "each question is answered, or said to be undelivered: {open:?}");
    }

    /// All channels of a peer can be had: none was lost on the way.
    fn check_channels(&mut self) {
        for crawler in 0..CRAWLERS.into() {
            let peer = self.dice.member(CRAWLERS, PEERS);
            self.world.connect(crawler, peer);
            self.world.run(secs(1));
            let before = self.world.members[crawler].events.len();
            for _ in 0..255 {
                self.next_ticket += 1;
                let ask = ask(u8::try_from(peer + 1).unwrap());
                let ticket = Ticket(self.next_ticket);
                self.world.input(crawler, Input::Ask { ticket, ask });
            }
            let events = &self.world.members[crawler].events[before..];
            let sent = events.iter().filter(|it| matches!(it, Event::Sent { .. })).count();
            assert_eq!(sent, 255, "Crawler {crawler}");
        }
    }
}

/// A seed's whole story; a digest of it, and how many were let in and refused.
fn story(seed: u64) -> (u64, u64, u64) {
    let mut simulation = Simulation::new(seed);
    simulation.run();
    simulation.check();
    let told = {
        let told = simulation.seen.borrow();
        (told.digest.finish(), told.let_in, told.refused)
    };
    simulation.world.watch = None; // a peer that is asked 255 times at once is busy
    simulation.check_channels();
    told
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_happens_every_request_ends_and_nothing_is_left() {
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("SIMULATION_SEEDS").unwrap_or(2)).collect(),
    };
    for seed in seeds {
        println!("SIMULATION_SEED={seed}");
        let (digest, let_in, refused) = story(seed);
        println!("  {let_in} questions let in, {refused} asked too soon, digest {digest:016x}");
        assert!(let_in > 300 && refused > 10, "something has to happen: {let_in}, {refused}");
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(story(77), story(77));
}
