//! Swarms with the truth known: a graph of peers with versions, networks, churn, NATs and noise,
//! and what spreads over it.

use std::sync::Arc;

use swarmscope_evidence::signals::input::{Answer, End, Gossip, Round, Text, Unsolicited};

use crate::sample::Numbers;

/// Two rounds are so far apart.
pub const HOUR_NS: u64 = 3_600_000_000_000;
pub const START_NS: u64 = 1_764_324_000_000_000_000;

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
}

pub const BENIGN: [Story; 4] = [Story::Quiet, Story::Release, Story::Booster, Story::Defaults];

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

pub struct World {
    peers: Vec<Peer>,
    numbers: Numbers,
    story: Story,
    versions: Vec<Text>,
    round: u64,
}

fn text(text: impl AsRef<str>) -> Text {
    Arc::from(text.as_ref())
}

impl World {
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

    /// The peers that the story has now, and that can be reached.
    pub fn struck(&self) -> impl Iterator<Item = &Text> {
        self.peers
            .iter()
            .filter(|peer| peer.struck.is_some() && !peer.natted)
            .map(|peer| &peer.name)
    }

    pub fn has(&self, peer: &str) -> bool {
        self.peers.iter().any(|known| *known.name == *peer && known.struck.is_some())
    }

    /// Lets an hour pass, and asks everybody.
    pub fn next(&mut self) -> Round {
        self.spread();
        let mut round = Round {
            number: self.round,
            at_ns: START_NS + self.round * HOUR_NS,
            ..Round::default()
        };
        for n in 0..self.peers.len() {
            self.visit(n, &mut round);
        }
        self.round += 1;
        round
    }

    fn spread(&mut self) {
        let (first, beta) = match self.story {
            Story::Worm => (1, 120),
            Story::Cascade => (3, 400),
            Story::Silence => (3, 90),
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
        if broken {
            return reply(2, "broken", "broken", 0);
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

    fn gossip(&mut self, n: usize, round: &mut Round) {
        let peer = &self.peers[n];
        let named =
            peer.neighbours.iter().take(10).map(|other| self.peers[*other].name.clone()).collect();
        let (private, name) = (peer.private, peer.name.clone());
        let bogons = (0..20)
            .filter(|_| self.numbers.below(100) < if private { 8 } else { 1 })
            .count() as u64;
        round.gossip.push(Gossip {
            teller: name.clone(),
            network: text("overlay"),
            named,
            bogons,
            listed: 20,
        });
        if self.chance(20) {
            round.unsolicited.push(Unsolicited {
                peer: name,
                replies: 1,
                guessed: u64::from(self.numbers.below(4) == 0),
            });
        }
    }
}

fn reply(error: i64, content: &str, shape: &str, bytes: u64) -> End {
    let content = text(content);
    End::Reply {
        error,
        digest: content.clone(),
        content,
        shape: text(shape),
        bytes,
        too_soon_was_due: false,
    }
}
