//! Answers in groups of identical content. Every group is counted; of most that a hostile swarm
//! could make, nothing else is kept.

use std::collections::HashMap;

use super::sample::Sample;
use crate::now::Now;
use swarmscope_peer::crawler::Decoding;
use swarmscope_wire::{ContentId, ErrorByte};

/// Groups whose content is kept, and groups that are listed: some 10 MB at most, and more than
/// anybody reads.
pub const MOST_KEPT: usize = 200;
/// Contents and encodings of one group that are told apart.
const MOST_ENCODINGS: usize = 8;
/// An answer so many times as large as the median is far from the others.
const FAR: u64 = 100;
/// Below that many bytes no answer is large.
const LARGE: u64 = 1024;
/// A group is rare where it has this share of the answers at most, in hundredths.
const RARE: usize = 5;
/// Of fewer answers nothing is called usual enough to make another one odd.
const FEW: usize = 8;

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Digest of what they say.
    pub id: ContentId,
    /// The same but for numbers and what the question calls volatile.
    pub shape: ContentId,
    /// Their error byte.
    pub error: ErrorByte,
    /// How many peers answered this.
    pub peers: usize,
    /// `None` where there are too many groups to keep all.
    pub sample: Option<Sample>,
    /// Bytes of the largest.
    pub bytes: usize,
    /// Parts of the one with the most.
    pub parts: u32,
    /// When the first of them answered.
    pub first: Now,
    /// When the last of them did.
    pub last: Now,
    /// Digests of the payloads, the first few: more than one, where peers encode the same values
    /// differently.
    pub encodings: Vec<ContentId>,
    /// What is odd about the content itself.
    by_itself: Option<Signal>,
}

impl Group {
    /// Why it is far from the others.
    #[must_use]
    pub fn signal(&self, norm: Norm) -> Option<Signal> {
        let bytes = self.bytes as u64;
        let is_large = bytes >= LARGE && bytes >= FAR.saturating_mul(norm.median.max(1));
        let is_alone = self.error == ErrorByte::SUCCESS && norm.error.is_some();
        self.by_itself.or(is_large.then_some(Signal::Size)).or(is_alone.then_some(Signal::Alone))
    }
}

/// What the answers of a campaign are measured against.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Norm {
    /// Bytes of the median answer with error 0.
    pub median: u64,
    /// The error that nearly all answers have; `None` where they have none, or where too few have
    /// answered to say.
    pub error: Option<ErrorByte>,
}

/// Why an answer needs a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// Its decoder could not read it.
    Malformed,
    /// Something in it is odd: opcodes that would have called something, a stream that inflates
    /// without end.
    Odd,
    /// It is a hundred times as large as the median, or more.
    Size,
    /// It has error 0 where nearly all have the same error.
    Alone,
}

/// A 253 or another error is no answer to be judged; its text is read by its format all the same.
fn by_itself(decoding: &Decoding, error: ErrorByte) -> Option<Signal> {
    match (&decoding.failed, decoding.decoded.notes.is_empty()) {
        _ if error != ErrorByte::SUCCESS => None,
        (Some(_), _) => Some(Signal::Malformed),
        (None, false) => Some(Signal::Odd),
        (None, true) => None,
    }
}

/// Which answers are one group.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Grouping {
    /// Those that say the same.
    #[default]
    Content,
    /// Those that say the same but for numbers: where every peer has its own address or its own
    /// counts.
    Shape,
}

impl Grouping {
    /// The other one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Content => Self::Shape,
            Self::Shape => Self::Content,
        }
    }
}

/// In which order groups are listed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Order {
    /// What needs a person, then what is usual, then the rare ones, then the rest by size.
    #[default]
    OddFirst,
    /// Rarest first.
    Rarest,
    /// The biggest first.
    Biggest,
}

