use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::frame::Frame;
use crate::handshake::{Handshake, PeerId};
use crate::ids::OverlayVersion;
use crate::testing::gossip;

fn handshake() -> [u8; HANDSHAKE_LEN] {
    Handshake::new(PeerId::new([1; 8], 7759, OverlayVersion(2), OverlayVersion(17))).encode()
}

fn frame(id: u8, body: &[u8]) -> Bytes {
    Frame { id: FrameId(id), body: Bytes::copy_from_slice(body) }.encode()
}

fn kinds(pieces: &[Piece]) -> Vec<Kind> {
    pieces.iter().map(|piece| piece.kind).collect()
}

#[test]
fn a_stream_is_its_handshake_and_its_frames() {
    let request = frame(232, b"\x03\x91\x0e\x10");
    let stream = [&handshake()[..], &request, &[0; 4], &frame(240, b"")].concat();
    for step in [1, 7, 68, 1000] {
        let pieces = cut(&stream, step);
        let expected = [
            Kind::Handshake,
            Kind::Frame(FrameId::CRAWLER_REQUEST),
            Kind::KeepAlive,
            Kind::Frame(FrameId::KEEP_ALIVE),
        ];
        assert_eq!(kinds(&pieces), expected, "{step}");
        assert!(pieces.iter().all(Piece::is_complete));
        assert_eq!(pieces[1].bytes, request);
        assert_eq!(pieces[1].body(), b"\x03\x91\x0e\x10");
    }
}

#[test]
fn what_comes_behind_a_handshake_is_nobody_s_until_it_is_known_what_follows() {
    let (mut cutter, mut pieces) = (Cutter::default(), Vec::new());
    cutter.push(&[&handshake()[..], b"\x16\x03\x01 a TLS hello"].concat(), &mut pieces);
    assert_eq!(kinds(&pieces), [Kind::Handshake]);
    cutter.tls();
    cutter.push(&frame(216, &[7; 32]), &mut pieces);
    cutter.end(&mut pieces);
    assert_eq!(kinds(&pieces), [Kind::Handshake, Kind::Frame(FrameId::HELLO)]);
}

#[test]
fn a_stream_that_ends_early_leaves_what_it_had() {
    let pieces = cut(b"HTTP/1.1 400 Bad Request\r\n\r\n", 9);
    assert_eq!((kinds(&pieces), pieces[0].whole, pieces[0].length), (vec![Kind::Scrap], false, 28));
    let stream = [&handshake()[..], &frame(231, &[1; 100])[..50]].concat();
    let pieces = cut(&stream, 1000);
    assert_eq!(kinds(&pieces), [Kind::Handshake, Kind::Frame(FrameId::CRAWLER_REPLY)]);
    assert_eq!((pieces[1].whole, pieces[1].length, pieces[1].bytes.len()), (false, 50, 50));
    assert_eq!(kinds(&cut(&[&handshake()[..], &[0, 0]].concat(), 1000))[1], Kind::Scrap);
}

#[test]
fn a_long_frame_is_counted_whole_and_kept_in_part() {
    let stream = [&handshake()[..], &frame(231, &vec![1; 300_000]), &frame(240, b"")].concat();
    let pieces = cut(&stream, 16 * 1024);
    assert_eq!((pieces[1].bytes.len(), pieces[1].length), (KEPT, 300_005));
    assert!(pieces[1].whole && !pieces[1].is_complete());
    assert_eq!(pieces[2].kind, Kind::Frame(FrameId::KEEP_ALIVE));
}

