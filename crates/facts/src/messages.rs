//! The message-specific ids that can be picked: those registered here, those of protocol.md §5, and
//! any number.

use std::time::Duration;

use crate::networks;
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

/// Ids whose payload is SQL.
const SQL: [MessageId; 5] = [
    MessageId::DATABASE_QUERY,
    MessageId::VIDEOPLAYBACK_INFO_QUERY,
    MessageId::VIDEOPLAYBACK_EVENT_QUERY,
    MessageId::CHANNEL_QUERY,
    MessageId::USEREVENTLOG_QUERY,
];

/// What is known to happen to an original peer that is sent this (protocol.md §4): to be said before
/// it is sent. `version`: the peer's, where that is known.
#[must_use]
pub fn danger(
    message: MessageId,
    version: Option<OverlayVersion>,
    payload: &[u8],
) -> Option<&'static str> {
    let original = version.is_none_or(|version| !version.is_encrypted());
    (original && SQL.contains(&message) && payload.contains(&0))
        .then_some("SQL with a NUL byte: an original peer spins on it and answers nothing any more")
}

/// How long a reply may take where no question says otherwise.
pub const USUAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a request frame before the payload: length, frame id, message-specific id, channel,
/// frequency (protocol.md §4).
pub const BEFORE_PAYLOAD: usize = 9;

/// A message that can be picked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The message-specific id.
    pub id: MessageId,
    /// In capitals, without `_QUERY`; the number where there is no name.
    pub name: String,
    /// One line.
    pub doc: String,
    /// The lowest overlay version that knows it.
    pub min_version: OverlayVersion,
    /// The highest.
    pub max_version: OverlayVersion,
    /// Whether a request has a payload.
    pub takes_payload: bool,
}

/// What is known of one id.
#[must_use]
pub fn known(registry: &Registry, id: MessageId) -> Known {
    let name = registry.label(id);
    if let Some(probe) = registry.get(id) {
        let doc = probe.doc().to_owned();
        let (min_version, max_version) = (probe.min_version(), probe.max_version());
        return Known {
            id,
            name,
            doc,
            min_version,
            max_version,
            takes_payload: probe.takes_payload(),
        };
    }
    let named = NAMED.iter().find(|(named, ..)| *named == id);
    let (min, doc) = named
        .map_or((OverlayVersion::CRAWLER.0, "raw payload, read by its format"), |n| (n.1, n.2));
    let (min_version, max_version) = (OverlayVersion(min), OverlayVersion(u16::MAX));
    Known { id, name, doc: doc.to_owned(), min_version, max_version, takes_payload: true }
}

/// Every message with a name, by id.
#[must_use]
pub fn all(registry: &Registry) -> Vec<Known> {
    let mut ids: Vec<MessageId> = registry.iter().map(|probe| probe.id()).collect();
    if !networks::is_registry(registry) {
        ids.extend(NAMED.iter().map(|(id, ..)| *id));
    }
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| known(registry, id)).collect()
}

/// How long a reply to this message may take.
#[must_use]
pub fn timeout(registry: &Registry, id: MessageId) -> Duration {
    registry.get(id).map_or(USUAL_TIMEOUT, |question| question.timeout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_in_sql_is_dangerous_for_originals_only() {
        let (old, new) = (Some(OverlayVersion(17)), Some(OverlayVersion::CURRENT));
        let sql = b"SELECT '\0'";
        assert!(danger(MessageId::DATABASE_QUERY, old, sql).is_some());
        assert!(danger(MessageId::DATABASE_QUERY, None, sql).is_some(), "it may be one");
        assert_eq!(danger(MessageId::DATABASE_QUERY, new, sql), None);
        assert_eq!(danger(MessageId::DATABASE_QUERY, old, b"SELECT 1"), None);
        assert_eq!(danger(MessageId::FRIENDSHIP_STATS, old, sql), None, "no SQL");
    }
}
