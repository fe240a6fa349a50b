//! Swarms with the truth known: a graph of peers with versions, networks, churn, NATs and noise,
//! and what spreads over it.

use std::collections::BTreeSet;

use swarmscope_evidence::signals::input::{Answer, End, Gossip, Round, Text, Unsolicited};

use crate::sample::Numbers;
use crate::swarm::{Swarm, empty, reply, text};

/// How peers know each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Graph {
    /// Ten random neighbours.
    Random,
    /// Whoever is known by many becomes known by more (Barabási and Albert).
    ScaleFree,
    /// A ring with short-cuts (Watts and Strogatz).
    SmallWorld,
}

pub const GRAPHS: [Graph; 3] = [Graph::Random, Graph::ScaleFree, Graph::SmallWorld];

/// What happens in a swarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Story {
    /// Nothing but noise.
    Quiet,
    /// A new version with a question of its own and a fixed answer rolls out to many at once.
    Release,
    /// One operator runs twenty peers with the same answers in one network.
    Booster,
    /// A third answers one question with the same default.
    Defaults,
    /// Peers that answer everything with 8 192 equal bytes, spread along neighbour lists, and drop
    /// 30 % of requests.
    Worm,
    /// An overload that takes peers of one version down, along neighbour lists.
    Cascade,
    /// An overload that silences peers, along neighbour lists.
    Silence,
    /// Peers that list addresses no public peer has, along neighbour lists.
    Bogons,
    /// A dozen peers that name only each other, beside three small honest islands that do, too.
    Circle,
    /// Peers that guess channels, along neighbour lists.
    Guesses,
    /// 15 % of the peers change to one version in one hour, while others change theirs one by one.
    Takeover,
    /// Peers that refuse a question which the others answer, along neighbour lists.
    Refusal,
    /// Peers that answer within the frequency, along neighbour lists, while others restart.
    Ignored,
}

struct Peer {
    name: Text,
    place: Text,
    version: usize,
    natted: bool,
    /// It lists peers of its own network among others.
    private: bool,
    neighbours: Vec<usize>,
    /// Since which round the story has it.
    struck: Option<u64>,
    database: u64,
}

pub struct Overlay {
    peers: Vec<Peer>,
    numbers: Numbers,
    story: Story,
    versions: Vec<Text>,
    round: u64,
}

/// Peers of a circle, and of the islands beside it.
const CIRCLE: usize = 12;
const ISLANDS: [usize; 3] = [3, 5, 7];

impl Overlay {
    pub fn new(seed: u64, size: usize, graph: Graph, story: Story) -> Self {
        let mut numbers = Numbers::new(seed.wrapping_mul(7919) + 1);
        let versions = ["15", "16", "17", "18", "19"].map(text).to_vec();
        let peers = (0..size)
            .map(|n| Peer {
                name: text(format!("peer{n:05}")),
                // one in ten shares a network with others, as behind a carrier's NAT
                place: text(if numbers.below(10) == 0 {
                    format!("198.18.{}.0/24", n % 3)
                } else {
                    format!("198.19.{n}.0/24")
                }),
                version: [0, 1, 2, 2, 3, 3, 3, 3][numbers.below(8)],
                natted: numbers.below(10) < 3,
                private: numbers.below(20) == 0,
                neighbours: Vec::new(),
                struck: None,
                database: 200 + numbers.below(4000) as u64,
            })
            .collect();
        let mut world = Self { peers, numbers, story, versions, round: 0 };
        world.connect(graph);
        if story == Story::Circle {
            world.make_islands();
        }
        if story == Story::Booster {
            for peer in &mut world.peers[..20] {
                peer.place = text("198.51.100.0/24");
                peer.natted = false;
            }
        }
        world
    }

    fn connect(&mut self, graph: Graph) {
        let size = self.peers.len();
        let mut ends: Vec<usize> = (0..10).collect();
        for n in 0..size {
            for k in 0..5 {
                let other = match graph {
                    Graph::Random => self.numbers.below(size),
                    Graph::ScaleFree => ends[self.numbers.below(ends.len())],
                    Graph::SmallWorld if self.numbers.below(10) == 0 => self.numbers.below(size),
                    Graph::SmallWorld => (n + k + 1) % size,
                };
                if other != n {
                    self.peers[n].neighbours.push(other);
                    self.peers[other].neighbours.push(n);
                    ends.extend([n, other]);
                }
            }
        }
    }

