//! One list of nodes from many nodes of the DHT, each asked for a target of its own. Their answers to
//! one target say the same once ids and addresses are left out, so content alone doesn't show this.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest as _, Sha1};

use super::sameness::{Group, OneContent};
use crate::signals::card::Severity;
use crate::signals::chance::words;
use crate::signals::input::{Answer, End, Node, Round, Text};
use crate::signals::rule::{Finding, Rule, peers, places, words_of};

/// The same `nodes` from many.
#[derive(Clone, Copy, Debug, Default)]
pub struct SameNodes(OneContent);

/// A node's list as an answer, if it can be held against others. An empty list says nothing.
fn answer(node: &Node) -> Option<Answer> {
    let text = data_encoding::HEXLOWER.encode(&Sha1::digest(&node.nodes));
    let content = Text::from(text.as_str());
    (node.comparable && !node.nodes.is_empty()).then(|| Answer {
        peer: node.peer.clone(),
        place: node.place.clone(),
        network: "dht".into(),
        version: "not known".into(),
        question: "FIND_NODE".into(),
        invented: false,
        end: End::Reply {
            error: 0,
            shape: content.clone(),
            digest: content.clone(),
            content,
            bytes: node.nodes.len() as u64,
            too_soon_was_due: false,
        },
    })
}

impl SameNodes {
    fn finding(self, group: &Group<'_>, of: usize) -> Finding {
        let members = peers(group.members.iter().copied());
        let networks = places(group.members.iter().copied());
        let list = match &group.members[0].end {
            End::Reply { content, .. } => content.get(..8).unwrap_or(content),
            End::Failure(_) => "",
        };
        let spread = match networks {
            Some(networks) => format!("they are in {networks} networks"),
            None => "the number of their networks is unknown here".into(),
        };
        let wide = networks.is_some_and(|networks| networks >= self.0.networks);
        Finding {
            about: list.into(),
            network: "dht".into(),
            severity: if wide { Severity::Look } else { Severity::Odd },
            title: "one list of nodes for any target".into(),
            of: of as u64,
            seen: format!(
                "{} nodes named the same nodes, each asked for another target; {spread}",
                members.len()
            ),
            asked: "find_node, each for a target of its own".into(),
            healthy:
                "the nodes nearest to the target that it knows: of the others nearly all differ"
                    .into(),
            chance: format!(
                "at most {} for any such group in this round, as the others' lists go",
                words(group.tail)
            ),
            other_causes: words_of(&[
                "a network that is so small that all know the same few",
                "a client that names its own start nodes while it knows no others",
                "one operator's nodes",
            ]),
            to_tell: "whether the nodes it names answer, and another target to the same node"
                .into(),
            replies: BTreeSet::new(),
            members,
        }
    }
}

impl Rule for SameNodes {
    fn id(&self) -> String {
        "same-nodes@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        self.0.parameters()
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let [first, ..] = rounds else { return Vec::new() };
        let lists = |round: &Round| round.nodes.iter().filter_map(answer).collect::<Vec<_>>();
        let (now, then) = (lists(&rounds[rounds.len() - 1]), lists(first));
        let all: Vec<&Answer> = now.iter().collect();
        let groups = self.0.groups(&all, &then.iter().collect::<Vec<_>>());
        groups.iter().map(|group| self.finding(group, all.len())).collect()
    }
}
