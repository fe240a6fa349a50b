//! A whole crawl of a simulated swarm on virtual time: two passes, each led into the zone by a
//! lookup.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{Contact, NodeId, Question, Target, Want};

use super::{Conduct, Network, Swarm};
use crate::address::Policy;
use crate::dht::asker::{Asker, AskerConfig};
use crate::dht::crawl::{Ask, Crawl, CrawlConfig, Zone};
use crate::dht::lookup::{Lookup, LookupConfig};
use crate::dht::pace::Pace;
use crate::dht::transactions::Deadlines;
use crate::random::Random;

/// How many queries may wait for the pace, so that the crawl's own order counts.
const QUEUED: usize = 64;

/// A finished crawl.
#[derive(Debug)]
pub struct Crawled {
    /// The machine with its figures.
    pub crawl: Crawl,
    /// The swarm, with what its nodes saw.
    pub swarm: Swarm,
    /// Nodes of the zone that are there and are who they say.
    pub truth: usize,
    /// Virtual time.
    pub took: Duration,
}

/// Crawls a zone of `bits` bits twice, asking `rate` queries a second.
#[must_use]
pub fn crawl(swarm: Swarm, bits: u8, questions: u8, rate: u32, start: Instant) -> Crawled {
    let seed = swarm.config.seed ^ 0xc4a1;
    let mut random = Random::new(seed);
    let zone = Zone { prefix: NodeId(random.bytes()), bits };
    let config =
        CrawlConfig { zone, questions, most_known: 4_000_000, policy: Policy::default(), seed };
    let asking =
        AskerConfig { id: NodeId(random.bytes()), rate, deadlines: Deadlines::default(), seed };
    let mut world =
        World { network: Network::new(swarm, start), asking, pace: Pace::new(rate), random };
    let seeds = world.find(zone);
    let mut crawl = Crawl::new(config, &seeds);
    world.run_pass(&mut crawl);
    let seeds = world.find(zone);
    crawl.begin_second_pass(&seeds);
    world.run_pass(&mut crawl);
    let network = world.network;
    let truth = network.swarm.truth().filter(|contact| zone.contains(&contact.id)).count();
    let took = network.now() - start;
    Crawled { crawl, swarm: network.swarm, truth, took }
}

struct World {
    network: Network,
    asking: AskerConfig,
    pace: Pace,
    random: Random,
}

impl World {
    /// An asker at the pace of the one before it.
    fn asker<T: Copy>(&mut self) -> Asker<T> {
        Asker::at_pace(self.asking, std::mem::replace(&mut self.pace, Pace::new(self.asking.rate)))
    }

    /// The closest eight to a point of the zone, found from three honest nodes anywhere.
    fn find(&mut self, zone: Zone) -> Vec<Contact> {
        let seeds: Vec<_> = (0..3).map(|_| (self.honest(), None)).collect();
        let mut asker = self.asker();
        let target = zone.random_point(&mut self.random);
        let mut lookup = Lookup::new(target, LookupConfig::default(), &seeds, self.network.now());
        let mut events = Vec::new();
        while lookup.ended().is_none() {
            while let Some(ask) = lookup.next_query(self.network.now()) {
                asker.ask(ask.to, find_node(ask.target), ask.token);
            }
            self.network.step(&mut asker, &mut events);
            for event in events.drain(..) {
                lookup.hear(event, self.network.now());
            }
        }
        self.pace = asker.into_pace();
        lookup.closest().iter().map(|hop| hop.contact).collect()
    }

    fn honest(&mut self) -> SocketAddr {
        let Self { network: Network { swarm, .. }, random, .. } = self;
        loop {
            let index = usize::try_from(random.below(swarm.nodes.len() as u64)).unwrap_or(0);
            if swarm.conduct(index) == Conduct::Honest {
                return swarm.nodes[index].address;
            }
        }
    }

    fn run_pass(&mut self, crawl: &mut Crawl) {
        let mut asker = self.asker();
        let mut events = Vec::new();
        while !crawl.is_pass_done() {
            while asker.queued() < QUEUED
                && let Some(Ask { token, to, target }) = crawl.next_query()
            {
                asker.ask(to, find_node(target), token);
            }
            self.network.step(&mut asker, &mut events);
            for event in events.drain(..) {
                crawl.hear_of(event);
            }
        }
        self.pace = asker.into_pace();
    }
}

fn find_node(target: Target) -> Question {
    Question::FindNode { target, want: Want::default() }
}
