//! What a rule is, what it finds, and what rules have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::card::Severity;
use super::input::{Answer, End, Round, Text};

/// Something a rule can say of rounds, the last of which is the newest.
pub trait Rule: Send + Sync {
    /// Its id with its version, `canary-success@1`. A change of what it says, or of when, is a new
    /// version.
    fn id(&self) -> String;

    /// Its parameters as they are in force.
    fn parameters(&self) -> BTreeMap<String, String>;

    /// Whether earlier rounds hold all of what it looks for. Where only the last of each peer is
    /// kept, they don't: then whoever still does it would look new, and nothing is said of spread.
    fn knows_spread(&self) -> bool {
        true
    }

    /// What it finds in the newest round.
    fn look(&self, rounds: &[Round]) -> Vec<Finding>;
}

/// What a rule found in one round. The words are those of a [`Card`](super::Card).
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What it is about, so that the same is found again in the next round.
    pub about: String,
    /// The network.
    pub network: String,
    /// How much attention it asks for.
    pub severity: Severity,
    /// A few words.
    pub title: String,
    /// The peers it was found at.
    pub members: BTreeSet<Text>,
    /// Of how many that could have shown it.
    pub of: u64,
    /// What was seen.
    pub seen: String,
    /// What was asked.
    pub asked: String,
    /// What a healthy peer answers.
    pub healthy: String,
    /// How often it comes by chance.
    pub chance: String,
    /// What else could cause it.
    pub other_causes: Vec<String>,
    /// What would tell the causes apart.
    pub to_tell: String,
    /// Digests of the replies it rests on.
    pub replies: BTreeSet<Text>,
}

/// The answers of a round by network and question.
pub(super) fn by_question(round: &Round) -> BTreeMap<(&Text, &Text), Vec<&Answer>> {
    let mut questions: BTreeMap<_, Vec<&Answer>> = BTreeMap::new();
    for answer in &round.answers {
        questions.entry((&answer.network, &answer.question)).or_default().push(answer);
    }
    questions
}

/// What a healthy peer answers: the shape that at least half of those that answered have, and how
/// that is known.
pub(super) fn healthy(answers: &[&Answer]) -> String {
    let mut shapes: BTreeMap<(i64, &Text), u64> = BTreeMap::new();
    for answer in answers {
        if let End::Reply { error, shape, .. } = &answer.end {
            *shapes.entry((*error, shape)).or_default() += 1;
        }
    }
    let total: u64 = shapes.values().sum();
    match shapes.into_iter().max_by_key(|(_, count)| *count) {
        Some(((error, _), count)) if count * 2 >= total => {
            let what = if error == 0 {
                "success, of one shape".to_owned()
            } else {
                format!("error {error}")
            };
            format!("{what}: {count} of the {total} that answered")
        }
        _ => {
            format!("not known: no shape of answer is shared by half of the {total} that answered")
        }
    }
}

/// Whether a version explains a group: at least nine of ten of the group have that version, and
/// nine of ten of that version are in the group, while there are others.
pub(super) fn one_version<'a>(
    members: &BTreeSet<Text>,
    answers: impl Iterator<Item = &'a Answer>,
) -> Option<Text> {
    let mut versions: BTreeMap<&Text, (BTreeSet<&Text>, BTreeSet<&Text>)> = BTreeMap::new();
    for answer in answers.filter(|answer| answer.is_reply()) {
        let (inside, outside) = versions.entry(&answer.version).or_default();
        if members.contains(&answer.peer) {
            inside.insert(&answer.peer)
        } else {
            outside.insert(&answer.peer)
        };
    }
    let (version, (inside, outside)) =
        versions.iter().max_by_key(|(_, (inside, _))| inside.len())?;
    let (of_group, others) = (inside.len(), versions.len() > 1);
    let explains = of_group * 10 >= members.len() * 9 && outside.len() * 9 <= of_group;
    (explains && others && of_group >= 3).then(|| (*version).clone())
}

/// The words for [`one_version`].
pub(super) fn by_version(version: Option<&Text>) -> String {
    version
        .map(|version| {
            format!(
                "; nearly all of them have version {version}, and nearly all peers of that version \
                 do it"
            )
        })
        .unwrap_or_default()
}

pub(super) fn digests<'a>(answers: impl Iterator<Item = &'a Answer>) -> BTreeSet<Text> {
    let digest = |answer: &Answer| match &answer.end {
        End::Reply { digest, .. } => Some(digest.clone()),
        End::Failure(_) => None,
    };
    answers.filter_map(digest).collect()
}

pub(super) fn peers<'a>(answers: impl Iterator<Item = &'a Answer>) -> BTreeSet<Text> {
    answers.map(|answer| answer.peer.clone()).collect()
}

/// How many networks peers are in; `None` where that is not known of some.
pub(super) fn places<'a>(answers: impl Iterator<Item = &'a Answer>) -> Option<usize> {
    answers
        .map(|answer| answer.place.clone())
        .collect::<Option<BTreeSet<Text>>>()
        .map(|places| places.len())
}

/// The network of the first answer of a round, where a rule looks at all of them.
pub(super) fn network(round: &Round) -> String {
    round.answers.first().map_or("overlay", |answer| &answer.network).to_owned()
}

pub(super) fn words_of(causes: &[&str]) -> Vec<String> {
    causes.iter().map(|&cause| cause.to_owned()).collect()
}

pub(super) fn table<const N: usize>(parameters: [(&str, String); N]) -> BTreeMap<String, String> {
    parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
