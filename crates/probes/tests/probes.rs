//! The original's own questions and replies, as they were recorded, against the probes: every reply
//! decodes to a typed value, and every question that the original's Crawler asks by itself is
//! answered.
#![allow(clippy::unwrap_used)] // a test's helpers may fail

#[path = "../../../tests/transcripts/mod.rs"]
mod transcripts;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use swarmscope_peer::crawler::{Asked, PeerView, Probe as _, Recipient};
use swarmscope_probes::Statistics;
use swarmscope_wire::auth::Response1;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::frame::{Frame, FrameId, FrameReader};
use swarmscope_wire::handshake::HANDSHAKE_LEN;
use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion, Permid};
use transcripts::Transcript;

/// The frames of this kind that one side sent.
fn bodies(segments: &[Vec<u8>], id: FrameId) -> Vec<Bytes> {
    let mut buffer = BytesMut::from(&segments.concat()[HANDSHAKE_LEN..]);
    let mut reader = FrameReader::new();
    reader.raise_limit();
    let frames: Vec<Frame> = std::iter::from_fn(|| reader.next(&mut buffer).unwrap()).collect();
    frames.into_iter().filter(|frame| frame.id == id).map(|frame| frame.body).collect()
}

/// The transcripts whose names begin with one of these.
fn recorded(names: &[&str]) -> impl Iterator<Item = Transcript> {
    let is_one =
        |transcript: &Transcript| names.iter().any(|name| transcript.name.starts_with(name));
    let found: Vec<_> = Transcript::all().into_iter().filter(is_one).collect();
    let is_kept = |transcript: &Transcript| {
        transcript.keys.iter().any(|it| it.dialler.exists() && it.acceptor.exists())
    };
    assert!(found.len() >= names.len() && found.iter().all(is_kept));
    found.into_iter()
}

/// All replies with error 0; those have one part each.
fn replies() -> Vec<(String, CrawlerReply)> {
    let of = |transcript: Transcript| {
        let replies = bodies(&transcript.acceptor, FrameId::CRAWLER_REPLY);
        replies
            .into_iter()
            .map(move |body| (transcript.name.clone(), CrawlerReply::decode(body).unwrap()))
    };
    let replies = recorded(&["a_", "f_", "o538_"]).flat_map(of);
    replies.filter(|(_, reply)| reply.error == ErrorByte::SUCCESS).collect()
}

#[test]
fn every_recorded_reply_is_a_typed_value() {
    let registry = swarmscope_probes::registry(Statistics::empty());
    let mut ids = Vec::new();
    for (name, reply) in replies() {
        let CrawlerReply { message, payload, parts_left, .. } = reply;
        assert!(parts_left.is_last());
        let decoding = swarmscope_peer::crawler::decode_reply(
            &registry,
            message,
            ErrorByte::SUCCESS,
            &payload,
        );
        let whose = format!("{name}, id {message}: {decoding:?}");
        assert_eq!(decoding.failed, None, "{whose}");
        assert!(decoding.decoded.notes.is_empty(), "{whose}");
        assert!(!decoding.decoded.summary.is_empty(), "{whose}");
        let json = &decoding.decoded.json;
        let is_right = match message {
            MessageId::DATABASE_QUERY => json[0][0] == "peer_count" || json[0][0] == "Video",
            MessageId::SEEDINGSTATS_QUERY => *json == json!([[], null]),
            MessageId::NATCHECK => json["type"] == "Unknown" && json["code"] == -1,
            MessageId::FRIENDSHIP_STATS => *json == json!({ "current_time": 0, "stats": [] }),
            MessageId::NATTRAVERSAL => json.to_string().contains("eee6EzwVLiJXT85BnTOp501"),
            MessageId::PUNCTURE_QUERY => {
                json["crawled_at"].as_f64().unwrap() > 1.79e9 && json["lines"] == json!([])
            }
            MessageId::CHANNEL_QUERY => *json == json!([]) || *json == json!([[1]]),
            MessageId::VIDEOPLAYBACK_EVENT_QUERY
            | MessageId::REPEX_QUERY
            | MessageId::USEREVENTLOG_QUERY => *json == json!([]),
            other => panic!("{other}"),
        };
        assert!(is_right, "{whose}");
        ids.push((message.0, payload.first() == Some(&b'a')));
    }
    ids.sort_unstable();
    ids.dedup();
    let newer = [1, 8, 10, 11].map(|id| (id, true));
    let older = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11].map(|id| (id, false));
    let mut expected = [&newer[..], &older].concat();
    expected.sort_unstable();
    assert_eq!(ids, expected, "both generations are there; no recorded peer had a table for id 6");
}

