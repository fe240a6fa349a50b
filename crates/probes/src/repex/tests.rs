use serde_json::json;

use super::*;
use crate::Statistics;
use crate::testing::{FIRST, SECOND, ask_as};
use swarmscope_wire::ErrorByte;

const FILL: &str = "
    INSERT INTO RepexRecord (infohash, timestamp, endtimestamp, shufflecount, shufflepeers, bootstrapcount, connection_attempts,
        connections_made, bootstrap_peers, pex_connections) VALUES ('0011223344556677889900112233445566778899', 3600, 7200, 1, 2, 0, 8, 5, 40, 3);
    INSERT INTO RepexRecord (infohash, timestamp, endtimestamp) VALUES ('ffeeddccbbaa99887766ffeeddccbbaa99887766', 7200, 7200);
    INSERT INTO RepexPeer VALUES (1, 'aa', 3600, 12, 1), (1, 'bb', 7200, 0, 0)";

fn repex(fill: &str) -> Repex {
    Repex::new(Desk::new(Statistics::filled(fill).unwrap()))
}

#[tokio::test]
async fn walks_are_handed_over_once() {
    let probe = repex(FILL);
    let answer = ask_as(&probe, FIRST, "").await;
    let decoded = probe.decode(&answer.payload).unwrap();
    let walks = json!([
        {
            "infohash": "0011223344556677889900112233445566778899",
            "swarmcache": [
                { "peer": "aa", "last_seen": 3600, "pex": 12, "prev": 1 },
                { "peer": "bb", "last_seen": 7200, "pex": 0, "prev": 0 }
            ],
            "stats": {
                "shufflecount": 1, "shufflepeers": 2, "bootstrapcount": 0,
                "datacost": { "connection_attempts": 8, "connections_made": 5, "bootstrap_peers": 40, "pex_connections": 3 }
            },
            "timestamp": 3600, "endtimestamp": 7200
        },
        {
            "infohash": "ffeeddccbbaa99887766ffeeddccbbaa99887766", "swarmcache": [], "stats": null,
            "timestamp": 7200, "endtimestamp": 7200
        }
    ]);
    assert_eq!(
        (answer.error, decoded.json, &*decoded.summary),
        (ErrorByte::SUCCESS, walks, "2 records")
    );
    let labels: Vec<_> =
        decoded.tree.children[0].children.iter().map(|value| &*value.label).collect();
    assert_eq!(labels, ["infohash", "swarm cache", "stats", "timestamp", "end"]);

    assert_eq!(ask_as(&probe, SECOND, "").await, answer, "it has not arrived");
    probe.delivered(SECOND, answer.receipt.unwrap());
    assert_eq!(ask_as(&probe, SECOND, "").await, Answer::success(&b"a0l"[..]));
    let left: i64 = probe
        .desk
        .statistics
        .open()
        .unwrap()
        .query_row("SELECT count(*) FROM RepexPeer", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "the peers go with their walk");
}

#[tokio::test]
async fn what_does_not_fit_into_one_reply_comes_with_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let statistics = Statistics::file(directory.path().join("statistics.sqlite")).unwrap();
    for walk in ["one", "two", "three"] {
        let sql = format!(
            "INSERT INTO RepexRecord (infohash, timestamp, endtimestamp) VALUES ('{walk}', 0, 0);
             INSERT INTO RepexPeer (record, peer, last_seen) VALUES (last_insert_rowid(), hex(zeroblob(15000000)), 0)"
        );
        statistics.write(|database| database.execute_batch(&sql)).unwrap();
    }
    let probe = Repex::new(Desk::new(statistics));
    let first = ask_as(&probe, FIRST, "").await;
    assert!(first.payload.starts_with(b"a2l") && first.payload.len() < MAX_BYTES);
    probe.delivered(FIRST, first.receipt.unwrap());
    let second = ask_as(&probe, FIRST, "").await;
    assert!(second.payload.starts_with(b"a1l5t5sthree"));
}

/// As an original writes them: raw infohashes, peers by address.
#[test]
fn replies_of_both_generations_read() {
    let probe = repex("");
    for payload in [&b"a0l"[..], b"\x80\x02]q\x01."] {
        let decoded = probe.decode(payload).unwrap();
        assert_eq!(
            (decoded.json, &*decoded.summary, &*decoded.tree.value),
            (json!([]), "0 records", "0 records")
        );
    }
    let new = [
        &b"a1l4t20b"[..],
        &[0xab; 20],
        b"1d2t7s1.2.3.44i68811d3spex1l2t2t7s5.6.7.82i801i1",
        b"0n2i-1",
    ]
    .concat();
    let decoded = probe.decode(&new).unwrap();
    let walk = json!([{
        "infohash": "abababababababababababababababababababab",
        "swarmcache": [{ "peer": "1.2.3.4:6881", "pex": [[["5.6.7.8", 80], 1]] }],
        "stats": null, "timestamp": -1
    }]);
    assert_eq!(decoded.json, walk);
    let old = [
        &b"\x80\x02](U\x14"[..],
        &[0xab; 20],
        b"}U\x071.2.3.4M\xe1\x1a\x86}U\x03pex](U\x075.6.7.8KP\x86K\x01\x86essNJ\xff\xff\xff\xffta.",
    ]
    .concat();
    assert_eq!(probe.decode(&old).map(|decoded| decoded.json), Ok(walk));
}

#[test]
fn what_is_no_list_of_walks_is_refused() {
    let probe = repex("");
    for wrong in [
        &b""[..],
        b"part1",
        b"a1i1",
        b"a1l1i1",
        b"a1l3t1sx0d0n",
        b"a1l4t1sx0l0n1i1",
        b"a1l4t1sx0d1i31i1",
        b"a1l4t1sx0d0n1sx",
        b"a1l4t1i10d0n1i1",
        b"a1l4t1sx0d2t1i11i21i1",
        b"\x80\x02]cos\nsystem\na.",
    ] {
        assert!(probe.decode(wrong).is_err(), "{wrong:?}");
    }
}
