//! Invented statistics for the peers: counts and hashes only, the same for the same seed.

use std::ops::Range;

use super::cast::Role;
use super::records;
use super::seeded::Seeded;
use super::tables::{hash, hour, insert};
use swarmscope_probes::Statistics;
use swarmscope_wire::failure::{By, Cause, Failure};

/// Torrents of a usual peer, and of the one with the slow line: some 75 bytes each in a reply, so a
/// dozen parts.
const USUAL_TORRENTS: Range<u64> = 40..900;
const MANY_TORRENTS: Range<u64> = 5200..5201;
/// The versions that peers of the original announce.
const VERSIONS: [u64; 5] = [11, 13, 14, 15, 17];

/// The statistics of one peer.
///
/// # Errors
/// SQLite could not make the tables.
pub fn make(seeded: &mut Seeded, role: Role) -> Result<Statistics, Failure> {
    let torrents = if role.is_long() { MANY_TORRENTS } else { USUAL_TORRENTS };
    Statistics::filled(&statements(seeded, torrents))
        .map_err(|error| Failure::new(Cause::Io, By::Us, format!("the demo's statistics: {error}")))
}

fn statements(seeded: &mut Seeded, torrents: Range<u64>) -> String {
    let mut sql = String::new();
    let count = seeded.within(20..400);
    insert(&mut sql, "Peer (permid, oversion, connected_times, last_seen)", count, || {
        let version = *seeded.pick(&VERSIONS);
        format!("'{}', {version}, {}, {}", hash(seeded), seeded.skewed(60), hour(seeded))
    });
    let count = seeded.within(torrents);
    insert(&mut sql, "Torrent (infohash, num_seeders, num_leechers, insert_time)", count, || {
        format!(
            "'{}', {}, {}, {}",
            hash(seeded),
            seeded.skewed(900),
            seeded.skewed(300),
            hour(seeded)
        )
    });
    let channels: Vec<String> = (0..seeded.within(2..12)).map(|_| hash(seeded)).collect();
    let count = seeded.within(0..80);
    insert(&mut sql, "VoteCast (mod_id, voter_id, vote, time_stamp)", count, || {
        let vote = if seeded.below(8) == 0 { -1 } else { 2 };
        format!("'{}', '{}', {vote}, {}", seeded.pick(&channels), hash(seeded), hour(seeded))
    });
    let count = seeded.within(0..200);
    insert(&mut sql, "ChannelCast (publisher_id, infohash, time_stamp)", count, || {
        format!("'{}', '{}', {}", seeded.pick(&channels), hash(seeded), hour(seeded))
    });
    sql.push_str(&records::statements(seeded));
    sql
}

#[cfg(test)]
mod tests {
    use super::super::tables::HOUR;
    use super::*;

    #[test]
    fn the_tables_take_them_and_the_same_seed_gives_the_same() {
        let make_sql = || statements(&mut Seeded::new(1, 1), USUAL_TORRENTS);
        assert_eq!(make_sql(), make_sql());
        assert!(Statistics::filled(&make_sql()).is_ok());
        assert!((0..20).all(|who| make(&mut Seeded::new(3, who), Role::Plain).is_ok()));
        assert!(make(&mut Seeded::new(1, 2), Role::SlowLine).is_ok());
    }

    #[test]
    fn times_are_whole_hours() {
        let mut seeded = Seeded::new(1, 1);
        assert!((0..100).all(|_| hour(&mut seeded).is_multiple_of(HOUR)));
    }
}
