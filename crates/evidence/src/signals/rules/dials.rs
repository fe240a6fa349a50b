//! Peers of one network prefix or one version that can't be reached any more, all at once: a
//! failure that cascades.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{binomial_tail, words};
use crate::signals::input::{End, Round, Text};
use crate::signals::rule::{Finding, Rule, table, words_of};

/// Dials that fail together.
#[derive(Clone, Copy, Debug)]
pub struct DialsFail {
    /// How many peers at least.
    peers: u64,
    /// Which share of the group.
    share: f64,
    /// Which share goes away between two rounds at least, as a matter of course.
    churn: f64,
    /// How likely it may be by chance, all groups taken together.
    chance: f64,
}

impl Default for DialsFail {
    fn default() -> Self {
        Self { peers: 5, share: 0.3, churn: 0.1, chance: 1e-6 }
    }
}

/// How many rounds back a cascade may have begun.
const BACK: usize = 3;

/// A peer as one round saw it.
struct State<'a> {
    network: &'a Text,
    version: &'a Text,
    place: Option<&'a Text>,
    /// Why it could not be reached.
    code: Option<&'a Text>,
}

fn states(round: &Round) -> BTreeMap<&Text, State<'_>> {
    let mut states: BTreeMap<&Text, State<'_>> = BTreeMap::new();
    for answer in &round.answers {
        let code = match &answer.end {
            End::Failure(code) if answer.is_unreachable() => Some(code),
            _ => None,
        };
        let new = || State {
            network: &answer.network,
            version: &answer.version,
            place: answer.place.as_ref(),
            code,
        };
        let state = states.entry(&answer.peer).or_insert_with(new);
        if code.is_none() {
            state.code = None; // one question that got through is enough
        }
    }
    states
}

/// A group's members, and why each can't be reached now.
type Group<'a> = Vec<(&'a Text, Option<&'a Text>)>;

impl Rule for DialsFail {
    fn id(&self) -> String {
        "dials-fail-together@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("peers", self.peers.to_string()),
            ("share of the group", words(self.share)),
            ("usual churn", words(self.churn)),
            ("chance", words(self.chance)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some((newest, before)) = rounds.split_last() else { return Vec::new() };
        let now = states(newest);
        // a cascade takes a few rounds: each of the last is held against the newest, and the
        // clearest taken
        let mut clearest: BTreeMap<String, (f64, Finding)> = BTreeMap::new();
        for (ago, then) in before.iter().rev().take(BACK).enumerate() {
            for (tail, finding) in self.against(&states(then), &now, ago + 1) {
                match clearest.get(&finding.about) {
                    Some((known, _)) if *known <= tail => {}
                    _ => drop(clearest.insert(finding.about.clone(), (tail, finding))),
                }
            }
        }
        clearest.into_values().map(|(_, finding)| finding).collect()
    }
}

impl DialsFail {
    fn against(
        &self,
        then: &BTreeMap<&Text, State<'_>>,
        now: &BTreeMap<&Text, State<'_>>,
        ago: usize,
    ) -> Vec<(f64, Finding)> {
        let mut groups: BTreeMap<(&Text, &str, &Text), Group<'_>> = BTreeMap::new();
        let (mut total, mut lost) = (0, 0);
        for (peer, was) in then.iter().filter(|(_, was)| was.code.is_none()) {
            let Some(is) = now.get(peer) else { continue };
            (total, lost) = (total + 1, lost + u64::from(is.code.is_some()));
            // version and place as they were while the peer answered
            groups.entry((was.network, "version", was.version)).or_default().push((peer, is.code));
            if let Some(place) = was.place {
                groups.entry((was.network, "prefix", place)).or_default().push((peer, is.code));
            }
        }
        let kinds = (groups.len() * BACK) as f64;
        let judge = |((network, kind, name), members): ((&Text, &str, &Text), Group<'_>)| {
            let size = members.len() as u64;
            let gone: Vec<(&Text, &Text)> =
                members.iter().filter_map(|(peer, code)| Some((*peer, (*code)?))).collect();
            let away = gone.len() as u64;
            let others = ((lost - away) as f64 / (total - size).max(1) as f64).max(self.churn);
            let tail = binomial_tail(size, others, away) * kinds;
            let holds = away >= self.peers
                && away as f64 >= self.share * size as f64
                && tail <= self.chance;
            holds.then(|| {
                (
                    tail,
                    finding(
                        network,
                        kind,
                        name,
                        &gone,
                        [size, total - size, lost - away],
                        (ago, tail),
                    ),
                )
            })
        };
        groups.into_iter().filter_map(judge).collect()
    }
}

fn finding(
    network: &Text,
    kind: &str,
    name: &Text,
    gone: &[(&Text, &Text)],
    counts: [u64; 3],
    (ago, tail): (usize, f64),
) -> Finding {
    let [size, others, lost] = counts;
    let mut codes: BTreeMap<&Text, u64> = BTreeMap::new();
    for (_, code) in gone {
        *codes.entry(code).or_default() += 1;
    }
    let codes: Vec<String> =
        codes.into_iter().map(|(code, count)| format!("{count} {code}")).collect();
    Finding {
        about: format!("{kind}/{name}"),
        network: network.to_string(),
        severity: Severity::Look,
        title: format!("simultaneous dial failures: {kind} {name}"),
        of: size,
        seen: format!(
            "{} of {size} peers of {kind} {name} were reached {ago} rounds ago but not now ({}); \
             of the others {lost} of {others}",
            gone.len(),
            codes.join(", ")
        ),
        asked: "a connection, as in each round".into(),
        healthy: "reachable as before; the others mostly are".into(),
        chance: format!("{}, all prefixes and versions taken together", words(tail)),
        other_causes: words_of(&[
            "an outage of their provider, or of the path to them",
            "an update that restarts them all",
            "a limit on our own side: see the other networks' figures",
        ]),
        to_tell: "the same dials from elsewhere, and again in a few minutes".into(),
        replies: BTreeSet::new(),
        members: gone.iter().map(|(peer, _)| (*peer).clone()).collect(),
    }
}
