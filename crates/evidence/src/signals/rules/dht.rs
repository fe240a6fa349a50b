//! Known answers of the Mainline DHT, from replies to ordinary public queries. Nobody is posed as a
//! bot to get them.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest as _, Sha1};

use crate::signals::card::Severity;
use crate::signals::input::{Node, Round, Text};
use crate::signals::rule::{Finding, Rule, table, words_of};

const DHT: &str = "dht";
/// How a Mozi node's id begins (published in 2024).
const MOZI_ID: &[u8] = b"88888888";
/// The second byte of its `v`.
const MOZI_V: u8 = 0x42;
/// How the `nodes` of its published packet begin, and how long they are.
const MOZI_NODES: (&[u8], usize) = (&[0x15, 0x15, 0x29, 0xd2], 624);

/// Ids that begin as those of Mozi nodes do.
#[derive(Clone, Copy, Debug)]
pub struct MoziId;

impl Rule for MoziId {
    fn id(&self) -> String {
        "mozi-id@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("id begins", "88888888".into())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let such: Vec<&Node> = newest
            .nodes
            .iter()
            .filter(|node| node.id.is_some_and(|id| id.starts_with(MOZI_ID)))
            .collect();
        let with_v = counted(such.iter().copied().filter(|node| node.v.get(1) == Some(&MOZI_V)));
        known(&such, newest, "id begins 88888888", |count, of| Finding {
            seen: format!(
                "{count} nodes have an id that begins with the text 88888888; {with_v} of them \
                 have 0x42 as the second byte of v"
            ),
            chance: format!(
                "{:.0e} nodes expected in {of} random ids",
                of as f64 * 2_f64.powi(-64)
            ),
            ..words("ping", "a random id, or one made from its address (BEP 42)")
        })
    }
}

/// `nodes` as in the published packet of Mozi.
#[derive(Clone, Copy, Debug)]
pub struct MoziNodes;

impl Rule for MoziNodes {
    fn id(&self) -> String {
        "mozi-nodes@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("nodes begin", "15 15 29 d2".into()), ("bytes", MOZI_NODES.1.to_string())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let is =
            |node: &&Node| node.nodes.len() == MOZI_NODES.1 && node.nodes.starts_with(MOZI_NODES.0);
        let such: Vec<&Node> = newest.nodes.iter().filter(is).collect();
        known(&such, newest, "nodes as in Mozi's packet", |count, of| Finding {
            seen: format!(
                "{count} nodes volunteered 624 bytes of nodes beginning with 15 15 29 d2"
            ),
            chance: format!(
                "{:.0e} expected in {of} lists of that length",
                of as f64 * 2_f64.powi(-32)
            ),
            ..words("find_node", "8 nodes of 26 bytes each: 208 bytes")
        })
    }
}

/// How many nodes there are: one that was asked twice is one.
fn counted<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> usize {
    nodes.into_iter().map(|node| (&node.peer, node.id)).collect::<BTreeSet<_>>().len()
}

/// The finding for nodes that show something known.
fn known(
    such: &[&Node],
    newest: &Round,
    title: &str,
    words: impl Fn(usize, usize) -> Finding,
) -> Vec<Finding> {
    if such.is_empty() {
        return Vec::new();
    }
    let of = counted(&newest.nodes);
    let mut finding = words(counted(such.iter().copied()), of);
    finding.title = title.into();
    finding.of = of as u64;
    finding.members = such.iter().map(|node| node.peer.clone()).collect();
    vec![finding]
}

/// What findings of this file have in common.
fn words(asked: &str, healthy: &str) -> Finding {
    Finding {
        about: "all".into(),
        network: DHT.into(),
        severity: Severity::Look,
        title: String::new(),
        members: BTreeSet::new(),
        of: 0,
        seen: String::new(),
        asked: format!("{asked}: an ordinary public query"),
        healthy: healthy.into(),
        chance: String::new(),
        other_causes: words_of(&["tools that imitate it", "researchers' sensors"]),
        to_tell: "whether it keeps its id, and what other public queries it answers".into(),
        replies: BTreeSet::new(),
    }
}

