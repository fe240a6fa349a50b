//! Every message-specific id between two processes, what becomes of records that are handed over
//! when a Crawler is killed, and ids that an operator defines.

use std::fs;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::pair::Pair;
use crate::process::{Home, PATIENCE, Running};

const FILL: &str = "
    INSERT INTO Peer (permid) VALUES ('aa'), ('bb');
    INSERT INTO ChannelCast VALUES ('aa', '01', 3600);
    INSERT INTO SeedingStats VALUES (3600, 'aa', '01', 7200, 0.5, 0);
    INSERT INTO FriendshipStatistics VALUES ('aa', 'bb', 0, 3600, 7200, 2, 1, 7200);
    INSERT INTO playback_info VALUES ('cc', 3600, 65536, 1024, 131072, 'Unknown');
    INSERT INTO playback_event (key, timestamp, event) VALUES ('cc', 3600, 'play');
    INSERT INTO RepexRecord (infohash, timestamp, endtimestamp) VALUES ('0011223344556677889900112233445566778899', 3600, 7200);
    INSERT INTO RepexPeer (record, peer, last_seen) VALUES (1, 'dd', 3600);
    INSERT INTO PunctureLine (timestamp, line) VALUES (3600, 'UNAT:1,2,1');
    INSERT INTO UserEventLog VALUES (3600, 2, 'MyChannel: 1 manual add');";

/// A peer with records, and a Crawler that may ask for them as often as it likes.
fn pair(version: u16) -> Pair {
    let pair = Pair::new(version, &["--data", "statistics.sqlite"], &["--frequency", "0"]);
    statistics(&pair).execute_batch(FILL).expect("the schema is the documented one");
    pair
}

fn statistics(pair: &Pair) -> Connection {
    let path: PathBuf = pair.home.path().join("statistics.sqlite");
    Connection::open(path).expect("made by the peer")
}

/// The decoded JSON of a reply with error 0.
fn reply(pair: &Pair, id: &str) -> Value {
    let outcome = pair.ask(&[id, "--json"]);
    assert_eq!(outcome.code, 0, "{id}: {outcome:?}");
    let reply = outcome.last("reply");
    assert_eq!(reply["error"], 0, "{reply}");
    reply["decoded"].clone()
}

#[test]
fn each_id_gives_a_readable_value_and_a_typed_one() {
    for version in [17, 18] {
        let pair = pair(version);
        let typed = [
            (
                "1",
                json!([
                    ["peer_count", 2],
                    ["torrent_count", 0],
                    ["my_subscriptions", 0],
                    ["my_negative_votes", 0],
                    ["my_channel_files", 0],
                    ["all_subscriptions", 0],
                    ["all_negative_votes", 0]
                ]),
            ),
            ("2", json!([[[3600, "aa", "01", 7200, 0.5, 0]], null])),
            (
                "4",
                json!({ "current_time": 0, "stats": [{
                "source": "aa", "target": "bb", "is_forwarder": 0, "request_time": 3600, "response_time": 7200,
                "attempts": 2, "helpers": 1, "modified_on": 7200 }] }),
            ),
            ("6", json!([["cc", 3600, 65536, 1024, 131_072, "Unknown"]])),
            ("7", json!([["cc", 3600, "play"]])),
            (
                "8",
                json!([{
                "infohash": "0011223344556677889900112233445566778899", "stats": null, "timestamp": 3600, "endtimestamp": 7200,
                "swarmcache": [{ "peer": "dd", "last_seen": 3600, "pex": 0, "prev": 0 }] }]),
            ),
            ("10", json!([["channel_files", "aa", 1]])),
            ("11", json!([[3600, 2, "MyChannel: 1 manual add"]])),
        ];
        for (id, expected) in typed {
            assert_eq!(reply(&pair, id), expected, "id {id}");
        }
        assert_eq!(reply(&pair, "natcheck")["type"], "Unknown");
        assert_eq!(
            reply(&pair, "puncture")["lines"],
            json!([{ "time": 3600.0, "text": "UNAT:1,2,1" }])
        );
        let nobody = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let place = format!("pair:{}", nobody.local_addr().expect("its address"));
        let outcome = pair.ask(&["nattraversal", &format!("{}:{place}", place.len()), "--json"]);
        assert_eq!(
            (outcome.code, &outcome.last("reply")["decoded"]["outcome"]),
            (0, &json!("ERR")),
            "{outcome:?}"
        );
        for (name, words) in [
            ("database", "all_negative_votes  0"),
            ("seedingstats", "write 1"),
            ("natcheck", "Unknown"),
            ("friendship_stats", "target"),
            ("videoplayback_info", "131072"),
            ("videoplayback_event", "play"),
            ("repex", "0 records"), // collected above
            ("puncture_query", "crawled at"),
            ("channel", "channel_files"),
            ("usereventlog", "0 rows"),
        ] {
            let outcome = pair.ask(&[name]);
            assert!(outcome.code == 0 && outcome.stdout.contains(words), "{name}: {outcome:?}");
        }
    }
}

