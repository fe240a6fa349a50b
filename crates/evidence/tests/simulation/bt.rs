//! `BitTorrent` peers that answer HELLO as real clients did, and what can be the matter with them.

use std::collections::BTreeSet;

use swarmscope_evidence::signals::input::{Answer, End, Round, Text};

use crate::clients::BT;
use crate::sample::Numbers;
use crate::swarm::{Swarm, empty, reply, text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Story {
    /// Nothing but noise.
    Quiet,
    /// Half of the peers have one client, whose HELLO is the same from all of them.
    Popular,
    /// A fifth are broken: cut handshakes, connections closed in between.
    Broken,
    /// Peers that shake hands for whatever infohash, more of them in each round.
    Everything,
}

struct Peer {
    name: Text,
    place: Text,
    client: usize,
    natted: bool,
    broken: bool,
    struck: bool,
}

pub struct Bt {
    peers: Vec<Peer>,
    numbers: Numbers,
    story: Story,
    round: u64,
}

impl Bt {
    pub fn new(seed: u64, size: usize, story: Story) -> Self {
        let mut numbers = Numbers::new(seed.wrapping_mul(7907) + 3);
        let broken = if story == Story::Broken { 20 } else { 2 };
        let peer = |n: usize| Peer {
            name: text(format!("bt{n:05}")),
            place: text(format!("198.19.{n}.0/24")),
            client: match story {
                Story::Popular if n.is_multiple_of(2) => 1,
                _ => numbers.below(BT.len()),
            },
            natted: numbers.below(10) < 5,
            broken: numbers.below(100) < broken,
            struck: false,
        };
        let peers = (0..size).map(peer).collect();
        Self { peers, numbers, story, round: 0 }
    }

    fn spread(&mut self) {
        if self.story != Story::Everything {
            return;
        }
        let new = match self.round {
            0 => 0,
            1 => 1,
            _ => self.peers.iter().filter(|peer| peer.struck).count(),
        };
        for _ in 0..new {
            let lot = self.numbers.below(self.peers.len());
            // of two, one finds nobody: it grows by a half an hour or less
            self.peers[lot].struck |= self.round == 1 || self.numbers.below(2) == 0;
        }
    }

    fn end(&mut self, n: usize, invented: bool) -> End {
        let (peer, numbers) = (&self.peers[n], &mut self.numbers);
        if peer.natted || numbers.below(100) < 8 {
            return End::Failure(text("tcp.timeout"));
        }
        if numbers.below(100) < 1 {
            return End::Failure(text("answer.timeout"));
        }
        if peer.broken {
            let ways = ["handshake.bt-timeout", "reply.bt-closed", "handshake.bt-closed"];
            return End::Failure(text(ways[numbers.below(ways.len())]));
        }
        // a bug: rare, and not the same peer twice
        if invented && (peer.struck || numbers.below(5000) == 0) {
            return reply(0, &format!("any {n}"), "hello", 180);
        }
        let client = &BT[peer.client];
        let same = self.story == Story::Popular && peer.client == 1;
        let says = || {
            let who = if same { String::new() } else { n.to_string() };
            (format!("{} {who}", client.name), 150 + peer.client as u64 * 9)
        };
        client.end(("hello", invented), numbers, says)
    }
}

impl Swarm for Bt {
    fn next(&mut self) -> Round {
        self.spread();
        let mut round = empty(self.round);
        let questions =
            [(text("HELLO"), false), (text(format!("HELLO, draw {}", self.round)), true)];
        for n in 0..self.peers.len() {
            for (question, invented) in &questions {
                let end = self.end(n, *invented);
                let peer = &self.peers[n];
                round.answers.push(Answer {
                    peer: peer.name.clone(),
                    place: Some(peer.place.clone()),
                    network: text("bt"),
                    version: BT[peer.client].version.clone(),
                    question: question.clone(),
                    invented: *invented,
                    end,
                });
            }
        }
        self.round += 1;
        round
    }

    fn has(&self, peer: &str) -> bool {
        peer[2..].parse::<usize>().is_ok_and(|n| self.peers[n].struck)
    }

    fn struck(&self) -> BTreeSet<Text> {
        let there = self.peers.iter().filter(|peer| peer.struck && !peer.natted && !peer.broken);
        there.map(|peer| peer.name.clone()).collect()
    }
}
