#![allow(clippy::disallowed_methods)] // an origin for virtual time

use std::time::{Duration, Instant, UNIX_EPOCH};

use bytes::Bytes;
use swarmscope_peer::crawler::decode_reply;
use swarmscope_peer::node::{Event, Origin, Reply, Ticket};
use swarmscope_probes::Statistics;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{ChannelId, ErrorByte, Frequency, MessageId, Sha256Sum};

use super::*;
use crate::input::{Change, Input};
use crate::many::groups::MOST_KEPT;
use crate::many::pace::{Pace, Rate};
use crate::many::plan::{Plan, Request};
use crate::now::Now;
use crate::settings::Settings;

const MESSAGE: MessageId = MessageId::DATABASE_QUERY;

fn permid(n: usize) -> Permid {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&(n as u64).to_be_bytes());
    Permid::Ed25519(key)
}

/// Peers that all answered, each something else; facts that keep so many of their replies.
struct Asked {
    facts: Facts,
    campaign: Campaign,
    registry: Registry,
}

impl Asked {
    fn new(peers: usize, replies: usize) -> Self {
        let registry = swarmscope_probes::registry(Statistics::empty());
        let now = Now { instant: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(1) };
        let pace = Pace { rate: Rate::parse("200").unwrap(), waiting: peers };
        let plan = Plan::of_targets(
            MESSAGE,
            Frequency::DEFAULT,
            Bytes::from_static(b"SELECT 1"),
            pace,
            (0..peers).map(permid),
        );
        let campaign = Campaign::new(plan, now);
        let facts = Facts::new(Settings { replies, ..Settings::default() });
        let mut asked = Self { facts, campaign, registry };
        for n in 0..peers {
            asked.ask(n, Now { instant: now.instant + Duration::from_secs(n as u64), ..now });
        }
        asked
    }

    fn ask(&mut self, n: usize, now: Now) {
        let (ticket, channel) = (Ticket(n as u64), ChannelId(1));
        let Some(Request::Overlay(ask)) = self.campaign.send(now) else { panic!("it is due") };
        let (permid, frequency, payload) = (ask.to, ask.frequency, ask.payload.clone());
        self.told(now, Input::Asked(ask, ticket));
        let origin = Origin::Operator;
        self.told(
            now,
            Event::Sent { ticket, permid, message: MESSAGE, channel, frequency, payload, origin }
                .into(),
        );
        self.told(
            now,
            Event::Reply(Reply {
                ticket,
                permid,
                message: MESSAGE,
                channel,
                error: ErrorByte::SUCCESS,
                payload: reply(n),
                parts: 1,
                elapsed: Duration::from_millis(4),
                dialled_back: false,
            })
            .into(),
        );
    }

    fn told(&mut self, now: Now, input: Input) {
        self.campaign.see(now, &input);
        for change in self.facts.fold(now, input) {
            if let Change::ToDecode { permid, ticket, message, error, payload } = change {
                let decoding = decode_reply(&self.registry, message, error, &payload);
                self.told(now, Input::Decoded { permid, ticket, decoding });
            }
        }
    }

    fn export<T>(&self, raw: bool, write: impl FnOnce(Export<'_>) -> T) -> T {
        let naming = Naming { privacy: false, mask: Mask::new([1; 32]) };
        let (notes, own) = (Notes::default(), [permid(999)]);
        write(Export {
            facts: &self.facts,
            naming: &naming,
            notes: &notes,
            registry: &self.registry,
            program: "swarmscope 1.2.3",
            own: &own,
            raw,
        })
    }

    fn lines(&self, raw: bool) -> Vec<serde_json::Value> {
        let rows = self.campaign.rows().iter();
        let text = self.export(raw, |export| export.many(&self.campaign, rows, Format::JsonLines));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A reply in encoding "a": one row with one text, for each peer another one.
fn reply(n: usize) -> Bytes {
    let text = format!("answer {n}");
    format!("a1l1t{}s{text}", text.len()).into()
}

#[test]
fn where_too_many_kinds_came_the_sample_is_said_to_be_dropped() {
    let asked = Asked::new(MOST_KEPT + 20, 4096);
    let lines = asked.lines(false);
    let without: Vec<_> = lines.iter().filter(|line| line["summary"].is_null()).collect();
    assert_eq!(without.len(), 20);
    for line in without {
        assert_eq!(line["dropped"], serde_json::json!(["summary"]), "{line}");
        assert_eq!(line["content"].as_str().map(str::len), Some(32));
        assert_eq!(line["reply_sha256"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn bytes_that_were_let_go_are_said_to_be_dropped_and_their_digest_stays() {
    let asked = Asked::new(10, 3);
    let lines = asked.lines(true);
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["reply_sha256"], Sha256Sum::of(&reply(n)).to_string(), "{line}");
        let kept = n >= 7;
        assert_eq!(line["reply_payload_base64"].is_string(), kept, "{line}");
        let dropped = line["dropped"].as_array().unwrap();
        assert_eq!(dropped.contains(&"reply_payload".into()), !kept, "{line}");
    }
    let peer = asked.facts.peer(&PeerKey::Permid(permid(0))).expect("it is known");
    let text = asked.export(true, |export| export.peer(peer, Format::JsonLines));
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["reply_sha256"], Sha256Sum::of(&reply(0)).to_string(), "{line}");
    for name in ["content", "summary", "reply_payload"] {
        assert!(line["dropped"].as_array().unwrap().contains(&name.into()), "{name}: {line}");
    }
}

#[test]
fn a_table_has_the_same_fields_under_the_same_names() {
    let asked = Asked::new(3, 10);
    let table = asked.export(true, |export| {
        export.many(&asked.campaign, asked.campaign.rows().iter(), Format::Csv)
    });
    let headings: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let line = &asked.lines(true)[0];
    let names: Vec<String> = headings.iter().map(|name| name.replace("_hex", "_base64")).collect();
    let mut expected: Vec<&String> = line.as_object().unwrap().keys().collect();
    let mut found: Vec<&String> = names.iter().collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(table.lines().count(), 4);
    assert!(table.contains(",1970-01-01T00:00:01.000000Z,"), "{table}");
}
