//! Invented records of the ids that hand something over or keep a log: as [`super::statistics`],
//! counts and hashes.

use std::fmt::Write as _;

use super::seeded::Seeded;
use super::tables::{HOUR, hash, hour, insert};

/// What programs of the original wrote into the user event log, by type; the number is a count.
const EVENTS: [(u64, &str); 6] = [
    (1, "search: {} words"),
    (2, "MyChannel: {} manual adds"),
    (2, "MyChannel: {} removed"),
    (3, "library: {} downloads running"),
    (4, "player: {} minutes watched"),
    (5, "settings: {} changed"),
];
/// A playback, from its beginning to its end.
const PLAYBACK: [&str; 5] = ["buffering", "nat:Unknown", "prebuf-complete", "playing", "stopped"];
/// Rows of a usual peer, at most.
const FEW: u64 = 12;

/// The statements that fill the tables.
pub fn statements(seeded: &mut Seeded) -> String {
    let mut sql = String::new();
    let own = hash(seeded);
    let friends: Vec<String> = (0..seeded.within(3..9)).map(|_| hash(seeded)).collect();
    let count = seeded.within(1..FEW);
    let columns = "SeedingStats (timestamp, permID, info_hash, seeding_time, reputation)";
    insert(&mut sql, columns, count, || {
        let reputation = seeded.below(200) as f64 / 100.0 - 1.0;
        format!(
            "{}, '{own}', '{}', {}, {reputation}",
            hour(seeded),
            hash(seeded),
            seeded.within(1..72) * HOUR
        )
    });
    let count = seeded.within(1..FEW);
    insert(&mut sql, "FriendshipStatistics", count, || {
        let (asked, forwarded) = (hour(seeded), seeded.below(4) == 0);
        let source = if forwarded { seeded.pick(&friends) } else { &own }.clone();
        let answered = if seeded.below(3) == 0 { 0 } else { asked + seeded.below(48) * HOUR };
        let (attempts, helpers) = (seeded.within(1..6), seeded.below(4));
        let target = seeded.pick(&friends);
        format!(
            "'{source}', '{target}', {forwarded}, {asked}, {answered}, {attempts}, {helpers}, {}",
            answered.max(asked)
        )
    });
    playbacks(seeded, &mut sql);
    walks(seeded, &mut sql);
    let mut version = 0;
    let count = seeded.within(1..FEW);
    insert(&mut sql, "PunctureLine (timestamp, line)", count, || {
        version += 1;
        format!("{}, 'UNAT:{},{},{version}'", hour(seeded), seeded.below(3), seeded.below(3))
    });
    let count = seeded.within(1..2 * FEW);
    insert(&mut sql, "UserEventLog (timestamp, type, message)", count, || {
        let (kind, message) = *seeded.pick(&EVENTS);
        format!(
            "{}, {kind}, '{}'",
            hour(seeded),
            message.replace("{}", &seeded.within(2..9).to_string())
        )
    });
    sql
}

fn playbacks(seeded: &mut Seeded, sql: &mut String) {
    for _ in 0..seeded.within(1..5) {
        let (key, began) = (hash(seeded), hour(seeded));
        let (size, pieces, rate) =
            (1 << seeded.within(15..21), 1 << seeded.within(8..13), 1 << seeded.within(16..20));
        let _ = writeln!(
            sql,
            "INSERT INTO playback_info VALUES ('{key}', {began}, {size}, {pieces}, {rate}, 'Unknown');"
        );
        let shown = &PLAYBACK[..usize::try_from(seeded.within(3..6)).unwrap_or(PLAYBACK.len())];
        let mut events = shown.iter();
        insert(sql, "playback_event (key, timestamp, event)", shown.len() as u64, || {
            format!("'{key}', {began}, '{}'", events.next().copied().unwrap_or_default())
        });
    }
}

fn walks(seeded: &mut Seeded, sql: &mut String) {
    for record in 1..=seeded.within(1..5) {
        let (swarm, began) = (hash(seeded), hour(seeded));
        let (found, made) = (seeded.below(5), seeded.within(1..9));
        let columns = "RepexRecord (infohash, timestamp, endtimestamp, shufflecount, shufflepeers, bootstrapcount, \
             connection_attempts, connections_made, bootstrap_peers, pex_connections)";
        let (tried, told) = (made + seeded.below(9), seeded.below(50));
        let row = format!(
            "'{swarm}', {began}, {began}, {}, {}, 0, {tried}, {made}, {told}, {found}",
            4 - found,
            seeded.below(9)
        );
        insert(sql, columns, 1, || row.clone());
        insert(sql, "RepexPeer (record, peer, last_seen, pex, prev)", found, || {
            format!(
                "{record}, '{}', {began}, {}, {}",
                hash(seeded),
                seeded.below(50),
                seeded.below(2)
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_peer::crawler::{Asked, PeerView, Probe as _};
    use swarmscope_probes::Statistics;
    use swarmscope_wire::mask::Mask;
    use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion, Permid};

    /// What a Crawler gets from a peer of the demo, by each id that answers from these tables.
    #[tokio::test]
    async fn each_id_has_something_to_tell_and_names_nobody() {
        for seed in 0..8 {
            let registry = swarmscope_probes::registry(
                Statistics::filled(&statements(&mut Seeded::new(seed, 1))).unwrap(),
            );
            for id in [2, 4, 6, 7, 8, 9, 11].map(MessageId) {
                let probe = registry.get(id).unwrap();
                let payload = probe.initiate(&OverlayVersion::CURRENT.into());
                let asked = Asked {
                    from: Permid::Ed25519([1; 32]),
                    version: OverlayVersion::CURRENT,
                    payload,
                };
                let answer =
                    registry.probe(id).unwrap().answer(asked, &PeerView { listening: None }).await;
                assert_eq!(answer.error, ErrorByte::SUCCESS, "{id}: {:?}", answer.payload);
                let decoded = probe.decode(&answer.payload).unwrap();
                assert!(!decoded.summary.starts_with("0 "), "{id}: {}", decoded.summary);
                // digests are masked too: infohashes look the same
                let masked = format!("{:?}", Mask::new([0; 32]).decoded(decoded));
                let names = ["ip-", "permid-"].into_iter().find(|name| masked.contains(name));
                assert_eq!(names, None, "{id}: nobody to mask");
            }
        }
    }
}
