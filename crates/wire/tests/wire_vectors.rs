//! Every transcript of the original client is read, whatever the split of the stream; each message
//! is written again from its typed value to the same bytes; replies decode; signatures verify.

#![allow(clippy::disallowed_methods)] // tests read files and run programs
#![allow(clippy::unwrap_used)] // a test's helpers may fail

#[path = "../../../tests/transcripts/mod.rs"]
mod transcripts;

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use swarmscope_wire::anatomy;
use swarmscope_wire::auth::{Challenge, Response1, Response2};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest, PART_SIZE, parts};
use swarmscope_wire::frame::{Frame, FrameId, FrameReader};
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, HandshakeError, Swarm};
use swarmscope_wire::trace::{Kind, cut};
use swarmscope_wire::{ErrorByte, MessageId, bencode, encoding_a, formats, inflate, pickle};
use transcripts::Transcript;

/// What one side of a connection sent.
struct Side {
    name: String,
    handshake: Handshake,
    frames: Vec<Frame>,
    empty_frames: u64,
}

/// Reads what one side sent, cut into `segments`.
fn read_side<'a>(
    name: &str,
    segments: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Side, HandshakeError> {
    let mut buffer = BytesMut::new();
    let (mut handshake, mut reader, mut frames) = (None, FrameReader::new(), Vec::new());
    for segment in segments {
        buffer.extend_from_slice(segment);
        if handshake.is_none() {
            Handshake::check_prefix(&buffer)?;
            if buffer.len() < HANDSHAKE_LEN {
                continue;
            }
            let bytes = buffer.split_to(HANDSHAKE_LEN);
            handshake = Some(Handshake::decode(bytes[..].try_into().unwrap())?);
        }
        while let Some(frame) = reader.next(&mut buffer).unwrap() {
            if [FrameId::RESPONSE1, FrameId::RESPONSE2].contains(&frame.id) {
                reader.raise_limit();
            }
            frames.push(frame);
        }
    }
    assert!(buffer.is_empty(), "{name}: {} bytes are left over", buffer.len());
    Ok(Side {
        name: name.into(),
        handshake: handshake.unwrap(),
        frames,
        empty_frames: reader.empty_frames,
    })
}

/// What one side sent, joined.
fn stream(segments: &[Vec<u8>]) -> Vec<u8> {
    segments.concat()
}

/// Both sides of a connection that went past its handshakes, and what was sent.
fn conversations() -> Vec<(Transcript, Side, Side)> {
    let read = |transcript: Transcript| {
        let side = |from: &str, segments: &[Vec<u8>]| {
            read_side(&format!("{} {from}", transcript.name), segments.iter().map(Vec::as_slice))
                .ok()
        };
        let dialler =
            side("dialler", &transcript.dialler).filter(|side| !side.frames.is_empty())?;
        let acceptor =
            side("acceptor", &transcript.acceptor).filter(|side| !side.frames.is_empty())?;
        Some((transcript, dialler, acceptor))
    };
    Transcript::all().into_iter().filter_map(read).collect()
}

fn all_sides() -> Vec<Side> {
    conversations().into_iter().flat_map(|(_, dialler, acceptor)| [dialler, acceptor]).collect()
}

/// A whole reply: what its parts say, joined.
struct Reply {
    name: String,
    message: MessageId,
    error: ErrorByte,
    payload: Vec<u8>,
}

fn replies() -> Vec<Reply> {
    let mut replies = Vec::new();
    for side in all_sides() {
        let mut open: BTreeMap<(u8, u8), Vec<u8>> = BTreeMap::new();
        for frame in side.frames.iter().filter(|frame| frame.id == FrameId::CRAWLER_REPLY) {
            let part = CrawlerReply::decode(frame.body.clone()).unwrap();
            let key = (part.message.0, part.channel.0);
            open.entry(key).or_default().extend_from_slice(&part.payload);
            if part.parts_left.is_last() {
                let payload = open.remove(&key).unwrap();
                replies.push(Reply {
                    name: side.name.clone(),
                    message: part.message,
                    error: part.error,
                    payload,
                });
            }
        }
        assert!(open.is_empty(), "{}: a reply has no last part", side.name);
    }
    replies
}

/// Peers that followed a script sent parts of their own making, and payloads that are no encoding.
fn is_scripted(name: &str) -> bool {
    ["k_error_in_last_part_only", "k_parts_interleaved"].iter().any(|start| name.starts_with(start))
}