impl Order {
    /// The one after it, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::OddFirst => Self::Rarest,
            Self::Rarest => Self::Biggest,
            Self::Biggest => Self::OddFirst,
        }
    }

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OddFirst => "odd first, then biggest",
            Self::Rarest => "rarest first",
            Self::Biggest => "biggest first",
        }
    }
}

/// All groups of a campaign. There are no more than peers.
#[derive(Clone, Default, Debug)]
pub struct Groups {
    list: Vec<Group>,
    by_id: HashMap<ContentId, usize>,
    /// Groups whose sample is kept.
    kept: Vec<usize>,
    /// As they are listed.
    ordered: Vec<usize>,
    /// In which order they are listed.
    pub order: Order,
    changed: bool,
}

impl Groups {
    /// Puts an answer into its group. Returns which.
    pub fn add(
        &mut self,
        id: ContentId,
        decoding: &Decoding,
        error: ErrorByte,
        bytes: usize,
        parts: u32,
        now: Now,
    ) -> usize {
        self.changed = true;
        let index = *self.by_id.entry(id).or_insert(self.list.len());
        if index == self.list.len() {
            self.list.push(Group {
                id,
                shape: decoding.shape,
                error,
                peers: 0,
                sample: None,
                bytes: 0,
                parts: 0,
                first: now,
                last: now,
                encodings: Vec::new(),
                by_itself: by_itself(decoding, error),
            });
        }
        let group = &mut self.list[index];
        group.peers += 1;
        group.bytes = group.bytes.max(bytes);
        group.parts = group.parts.max(parts);
        group.last = now;
        let bytes = decoding.bytes.id();
        if group.encodings.len() < MOST_ENCODINGS && !group.encodings.contains(&bytes) {
            group.encodings.push(bytes);
        }
        if group.sample.is_none() && self.make_room(index) {
            self.list[index].sample = Some(Sample::of(decoding, error));
            self.kept.push(index);
        }
        index
    }