/// The infohash under which Hajime's nodes met on a day: SHA-1 of the date as C's `tm` has it, and
/// the SHA-1 of `config`. `week_day` counts from Sunday, `year_day` from 0.
#[must_use]
pub fn hajime_infohash(day: u8, month: u8, year: u16, week_day: u8, year_day: u16) -> [u8; 20] {
    let config = data_encoding::HEXLOWER.encode(&Sha1::digest(b"config"));
    let (month, year) = (i32::from(month) - 1, i32::from(year) - 1900);
    Sha1::digest(format!("{day}-{month}-{year}-{week_day}-{year_day}-{config}")).into()
}

/// A swarm under Hajime's infohash of the day, the day before or the next.
#[derive(Clone, Copy, Debug)]
pub struct HajimeSwarm;

impl Rule for HajimeSwarm {
    fn id(&self) -> String {
        "hajime-swarm@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("days", "the day before, the day, the day after".into())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let day = newest.at_ns / 86_400_000_000_000;
        let hashes: Vec<[u8; 20]> =
            [day.saturating_sub(1), day, day + 1].into_iter().filter_map(of_day).collect();
        let such = newest.swarms.iter().filter(|swarm| hashes.contains(&swarm.infohash));
        let peers = such.fold(0_u64, |all, swarm| all.saturating_add(swarm.peers));
        if peers == 0 {
            return Vec::new();
        }
        vec![Finding {
            severity: Severity::Odd,
            title: "a swarm under Hajime's hash of the day".into(),
            members: BTreeSet::from([Text::from("counted only")]),
            of: peers,
            seen: format!(
                "{peers} addresses announced the infohash that Hajime's nodes use on this day"
            ),
            chance:
                "none by chance: the hash has 160 bits; this says nothing about who announces it"
                    .into(),
            other_causes: words_of(&[
                "researchers' sensors",
                "pollution",
                "an address is not a device",
            ]),
            ..words("get_peers", "no peers under an unused hash")
        }]
    }
}

/// The hash of a day since 1970.
fn of_day(day: u64) -> Option<[u8; 20]> {
    let day = i64::try_from(day).ok()?;
    let start = jiff::Timestamp::from_second(day.checked_mul(86_400)?).ok()?;
    let date = start.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let of = |number: i8| u8::try_from(number).ok();
    let week_day = of(date.weekday().to_sunday_zero_offset())?;
    let year_day = u16::try_from(date.day_of_year() - 1).ok()?;
    Some(hajime_infohash(
        of(date.day())?,
        of(date.month())?,
        u16::try_from(date.year()).ok()?,
        week_day,
        year_day,
    ))
}

/// Many ids at one address.
#[derive(Clone, Copy, Debug)]
pub struct ManyIds {
    /// How many at least.
    ids: usize,
}

impl Default for ManyIds {
    fn default() -> Self {
        Self { ids: 8 }
    }
}

impl Rule for ManyIds {
    fn id(&self) -> String {
        "many-ids@1".into()
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        table([("ids", self.ids.to_string())])
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let mut ids: BTreeMap<&Text, BTreeSet<[u8; 20]>> = BTreeMap::new();
        for node in &newest.nodes {
            ids.entry(&node.peer).or_default().extend(node.id);
        }
        let many = ids.iter().filter(|(_, ids)| ids.len() >= self.ids);
        let members: BTreeSet<Text> = many.map(|(peer, _)| (*peer).clone()).collect();
        if members.is_empty() {
            return Vec::new();
        }
        let most = ids.values().map(BTreeSet::len).max().unwrap_or_default();
        vec![Finding {
            severity: Severity::Odd,
            title: "many ids at one address".into(),
            of: ids.len() as u64,
            seen: format!(
                "{} addresses have {} ids or more, one has {most}",
                members.len(),
                self.ids
            ),
            chance: "not known: one address may have many users, so this alone is never shown as ▲"
                .into(),
            other_causes: words_of(&[
                "a carrier's NAT",
                "a booster that serves many ids on purpose",
            ]),
            members,
            ..words("ping", "one id, or a few behind one NAT")
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hajimes_hash_of_2017_04_06_is_the_published_one() {
        // 2017-04-06 was a Thursday, and the 96th day of its year
        let hash = data_encoding::HEXLOWER.encode(&hajime_infohash(6, 4, 2017, 4, 95));
        assert!(hash.starts_with("ffd5ac5a") && hash.ends_with("fcf5"), "{hash}");
        assert_eq!(of_day(17_262), Some(hajime_infohash(6, 4, 2017, 4, 95)));
    }
}
