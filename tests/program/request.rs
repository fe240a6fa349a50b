//! `swarmscope request` against `swarmscope peer`, versions 17 and 18: every exit code, every
//! event.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;
use swarmscope_wire::MessageId;

use crate::pair::Pair;
use crate::process::{Home, Outcome, Peer, Running};

/// Runs until the peer's own limit, so longer than any test.
const ENDLESS: &str =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
/// About 200 kB of reply.
const LONG: &str = "WITH RECURSIVE c(x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM c WHERE x < 120000) SELECT x FROM c";

/// A peer, and a Crawler that asks for JSON.
fn pair(version: u16) -> Pair {
    Pair::new(version, &[], &["--json"])
}

fn keys(event: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> =
        event.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn sorted<const N: usize>(mut names: [&str; N]) -> [&str; N] {
    names.sort_unstable();
    names
}

#[test]
fn a_reply_is_0_and_its_events_have_the_shape_of_the_contract() {
    for version in [17, 18] {
        let pair = pair(version);
        let outcome = pair.ask(&["natcheck"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let events = outcome.events();
        let kinds: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(kinds, ["connected", "part", "reply"], "{events:#?}");

        let connected = &events[0];
        assert_eq!(keys(connected), sorted(["event", "permid", "version", "transport", "rtt_ms"]));
        assert_eq!(connected["permid"], pair.peer.permid);
        assert_eq!(connected["version"], version);
        assert_eq!(connected["transport"], if version == 18 { "tls" } else { "legacy" });
        assert!(connected["rtt_ms"].is_number());

        let part = &events[1];
        assert_eq!(keys(part), sorted(["event", "index", "bytes", "parts_left", "at_ms"]));
        assert_eq!((&part["index"], &part["parts_left"]), (&1.into(), &0.into()));

        let reply = &events[2];
        let expected = sorted([
            "event",
            "message_id",
            "channel",
            "error",
            "error_name",
            "bytes",
            "parts",
            "elapsed_ms",
            "payload_base64",
            "payload_sha256",
            "decoded",
            "notes",
            "acceptance",
        ]);
        assert_eq!(keys(reply), expected);
        assert_eq!((&reply["message_id"], &reply["error"]), (&3.into(), &0.into()));
        assert_eq!((&reply["error_name"], &reply["parts"]), (&"success".into(), &1.into()));
        assert_eq!(reply["bytes"], part["bytes"]);
        assert!(reply["channel"].as_u64().is_some_and(|channel| (1..=255).contains(&channel)));
        assert!(!reply["decoded"].is_null());
        assert_accepts(reply, "exact", 3500.0..=3600.0);
    }
}

/// What an event says of when the peer accepts the request again.
fn assert_accepts(event: &Value, known: &str, seconds: std::ops::RangeInclusive<f64>) {
    let acceptance = &event["acceptance"];
    assert_eq!(acceptance["known"], known, "{event}");
    let told = acceptance["seconds"].as_f64().expect("a number");
    assert!(seconds.contains(&told), "{event}");
}

#[test]
fn every_part_is_an_event_with_the_originals_parts_left() {
    for version in [17, 18] {
        let pair = pair(version);
        let outcome = pair.ask(&["database", LONG]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let reply = outcome.last("reply");
        let total = reply["bytes"].as_u64().expect("a number");
        assert!(total > 4 * 32768, "{total}");
        let parts: Vec<Value> =
            outcome.events().into_iter().filter(|event| event["event"] == "part").collect();
        assert_eq!(reply["parts"], parts.len());
        let mut remaining = total;
        for (index, part) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            assert_eq!(part["index"], index + 1);
            assert_eq!(part["bytes"], remaining.min(32768));
            assert_eq!(part["parts_left"], if last { 0 } else { remaining / 32768 });
            remaining -= remaining.min(32768);
        }
        assert_eq!(remaining, 0);
    }
}

#[test]
fn asked_again_too_soon_is_10_on_a_new_connection_too() {
    for version in [17, 18] {
        let pair = pair(version);
        assert_eq!(pair.ask(&["natcheck"]).code, 0);
        let again = pair.ask(&["natcheck"]);
        assert_eq!(again.code, 10, "{again:?}");
        let reply = again.last("reply");
        assert_eq!(
            (&reply["error"], &reply["error_name"]),
            (&254.into(), &"frequency error".into())
        );
        assert_accepts(&reply, "at_most", 3500.0..=3600.0);
        assert_eq!(
            pair.ask(&["natcheck", "--frequency", "5"]).code,
            0,
            "a frequency of 5 s always passes"
        );
    }
}

#[test]
fn error_bytes_are_replies_with_codes_of_their_own() {
    for version in [17, 18] {
        let pair = pair(version);
        let unknown = pair.ask(&["99"]);
        assert_eq!(
            (unknown.code, unknown.last("reply")["error"].as_u64()),
            (11, Some(253)),
            "{unknown:?}"
        );
        let refused = pair.ask(&["database", "DELETE FROM Torrent"]);
        assert_eq!(
            (refused.code, refused.last("reply")["error"].as_u64()),
            (12, Some(1)),
            "{refused:?}"
        );
    }
}

#[test]
fn nobody_there_is_3() {
    let home = Home::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its address")
        .to_string();
    let outcome = home.run(&["request", &free, "natcheck", "--json"]);
    let failure = outcome.last("failure");
    assert_eq!(keys(&failure), sorted(["event", "phase", "cause", "code", "hint"]));
    assert_eq!((outcome.code, &failure["code"]), (3, &"tcp.refused".into()), "{outcome:?}");
}

#[test]
fn another_permid_or_another_version_is_4() {
    for version in [17, 18] {
        let pair = pair(version);
        let stranger = Home::new().permid(version < 18);
        let outcome =
            pair.crawler.run(&pair.args(&format!("{stranger}@{}", pair.peer.addr), &["natcheck"]));
        assert_eq!(outcome.code, 4, "{outcome:?}");
        assert_eq!(outcome.last("failure")["code"], "authentication.wrong-permid");
    }
    let pair = pair(17);
    let outcome = pair.crawler.run(&["request", &pair.peer.addr, "natcheck", "--json"]);
    assert_eq!(outcome.code, 4, "nobody is moved to the old protocol silently: {outcome:?}");
    assert_eq!(outcome.last("failure")["code"], "version.needs-legacy");
}

#[test]
fn not_allowed_is_5() {
    for version in [17, 18] {
        let (home, crawler) = (Home::new(), Home::new());
        let peer = Peer::start(&home, version, &[]);
        let outcome = crawler.run(&[
            "request",
            &peer.pinned(),
            "natcheck",
            "--json",
            "--overlay-version",
            &version.to_string(),
        ]);
        assert_eq!(outcome.code, 5, "{outcome:?}");
        let failure = outcome.last("failure");
        assert_eq!(failure["phase"], "request");
        assert!(
            failure["hint"].as_str().is_some_and(|hint| hint.contains("allow-list")),
            "{failure}"
        );
        let nothing = serde_json::json!({"known": "unknown", "seconds": null});
        assert_eq!(failure["acceptance"], nothing, "who refuses does not count");
    }
}

#[test]
fn no_reply_in_time_is_6() {
    let pair = pair(18);
    let outcome = pair.ask(&["database", ENDLESS, "--timeout", "1"]);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    assert!(
        outcome.last("failure")["code"].as_str().is_some_and(|code| code.starts_with("reply."))
    );
    assert_accepts(&outcome.last("failure"), "if_counted", 3500.0..=3600.0);
}

#[test]
fn interrupted_is_130() {
    let pair = pair(18);
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let target = pair.peer.pinned();
        let request = pair
            .crawler
            .swarmscope(&pair.args(&target, &["database", ENDLESS, "--frequency", "1"]));
        let request = Running::start(request);
        request.event("connected");
        pair.peer.is_asked(MessageId::DATABASE_QUERY.0.into());
        request.signal(signal);
        assert_eq!(request.event("failure")["code"], "reply.cancelled");
        assert_eq!(request.code(), 130);
    }
}

#[test]
fn without_json_the_reply_is_readable_and_out_has_the_raw_payload() {
    let pair = pair(18);
    let target = pair.peer.pinned();
    let outcome = pair.crawler.run(&["request", &target, "NATCHECK_QUERY", "--out", "reply.bin"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.stdout.starts_with("NATCHECK from ") && outcome.stdout.contains("Unknown"),
        "{}",
        outcome.stdout
    );
    let raw = fs::read(pair.crawler.path().join("reply.bin")).expect("the payload");
    assert!(raw.starts_with(b"l7:Unknown"), "{}", raw.escape_ascii());

    let again = pair.crawler.run(&["request", &target, "natcheck"]);
    assert!(
        again.stdout.contains("254, frequency error")
            && again.stderr.contains("hint: asked too recently"),
        "{again:?}"
    );

    fs::write(pair.crawler.path().join("longer"), [b'x'; 1000]).expect("a file");
    for (file, then) in [("longer", Some(15)), ("new", Some(15))] {
        assert_eq!(pair.ask(&["natcheck", "--out", file]).code, 10);
        assert_eq!(
            fs::metadata(pair.crawler.path().join(file)).ok().map(|file| file.len()),
            then,
            "frequency error"
        );
    }
    assert_eq!(pair.crawler.run(&["request", "127.0.0.1:1", "natcheck", "--out", "none"]).code, 3);
    assert!(!pair.crawler.path().join("none").exists(), "no reply, no file");
}

#[test]
fn a_payload_comes_from_a_file_or_as_bytes() {
    let pair = pair(18);
    fs::write(pair.crawler.path().join("query.sql"), "SELECT 6 * 7").expect("a file");
    for payload in ["@query.sql", "text:SELECT 6 * 7", "hex:53454c4543542036202a2037"] {
        let outcome = pair.ask(&["1", payload, "--frequency", "0"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.last("reply")["decoded"].to_string().contains("42"), "{outcome:?}");
    }
}

#[test]
fn two_processes_with_one_identity_are_told() {
    let pair = pair(18);
    let mut other = pair.crawler.swarmscope(&["peer", "--listen", "127.0.0.1:0", "--json"]);
    other.env("HOME", pair.crawler.path());
    let running = Running::start(other);
    running.event("listening");
    let outcome = pair.ask(&["natcheck"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("same identity"), "{outcome:?}");
}

#[test]
fn tls_keys_are_written_where_the_environment_says_and_that_is_said() {
    let (home, crawler) = (Home::new(), Home::new());
    let peer = Peer::start(&home, 18, &[&crawler.permid(false)]);
    let asked = |file: &str| {
        let mut command =
            crawler.swarmscope(&["request", &peer.addr, "natcheck", "--frequency", "0"]);
        command.env("SSLKEYLOGFILE", file).stdout(Stdio::piped()).stderr(Stdio::piped());
        Outcome::of_its_end(command.spawn().expect("the program runs"))
    };
    let outcome = asked("keys.log");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.stderr.contains("TLS keys are written to keys.log (SSLKEYLOGFILE)"),
        "{outcome:?}"
    );
    let path = crawler.path().join("keys.log");
    let log = fs::read_to_string(&path).expect("the log");
    for label in ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "] {
        assert!(
            log.lines().any(|line| line.starts_with(label) && line.split(' ').count() == 3),
            "{log}"
        );
    }
    assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);

    let unwritable = asked("no/such/directory/keys.log");
    assert_eq!(unwritable.code, 1, "{unwritable:?}");
    assert!(
        unwritable.stderr.contains("keys.log") && unwritable.stderr.contains("unset it"),
        "{unwritable:?}"
    );
    assert!(!asked("").stderr.contains("TLS keys"), "an empty variable is as if unset");
}

#[test]
fn a_nul_in_sql_is_warned_of_before_it_goes_to_an_old_peer() {
    let (home, crawler) = (Home::new(), Home::new());
    let old = crawler.permid(true);
    for (version, warned) in [("17", true), ("18", false)] {
        let permid = if warned { old.clone() } else { crawler.permid(false) };
        let peer = Peer::start(&home, version.parse().expect("a version"), &[&permid]);
        let payload = "hex:53454c4543542000"; // SELECT and a NUL
        let args =
            ["request", &peer.addr, "database", payload, "--overlay-version", version, "--json"];
        let done = crawler.run(&args);
        assert_eq!(done.stdout.contains("\"event\":\"warning\""), warned, "{}", done.stdout);
        assert_eq!(done.stderr.contains("NUL"), warned, "{}", done.stderr);
    }
}
