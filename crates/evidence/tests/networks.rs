//! What a case holds of the DHT: known signals are found in its datagrams, and a case that hides
//! addresses holds none.

use std::io::Cursor;
use std::net::SocketAddr;

use serde_json::json;
use swarmscope_evidence::case::note::CaseId;
use swarmscope_evidence::case::{Draft, Writer, kind, verify};
use swarmscope_evidence::entry::{Answered, Asked, Entries, Failed, Keeps, Message, Payload, Who};
use swarmscope_evidence::record::{Contents, contents};
use swarmscope_evidence::signals::rules::hajime_infohash;
use swarmscope_evidence::signals::{self, Card};
use swarmscope_wire::krpc::{
    self, Body, Contact, Contacts, NodeId, Query, Question, Response, Target, Want,
};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{ContentId, Decoded};

#[path = "sample.rs"]
mod sample;

const NODE: &str = "dht://198.51.100.9:6881";

/// A case in the making.
struct Kept {
    entries: Entries,
    /// Who is asked.
    peer: String,
    writer: Writer<Cursor<Vec<u8>>>,
    second: u64,
}

impl Kept {
    fn new(keeps: Keeps) -> Self {
        let head = keeps.head(Draft::new(kind::CASE));
        let (id, key) = (CaseId([4; 16]), sample::key());
        let now = sample::moment(0);
        let writer = Writer::create(Cursor::default(), id, &key, head, now, sample::salts());
        let writer = writer.expect("a case");
        let entries = Entries::new(keeps, Mask::new([9; 32]));
        Self { entries, peer: NODE.to_owned(), writer, second: 0 }
    }

    fn append(&mut self, draft: Draft) -> u64 {
        self.second += 1;
        self.writer.append(draft, sample::moment(self.second)).expect("appends")
    }

    fn asked(&mut self, question: &str, part_of: Option<u64>, continues: Option<u64>) -> u64 {
        let target = Target(hajime_infohash(28, 11, 2025, 5, 331));
        let want = Want::default();
        let question_of = match question {
            "GET_PEERS" => Question::GetPeers { infohash: target, want, scrape: false },
            _ => Question::FindNode { target, want },
        };
        let query = Query { id: NodeId([7; 20]), question: question_of };
        let bytes = krpc::Message::new([1, 2, 3, 4].into(), Body::Query(query)).encode();
        let to: SocketAddr = self.peer.trim_start_matches("dht://").parse().expect("an address");
        let message = Message { to, identity: &[7; 20], encrypted: false, bytes: &bytes };
        let (network, program, round) = ("dht", "swarmscope 0.1.0", None);
        let message = (question != "LOOKUP").then_some(message);
        let peer = &*self.peer.clone();
        self.append(self.entries.asked(&Asked {
            network,
            question,
            peer,
            program,
            round,
            part_of,
            continues,
            message,
        }))
    }

    fn answered(
        &mut self,
        request: u64,
        question: &str,
        payload: Option<Payload<'_>>,
        decoded: &Decoded,
    ) {
        let (content, shape) = (ContentId::of_bytes(b"x"), ContentId::of_bytes(b"y"));
        let (network, peer) = ("dht", &*self.peer.clone());
        self.append(self.entries.answered(&Answered {
            request,
            network,
            question,
            peer,
            error: 0,
            parts: 0,
            elapsed_us: 1,
            payload,
            decoded,
            steps: &[],
            content,
            shape,
        }));
    }

    /// The file, which verifies, and what it says.
    fn end(mut self) -> (Vec<u8>, Contents) {
        self.writer.sign(&sample::key(), sample::moment(self.second + 1)).expect("signs");
        let file = self.writer.into_inner().into_inner();
        let report = verify(Cursor::new(&file), None).expect("a case");
        assert!(report.is_sound(), "{report:?}");
        let contents = contents(Cursor::new(&file)).expect("its contents");
        (file, contents)
    }
}

fn decoded(json: serde_json::Value) -> Decoded {
    let summary = "a node at 198.51.100.9:6881".to_owned();
    Decoded { summary, json, ..Decoded::default() }
}