#[test]
fn a_frame_that_announces_gigabytes_takes_no_memory_for_them() {
    let (mut cutter, mut pieces) = (Cutter::default(), Vec::new());
    cutter.push(&handshake(), &mut pieces);
    cutter.settle(&mut pieces);
    cutter.push(&[0xff, 0xff, 0xff, 0xff, 231], &mut pieces);
    for _ in 0..100 {
        cutter.push(&[9; 16 * 1024], &mut pieces);
    }
    assert!(cutter.head.capacity() <= 2 * KEPT);
    cutter.end(&mut pieces);
    assert_eq!((pieces[1].length, pieces[1].bytes.len()), (5 + 100 * 16 * 1024, KEPT));
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = body.windows(from.len()).position(|window| window == from).expect("there");
    [&body[..at], to, &body[at + from.len()..]].concat()
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn what_people_call_themselves_and_share_is_blanked_at_once() {
    let body = replaced(&gossip().body, b"4:name0:", b"4:name9:Alice Doe");
    let body = replaced(&body, b"11:preferencesle", b"11:preferencesl20:aaaaaaaaaaaaaaaaaaaae");
    let stream = [&handshake()[..], &frame(249, &body)].concat();
    let piece = &cut(&stream, 50)[1];
    assert!(!holds(&piece.bytes, b"Alice") && !holds(&piece.bytes, b"aaaa"));
    assert!(
        holds(&piece.bytes, b"198.51.100.7") && holds(&piece.bytes, b"4:name"),
        "the rest stays"
    );
    assert_eq!(piece.withheld.len(), 3);
    assert!(
        piece.withheld.iter().all(|range| piece.bytes[range.clone()].iter().all(|byte| *byte == 0))
    );
}

#[test]
fn a_message_that_can_t_be_read_is_blanked_whole() {
    let body = replaced(&gossip().body, b"4:name0:", b"4:name9:Alice Doe");
    for broken in [&body[..body.len() - 1], &[&body[..], b"4:name5:Alice"].concat(), b"Alice"] {
        let piece = &cut(&[&handshake()[..], &frame(249, broken)].concat(), 1000)[1];
        assert!(piece.body().iter().all(|byte| *byte == 0), "{piece:?}");
        assert_eq!(piece.withheld.first(), Some(&(HEADER_LEN..piece.bytes.len())));
    }
    let doubled = replaced(&body, b"6:nfiles", b"4:name5:Alice6:nfiles");
    assert!(!holds(
        &cut(&[&handshake()[..], &frame(249, &doubled)].concat(), 1000)[1].bytes,
        b"Alice"
    ));
    let unfinished = &cut(&[&handshake()[..], &frame(249, &body)[..60]].concat(), 1000)[1];
    assert!(unfinished.body().iter().all(|byte| *byte == 0));
}

#[test]
fn of_the_field_s_other_messages_the_length_is_kept_and_of_unknown_ones_the_bytes() {
    for (id, shown) in [
        (238, false),
        (239, false),
        (234, false),
        (248, false),
        (244, true),
        (243, true),
        (3, true),
    ] {
        let piece = &cut(&[&handshake()[..], &frame(id, b"secret")].concat(), 1000)[1];
        assert_eq!(piece.body() == b"secret", shown, "{id}");
        assert_eq!((piece.length, piece.is_complete()), (11, shown));
    }
}

proptest! {
    #[test]
    fn every_byte_is_in_one_piece_however_the_stream_is_split(
        bodies in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..8),
        step in 1..90_usize,
        lost in 0..60_usize,
    ) {
        let frames = bodies.iter().map(|(id, body)| frame(*id, body)).collect::<Vec<_>>().concat();
        let stream = [&handshake()[..], &frames].concat();
        let stream = &stream[..stream.len() - lost.min(stream.len())];
        let pieces = cut(stream, step);
        prop_assert_eq!(pieces.iter().map(|piece| piece.length).sum::<u64>(), stream.len() as u64);
        prop_assert_eq!(&pieces, &cut(stream, stream.len().max(1)));
        let (mut at, mut broken) = (0, 0);
        for piece in &pieces {
            let original = &stream[at..at + piece.bytes.len()];
            at += piece.bytes.len();
            broken += usize::from(!piece.whole);
            let seen = |i: usize| piece.withheld.iter().all(|range| !range.contains(&i));
            prop_assert!(piece.bytes.iter().zip(original).enumerate().all(|(i, (one, other))| !seen(i) || one == other));
        }
        prop_assert!(broken <= 1);
    }

    #[test]
    fn no_stream_makes_it_panic(stream in proptest::collection::vec(any::<u8>(), 0..300), step in 1..90_usize) {
        let pieces = cut(&[&handshake()[..], &stream].concat(), step);
        prop_assert_eq!(pieces.iter().map(|piece| piece.length).sum::<u64>(), 68 + stream.len() as u64);
    }
}