    fn chance(&mut self, of_thousand: usize) -> bool {
        self.numbers.below(1000) < of_thousand
    }

    fn spread(&mut self) {
        let (first, beta) = match self.story {
            Story::Cascade => (3, 400),
            Story::Silence => (3, 90),
            Story::Worm | Story::Bogons | Story::Guesses | Story::Ignored => (1, 120),
            Story::Refusal => (1, 40),
            Story::Circle if self.round == 2 => return self.close_circle(),
            Story::Takeover => return self.change_versions(),
            Story::Release if self.round == 3 => {
                for n in 0..self.peers.len() {
                    if self.chance(400) {
                        self.peers[n].version = 4;
                    }
                }
                return;
            }
            _ => return,
        };
        let open = |world: &Self, n: usize| match world.story {
            Story::Cascade => world.peers[n].version == 3,
            _ => true,
        };
        if self.round == first {
            let start = (0..self.peers.len()).find(|n| open(self, *n) && !self.peers[*n].natted);
            if let Some(start) = start {
                self.peers[start].struck = Some(self.round);
            }
        }
        let carriers: Vec<usize> = (0..self.peers.len())
            .filter(|n| self.peers[*n].struck.is_some_and(|at| at < self.round))
            .collect();
        for n in carriers {
            for other in self.peers[n].neighbours.clone() {
                if self.peers[other].struck.is_none() && open(self, other) && self.chance(beta) {
                    self.peers[other].struck = Some(self.round);
                }
            }
        }
    }

    /// The last dozen turn to each other.
    fn close_circle(&mut self) {
        for n in self.circle() {
            (self.peers[n].struck, self.peers[n].neighbours) = (Some(self.round), Vec::new());
            self.peers[n].neighbours = self.circle().filter(|other| *other != n).collect();
        }
    }

    fn circle(&self) -> std::ops::Range<usize> {
        self.peers.len() - CIRCLE..self.peers.len()
    }

    /// Three islands of 3, 5 and 7 peers that know nobody else.
    fn make_islands(&mut self) {
        let mut start = 0;
        for size in ISLANDS {
            for n in start..start + size {
                self.peers[n].neighbours = (start..start + size).filter(|it| *it != n).collect();
            }
            start += size;
        }
    }

    fn change_versions(&mut self) {
        for n in 0..self.peers.len() {
            if self.chance(5) {
                self.peers[n].version = (self.peers[n].version + 1).min(4);
            }
            if self.round == 3 && self.peers[n].version != 2 && self.chance(150) {
                (self.peers[n].version, self.peers[n].struck) = (2, Some(self.round));
            }
        }
    }

    fn visit(&mut self, n: usize, round: &mut Round) {
        let struck = self.peers[n].struck.is_some();
        let down =
            self.peers[n].natted || self.chance(40) || (struck && self.story == Story::Cascade);
        let broken = self.chance(2);
        let canaries = [
            text(format!("id {}", 100 + self.round * 2 % 120)),
            text(format!("id {}", 101 + self.round * 2 % 120)),
        ];
        let questions =
            ["NATCHECK", "DATABASE", "SEEDINGSTATS"].map(text).into_iter().chain(canaries);
        for (place, question) in questions.enumerate() {
            let end = if down {
                End::Failure(text(if self.peers[n].natted { "tcp.timeout" } else { "tcp.refused" }))
            } else {
                self.answer(n, place, &question, struck, broken)
            };
            let peer = &self.peers[n];
            round.answers.push(Answer {
                peer: peer.name.clone(),
                place: Some(peer.place.clone()),
                network: text("overlay"),
                version: self.versions[peer.version].clone(),
                question,
                invented: place > 2,
                end,
            });
        }
        if !down {
            self.gossip(n, round);
        }
    }