/// The published packet: its id, its `v`, 624 bytes of nodes that begin so.
fn mozi() -> Vec<u8> {
    let mut id = *b"88888888............";
    id[19] = 1;
    let contact = |n: u8| {
        let mut id = [n; 20];
        id[..4].copy_from_slice(&[0x15, 0x15, 0x29, 0xd2]);
        Contact { id: NodeId(id), address: ([198, 51, 100, n], 6881).into() }
    };
    let nodes = Contacts { list: (0..24).map(contact).collect(), trailing: 0 };
    let response = Response { nodes: Some(nodes), ..Response::new(NodeId(id)) };
    let mut message = krpc::Message::new([1, 2, 3, 4].into(), Body::Response(response));
    message.version = Some([1, 0x42, 0, 0].into());
    message.encode()
}

/// A lookup with a repeated query, which Mozi's packet answers; then a question for peers.
fn kept(keeps: Keeps) -> (Vec<u8>, Contents) {
    let mut kept = Kept::new(keeps);
    let lookup = kept.asked("LOOKUP", None, None);
    let query = kept.asked("FIND_NODE", Some(lookup), None);
    kept.asked("FIND_NODE", Some(lookup), Some(query));
    let id = "3838383838383838383838383838383838383801";
    let says = decoded(json!({ "id": id, "nodes": [{ "address": "198.51.100.3:6881" }] }));
    kept.answered(query, "FIND_NODE", Some(Payload::Whole(&mozi())), &says);
    let says = decoded(json!({ "ended": "converged", "metadata_size": 77 }));
    kept.answered(lookup, "LOOKUP", None, &says);
    let peers = kept.asked("GET_PEERS", None, None);
    kept.answered(
        peers,
        "GET_PEERS",
        Some(Payload::Digest([5; 32], 88)),
        &decoded(json!({ "peers": 3 })),
    );
    let failed = Failed {
        request: None,
        network: "dht",
        question: "PING",
        peer: Some(Who::Place("dht://node.example:6881")),
        phase: "resolve",
        code: "resolve.not-found",
        by: "network",
        delivered: "no",
        text: "node.example: no address",
    };
    kept.append(kept.entries.failed(&failed));
    kept.end()
}

fn rules(contents: &Contents) -> Vec<String> {
    let rounds = signals::rounds(&contents.records);
    let cards: Vec<Card> = signals::find(&rounds, &signals::built_in());
    for swarm in cards.iter().filter(|card| card.rule == "hajime-swarm@1") {
        assert_eq!((&swarm.members[..], swarm.of), (&["counted only".to_owned()][..], 3));
    }
    cards.into_iter().map(|card| card.rule).collect()
}

