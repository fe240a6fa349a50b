//! Questions to BitTorrent peers and nodes of the DHT in a case: what was sent and what came, and
//! nothing of anybody where addresses are hidden.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, UdpSocket};

use serde_json::{Map, Value};
use swarmscope_wire::krpc::{Body, Message, Question};

use crate::process::{Home, Outcome};
use crate::strangers::Strangers;

fn ran(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome
}

type Fields = Map<String, Value>;

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name}: {fields:?}"))
}

fn payload(fields: &Fields) -> Vec<u8> {
    let base64 = fields["payload"]["base64"].as_str().unwrap_or_else(|| panic!("{fields:?}"));
    data_encoding::BASE64.decode(base64.as_bytes()).expect("base64")
}

/// The entries, as `case show` prints them; the case holds.
fn entries(home: &Home, case: &str) -> Vec<Fields> {
    let verified = ran(home.run(&["case", "verify", case, "--json"])).last("verify");
    assert_eq!(verified["ok"], true, "{verified}");
    let shown = ran(home.run(&["case", "show", case, "--json"])).events();
    shown.iter().map(|event| event["fields"].as_object().expect("fields").clone()).collect()
}

/// The newest entry of a type to a question.
fn newest<'a>(entries: &'a [Fields], kind: &str, question: &str) -> &'a Fields {
    let is = |fields: &&Fields| {
        fields["type"] == kind && fields.get("question").is_some_and(|it| it == question)
    };
    entries.iter().rev().find(is).unwrap_or_else(|| panic!("no {kind} of {question}: {entries:#?}"))
}

/// A node that tells who shares what, whatever it is asked, under this id.
fn telling_node() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Ok(query) = Message::decode(&buffer[..length]) else { continue };
            let mut answer =
                b"d1:rd2:id20:a node of this test 7:samples20:SECRETSECRETSECRET12".to_vec();
            answer.extend(b"6:valuesl6:\xcb\x00\x71\x4d\x1a\xe1ee1:t");
            answer.extend(format!("{}:", query.transaction.len()).bytes());
            answer.extend(&query.transaction[..]);
            answer.extend(b"1:y1:re");
            let _ = socket.send_to(&answer, from); // who left needs none
        }
    });
    address
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// Asks everything there is to ask, and keeps it in this case.
fn ask_everything(strangers: &Strangers, case: &str, telling: &str) {
    let [open, forced, closed, node, _] = &strangers.targets[..] else {
        panic!("{:?}", strangers.targets)
    };
    let infohash = &*strangers.infohash;
    let ask = |code: i32, args: &[&str]| {
        let asked = strangers.home.run(&[&["request"], args, &["--case", case]].concat());
        assert_eq!(asked.code, code, "{args:?}: {asked:?}");
    };
    ask(0, &[open, "reach"]);
    ask(0, &[open, "hello", "--infohash", infohash]);
    ask(0, &[forced, "hello", "--infohash", infohash]);
    if case == "a.case" {
        ask(0, &[forced, "pex", "--infohash", infohash, "--timeout", "5"]);
    }
    ask(3, &[closed, "hello", "--infohash", infohash]);
    ask(0, &[node, "ping"]);
    ask(0, &[node, "find_node", infohash]);
    ask(12, &[node, "canary"]);
    for question in ["get_peers", "sample", "scrape"] {
        ask(0, &[telling, question, infohash]);
    }
    ask(0, &[node, "lookup", infohash, "--allow-range", "127.0.0.0/8"]);
    for question in [&["ping"][..], &["reach"], &["lookup", infohash]] {
        ask(3, &[&["dht://no-such-host.invalid:6881"], question].concat());
    }
}

#[test]
fn what_was_asked_of_other_networks_and_came_is_kept_as_the_case_wants_it() {
    let strangers = Strangers::start();
    let telling = format!("dht://{}", telling_node());
    for (case, options) in
        [("a.case", &[][..]), ("h.case", &["--hashes-only"]), ("p.case", &["--hide-addresses"])]
    {
        ran(strangers.home.run(&[&["case", "new", case], options].concat()));
        ask_everything(&strangers, case, &telling);
    }
    let kept = entries(&strangers.home, "a.case");
    bytes_are_those_of_the_messages(&kept, &strangers);
    what_tells_who_shares_what_is_a_digest(&kept, &strangers);
    a_lookup_is_kept_query_by_query(&kept);
    nothing_was_sent_to_a_name_without_an_address(&kept);
    exports_and_signals_read_it(&strangers.home, &kept);
    let hashed = entries(&strangers.home, "h.case");
    assert!(hashed.iter().all(|fields| !fields.contains_key("payload")), "{hashed:#?}");
    let hello = newest(&hashed, "reply", "HELLO");
    assert_eq!(text(hello, "payload_sha256"), sha256(&payload(newest(&kept, "reply", "HELLO"))));
    assert_eq!(text(hello, "content"), text(newest(&kept, "reply", "HELLO"), "content"));
    nobody_is_in_it(&strangers, &telling);
}

