//! Gossip that names addresses no public peer has, or only a closed circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{binomial_tail, words};
use crate::signals::input::{Round, Text};
use crate::signals::rule::{Finding, Rule, table, words_of};
use swarmscope_wire::{ContentId, text};

/// Addresses that no public peer has.
#[derive(Clone, Copy, Debug)]
pub struct Bogons {
    /// Which share a healthy peer may list: those of its own network.
    usual: f64,
    /// How many it must have listed.
    listed: u64,
    /// How likely it may be by chance, all tellers taken together.
    chance: f64,
}

impl Default for Bogons {
    fn default() -> Self {
        Self { usual: 0.1, listed: 10, chance: 1e-6 }
    }
}

impl Rule for Bogons {
    fn id(&self) -> String {
        "bogon-gossip@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("usual", words(self.usual)),
            ("listed", self.listed.to_string()),
            ("chance", words(self.chance)),
        ])
    }

    fn knows_spread(&self) -> bool {
        false
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let mut tellers: BTreeMap<(&Text, &Text), (u64, u64)> = BTreeMap::new();
        for gossip in &newest.gossip {
            let (bogons, listed) = tellers.entry((&gossip.network, &gossip.teller)).or_default();
            *bogons += gossip.bogons;
            *listed += gossip.listed;
        }
        let all = tellers.len();
        let mut networks: BTreeMap<&Text, (BTreeSet<Text>, u64, u64, f64)> = BTreeMap::new();
        for ((network, teller), (bogons, listed)) in tellers {
            let tail = binomial_tail(listed, self.usual, bogons) * all as f64;
            if listed >= self.listed && tail <= self.chance {
                let (members, of_bogons, of_listed, worst) = networks.entry(network).or_default();
                members.insert(teller.clone());
                (*of_bogons, *of_listed, *worst) =
                    (*of_bogons + bogons, *of_listed + listed, worst.max(tail));
            }
        }
        let finding = |(network, (members, bogons, listed, tail)): (
            &Text,
            (BTreeSet<Text>, u64, u64, f64),
        )| Finding {
            about: "all".into(),
            network: network.to_string(),
            severity: Severity::Look,
            title: "gossip of impossible addresses".into(),
            of: all as u64,
            seen: format!(
                "{} listed {listed} addresses; {bogons} of them can't belong to a public peer",
                text::count(members.len(), "peer", "peers")
            ),
            asked: "nothing: peers gossip unasked".into(),
            healthy: format!("at most {} of its list: peers of its own network", words(self.usual)),
            chance: format!("at most {} for any of them, all tellers taken together", words(tail)),
            other_causes: words_of(&[
                "a peer in a large private network",
                "a broken client",
                "a VPN",
            ]),
            to_tell: "whether the other addresses it lists answer".into(),
            replies: BTreeSet::new(),
            members,
        };
        networks.into_iter().map(finding).collect()
    }
}

/// A closed circle: tellers that name only each other.
#[derive(Clone, Copy, Debug)]
pub struct Clique {
    /// How many tellers at least.
    tellers: usize,
    /// How many peers each must have named.
    named: usize,
    /// Which share of all named peers the circle may be at most.
    share: f64,
}

impl Default for Clique {
    fn default() -> Self {
        Self { tellers: 4, named: 3, share: 0.25 }
    }
}

/// Which peer named which.
type Named<'a> = BTreeMap<&'a Text, BTreeSet<&'a Text>>;

impl Clique {
    /// Everybody that can be reached from a teller by what is named; `None` once that is too large
    /// for a circle.
    fn circle<'a>(from: &'a Text, named: &Named<'a>, most: f64) -> Option<BTreeSet<&'a Text>> {
        let mut circle = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(teller) = open.pop() {
            for &peer in named.get(teller).into_iter().flatten() {
                if circle.insert(peer) {
                    open.push(peer);
                }
            }
            if circle.len() as f64 > most {
                return None;
            }
        }
        Some(circle)
    }
}

impl Rule for Clique {
    fn id(&self) -> String {
        "closed-circle@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("tellers", self.tellers.to_string()),
            ("named by each", self.named.to_string()),
            ("share of all", words(self.share)),
        ])
    }

    fn knows_spread(&self) -> bool {
        false
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let mut named = Named::new();
        for gossip in &newest.gossip {
            named.entry(&gossip.teller).or_default().extend(&gossip.named);
        }
        let everybody: BTreeSet<&Text> = named.values().flatten().copied().collect();
        let most = everybody.len() as f64 * self.share;
        let tells = |peer: &Text| named.get(peer).is_some_and(|whom| whom.len() >= self.named);
        let mut done: BTreeSet<&Text> = BTreeSet::new();
        let mut findings = Vec::new();
        for &teller in named.keys().filter(|teller| tells(teller)) {
            if done.contains(teller) {
                continue;
            }
            let Some(circle) = Self::circle(teller, &named, most) else { continue };
            let members: BTreeSet<Text> =
                circle.iter().copied().filter(|peer| tells(peer)).cloned().collect();
            done.extend(circle.iter().copied());
            if members.len() >= self.tellers {
                let network = newest
                    .gossip
                    .iter()
                    .find(|g| members.contains(&g.teller))
                    .map_or("overlay", |g| &g.network);
                findings.push(finding(
                    network.to_owned(),
                    members,
                    circle.len(),
                    named.len(),
                    everybody.len(),
                ));
            }
        }
        findings
    }
}

/// What tells circles apart: permids of a kind begin alike. A case with hidden addresses keys it.
fn sum(member: &str) -> String {
    ContentId::of_bytes(member.as_bytes()).to_string().chars().take(8).collect()
}

fn finding(
    network: String,
    members: BTreeSet<Text>,
    circle: usize,
    tellers: usize,
    everybody: usize,
) -> Finding {
    Finding {
        about: members.first().map(|member| sum(member)).unwrap_or_default(),
        network,
        severity: Severity::Odd,
        title: "closed circle of gossip".into(),
        of: tellers as u64,
        seen: format!(
            "{} peers name {circle} peers, which name no others; {everybody} are named in total",
            members.len()
        ),
        asked: "nothing: peers gossip unasked".into(),
        healthy: "names that lead to most of the network in a few steps".into(),
        chance: "not known: it depends on the network's history, so this alone is never shown as ▲"
            .into(),
        other_causes: words_of(&[
            "a private or local network",
            "one operator's peers",
            "a split of the network",
        ]),
        to_tell: "whether the named peers answer, and how many networks they are in".into(),
        replies: BTreeSet::new(),
        members,
    }
}
