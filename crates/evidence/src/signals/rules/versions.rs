//! A version whose share grew at once, counted on the peers of both rounds.

use std::collections::{BTreeMap, BTreeSet};

use crate::signals::card::Severity;
use crate::signals::chance::{binomial_tail, words};
use crate::signals::input::{Round, Text};
use crate::signals::rule::{Finding, Rule, digests, table, words_of};

/// Of a hundred peers, how many change their version between two rounds as a matter of course.
const USUAL: f64 = 0.01;

/// A new version, or a new share of one.
#[derive(Clone, Copy, Debug)]
pub struct VersionShift {
    /// How many more peers at least.
    peers: u64,
    /// How likely it may be by chance, all versions taken together.
    chance: f64,
}

impl Default for VersionShift {
    fn default() -> Self {
        Self { peers: 5, chance: 1e-6 }
    }
}

fn versions(round: &Round) -> BTreeMap<&Text, (&Text, &Text)> {
    let replies = round.answers.iter().filter(|answer| answer.is_reply());
    replies.map(|answer| (&answer.peer, (&answer.network, &answer.version))).collect()
}

impl Rule for VersionShift {
    fn id(&self) -> String {
        "version-shift@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([
            ("peers", self.peers.to_string()),
            ("chance", words(self.chance)),
            ("usual", words(USUAL)),
        ])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let [.., before, newest] = rounds else { return Vec::new() };
        let (then, now) = (versions(before), versions(newest));
        let mut came: BTreeMap<(&Text, &Text), BTreeSet<Text>> = BTreeMap::new();
        let mut panel = 0;
        for (peer, (network, version)) in &now {
            let Some((_, was)) = then.get(peer) else { continue };
            panel += 1;
            if was != version {
                came.entry((network, version)).or_default().insert((*peer).clone());
            }
        }
        let kinds = came.len() as f64;
        let judge = |((network, version), came): ((&Text, &Text), BTreeSet<Text>)| {
            let count = came.len() as u64;
            let tail = binomial_tail(panel, USUAL, count) * kinds;
            (count >= self.peers && tail <= self.chance).then(|| Finding {
                about: version.to_string(),
                network: network.to_string(),
                severity: Severity::Odd,
                title: format!("version {version}: a new share"),
                of: panel,
                seen: format!("{count} of {panel} peers changed to version {version} from one round to the next"),
                asked: "their version, as announced on each connection".into(),
                healthy: "its previous version; about 1 in 100 changes it between two rounds".into(),
                chance: format!("{}, all versions taken together", words(tail)),
                other_causes: words_of(&["a release", "an update that installs itself", "one operator's peers"]),
                to_tell: "whether a release of that day is signed and published".into(),
                replies: digests(newest.answers.iter().filter(|answer| came.contains(&answer.peer))),
                members: came,
            })
        };
        came.into_iter().filter_map(judge).collect()
    }
}