/// What the original's Crawler asked by itself, of peers that had all ids.
#[tokio::test]
async fn every_question_of_the_original_is_answered() {
    let registry = swarmscope_probes::registry(Statistics::empty());
    let mut ids = Vec::new();
    for transcript in recorded(&["a_all", "o538_original"]) {
        for body in bodies(&transcript.dialler, FrameId::CRAWLER_REQUEST) {
            let CrawlerRequest { message, payload, .. } = CrawlerRequest::decode(body).unwrap();
            let probe = registry.get(message).unwrap();
            let asked = Asked {
                from: Permid::Sect233k1([1; 60]),
                version: OverlayVersion(17),
                payload: payload.clone(),
            };
            let answer =
                registry.probe(message).unwrap().answer(asked, &PeerView { listening: None }).await;
            assert_eq!(
                answer.error,
                ErrorByte::SUCCESS,
                "{message}: {:?} {:?}",
                payload,
                answer.payload
            );
            let decoded = probe.decode(&answer.payload).unwrap();
            assert!(!matches!(decoded.json, Value::Null), "{message}");
            ids.push(message.0);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, [1, 2, 3, 4, 7, 8, 9, 10, 11]);
}

/// DATABASE's default is the original's, with the asked peer's permid where the original puts it.
#[test]
fn the_default_of_database_is_the_original_s_byte_by_byte() {
    let registry = swarmscope_probes::registry(Statistics::empty());
    let probe = registry.get(MessageId::DATABASE_QUERY).unwrap();
    let mut compared = 0;
    for transcript in recorded(&["a_original", "o538_original", "c_original"]) {
        let response = bodies(&transcript.acceptor, FrameId::RESPONSE1).remove(0);
        let permid = Some(Response1::decode(&response).unwrap().permid);
        for body in bodies(&transcript.dialler, FrameId::CRAWLER_REQUEST) {
            let request = CrawlerRequest::decode(body).unwrap();
            if request.message == MessageId::DATABASE_QUERY {
                let to = Recipient { permid, version: OverlayVersion(17) };
                assert_eq!(probe.initiate(&to), request.payload, "{}", transcript.name);
                compared += 1;
            }
        }
    }
    assert!(compared >= 3, "{compared}");
}

/// What is sent where nobody writes a payload is what the original sends; but for two ids, which
/// say why in their docs.
#[test]
fn defaults_are_the_original_s() {
    let registry = swarmscope_probes::registry(Statistics::empty());
    let others =
        [MessageId::DATABASE_QUERY, MessageId::CHANNEL_QUERY, MessageId::VIDEOPLAYBACK_EVENT_QUERY];
    for transcript in recorded(&["a_all", "o538_original"]) {
        for body in bodies(&transcript.dialler, FrameId::CRAWLER_REQUEST) {
            let CrawlerRequest { message, frequency, payload, .. } =
                CrawlerRequest::decode(body).unwrap();
            let probe = registry.get(message).unwrap();
            assert_eq!(probe.default_frequency(), frequency, "{message}");
            if !others.contains(&message) {
                assert_eq!(probe.initiate(&OverlayVersion(17).into()), payload, "{message}");
            }
        }
    }
}