#[test]
fn all_transcripts_are_there() {
    let all = Transcript::all();
    assert_eq!(all.len(), 34);
    assert_eq!(conversations().len(), 29);
    assert!(all.iter().all(|transcript| !transcript.dialler.is_empty()));
    let keys = all.iter().filter_map(|transcript| transcript.keys.as_ref());
    assert_eq!(keys.filter(|keys| keys.dialler.exists() && keys.acceptor.exists()).count(), 29);
}

#[test]
fn a_watched_stream_is_all_its_bytes_and_every_one_has_a_field() {
    let mut kinds = BTreeMap::new();
    for transcript in Transcript::all() {
        for stream in [stream(&transcript.dialler), stream(&transcript.acceptor)] {
            let pieces = cut(&stream, 1_000_000);
            assert_eq!(pieces, cut(&stream, 1_447), "{}", transcript.name);
            assert_eq!(pieces.iter().map(|piece| piece.length).sum::<u64>(), stream.len() as u64);
            for piece in &pieces {
                let fields = anatomy::fields(piece);
                let named: usize = fields.iter().map(|field| field.range.len()).sum();
                let brackets = piece.bytes.len() - named;
                assert!(
                    brackets <= 2,
                    "{}: {brackets} bytes of {:?} are no field's",
                    transcript.name,
                    piece.kind
                );
                assert!(
                    !fields.iter().any(|field| field.name.starts_with("not a"))
                        || !piece.whole
                        || brackets == 0
                );
                *kinds.entry(format!("{:?}", piece.kind)).or_insert(0) += 1;
            }
        }
    }
    let count = |kind: Kind| kinds.get(&format!("{kind:?}")).copied().unwrap_or(0);
    assert_eq!(
        (
            count(Kind::Handshake),
            count(Kind::KeepAlive),
            count(Kind::Frame(FrameId::CRAWLER_REPLY))
        ),
        (64, 2, 89)
    );
}

#[test]
fn handshakes_are_read_and_written_or_refused_with_the_reason() {
    let (mut refused, mut returning) = (Vec::new(), Vec::new());
    for transcript in Transcript::all() {
        for sent in [stream(&transcript.dialler), stream(&transcript.acceptor)] {
            let Some(bytes) = sent.first_chunk::<HANDSHAKE_LEN>() else {
                assert!(sent.is_empty(), "{}: {} bytes", transcript.name, sent.len());
                continue;
            };
            match Handshake::decode(bytes) {
                Ok(handshake) => {
                    assert_eq!(&handshake.encode(), bytes, "{}", transcript.name);
                    let ours = Handshake::new(handshake.peer_id);
                    let ours =
                        if handshake.swarm == Swarm::Return { ours.for_return() } else { ours };
                    assert_eq!(ours, handshake, "{}", transcript.name);
                    if handshake.swarm == Swarm::Return {
                        returning.push(transcript.name.clone());
                    }
                }
                Err(error) => refused.push((transcript.name.clone(), error)),
            }
        }
    }
    let wrong = "h_wrong_infohash.jsonl connection 1".to_owned();
    assert_eq!(refused, [(wrong, HandshakeError::Infohash)]);
    // A connectability test, whose infohash ends in 1.
    assert_eq!(returning, ["m_full_clients_both.jsonl connection 2"]);
}

#[test]
fn any_split_of_the_stream_gives_the_same_frames() {
    for (transcript, dialler, acceptor) in conversations() {
        for (side, segments) in [(dialler, &transcript.dialler), (acceptor, &transcript.acceptor)] {
            let whole = stream(segments);
            for size in [1, 3, 47, 48, 1000, 40_000, whole.len()] {
                let split = read_side(&side.name, whole.chunks(size)).unwrap();
                assert_eq!(split.frames, side.frames, "{} in pieces of {size}", side.name);
                assert_eq!(split.handshake, side.handshake);
                assert_eq!(split.empty_frames, side.empty_frames);
            }
        }
    }
}

#[test]
fn frames_are_written_to_the_same_bytes() {
    for (transcript, dialler, acceptor) in conversations() {
        for (side, segments) in [(dialler, &transcript.dialler), (acceptor, &transcript.acceptor)] {
            let mut sent = &stream(segments)[HANDSHAKE_LEN..];
            let mut empty_frames = 0;
            for frame in &side.frames {
                while let Some(rest) = sent.strip_prefix(&[0; 4]) {
                    sent = rest;
                    empty_frames += 1;
                }
                sent = sent
                    .strip_prefix(&frame.encode()[..])
                    .unwrap_or_else(|| panic!("{}: {}", side.name, frame.id));
            }
            assert!(sent.is_empty(), "{}", side.name);
            assert_eq!(empty_frames, side.empty_frames, "{}", side.name);
        }
    }
}

