//! The message-specific ids that can be picked: those registered here, those of protocol.md §5, and any number.

use crate::screen::search::{Hit, search};
use swarmscope_peer::crawler::Registry;
use swarmscope_wire::{MessageId, OverlayVersion};

/// Ids of §5 with the lowest overlay version that knows them, and what to know before asking.
const NAMED: [(MessageId, u16, &str); 11] = [
    (MessageId::DATABASE_QUERY, 7, "SQL in, rows out"),
    (MessageId::SEEDINGSTATS_QUERY, 7, "disabled: runs pickle"),
    (MessageId::NATCHECK, 9, "NAT behaviour"),
    (MessageId::FRIENDSHIP_STATS, 7, "friendship counters"),
    (MessageId::NATTRAVERSAL, 9, "hole punching of two peers"),
    (MessageId::VIDEOPLAYBACK_INFO_QUERY, 8, "disabled: pickled rows"),
    (MessageId::VIDEOPLAYBACK_EVENT_QUERY, 8, "SQL in, pickled rows"),
    (MessageId::REPEX_QUERY, 7, "swarm caches, given once"),
    (MessageId::PUNCTURE_QUERY, 7, "hole punching log, zlib"),
    (MessageId::CHANNEL_QUERY, 13, "SQL in, rows out"),
    (MessageId::USEREVENTLOG_QUERY, 15, "SQL: select, then delete"),
];

/// A message that can be picked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    pub id: MessageId,
    /// In capitals, without `_QUERY`; the number where there is no name.
    pub name: String,
    /// One line.
    pub doc: String,
    pub min_version: OverlayVersion,
    pub max_version: OverlayVersion,
    pub takes_payload: bool,
}

/// What is known of one id.
#[must_use]
pub fn known(registry: &Registry, id: MessageId) -> Known {
    let name = registry.label(id);
    if let Some(probe) = registry.get(id) {
        let doc = probe.doc().to_owned();
        let (min_version, max_version) = (probe.min_version(), probe.max_version());
        return Known { id, name, doc, min_version, max_version, takes_payload: probe.takes_payload() };
    }
    let named = NAMED.iter().find(|(named, ..)| *named == id);
    let (min, doc) = named.map_or((OverlayVersion::CRAWLER.0, "raw payload, read by its format"), |n| (n.1, n.2));
    let (min_version, max_version) = (OverlayVersion(min), OverlayVersion(u16::MAX));
    Known { id, name, doc: doc.to_owned(), min_version, max_version, takes_payload: true }
}

/// Every message with a name, by id.
#[must_use]
pub fn all(registry: &Registry) -> Vec<Known> {
    let mut ids: Vec<MessageId> = registry.iter().map(|probe| probe.id()).collect();
    ids.extend(NAMED.iter().map(|(id, ..)| *id));
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| known(registry, id)).collect()
}

/// The messages that `query` may mean, the likeliest first, with the characters of the name that match: the id itself for a
/// number, else names by how well they match; all of them for an empty query.
#[must_use]
pub fn find(registry: &Registry, query: &str) -> Vec<(Known, Vec<u32>)> {
    let query = query.trim();
    if let Ok(number) = query.parse() {
        return vec![(known(registry, MessageId(number)), Vec::new())];
    }
    let all = all(registry);
    let hits = search(query, all.iter().map(|message| message.name.as_str()));
    hits.into_iter().map(|Hit { index, marks }| (all[index].clone(), marks)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<String> {
        find(&Registry::default(), query).into_iter().map(|(known, _)| known.name).collect()
    }

    #[test]
    fn a_message_is_found_by_name_or_number() {
        assert_eq!(names("natc"), ["NATCHECK"]);
        assert_eq!(names("3"), ["NATCHECK"]);
        assert_eq!(names(" 41 "), ["41"], "any number can be sent");
        assert_eq!(names("256"), [""; 0]);
        assert_eq!(names("").len(), 11);
    }
}