#[test]
fn known_nodes_are_found_in_a_case_that_keeps_bytes() {
    let (_, contents) = kept(Keeps::ALL);
    let [lookup, query, peers, failed] = &contents.records[..] else {
        panic!("{:#?}", contents.records)
    };
    assert_eq!((query.part_of, &query.continued_by[..]), (Some(lookup.entry), &[3][..]));
    assert_eq!((lookup.reply_bytes, peers.reply_bytes), (None, Some(88)));
    assert_eq!(query.reply_payload, Some(mozi()));
    assert!(peers.reply_payload.is_none() && peers.reply_sha256 == Some("05".repeat(32)));
    assert_eq!(lookup.reply_decoded.as_deref(), Some(r#"{"ended":"converged"}"#));
    assert_eq!(failed.code.as_deref(), Some("resolve.not-found"));
    let [round] = &signals::rounds(&contents.records)[..] else { panic!("one round") };
    assert_eq!(round.answers.len(), 3, "queries of a lookup are not compared: {round:#?}");
    assert_eq!(round.nodes[0].nodes.len(), 624);
    let found = rules(&contents);
    for rule in ["mozi-id@1", "mozi-nodes@1", "hajime-swarm@1"] {
        assert!(found.iter().any(|it| it == rule), "{rule}: {found:?}");
    }
}

/// Some clients name sixteen. Those near one target name the same, and a lookup asks many for one.
#[test]
fn long_lists_for_one_target_are_not_held_against_each_other() {
    let mut kept = Kept::new(Keeps::ALL);
    let lookup = kept.asked("LOOKUP", None, None);
    for n in 0..40_u8 {
        kept.peer = format!("dht://198.51.{n}.9:6881");
        let query = kept.asked("FIND_NODE", Some(lookup), None);
        let list = if n < 8 { 100 } else { n };
        let contact =
            |m: u8| Contact { id: NodeId([list; 20]), address: ([203, 0, list, m], 6881).into() };
        let nodes = Contacts { list: (1..=16).map(contact).collect(), trailing: 0 };
        let response = Response { nodes: Some(nodes), ..Response::new(NodeId([n; 20])) };
        let answer = krpc::Message::new([1, 2, 3, 4].into(), Body::Response(response)).encode();
        kept.answered(query, "FIND_NODE", Some(Payload::Whole(&answer)), &decoded(json!({})));
    }
    let (_, contents) = kept.end();
    assert_eq!(signals::rounds(&contents.records)[0].nodes.len(), 40);
    assert_eq!(rules(&contents), Vec::<String>::new());
}

#[test]
fn a_case_of_hashes_holds_nothing_that_these_rules_need() {
    let (file, contents) = kept(Keeps { addresses: true, bytes: false });
    assert_eq!(rules(&contents), Vec::<String>::new());
    assert!(!file.windows(8).any(|bytes| bytes == b"88888888"));
    let sha256 = swarmscope_evidence::case::sha256_hex(&mozi());
    assert_eq!(contents.records[1].reply_sha256, Some(sha256));
}

#[test]
fn a_case_that_hides_addresses_holds_none_in_any_form() {
    let (file, contents) = kept(Keeps { addresses: false, bytes: false });
    let infohash = hajime_infohash(28, 11, 2025, 5, 331);
    let compact = [198, 51, 100, 9, 0x1a, 0xe1];
    for secret in [
        &b"198.51"[..],
        b"6881",
        b"node.example",
        b"88888888",
        b"38383838",
        b"metadata_size",
        &compact,
        &compact[..4],
        &infohash,
        data_encoding::HEXLOWER.encode(&infohash).as_bytes(),
    ] {
        let found = file.windows(secret.len()).any(|bytes| bytes == secret);
        assert!(!found, "{:?} is in it", String::from_utf8_lossy(secret));
    }
    let peers: Vec<&str> =
        contents.records.iter().filter_map(|record| record.peer.as_deref()).collect();
    assert!(peers[0].starts_with("dht://ip-") && peers[3].starts_with("dht://host-"), "{peers:?}");
    assert_eq!((peers[0], contents.records[0].address.as_ref()), (peers[2], None));
    let masked = contents.records[1].reply_masked.as_deref().expect("what masking left");
    assert!(masked.contains(r#""id":"id-"#) && masked.contains(r#""address":"ip-"#), "{masked}");
}

#[test]
fn a_signal_found_on_the_screen_names_nobody_in_a_case_that_hides_addresses() {
    let (_, contents) = kept(Keeps::ALL);
    let mut cards = signals::find(&signals::rounds(&contents.records), &signals::built_in());
    let mut card = cards.remove(0);
    card.members = vec![NODE.to_owned()];
    card.seen = format!("{NODE} and its prefix 198.51.100.0/24: 47 bytes, 0a1b2c3d…; odd");
    card.id = "one-content@1/dht/PING/0a1b2c3d".to_owned();
    card.replies = vec![ContentId::of_bytes(b"x").to_string(), "05".repeat(32)];
    let hides = |addresses| Entries::new(Keeps { addresses, bytes: false }, Mask::new([9; 32]));
    assert_eq!(hides(true).card(&card), card);
    let masked = hides(false).card(&card);
    let text = serde_json::to_string(&masked).expect("JSON");
    for secret in ["198.51", "0a1b2c3d", &card.replies[0], &card.replies[1]] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let last = masked.id.rsplit('/').next().expect("an end");
    assert!(masked.seen.contains(&format!(" {last}…; odd")), "still the same for the same: {text}");
    let (_, hidden) = kept(Keeps { addresses: false, bytes: false });
    let reply = &hidden.records[1];
    assert_eq!(reply.peer.as_ref(), masked.members.first());
    assert_eq!(reply.content.as_ref(), masked.replies.first(), "it rests on this reply");
}