    fn answer(
        &mut self,
        n: usize,
        place: usize,
        question: &Text,
        struck: bool,
        broken: bool,
    ) -> End {
        if self.chance(10)
            || (struck && self.story == Story::Worm && self.chance(300))
            || (struck && self.story == Story::Silence)
        {
            return End::Failure(text("reply.first-part"));
        }
        if struck && self.story == Story::Worm {
            return reply(0, "worm", "worm", 8192);
        }
        if broken || (place == 1 && struck && self.story == Story::Refusal) {
            return reply(2, "broken", "broken", 0);
        }
        if self.story == Story::Ignored && place == 1 && self.round > 0 {
            return self.within_frequency(n, struck);
        }
        let (database, new) =
            (self.peers[n].database, self.peers[n].version == 4 && self.story == Story::Release);
        let boosted = self.story == Story::Booster && n < 20;
        match place {
            0 if new => reply(0, "natcheck of 19", "natcheck of 19", 96),
            0 if boosted => reply(0, "booster", "nat", 80),
            0 => reply(0, &format!("nat {n}"), "nat", 60 + n as u64 % 30),
            1 if boosted => reply(0, "booster db", "db", 900),
            1 => {
                self.peers[n].database += self.numbers.below(40) as u64;
                reply(0, &format!("db {n} {database}"), "db", database)
            }
            2 if self.story == Story::Defaults && n.is_multiple_of(3) => {
                reply(0, "nothing yet", "stats", 40)
            }
            2 if self.numbers.below(4) > 0 => reply(0, "", "empty", 4),
            2 => reply(
                0,
                &format!("stats {n} {}", self.round),
                "stats",
                100 + self.numbers.below(900) as u64,
            ),
            // a newer client that has these ids
            _ if new => reply(0, &format!("{question} {n}"), "new", 20 + n as u64 % 50),
            // a bug: rare, and not the same peer twice
            _ if self.numbers.below(5000) == 0 => reply(0, &format!("bug {n}"), "bug", 12),
            _ => reply(253, "unknown message", "unknown message", 15),
        }
    }

    /// A question that was asked an hour ago, with a frequency of two.
    fn within_frequency(&mut self, n: usize, struck: bool) -> End {
        let mut end = if struck || self.chance(10) {
            reply(0, &format!("db {n}"), "db", self.peers[n].database) // has restarted
        } else {
            reply(254, "too soon", "too soon", 0)
        };
        if let End::Reply { too_soon_was_due, .. } = &mut end {
            *too_soon_was_due = true;
        }
        end
    }

    fn gossip(&mut self, n: usize, round: &mut Round) {
        let peer = &self.peers[n];
        let struck = peer.struck.is_some();
        let named =
            peer.neighbours.iter().take(10).map(|other| self.peers[*other].name.clone()).collect();
        let (private, name) = (peer.private, peer.name.clone());
        let bogons = (0..20)
            .filter(|_| {
                let share = match (struck && self.story == Story::Bogons, private) {
                    (true, _) => 70,
                    (_, true) => 8,
                    _ => 1,
                };
                self.numbers.below(100) < share
            })
            .count() as u64;
        round.gossip.push(Gossip {
            teller: name.clone(),
            network: text("overlay"),
            named,
            bogons,
            listed: 20,
        });
        if struck && self.story == Story::Guesses {
            let guessed = 1 + self.numbers.below(10) as u64;
            round.unsolicited.push(Unsolicited { peer: name, guessed });
        } else if self.chance(20) {
            round
                .unsolicited
                .push(Unsolicited { peer: name, guessed: u64::from(self.numbers.below(4) == 0) });
        }
    }
}

impl Swarm for Overlay {
    fn next(&mut self) -> Round {
        self.spread();
        let mut round = empty(self.round);
        for n in 0..self.peers.len() {
            self.visit(n, &mut round);
        }
        self.round += 1;
        round
    }

    fn has(&self, peer: &str) -> bool {
        peer[4..].parse::<usize>().is_ok_and(|n| self.peers[n].struck.is_some())
    }

    fn struck(&self) -> BTreeSet<Text> {
        let there = self.peers.iter().filter(|peer| peer.struck.is_some() && !peer.natted);
        there.map(|peer| peer.name.clone()).collect()
    }
}
