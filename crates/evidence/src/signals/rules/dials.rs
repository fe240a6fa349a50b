//! Peers of one network prefix or one version that can't be reached any more, all at once: a
//! failure that cascades.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{binomial_tail, words};
use crate::signals::input::{Answer, End, Round, Text};
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
    /// Which share of a group may, where no earlier round tells how many of it usually do: the users
    /// of one client may all switch it off in the evening.
    unknown: f64,
    /// How likely it may be by chance, all groups taken together.
    chance: f64,
}

impl Default for DialsFail {
    fn default() -> Self {
        Self { peers: 5, share: 0.3, churn: 0.1, unknown: 0.35, chance: 1e-6 }
    }
}

/// How many rounds back a cascade may have begun.
const BACK: usize = 3;
/// How many rounds before that tell how many of a group usually go away.
const EARLIER: usize = 8;

/// A peer as one round saw it.
struct State<'a> {
    network: &'a Text,
    version: &'a Text,
    place: Option<&'a Text>,
    /// Why it could not be reached.
    code: Option<&'a Text>,
}

fn states(round: &Round) -> States<'_> {
    let mut states = States::new();
    let tells = |answer: &&Answer| answer.is_unreachable() || answer.is_reached();
    for answer in round.answers.iter().filter(tells) {
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
    for dial in &round.dials {
        let (network, version) = (&dial.network, &dial.version);
        let (place, code) = (dial.place.as_ref(), dial.failure.as_ref());
        // a question says more than a dial
        states.entry(&dial.peer).or_insert(State { network, version, place, code });
    }
    states
}

type States<'a> = BTreeMap<&'a Text, State<'a>>;

/// Network, `version` or `prefix`, and which.
type Key<'a> = (&'a Text, &'static str, &'a Text);

/// A group's members, and why each can't be reached now.
type Group<'a> = Vec<(&'a Text, Option<&'a Text>)>;

/// The peers that were reached then and asked again, by group. Version and place are as they were
/// while the peer answered.
fn groups<'a>(then: &States<'a>, now: &States<'a>) -> BTreeMap<Key<'a>, Group<'a>> {
    let mut groups: BTreeMap<Key<'_>, Group<'_>> = BTreeMap::new();
    for (peer, was) in then.iter().filter(|(_, was)| was.code.is_none()) {
        let Some(is) = now.get(peer) else { continue };
        groups.entry((was.network, "version", was.version)).or_default().push((peer, is.code));
        if let Some(place) = was.place {
            groups.entry((was.network, "prefix", place)).or_default().push((peer, is.code));
        }
    }
    groups
}

/// How many of each group went away from one round to the next, and of how many.
type Losses<'a> = BTreeMap<Key<'a>, (u64, u64)>;

fn losses<'a>(then: &States<'a>, now: &States<'a>) -> Losses<'a> {
    let lost = |group: &Group<'_>| group.iter().filter(|(_, code)| code.is_some()).count() as u64;
    let of = |(key, group): (Key<'a>, Group<'a>)| (key, (lost(&group), group.len() as u64));
    groups(then, now).into_iter().map(of).collect()
}

impl Rule for DialsFail {
    fn id(&self) -> String {
        "dials-fail-together@2".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("peers", self.peers.to_string()),
            ("share of the group", words(self.share)),
            ("usual churn", words(self.churn)),
            ("churn not known", words(self.unknown)),
            ("chance", words(self.chance)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let seen: Vec<States<'_>> =
            rounds.iter().rev().take(1 + BACK + EARLIER).rev().map(states).collect();
        let Some((now, before)) = seen.split_last() else { return Vec::new() };
        let usual: Vec<Losses<'_>> =
            before.windows(2).map(|pair| losses(&pair[0], &pair[1])).collect();
        // a cascade takes a few rounds: each of the last is held against the newest, and the
        // clearest taken
        let mut clearest: BTreeMap<String, (f64, Finding)> = BTreeMap::new();
        for (at, then) in before.iter().enumerate().rev().take(BACK) {
            let earlier = &usual[..at];
            for (tail, finding) in self.against(then, now, earlier, before.len() - at) {
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
    /// Which share of a group goes away in so many rounds as a matter of course.
    fn usual(&self, key: &Key<'_>, earlier: &[Losses<'_>], ago: usize) -> f64 {
        let of_group = earlier.iter().filter_map(|losses| losses.get(key));
        let (lost, all) = of_group.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if all == 0 {
            return self.unknown;
        }
        let stays = 1.0 - lost as f64 / all as f64;
        1.0 - (0..ago).map(|_| stays).product::<f64>()
    }

    fn against(
        &self,
        then: &States<'_>,
        now: &States<'_>,
        earlier: &[Losses<'_>],
        ago: usize,
    ) -> Vec<(f64, Finding)> {
        let groups = groups(then, now);
        // each peer is in one version
        let whole = groups.iter().filter(|((_, kind, _), _)| *kind == "version");
        let (total, lost) = whole.fold((0, 0), |(total, lost), (_, group)| {
            let gone = group.iter().filter(|(_, code)| code.is_some()).count() as u64;
            (total + group.len() as u64, lost + gone)
        });
        let kinds = (groups.len() * BACK) as f64;
        let judge = |(key, members): (Key<'_>, Group<'_>)| {
            let (network, kind, name) = key;
            let size = members.len() as u64;
            let gone: Vec<(&Text, &Text)> =
                members.iter().filter_map(|(peer, code)| Some((*peer, (*code)?))).collect();
            let away = gone.len() as u64;
            if away < self.peers || (away as f64) < self.share * size as f64 {
                return None;
            }
            let others = ((lost - away) as f64 / (total - size).max(1) as f64).max(self.churn);
            let usual = others.max(self.usual(&key, earlier, ago));
            let tail = binomial_tail(size, usual, away) * kinds;
            let counts = [size, total - size, lost - away];
            let found = || (tail, finding(network, kind, name, &gone, counts, (ago, tail)));
            (tail <= self.chance).then(found)
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
        chance: format!(
            "{}, all prefixes and versions taken together, as the others went and as many of the group as \
             in earlier rounds",
            words(tail)
        ),
        other_causes: words_of(&[
            "an outage of their provider, or of the path to them",
            "an update that restarts them all",
            "an hour at which its users switch it off",
            "a limit on our own side: see the other networks' figures",
        ]),
        to_tell: "the same dials from elsewhere, and again in a few minutes".into(),
        replies: BTreeSet::new(),
        members: gone.iter().map(|(peer, _)| (*peer).clone()).collect(),
    }
}