/// The peer is held up in the midst of its answer, the Crawler killed, and the peer let go on.
#[test]
fn what_a_killed_crawler_did_not_get_is_offered_again() {
    for version in [17, 18] {
        let pair = pair(version);
        for id in ["2", "8", "9", "11"] {
            let statistics = statistics(&pair);
            statistics.execute_batch("BEGIN EXCLUSIVE").expect("nobody else has it");
            let target = pair.peer.pinned();
            let asking =
                Running::start(pair.crawler.swarmscope(&pair.args(&target, &[id, "--json"])));
            asking.event("connected");
            pair.peer.is_asked(id.parse().expect("a number")); // and waits for the database
            asking.signal(libc::SIGKILL);
            assert_eq!(asking.code(), -1);
            statistics.execute_batch("COMMIT").expect("it was held for reading");
            let records = |reply: Value| match id {
                "2" => reply[0].as_array().map(Vec::len),
                "9" => reply["lines"].as_array().map(Vec::len),
                _ => reply.as_array().map(Vec::len),
            };
            assert_eq!(records(reply(&pair, id)), Some(1), "id {id}: the same records");
            assert_eq!(records(reply(&pair, id)), Some(0), "id {id}: they have arrived");
        }
    }
}

/// The records are collected when the reply has arrived, kept for whoever looks after the peer, and
/// gone with the next request; also when the peer was started anew in between.
#[test]
fn collected_records_stay_collected_over_a_restart() {
    let mut pair = pair(18);
    assert_eq!(reply(&pair, "usereventlog").as_array().map(Vec::len), Some(1));
    let count = |statistics: &Connection, condition: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM UserEvent WHERE {condition}");
        statistics.query_row(&sql, [], |row| row.get(0)).expect("a count")
    };
    let statistics = statistics(&pair);
    let end = Instant::now() + PATIENCE;
    while count(&statistics, "collected_at IS NOT NULL AND collected_by IS NOT NULL") == 0 {
        assert!(Instant::now() < end, "marked without another request");
        thread::sleep(Duration::from_millis(50));
    }
    pair.peer.running.signal(libc::SIGTERM);
    let stopped = pair.restart();
    assert_eq!(stopped.running.code(), 0);
    assert_eq!(reply(&pair, "usereventlog"), json!([]));
    assert_eq!(count(&statistics, "1"), 0, "gone with the next request of who has it");
}

const PEERS: &str = "
id = 1
name = 'known_peers'
doc = 'how often this peer was met'
payload = 'SELECT permid, connected_times FROM Peer WHERE permid = {who:sql}'
decoder = 'a'
frequency = 0
instead_of_built_in = true
[[field]]
name = 'who'
type = 'text'
default = 'aa'
";

fn define(crawler: &Home, file: &str, text: &str) {
    let directory = crawler.path().join(".config/swarmscope/probes");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join(file), text).expect("a file");
}

#[test]
fn an_operator_s_own_probe_is_asked_by_its_name_and_read_by_its_decoder() {
    let pair = pair(18);
    define(&pair.crawler, "peers.toml", PEERS);
    assert_eq!(reply(&pair, "known_peers"), json!([["aa", 0]]));
    for (payload, rows) in [
        ("fields:who=bb", json!([["bb", 0]])),
        ("fields:who=\"x';\"", json!([])),
        ("SELECT 1", json!([[1]])),
    ] {
        let outcome = pair.ask(&["1", payload, "--json"]);
        assert_eq!(
            (outcome.code, &outcome.last("reply")["decoded"]),
            (0, &rows),
            "{payload}: {outcome:?}"
        );
    }
    let readable = pair.ask(&["known_peers"]);
    assert!(
        readable.stdout.starts_with("KNOWN_PEERS from ") && readable.stdout.contains("aa  0"),
        "{readable:?}"
    );

    define(
        &pair.crawler,
        "peers.toml",
        &PEERS.replace("id = 1\n", "id = 200\n").replace("instead_of_built_in = true\n", ""),
    );
    assert_eq!(pair.ask(&["known_peers"]).code, 11, "the peer does not know it");
}

#[test]
fn what_is_wrong_with_a_probe_is_told_with_its_file_and_line() {
    let crawler = Home::new();
    define(&crawler, "peers.toml", &PEERS.replace("instead_of_built_in = true\n", ""));
    define(&crawler, "other.toml", "id = 300");
    let request = |rest: &[&str]| crawler.run(&[&["request", "127.0.0.1:9"][..], rest].concat());
    let outcome = request(&["1"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    for words in [
        "other.toml:1: ",
        "peers.toml:2: id 1 is the built-in DATABASE",
        "instead_of_built_in = true",
    ] {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
    }
    define(&crawler, "peers.toml", PEERS);
    define(
        &crawler,
        "other.toml",
        &PEERS
            .replace("id = 1\n", "id = 200\n")
            .replace("instead_of_built_in = true\n", "")
            .replace("known", "other"),
    );
    let outcome = request(&["200", "fields:whom=bb"]);
    assert!(
        outcome.code == 2 && outcome.stderr.contains("there is no field \"whom\"; there are who"),
        "{outcome:?}"
    );
    assert!(request(&["nothing"]).stderr.contains("200 other_peers"), "listed with the others");
}

#[test]
fn how_far_a_reply_is_inflated_can_be_said() {
    let pair = pair(18);
    let long = ["7", "SELECT hex(zeroblob(1000000))", "--json"];
    assert_eq!(pair.ask(&long).code, 0, "2 MB");
    let cut = pair.ask(&[&long[..], &["--inflate-limit", "1"]].concat());
    assert_eq!(cut.code, 13, "{cut:?}");
    let said = pair.ask(&[&long[..2], &["--inflate-limit", "1"]].concat());
    assert!(
        said.stdout.contains("inflates to more than 1 048 576 bytes: the rest was cut"),
        "{said:?}"
    );
    assert_eq!(pair.ask(&[&long[..], &["--inflate-limit", "0"]].concat()).code, 2);
}