fn nothing_was_sent_to_a_name_without_an_address(kept: &[Fields]) {
    let of = |fields: &&Fields| {
        fields.get("peer").is_some_and(|peer| peer.as_str().unwrap_or("").contains("no-such-host"))
    };
    let told: Vec<_> = (kept.iter().filter(of))
        .map(|fields| ["type", "question", "code"].map(|name| text(fields, name)))
        .collect();
    let failed = |question| ["failure", question, "resolve.not-found"];
    assert_eq!(told, ["PING", "REACH", "LOOKUP"].map(failed));
}

fn sha256(bytes: &[u8]) -> String {
    swarmscope_evidence::case::sha256_hex(bytes)
}

fn bytes_are_those_of_the_messages(kept: &[Fields], strangers: &Strangers) {
    let infohash = data_encoding::HEXLOWER.decode(strangers.infohash.as_bytes()).expect("digits");
    for question in ["PING", "FIND_NODE", "CANARY"] {
        let (sent, reply) = (newest(kept, "sent", question), newest(kept, "reply", question));
        let [asked, answer] = [sent, reply].map(|fields| {
            assert_eq!(text(fields, "bytes"), payload(fields).len().to_string());
            Message::decode(&payload(fields)).expect("a message")
        });
        let Body::Query(query) = &asked.body else { panic!("{asked:?}") };
        assert_eq!(text(sent, "identity"), query.id.to_string(), "who asked: {sent:?}");
        if let Question::Other(name) = &query.question {
            assert!(name.starts_with(b"swarmscope_canary_"), "{name:?}");
        }
        if !sent.contains_key("part_of") {
            assert_eq!(asked.transaction, answer.transaction, "{question}");
        }
    }
    assert_eq!(text(newest(kept, "reply", "CANARY"), "error"), "204");
    // the first connection was closed without a byte, the second is encrypted
    let hello: Vec<&Fields> = kept
        .iter()
        .filter(|fields| fields["type"] == "sent" && fields["question"] == "HELLO")
        .collect();
    let encrypted = |fields: &&&Fields| fields.contains_key("encryption");
    assert_eq!(hello.iter().filter(encrypted).count(), 2, "handshake and extensions: {hello:#?}");
    for sent in &hello {
        let bytes = payload(sent);
        let is_handshake = bytes.len() == 68 && bytes[28..48] == infohash;
        assert!(is_handshake || holds(&bytes, b"6:ut_pex"), "{bytes:?}");
        assert!(!is_handshake || text(sent, "identity") == hex(&bytes[48..]), "{sent:?}");
    }
    let came = payload(newest(kept, "reply", "HELLO"));
    assert!(came.starts_with(b"\x13BitTorrent protocol") && holds(&came, b"swarmscope simulated"));
    let refused = kept.iter().find(|fields| fields["type"] == "failure").expect("a failure");
    assert_eq!((text(refused, "code"), refused.get("request")), ("tcp.refused", None));
    let reach = newest(kept, "reply", "REACH");
    assert!(text(reach, "steps").contains("handshake") && !reach.contains_key("payload"));
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn what_tells_who_shares_what_is_a_digest(kept: &[Fields], strangers: &Strangers) {
    for question in ["GET_PEERS", "SAMPLE", "SCRAPE", "PEX"] {
        let reply = newest(kept, "reply", question);
        assert!(!reply.contains_key("payload"), "{reply:?}");
        assert_eq!(text(reply, "payload_sha256").len(), 64);
        assert!(text(reply, "bytes").parse::<usize>().expect("a number") > 50);
    }
    assert!(text(newest(kept, "reply", "GET_PEERS"), "decoded").contains(r#""peers":1"#));
    let file = fs::read(strangers.home.path().join("a.case")).expect("the case");
    for others in [&b"SECRET"[..], b"\xcb\x00\x71\x4d", b"203.0.113", b"metadata_size"] {
        assert!(!holds(&file, others), "{others:?} is in the case");
    }
}

fn a_lookup_is_kept_query_by_query(kept: &[Fields]) {
    let lookup = kept
        .iter()
        .position(|fields| fields["type"] == "sent" && fields["question"] == "LOOKUP")
        .expect("a lookup")
        .to_string();
    let index = |fields: &Fields| text(fields, "request").to_owned();
    let of_lookup = |(_, fields): &(usize, &Fields)| {
        fields.get("part_of").and_then(Value::as_str) == Some(&*lookup)
    };
    let sent: Vec<(usize, &Fields)> = kept.iter().enumerate().filter(of_lookup).collect();
    let ended: BTreeSet<String> = kept
        .iter()
        .filter(|fields| {
            (fields["type"] == "reply" || fields["type"] == "failure")
                && fields.contains_key("request")
        })
        .map(index)
        .collect();
    let first = sent.iter().filter(|(_, fields)| !fields.contains_key("continues"));
    assert!(first.clone().count() > 8, "{sent:#?}");
    for (at, _) in first {
        assert!(ended.contains(&at.to_string()), "entry {at} has no end");
    }
    let decoded: Value =
        serde_json::from_str(text(newest(kept, "reply", "LOOKUP"), "decoded")).expect("JSON");
    assert_eq!(decoded["queries"], sent.len(), "each query is an entry");
}

fn exports_and_signals_read_it(home: &Home, kept: &[Fields]) {
    for (format, name) in [
        ("jsonl", "a.jsonl"),
        ("csv", "a.csv"),
        ("stix", "a.json"),
        ("markdown", "a.md"),
        ("html", "a.html"),
    ] {
        ran(home.run(&["case", "export", "a.case", "--format", format, "--out", name]));
    }
    let lines = fs::read_to_string(home.path().join("a.jsonl")).expect("an export");
    let records: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| line["record"] == "question")
        .collect();
    let questions = kept.iter().filter(|fields| {
        fields["type"] == "sent" && !fields.contains_key("continues")
            || fields["type"] == "failure" && !fields.contains_key("request")
    });
    assert_eq!(records.len(), questions.count());
    assert!(records.iter().all(|record| record["outcome"] != "open"), "all have ended: {lines}");
    let of = |question: &str| records.iter().find(|record| record["question"] == question);
    let ping = of("PING").expect("a ping");
    for name in ["peer", "address", "node", "client", "reply_decoded", "reply_sha256", "identity"] {
        assert!(ping[name].is_string(), "{name}: {ping}");
    }
    assert_ne!(ping["content"], ping["shape"], "a shape has no numbers");
    let report = fs::read_to_string(home.path().join("a.md")).expect("a report");
    assert!(report.contains("a lookup's, to nodes that others named"), "{report}");
    assert!(
        report.contains(" peers (3 of bt, ") && report.contains(" of dht) between"),
        "{report}"
    );
    let found = ran(home.run(&["signals", "a.case"])).stdout;
    assert!(found.contains("0 signals, looking at 15 answers"), "{found}");
}

/// No address, in text or compact, no infohash and no name of a host is in a case that hides them.
fn nobody_is_in_it(strangers: &Strangers, telling: &str) {
    let hidden = entries(&strangers.home, "p.case");
    assert!(text(newest(&hidden, "reply", "HELLO"), "payload_masked").contains("ut_pex"));
    let file = fs::read(strangers.home.path().join("p.case")).expect("the case");
    let infohash = &strangers.infohash;
    let raw = data_encoding::HEXLOWER.decode(infohash.as_bytes()).expect("digits");
    let mut secrets: Vec<Vec<u8>> = vec![
        b"127.0.0.1".to_vec(),
        b"127.77.".to_vec(),
        b"[127, 0".to_vec(),
        b"203.0.113".to_vec(),
        b"no-such-host".to_vec(),
        infohash.as_bytes().to_vec(),
        raw,
    ];
    for target in strangers.targets.iter().map(String::as_str).chain([telling]) {
        let place = target.rsplit('/').next().expect("a place");
        let SocketAddr::V4(address) = place.parse().expect("an address") else { continue };
        secrets.push(place.as_bytes().to_vec());
        secrets.push([&address.ip().octets()[..], &address.port().to_be_bytes()].concat());
        secrets.push(format!(":{}", address.port()).into_bytes());
    }
    for secret in secrets {
        assert!(!holds(&file, &secret), "{:?} is in it", String::from_utf8_lossy(&secret));
    }
    let peers: BTreeSet<&str> = (hidden.iter())
        .filter_map(|fields| fields.get("peer"))
        .filter_map(Value::as_str)
        .filter(|peer| peer.starts_with("bt://"))
        .collect();
    assert_eq!(peers.len(), 3, "each port of a host has a name of its own: {peers:?}");
}

#[test]
fn the_bytes_of_a_reply_go_into_a_file_where_they_are_kept_at_all() {
    let strangers = Strangers::start();
    let home = &strangers.home;
    let node = &*strangers.targets[3];
    ran(home.run(&["case", "new", "a.case"]));
    ran(home.run(&["request", node, "ping", "--out", "reply", "--case", "a.case"]));
    let kept = entries(home, "a.case");
    let file = fs::read(home.path().join("reply")).expect("the reply");
    assert_eq!(file, payload(newest(&kept, "reply", "PING")));
    // who answers a ping with who shares what: no bytes, and an older file is not the reply
    fs::write(home.path().join("old"), "older").expect("a file");
    let telling = format!("dht://{}", telling_node());
    let asked = home.run(&["request", &telling, "ping", "--out", "old"]);
    assert!(asked.code == 1 && asked.stderr.contains("not written"), "{asked:?}");
    assert!(asked.stdout.contains("61206e6f6465"), "what it says is printed: {asked:?}");
    for question in ["sample", "lookup", "reach"] {
        let asked = home.run(&["request", node, question, &strangers.infohash, "--out", "no"]);
        assert_eq!(asked.code, 2, "{asked:?}");
        assert!(!home.path().join("no").exists());
    }
    let asked = home.run(&["request", node, "ping", "--case", "none.case"]);
    assert_eq!(asked.code, 1, "before anything is sent: {asked:?}");
}
