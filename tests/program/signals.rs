//! `swarmscope signals` on a case of forty peers, four of which answer everything with 8 192 equal
//! bytes.

use std::fs::{self, OpenOptions};
use std::time::Duration;

use serde_json::Value;
use swarmscope_evidence::Moment;
use swarmscope_evidence::case::note::CaseId;
use swarmscope_evidence::case::{Draft, Writer, kind, salts};
use swarmscope_evidence::entry::{Entries, Keeps, Reply, Sent};
use swarmscope_facts::Input;
use swarmscope_facts::networks::{self, AnyTarget};
use swarmscope_facts::recording::{FORMAT, Header, Line, MAGIC, What};
use swarmscope_networks::question::Spec;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::Ticket;
use swarmscope_wire::identity::Key;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{ContentId, Decoded, ErrorByte, Permid};

use crate::process::{Home, Running};

const HOUR_NS: u64 = 3_600_000_000_000;

fn moment(at: u64) -> Moment {
    Moment { utc_ns: 1_764_324_271_000_000_000 + at, monotonic_ns: at }
}

/// A home with a key of its own and a case of two rounds.
fn home(keeps: Keeps) -> Home {
    let home = Home::new();
    assert_eq!(home.run(&["key", "new", "--out", "k.pem"]).code, 0);
    let pem = fs::read(home.path().join("k.pem")).expect("a key");
    let Ok(Key::Ed25519(key)) = Key::from_pem(&pem) else { panic!("an Ed25519 key") };
    let file =
        OpenOptions::new().read(true).write(true).create_new(true).open(home.path().join("a.case"));
    let head = keeps.head(Draft::new(kind::CASE));
    let case = Writer::create(
        file.expect("a file"),
        CaseId([5; 16]),
        &key,
        head,
        moment(0),
        salts([6; 32]),
    );
    let mut case = case.expect("a case");
    let entries = Entries::new(keeps, Mask::new([7; 32]));
    for round in 0..2 {
        for n in 0..40_u8 {
            let odd = n % 10 == 3 && (round == 1 || n == 3);
            for (message, question) in
                [(3, "NATCHECK"), (1, "DATABASE"), (143, "id 143"), (171, "id 171")]
            {
                ask(&mut case, &entries, round, n, message, question, odd);
            }
        }
    }
    case.sign(&key, moment(2 * HOUR_NS)).expect("signs");
    home
}

fn ask(
    case: &mut Writer<fs::File>,
    entries: &Entries,
    round: u64,
    n: u8,
    message: u8,
    question: &str,
    odd: bool,
) {
    let peer = Permid::Ed25519([n; 32]);
    let at = moment(round * HOUR_NS + u64::from(n) * 1_000_000);
    let sent = Sent {
        network: "overlay",
        question,
        message,
        frequency_s: 0,
        payload: b"",
        peer: &peer,
        address: &format!("198.18.{n}.1:7760"),
        peer_version: if n.is_multiple_of(2) { 17 } else { 18 },
        identity: "our own".into(),
        program: "swarmscope",
        round: Some(round),
    };
    let request = case.append(entries.sent(&sent), at).expect("appends");
    let payload = match (odd, message) {
        (true, _) => vec![0x4d; 8192],
        (false, 3) => format!("nat {n}").into_bytes(),
        (false, 1) => vec![n; 300 + usize::from(n) * 9],
        _ => b"unknown message".to_vec(),
    };
    let error = if odd || message < 12 { ErrorByte::SUCCESS } else { ErrorByte::UNKNOWN_MESSAGE };
    let content = ContentId::of_bytes(&payload);
    let reply = Reply {
        request,
        network: "overlay",
        question,
        message,
        peer: &peer,
        error,
        channel: 1,
        parts: 1,
        elapsed_us: 900,
        dialled_back: false,
        payload: &payload,
        decoded: &Decoded::default(),
        content,
        shape: content,
    };
    case.append(entries.reply(&reply), at).expect("appends");
}