#[test]
fn messages_are_written_from_their_values_to_the_same_bytes() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for side in all_sides() {
        for frame in side.frames {
            *counts.entry(frame.id.to_string()).or_default() += 1;
            let written = match frame.id {
                FrameId::CHALLENGE => Challenge::decode(&frame.body).unwrap().encode(),
                FrameId::RESPONSE1 => Response1::decode(&frame.body).unwrap().encode(),
                FrameId::RESPONSE2 => Response2::decode(&frame.body).unwrap().encode(),
                FrameId::CRAWLER_REQUEST => {
                    CrawlerRequest::decode(frame.body.clone()).unwrap().encode()
                }
                FrameId::CRAWLER_REPLY => {
                    CrawlerReply::decode(frame.body.clone()).unwrap().encode()
                }
                FrameId::KEEP_ALIVE => Frame { id: FrameId::KEEP_ALIVE, body: Bytes::new() },
                _ => continue, // taken and dropped: there is no value
            };
            assert_eq!(written, frame, "{}: {}", side.name, frame.id);
        }
    }
    let expected = [
        ("CHALLENGE", 29),
        ("CRAWLER_REPLY", 89),
        ("CRAWLER_REQUEST", 83),
        ("DIALBACK_REQUEST", 2),
        ("KEEP_ALIVE", 1),
        ("RESPONSE1", 29),
        ("RESPONSE2", 29),
        ("SOCIAL_OVERLAP", 2),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn replies_are_cut_into_the_parts_that_the_original_sent() {
    let mut longest = 0;
    for side in all_sides().into_iter().filter(|side| !is_scripted(&side.name)) {
        let sent: Vec<_> =
            side.frames.into_iter().filter(|frame| frame.id == FrameId::CRAWLER_REPLY).collect();
        let received: Vec<_> =
            sent.iter().map(|frame| CrawlerReply::decode(frame.body.clone()).unwrap()).collect();
        let mut cut = Vec::new();
        for reply in received.chunk_by(|part, _| !part.parts_left.is_last()) {
            let payload: Vec<u8> = reply.iter().flat_map(|part| part.payload.clone()).collect();
            longest = longest.max(payload.len());
            cut.extend(
                parts(reply[0].message, reply[0].channel, reply[0].error, payload.into())
                    .map(|part| part.encode()),
            );
        }
        assert_eq!(cut, sent, "{}", side.name);
    }
    assert!(longest > 3 * PART_SIZE);
}

#[test]
fn replies_decode_and_are_written_again() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reply in replies()
        .iter()
        .filter(|reply| reply.error == ErrorByte::SUCCESS && !is_scripted(&reply.name))
    {
        let (name, payload) = (&reply.name, &reply.payload[..]);
        let format = match reply.message {
            _ if payload.starts_with(b"\x80\x02") => check_pickle(name, payload),
            MessageId::NATCHECK | MessageId::FRIENDSHIP_STATS | MessageId::NATTRAVERSAL => {
                check_bencode(name, payload)
            }
            MessageId::PUNCTURE_QUERY => check_log(name, payload),
            MessageId::VIDEOPLAYBACK_EVENT_QUERY => check_pickle(name, &inflated(payload)),
            _ => check_a(name, payload),
        };
        *counts.entry(format).or_default() += 1;
    }
    assert_eq!(counts, BTreeMap::from([("a", 29), ("bencode", 10), ("pickle", 12), ("text", 4)]));
}

fn check_a(name: &str, payload: &[u8]) -> &'static str {
    let parsed =
        encoding_a::decode_spanned(payload).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(parsed.value.encode(), payload, "{name}");
    assert_eq!(parsed.unsorted_dicts, 0, "{name}");
    "a"
}

fn check_bencode(name: &str, payload: &[u8]) -> &'static str {
    let value = bencode::decode(payload).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(value.encode(), payload, "{name}");
    "bencode"
}

fn check_pickle(name: &str, payload: &[u8]) -> &'static str {
    let pickle = pickle::decode(payload).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(pickle.notes(), [], "{name}");
    assert!(matches!(pickle.item(pickle.root()).value, pickle::Value::List(_)), "{name}");
    "pickle"
}

