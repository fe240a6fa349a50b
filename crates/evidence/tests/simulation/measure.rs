//! Precision, recall, time to detection, and false alarms.

use std::collections::{BTreeMap, BTreeSet};

use swarmscope_evidence::signals::input::Round;
use swarmscope_evidence::signals::{Rule, Severity, built_in};

use crate::world::{GRAPHS, Story, World};

/// How a rule did on a story.
pub struct Detection {
    /// Named and rightly so, of named: by any ▲, in any round.
    pub precision: (u64, u64),
    /// Named in any round, of those that the story has in the last.
    pub recall: (u64, u64),
    /// Hours until it was found, in the seeds in which it was; sorted.
    pub hours: Vec<u64>,
}

/// Rounds of a story.
const ROUNDS: u64 = 10;

/// How all rules of a list did; the rule `any of them` is what is named by one of the list.
pub fn detections(story: Story, names: &[&str], seeds: u64, peers: usize) -> Vec<Detection> {
    let new = || Detection { precision: (0, 0), recall: (0, 0), hours: Vec::new() };
    let mut results: Vec<Detection> = names.iter().map(|_| new()).collect();
    let rules: Vec<Box<dyn Rule>> =
        built_in().into_iter().filter(|rule| names.contains(&&*rule.id())).collect();
    for seed in 0..seeds {
        let mut world = World::new(seed, peers, GRAPHS[seed as usize % GRAPHS.len()], story);
        let mut rounds = Vec::new();
        let mut began = None;
        let mut found: Vec<Option<u64>> = vec![None; names.len()];
        let mut ever: Vec<BTreeSet<String>> = vec![BTreeSet::new(); names.len()];
        for hour in 0..ROUNDS {
            rounds.push(world.next());
            let there: BTreeSet<String> = world.struck().map(ToString::to_string).collect();
            if began.is_none() && !there.is_empty() {
                began = Some(hour);
            }
            let by_rule: Vec<(String, BTreeSet<String>)> =
                rules.iter().map(|rule| (rule.id(), named(rule.as_ref(), &rounds))).collect();
            for (n, name) in names.iter().enumerate() {
                let of_rule = by_rule.iter().filter(|(id, _)| id == name || *name == "any of them");
                let found_by: BTreeSet<String> =
                    of_rule.flat_map(|(_, peers)| peers).cloned().collect();
                let right = found_by.iter().filter(|peer| world.has(peer)).count() as u64;
                results[n].precision.0 += right;
                results[n].precision.1 += found_by.len() as u64;
                if found[n].is_none() && right > 0 {
                    found[n] = began.map(|began| hour - began);
                }
                ever[n].extend(found_by);
                if hour + 1 == ROUNDS {
                    results[n].recall.0 += ever[n].intersection(&there).count() as u64;
                    results[n].recall.1 += there.len() as u64;
                }
            }
        }
        for (result, found) in results.iter_mut().zip(found) {
            result.hours.extend(found);
        }
    }
    for result in &mut results {
        result.hours.sort_unstable();
    }
    results
}

/// The peers that a ▲ of a rule names.
fn named(rule: &dyn Rule, rounds: &[Round]) -> BTreeSet<String> {
    let marked = rule.look(rounds).into_iter().filter(|finding| finding.severity > Severity::Odd);
    marked.flat_map(|finding| finding.members).map(|peer| peer.to_string()).collect()
}

/// Peers named where there is nothing.
pub struct Noise {
    pub story: &'static str,
    pub peer_days: u64,
    pub named: u64,
    /// By which rules.
    pub by: String,
}

pub fn noise(story: Story, seeds: u64, (peers, rounds): (usize, u64)) -> Noise {
    let rules = built_in();
    let mut by: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..seeds {
        let mut world =
            World::new(seed + 10_000, peers, GRAPHS[seed as usize % GRAPHS.len()], story);
        let mut seen = Vec::new();
        for _ in 0..rounds {
            seen.push(world.next());
            for finding in rules
                .iter()
                .flat_map(|rule| rule.look(&seen).into_iter().map(|finding| (rule.id(), finding)))
            {
                if finding.1.severity > Severity::Odd {
                    *by.entry(finding.0).or_default() += finding.1.members.len() as u64;
                }
            }
        }
    }
    let named = by.values().sum();
    let words: Vec<String> = by.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    let by = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    let story = match story {
        Story::Quiet => "noise",
        Story::Release => "a release to 40 % at once",
        Story::Booster => "one operator's twenty equal peers",
        _ => "a default answer of a third",
    };
    Noise { story, peer_days: seeds * peers as u64, named, by }
}