#[test]
fn what_answers_everything_is_found_explained_and_kept() {
    let home = home(Keeps::ALL);
    let outcome = home.run(&["signals", "a.case", "--json", "--add", "--identity", "k.pem"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let cards = outcome.events();
    let card = |rule: &str| {
        cards
            .iter()
            .find(|card| card["rule"] == rule)
            .unwrap_or_else(|| panic!("{rule}: {cards:#?}"))
    };
    for rule in ["canary-success@1", "one-length@1"] {
        assert_eq!(
            (&card(rule)["event"], &card(rule)["peers"]),
            (&"signal".into(), &4.into()),
            "{}",
            card(rule)
        );
        for line in ["id", "network", "since", "asked", "seen", "healthy", "chance"] {
            assert!(
                card(rule)[line].as_str().is_some_and(|text| !text.is_empty()),
                "{line}: {}",
                card(rule)
            );
        }
        assert!(card(rule)["other_causes"].as_array().is_some_and(|causes| !causes.is_empty()));
        assert!(
            card(rule)["replies"][0].as_str().is_some_and(|hash| hash.len() == 64),
            "{}",
            card(rule)
        );
    }
    assert_eq!(card("canary-success@1")["severity"], "look now", "one peer a round before");
    assert!(
        card("canary-success@1")["spread"]
            .as_str()
            .is_some_and(|text| text.starts_with("1 to 4 of a fixed panel of 40"))
    );
    assert!(
        card("canary-success@1")["healthy"]
            .as_str()
            .is_some_and(|text| text.starts_with("an error: 36 of the 40"))
    );
    let text = home.run(&["signals", "a.case"]);
    assert!(text.stdout.contains("▲ overlay success for invented questions"), "{text:?}");
    assert!(!text.stdout.contains("infected"), "{text:?}");
    // kept, signed, and exported with the replies they rest on
    assert_eq!(home.run(&["case", "verify", "a.case"]).code, 0);
    let export =
        ["case", "export", "a.case", "--format", "stix", "--out", "a.json", "--identity", "k.pem"];
    assert_eq!(home.run(&export).code, 0);
    let bundle: Value =
        serde_json::from_slice(&fs::read(home.path().join("a.json")).expect("written"))
            .expect("JSON");
    let objects = bundle["objects"].as_array().expect("objects");
    let indicator =
        objects.iter().find(|object| object["type"] == "indicator").expect("an indicator");
    assert!(
        indicator["pattern"]
            .as_str()
            .is_some_and(|text| text.starts_with("[file:hashes.'SHA-256' = '"))
    );
    let export = [
        "case",
        "export",
        "a.case",
        "--format",
        "jsonl",
        "--out",
        "a.jsonl",
        "--identity",
        "k.pem",
    ];
    assert_eq!(home.run(&export).code, 0);
    let lines = fs::read_to_string(home.path().join("a.jsonl")).expect("written");
    let with_signals = lines
        .lines()
        .filter(|line| line.contains("\"signals\":[\"overlay/canary-success@1/all\""))
        .count();
    assert!(with_signals >= 8, "{with_signals} questions name the signals that rest on them");
}

#[test]
fn a_case_that_hides_addresses_has_the_signals_too() {
    let home = home(Keeps { addresses: false, bytes: false });
    let cards = home.run(&["signals", "a.case", "--json"]).events();
    let rules: Vec<&str> = cards.iter().filter_map(|card| card["rule"].as_str()).collect();
    assert!(rules.contains(&"canary-success@1") && rules.contains(&"one-length@1"), "{rules:?}");
    assert!(!cards.iter().any(|card| card.to_string().contains("198.18.")), "{cards:#?}");
}

#[test]
fn a_rule_of_ones_own_is_used_and_a_wrong_one_refused() {
    let home = home(Keeps::ALL);
    let rule = "name = \"r\"\ntitle = \"t\"\nnetwork = \"overlay\"\nquestion = \"natcheck\"\nhealthy = \"h\"\n\
                other-causes = [\"c\"]\nto-tell = \"w\"\n[when]\nbytes = 8192\n";
    fs::write(home.path().join("r.toml"), rule).expect("writes");
    let cards = home.run(&["signals", "a.case", "--json", "--rule", "r.toml"]).events();
    let own = cards.iter().find(|card| card["rule"] == "own/r@1").expect("found");
    assert_eq!((&own["peers"], &own["severity"]), (&4.into(), &"odd".into()));
    for wrong in [
        rule.replace("[\"c\"]", "[]"),
        rule.replace("bytes = 8192\n", ""),
        rule.replace("bytes", "size"),
    ] {
        fs::write(home.path().join("r.toml"), wrong).expect("writes");
        let refused = home.run(&["signals", "a.case", "--rule", "r.toml"]);
        assert_eq!(refused.code, 1, "{refused:?}");
    }
    assert_eq!(home.run(&["signals", "nothing.sqlite"]).code, 1);
}

/// The worm's story by commands only: a swarm of other processes, a crawl that also asks for ids
/// that nobody has defined, and the signal in its store.
#[test]
fn a_crawl_of_a_tampered_swarm_finds_whoever_answers_everything() {
    let home = Home::new();
    let demo = ["demo", "--headless", "--json", "--scenario", "worm", "--peers", "60"];
    let demo = Running::start(home.swarmscope(&demo));
    let peers: Vec<Value> = (0..60).map(|_| demo.event("listening")).collect();
    let target = |peer: &Value| {
        Some(format!("{}@{}", peer["permid"].as_str()?, peer["addr"].as_str()?)) // no old ones
    };
    let targets: Vec<String> = peers.iter().filter_map(target).collect();
    fs::write(home.path().join("peers.txt"), targets.join("\n")).expect("written");
    let crawl = ["crawl", "--bootstrap", "peers.txt", "--rounds", "2", "--every", "2"];
    let probes = ["--probe", "natcheck", "--probe", "77", "--probe", "98", "--store", "c.sqlite"];
    let outcome = home.run(&[&crawl[..], &probes[..]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");

    let replies = home.run(&["store", "replies", "c.sqlite", "--json"]).stdout;
    let replies: Vec<Value> =
        replies.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let said = |outcome: &str| {
        let of = replies.iter().filter(|reply| {
            reply["question"] == "ID_77" && reply["round"] == 1 && reply["outcome"] == outcome
        });
        of.count()
    };
    let (odd, healthy) = (said("answered"), said("error.253"));
    assert_eq!(odd + healthy, targets.len(), "each has answered: {replies:#?}");
    assert!((1..targets.len() / 2).contains(&odd), "{odd}");
    let cards = home.run(&["signals", "c.sqlite", "--json"]).events();
    let card = cards.iter().find(|card| card["rule"] == "canary-success@1");
    let card = card.unwrap_or_else(|| panic!("{cards:#?}"));
    assert_eq!((&card["severity"], &card["peers"]), (&"look".into(), &odd.into()), "{card}");
    a_case_takes_it_in(&home, &replies, card);
}

/// What the crawl stored is kept: its questions, those that a filter wants, and the same signal.
fn a_case_takes_it_in(home: &Home, replies: &[Value], card: &Value) {
    let ran = |args: &[&str]| {
        let outcome = home.run(args);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome
    };
    let records = |case: &str| {
        ran(&["case", "verify", case]);
        ran(&["case", "export", case, "--format", "jsonl", "--out", "out.jsonl"]);
        let text = fs::read_to_string(home.path().join("out.jsonl")).expect("an export");
        fs::remove_file(home.path().join("out.jsonl")).expect("removed");
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        lines.filter(|line: &Value| line["record"] == "question").collect::<Vec<Value>>()
    };
    ran(&["case", "new", "all.case"]);
    ran(&["case", "add", "all.case", "--store", "c.sqlite"]);
    let (visits, kept): (Vec<Value>, Vec<Value>) =
        records("all.case").into_iter().partition(|record| record["question"] == "VISIT");
    let failed = ran(&["store", "visits", "c.sqlite", "--json", "--", "-outcome:reached"]).events();
    let codes = |of: &[Value], name: &str| -> Vec<Value> {
        of.iter().map(|row| row[name].clone()).collect()
    };
    assert_eq!(codes(&visits, "code"), codes(&failed, "outcome"), "visits that reached nobody");
    assert_eq!(kept.len(), replies.len());
    for (kept, stored) in kept.iter().zip(replies) {
        for (field, column) in [("peer", "peer"), ("question", "question"), ("round", "round")] {
            assert_eq!(kept[field], stored[column], "{kept}");
        }
        assert_eq!(
            kept["sent_at"].as_str().map(|at| &at[..19]),
            stored["at"].as_str().map(|at| &at[..19])
        );
        assert_eq!(
            (&kept["content"], &kept["reply_bytes"]),
            (&stored["content"], &stored["bytes"])
        );
        assert_eq!(kept["outcome"] == "success", stored["outcome"] == "answered", "{kept}");
    }
    let cards = ran(&["signals", "all.case", "--json"]).events();
    let same = cards.iter().find(|it| it["rule"] == card["rule"]).expect("the signal");
    assert_eq!((&same["peers"], &same["severity"]), (&card["peers"], &card["severity"]), "{same}");

    let hidden = ["case", "new", "some.case", "--hide-addresses"];
    ran(&hidden);
    ran(&["case", "add", "some.case", "--store", "c.sqlite", "--", "question:ID_77", "-round:2"]);
    let wanted = |reply: &&Value| reply["question"] == "ID_77" && reply["round"] == 1;
    assert_eq!(records("some.case").len(), replies.iter().filter(wanted).count());
    let whole = fs::read(home.path().join("some.case")).expect("a case");
    assert!(!whole.windows(8).any(|bytes| bytes == b"c.sqlite"), "not even the store's name");

    let wrong = home.run(&["case", "add", "all.case", "--store", "c.sqlite", "round>x"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert_eq!(home.run(&["case", "add", "all.case", "round:1", "--note", "x"]).code, 2);
}

/// A node of the DHT that answers two invented queries, as a screen recorded it.
#[test]
fn a_recording_has_the_signals_of_other_networks_too() {
    let home = Home::new();
    let header = Header {
        magic: MAGIC.to_owned(),
        format: FORMAT,
        program: "0.1.0".to_owned(),
        started: 1_795_349_071_000_000,
        size: (120, 40),
        privacy: false,
        title: String::new(),
        ids: Vec::new(),
        keys: Vec::new(),
        kept: Vec::new(),
    };
    let mut lines = vec![serde_json::to_string(&header).expect("JSON")];
    let peer = "dht://192.0.2.200:6881".parse::<AnyTarget>().expect("a target").key();
    let spec = Spec::find(Network::Dht, "CANARY").expect("a question");
    for (at, ticket) in [(1_000_000, Ticket(1)), (2_000_000, Ticket(2))] {
        let asked = networks::Event::Asked {
            peer: peer.clone(),
            ticket,
            question: networks::number(spec),
            about: bytes::Bytes::new(),
            whole: spec.timeout,
        };
        let answered = networks::Event::Answered {
            peer: peer.clone(),
            ticket,
            error: 0,
            summary: "a node".to_owned(),
            says: serde_json::json!({ "id": "00" }),
            parts: 0,
            elapsed: Duration::from_millis(30),
        };
        for event in [asked, networks::Event::Sent { peer: peer.clone(), ticket }, answered] {
            let line = Line(at, What::Msg(Input::Network(event)));
            lines.push(serde_json::to_string(&line).expect("JSON"));
        }
    }
    lines.push(serde_json::to_string(&Line::<Input>(3_000_000, What::End)).expect("JSON"));
    fs::write(home.path().join("a.recording"), lines.join("\n") + "\n").expect("written");
    let cards = home.run(&["signals", "a.recording", "--json"]).events();
    let card = cards.iter().find(|card| card["rule"] == "canary-success@1");
    let card = card.unwrap_or_else(|| panic!("{cards:#?}"));
    assert_eq!((&card["network"], &card["peers"]), (&"dht".into(), &1.into()), "{card}");
}
