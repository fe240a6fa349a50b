//! Precision, recall, time to detection, and false alarms.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use swarmscope_evidence::signals::input::{Round, Text};
use swarmscope_evidence::signals::{Rule, Severity, built_in};

use crate::swarm::Swarm;

/// A story, and the rules that should detect it.
pub struct Case {
    pub story: &'static str,
    pub rules: &'static [&'static str],
    /// From which severity on a finding counts: rules that are always odd mark nothing.
    pub least: Severity,
    pub make: fn(u64) -> Box<dyn Swarm>,
}

/// What is named by one of a list of rules.
pub const ANY: &str = "any of them";

/// How a rule did on a story.
#[derive(Default)]
pub struct Detection {
    /// Named and rightly so, of named: in any round.
    pub precision: (u64, u64),
    /// Named in any round, of those that the story has in the last.
    pub recall: (u64, u64),
    /// Rounds until it was found, in the seeds in which it was; sorted.
    pub rounds: Vec<u64>,
}

/// Rounds of a story.
const ROUNDS: u64 = 10;

/// Works on all seeds with all cores; the results are in the order of the seeds.
fn each<T: Send>(seeds: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let work = &work;
    let mut results: Vec<(u64, T)> = thread::scope(|scope| {
        let of = |first: u64| (first..seeds).step_by(threads as usize).map(|n| (n, work(n)));
        let handles: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || of(first).collect::<Vec<_>>())).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("a seed")).collect()
    });
    results.sort_by_key(|(seed, _)| *seed);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How each rule of a case did.
pub fn detections(case: &Case, seeds: u64) -> Vec<Detection> {
    let mut results: Vec<Detection> = case.rules.iter().map(|_| Detection::default()).collect();
    for of_seed in each(seeds, |seed| of_seed(case, seed)) {
        for (sum, one) in results.iter_mut().zip(of_seed) {
            let add = |sum: &mut (u64, u64), one: (u64, u64)| *sum = (sum.0 + one.0, sum.1 + one.1);
            add(&mut sum.precision, one.precision);
            add(&mut sum.recall, one.recall);
            sum.rounds.extend(one.rounds);
        }
    }
    for result in &mut results {
        result.rounds.sort_unstable();
    }
    results
}

fn of_seed(case: &Case, seed: u64) -> Vec<Detection> {
    let rules: Vec<Box<dyn Rule>> =
        built_in().into_iter().filter(|rule| case.rules.contains(&&*rule.id())).collect();
    let mut results: Vec<Detection> = case.rules.iter().map(|_| Detection::default()).collect();
    let mut ever: Vec<BTreeSet<Text>> = vec![BTreeSet::new(); case.rules.len()];
    let (mut swarm, mut rounds, mut began) = ((case.make)(seed), Vec::new(), None);
    for number in 0..ROUNDS {
        rounds.push(swarm.next());
        let there = swarm.struck();
        if !there.is_empty() {
            began = began.or(Some(number));
        }
        let by_rule: Vec<(String, BTreeSet<Text>)> = rules
            .iter()
            .map(|rule| (rule.id(), named(rule.as_ref(), &rounds, case.least)))
            .collect();
        for (n, name) in case.rules.iter().enumerate() {
            let of_rule = by_rule.iter().filter(|(id, _)| id == name || *name == ANY);
            let named: BTreeSet<Text> = of_rule.flat_map(|(_, peers)| peers).cloned().collect();
            let right = named.iter().filter(|peer| swarm.has(peer)).count() as u64;
            let result = &mut results[n];
            result.precision.0 += right;
            result.precision.1 += named.len() as u64;
            if let (true, true, Some(began)) = (result.rounds.is_empty(), right > 0, began) {
                result.rounds.push(number - began);
            }
            ever[n].extend(named);
            if number + 1 == ROUNDS {
                let hits = ever[n].intersection(&there).count() as u64;
                result.recall = (hits, there.len() as u64);
            }
        }
    }
    results
}

/// The peers that a rule names with at least this severity.
fn named(rule: &dyn Rule, rounds: &[Round], least: Severity) -> BTreeSet<Text> {
    let found = rule.look(rounds).into_iter().filter(|finding| finding.severity >= least);
    found.flat_map(|finding| finding.members).collect()
}

/// A swarm in which nothing spreads.
pub struct Benign {
    pub network: &'static str,
    pub story: &'static str,
    pub make: fn(u64) -> Box<dyn Swarm>,
}

/// Peers named where there is nothing.
pub struct Noise {
    pub network: &'static str,
    pub story: &'static str,
    pub peer_days: u64,
    pub named: u64,
    /// By which rules.
    pub by: String,
}

pub fn noise(benign: &Benign, seeds: u64, (peers, rounds): (usize, u64)) -> Noise {
    let mut by: BTreeMap<String, u64> = BTreeMap::new();
    for of_seed in each(seeds, |seed| marked((benign.make)(seed + 10_000).as_mut(), rounds)) {
        for (rule, count) in of_seed {
            *by.entry(rule).or_default() += count;
        }
    }
    let named = by.values().sum();
    let words: Vec<String> = by.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    let by = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    let (network, story) = (benign.network, benign.story);
    Noise { network, story, peer_days: seeds * peers as u64, named, by }
}

/// How many peers each rule marks, round by round.
fn marked(swarm: &mut dyn Swarm, rounds: u64) -> BTreeMap<String, u64> {
    let (rules, mut seen, mut by) = (built_in(), Vec::new(), BTreeMap::new());
    for _ in 0..rounds {
        seen.push(swarm.next());
        for rule in &rules {
            let count = named(rule.as_ref(), &seen, Severity::Look).len() as u64;
            if count > 0 {
                *by.entry(rule.id()).or_default() += count;
            }
        }
    }
    by
}