    /// Whether the content of this group can be kept: there is room, or a smaller group gives its
    /// own up.
    fn make_room(&mut self, index: usize) -> bool {
        if self.kept.len() < MOST_KEPT {
            return true;
        }
        let peers = self.list[index].peers;
        let Some(place) = self.kept.iter().rposition(|kept| self.list[*kept].peers < peers) else {
            return false;
        };
        let gives_up = self.kept.swap_remove(place);
        self.list[gives_up].sample = None;
        true
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The group at a place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Group> {
        self.list.get(index)
    }

    /// The place of the group with this digest.
    #[must_use]
    pub fn index(&self, id: ContentId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// How many answers there are.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.list.iter().map(|group| group.peers).sum()
    }

    /// The group that more than half of all answers are in. Without one, no answer is the usual
    /// one.
    #[must_use]
    pub fn majority(&self) -> Option<&Group> {
        let answers = self.answers();
        self.list.iter().find(|group| 2 * group.peers > answers)
    }

    /// The error that nearly all answers have: those with error 0 are rare beside it.
    #[must_use]
    pub fn usual_error(&self) -> Option<ErrorByte> {
        let answers = self.answers();
        let with = |error| {
            self.list.iter().filter(move |group| group.error == error).map(|group| group.peers)
        };
        let usual = self
            .list
            .iter()
            .map(|group| group.error)
            .find(|error| 2 * with(*error).sum::<usize>() > answers)?;
        let successes = with(ErrorByte::SUCCESS).sum();
        (usual != ErrorByte::SUCCESS && answers >= FEW && is_rare(successes, answers))
            .then_some(usual)
    }

    /// The groups that are listed.
    pub fn listed(&self) -> impl Iterator<Item = &Group> {
        self.ordered.iter().take(MOST_KEPT).filter_map(|index| self.list.get(*index))
    }

    /// How many more there are than listed, and how many peers they have.
    #[must_use]
    pub fn others(&self) -> (usize, usize) {
        let rest = self.ordered.iter().skip(MOST_KEPT).filter_map(|index| self.list.get(*index));
        rest.fold((0, 0), |(groups, peers), group| (groups + 1, peers + group.peers))
    }

    /// How many listed groups need a person.
    #[must_use]
    pub fn signals(&self, norm: Norm) -> usize {
        self.list.iter().filter(|group| group.signal(norm).is_some()).count()
    }

    /// Whether the list is out of order.
    #[must_use]
    pub const fn has_changed(&self) -> bool {
        self.changed
    }

    /// Puts the list in order.
    pub fn sort(&mut self, norm: Norm) {
        self.changed = false;
        let (list, answers) = (&self.list, self.answers());
        let usual = self.majority().map(|group| group.id);
        let place = |index: &usize| {
            let group = &list[*index];
            let fewest_first = group.peers;
            let most_first = usize::MAX - group.peers;
            match self.order {
                Order::Rarest => (0, fewest_first, *index),
                Order::Biggest => (0, most_first, *index),
                Order::OddFirst if group.signal(norm).is_some() => (0, fewest_first, *index),
                Order::OddFirst if usual == Some(group.id) => (1, 0, *index),
                Order::OddFirst if usual.is_some() && is_rare(group.peers, answers) => {
                    (2, fewest_first, *index)
                }
                Order::OddFirst => (3, most_first, *index),
            }
        };
        let mut ordered: Vec<usize> = (0..list.len()).collect();
        ordered.sort_by_cached_key(place);
        self.ordered = ordered;
    }
}

/// Whether so few of the answers are rare: one always is.
fn is_rare(peers: usize, answers: usize) -> bool {
    peers * 100 <= (answers * RARE).max(100)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::super::sample::tests::{decoding, rows};
    use super::*;
    use std::time::{Instant, UNIX_EPOCH};
    use swarmscope_wire::MessageId;

    const NORM: Norm = Norm { median: 10, error: None };

    fn median(median: u64) -> Norm {
        Norm { median, error: None }
    }

    fn now() -> Now {
        Now { instant: Instant::now(), wall: UNIX_EPOCH }
    }

    fn add(groups: &mut Groups, payload: &[u8]) -> usize {
        let decoding = decoding(MessageId::DATABASE_QUERY, ErrorByte::SUCCESS, payload);
        groups.add(decoding.content, &decoding, ErrorByte::SUCCESS, payload.len(), 1, now())
    }

    fn lines(groups: &mut Groups, order: Order) -> Vec<String> {
        groups.order = order;
        groups.sort(NORM);
        groups
            .listed()
            .map(|group| {
                group.sample.as_ref().map(|sample| sample.line.clone()).unwrap_or_default()
            })
            .collect()
    }

    #[test]
    fn equal_answers_are_one_group_whatever_their_encoding() {
        let mut groups = Groups::default();
        let one = add(&mut groups, &rows(&["5.3.9"]));
        assert_eq!(add(&mut groups, b"(lp0\n(S'5.3.9'\ntp1\na."), one, "a pickle of the same row");
        assert_ne!(add(&mut groups, &rows(&["5.3.8"])), one);
        let group = groups.get(one).unwrap();
        assert_eq!((group.peers, group.encodings.len(), groups.len()), (2, 2, 2));
    }

    #[test]
    fn odd_ones_come_first_then_what_is_usual() {
        let mut groups = Groups::default();
        for (text, times) in [("common", 60), ("second", 30), ("rare", 1), ("third", 8)] {
            for _ in 0..times {
                add(&mut groups, &rows(&[text]));
            }
        }
        add(&mut groups, b"cos\nsystem\n(S'ls'\ntR.");
        let signals = groups.signals(NORM);
        let norm = lines(&mut groups, Order::OddFirst);
        assert!(norm[0].contains("os.system") && norm[1].ends_with("common"), "{norm:?}");
        assert_eq!(norm[2..], ["one row: rare", "one row: second", "one row: third"]);
        let rarest = lines(&mut groups, Order::Rarest);
        assert_eq!(rarest[2..], ["one row: third", "one row: second", "one row: common"]);
        let biggest = lines(&mut groups, Order::Biggest);
        assert_eq!(biggest[..3], ["one row: common", "one row: second", "one row: third"]);
        assert_eq!((signals, Order::OddFirst.next().next().next()), (1, Order::OddFirst));
    }

    #[test]
    fn an_answer_a_hundred_times_the_median_is_a_signal() {
        let mut groups = Groups::default();
        let large = add(&mut groups, &rows(&["5.3.9"; 500]));
        let group = groups.get(large).unwrap();
        assert!(group.bytes > 1024);
        assert_eq!(group.signal(median(12)), Some(Signal::Size));
        assert_eq!(group.signal(median(group.bytes as u64 / 2)), None);
        let small = Group { bytes: 1000, ..group.clone() };
        assert_eq!(small.signal(median(1)), None, "nothing that small is large");
    }

    #[test]
    fn a_swarm_in_which_all_differ_takes_bounded_memory_and_the_majority_is_still_kept() {
        let mut groups = Groups::default();
        for n in 0..3 * MOST_KEPT {
            add(&mut groups, &rows(&[&n.to_string()]));
        }
        assert_eq!(groups.list.iter().filter(|group| group.sample.is_some()).count(), MOST_KEPT);
        add(&mut groups, &rows(&["honest"]));
        let honest = add(&mut groups, &rows(&["honest"]));
        assert!(
            groups.get(honest).unwrap().sample.is_some(),
            "it came late, but it is larger than others"
        );
        assert_eq!(
            (groups.kept.len(), groups.list.iter().filter(|g| g.sample.is_some()).count()),
            (MOST_KEPT, MOST_KEPT)
        );
        groups.sort(NORM);
        assert_eq!(groups.listed().count(), MOST_KEPT);
        assert_eq!(groups.others(), (2 * MOST_KEPT + 1, 2 * MOST_KEPT + 1));
        assert!(groups.majority().is_none(), "two of hundreds are not what is usual");
    }

    #[test]
    fn without_a_majority_nothing_is_usual() {
        let mut groups = Groups::default();
        for (text, times) in [("worm", 4), ("one", 3), ("two", 2)] {
            for _ in 0..times {
                add(&mut groups, &rows(&[text]));
            }
        }
        assert!(groups.majority().is_none(), "4 of 9");
        add(&mut groups, &rows(&["worm"]));
        add(&mut groups, &rows(&["worm"]));
        assert_eq!(groups.majority().map(|group| group.peers), Some(6), "6 of 11");
    }

    #[test]
    fn an_answer_where_all_others_say_the_same_error_is_a_signal_and_the_error_is_none() {
        let mut groups = Groups::default();
        let unknown = decoding(MessageId(99), ErrorByte::UNKNOWN_MESSAGE, b"unknown message");
        let error = |groups: &mut Groups| {
            groups.add(unknown.content, &unknown, ErrorByte::UNKNOWN_MESSAGE, 15, 1, now());
        };
        (0..6).for_each(|_| error(&mut groups));
        let odd = add(&mut groups, &rows(&["here I am"]));
        assert_eq!(groups.usual_error(), None, "7 answers say little");
        (0..60).for_each(|_| error(&mut groups));
        let norm = Norm { median: 10, error: groups.usual_error() };
        assert_eq!(norm.error, Some(ErrorByte::UNKNOWN_MESSAGE));
        assert_eq!(groups.get(odd).unwrap().signal(norm), Some(Signal::Alone));
        assert_eq!(groups.signals(norm), 1, "the error itself is what is usual");
        for _ in 0..30 {
            add(&mut groups, &rows(&["a newer version"]));
        }
        assert_eq!(groups.usual_error(), None, "a third that answers is no rarity");
    }
}