fn check_log(name: &str, payload: &[u8]) -> &'static str {
    let text = String::from_utf8(inflated(payload)).unwrap();
    let time = text.strip_suffix(" CRAWL\n").unwrap_or_else(|| panic!("{name}: {text:?}"));
    assert!(time.parse::<f64>().is_ok(), "{name}: {text:?}");
    "text"
}

fn inflated(payload: &[u8]) -> Vec<u8> {
    let inflated = inflate::inflate(payload, inflate::MAX_OUTPUT).unwrap();
    assert_eq!(inflated.end, inflate::End::Whole);
    inflated.bytes
}

#[test]
fn every_payload_is_shown_in_its_format_without_notes() {
    let mut formats: BTreeMap<String, usize> = BTreeMap::new();
    for reply in replies() {
        let decoded = formats::decode(&reply.payload);
        assert_eq!(decoded.notes, [], "{} id {}: {}", reply.name, reply.message, decoded.summary);
        *formats.entry(decoded.format).or_default() += 1;
    }
    let expected = [
        ("a", 29),
        ("bencode", 10),
        ("pickle", 11),
        ("text", 24),
        ("zlib, pickle", 2),
        ("zlib, text", 4),
    ];
    assert_eq!(formats, expected.map(|(format, count)| (format.to_owned(), count)).into());
}

#[test]
fn bencoded_requests_are_written_again() {
    let mut count = 0;
    for side in all_sides() {
        for frame in side.frames.into_iter().filter(|frame| frame.id == FrameId::CRAWLER_REQUEST) {
            let request = CrawlerRequest::decode(frame.body).unwrap();
            let bencoded =
                [MessageId::FRIENDSHIP_STATS, MessageId::NATTRAVERSAL].contains(&request.message);
            if bencoded && &request.payload[..] != b"junk" {
                check_bencode(&side.name, &request.payload);
                count += 1;
            }
        }
    }
    assert_eq!(count, 5);
}

#[cfg(feature = "legacy")]
#[test]
fn every_signature_verifies_and_covers_what_it_must() {
    use swarmscope_wire::auth::signed_bytes;
    use swarmscope_wire::identity::{SignatureError, verify_legacy};

    for (transcript, dialler, acceptor) in conversations() {
        let Challenge(ours) = Challenge::decode(&dialler.frames[0].body).unwrap();
        let response1 = Response1::decode(&acceptor.frames[0].body).unwrap();
        let response2 = Response2::decode(&dialler.frames[1].body).unwrap();
        assert_eq!(response1.dialler, dialler.handshake.peer_id, "{}", transcript.name);
        assert_eq!(response2.acceptor, acceptor.handshake.peer_id, "{}", transcript.name);

        let by_acceptor = signed_bytes(&response1.nonce, &ours, &response1.dialler);
        let by_dialler = signed_bytes(&ours, &response1.nonce, &response2.acceptor);
        assert_eq!(
            verify_legacy(&response1.permid, &by_acceptor, &response1.signature),
            Ok(()),
            "{}",
            transcript.name
        );
        assert_eq!(
            verify_legacy(&response2.permid, &by_dialler, &response2.signature),
            Ok(()),
            "{}",
            transcript.name
        );
        assert_eq!(
            verify_legacy(&response1.permid, &by_dialler, &response1.signature),
            Err(SignatureError)
        );
        assert_eq!(
            verify_legacy(&response2.permid, &by_dialler, &response1.signature),
            Err(SignatureError)
        );
    }
}

#[cfg(feature = "legacy")]
#[test]
fn permids_are_those_of_the_keys() {
    use swarmscope_wire::identity::Key;

    let permid = |path| match Key::from_pem(&std::fs::read(path).unwrap()).unwrap() {
        Key::Sect233k1(key) => key.permid(),
        Key::Ed25519(_) => panic!("an Ed25519 key"),
    };
    for (transcript, dialler, acceptor) in conversations() {
        let keys = transcript.keys.unwrap();
        let response1 = Response1::decode(&acceptor.frames[0].body).unwrap();
        let response2 = Response2::decode(&dialler.frames[1].body).unwrap();
        assert_eq!(response1.permid, permid(keys.acceptor), "{}", transcript.name);
        assert_eq!(response2.permid, permid(keys.dialler), "{}", transcript.name);
    }
}
