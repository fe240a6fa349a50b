//! A name under which peers of the overlay meet on the DHT: a key that follows from it, and what nodes
//! tell of who else announced it.
//!
//! Whoever knows or guesses the name finds the addresses of all who meet under it; a long random one
//! is as good as a secret. What nodes tell is hearsay: anybody can announce anything.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use swarmscope_wire::krpc::Target;

use crate::address::Policy;
use crate::dht::asker::Answer;

/// How often it is announced again. BEP 5 gives no time after which nodes forget; half of the half
/// hour that is usual keeps it alive where one announcement is lost.
pub const AGAIN: Duration = Duration::from_secs(15 * 60);
/// The most addresses that are taken from one answer.
const MOST_OF_ONE: usize = 32;
/// The most addresses that are kept of one meeting.
const MOST: usize = 128;

/// The point of the id space where those meet who know `name`.
#[must_use]
pub fn key(name: &str) -> Target {
    let digest =
        Sha1::new().chain_update(b"swarmscope rendezvous 1\0").chain_update(name).finalize();
    Target(digest.into())
}

/// What nodes told at one meeting.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    peers: BTreeSet<SocketAddr>,
    /// How many nodes see us at which address.
    votes: BTreeMap<IpAddr, usize>,
    /// Addresses that were left out: not public, at a port of the system, or too many.
    pub left_out: usize,
}

impl Told {
    /// Takes one answer.
    pub fn hear(&mut self, answer: &Answer, policy: &Policy) {
        let Ok(response) = &answer.said else { return };
        if let Some(ours) = answer.our_address {
            *self.votes.entry(ours.ip()).or_default() += 1;
        }
        for (index, peer) in response.values.iter().flatten().enumerate() {
            let is_welcome =
                index < MOST_OF_ONE && self.peers.len() < MOST && policy.permits(*peer);
            if is_welcome {
                self.peers.insert(*peer);
            } else {
                self.left_out += 1;
            }
        }
    }

    /// Where others are said to be: without ourselves, who listen at `port` of the address that most
    /// nodes see.
    #[must_use]
    pub fn others(&self, port: Option<u16>) -> Vec<SocketAddr> {
        let all: usize = self.votes.values().sum();
        let own = self.votes.iter().find(|(_, count)| **count * 2 > all).map(|(ip, _)| *ip);
        let is_own = |peer: &SocketAddr| Some(peer.ip()) == own && Some(peer.port()) == port;
        self.peers.iter().copied().filter(|peer| !is_own(peer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use swarmscope_wire::krpc::{NodeId, Response};

    use super::*;

    fn answer(values: Vec<SocketAddr>, ours: &str) -> Answer {
        let response = Response { values: Some(values), ..Response::new(NodeId([1; 20])) };
        let our_address = Some(ours.parse().unwrap());
        Answer {
            said: Ok(response),
            version: None,
            our_address,
            deviations: 0,
            bytes: 0,
            watched: None,
        }
    }

    #[test]
    fn one_name_has_one_key_and_another_name_another() {
        assert_eq!(key("a").0, key("a").0);
        assert_ne!(key("a").0, key("b").0);
        assert_eq!(
            NodeId(key("class of 2027").0).to_string(),
            "39e45730e8002c6ac4d9a6982ddba33ee7d6043f"
        );
    }

    #[test]
    fn what_is_told_is_bounded_and_without_special_addresses_and_ourselves() {
        let mut told = Told::default();
        let peer = |last: u8, port| SocketAddr::from(([11, 0, 0, last], port));
        let lies: Vec<SocketAddr> =
            (0..200).map(|n| peer(n, 7007)).chain([([127, 0, 0, 1], 7).into()]).collect();
        told.hear(&answer(lies, "11.9.9.9:1"), &Policy::default());
        assert_eq!((told.others(None).len(), told.left_out), (MOST_OF_ONE, 201 - MOST_OF_ONE));
        let mut told = Told::default();
        let services = vec![peer(1, 22), peer(2, 53), peer(3, 1023), peer(4, 1024)];
        told.hear(&answer(services, "11.9.9.9:1"), &Policy::default());
        assert_eq!((told.others(None), told.left_out), (vec![peer(4, 1024)], 3));
        let mut told = Told::default();
        for _ in 0..2 {
            told.hear(
                &answer(vec![peer(1, 7760), peer(2, 7760)], "11.0.0.1:999"),
                &Policy::default(),
            );
        }
        told.hear(&answer(Vec::new(), "11.0.0.2:999"), &Policy::default()); // one liar
        assert_eq!(told.others(Some(7760)), [peer(2, 7760)]);
        assert_eq!(told.others(Some(1)).len(), 2);
    }
}
