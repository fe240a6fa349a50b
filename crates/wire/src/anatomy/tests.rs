use proptest::prelude::*;

use super::*;
use crate::auth::{Challenge, Hello, Response1, Response2};
use crate::crawler::{CrawlerReply, CrawlerRequest};
use crate::frame::Frame;
use crate::handshake::PeerId;
use crate::testing::gossip;
use crate::trace::cut;

const PERMID: Permid = Permid::Sect233k1([1; 60]);

fn handshake() -> [u8; HANDSHAKE_LEN] {
    Handshake::new(PeerId::new([1; 8], 7760, OverlayVersion(2), OverlayVersion(17))).encode()
}

/// The pieces of a stream that comes at once.
fn whole(stream: &[u8]) -> Vec<Piece> {
    cut(stream, usize::MAX)
}

/// The first piece behind a handshake.
fn piece(bytes: &[u8]) -> Piece {
    whole(&[&handshake()[..], bytes].concat()).remove(1)
}

fn of(frame: &Frame) -> Vec<Field> {
    fields(&piece(&frame.encode()))
}

fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| &field.name[..]).collect()
}

fn means<'a>(fields: &'a [Field], name: &str) -> &'a Means {
    &fields.iter().find(|field| field.name == name).expect("there").means
}

#[test]
fn a_handshake_byte_by_byte() {
    let handshake = &whole(&handshake())[0];
    let fields = fields(handshake);
    assert_eq!(
        names(&fields),
        ["length", "protocol", "reserved", "infohash", "client", "port", "lowest", "current"]
    );
    assert_eq!(fields.iter().map(|field| field.range.len()).sum::<usize>(), 68);
    assert_eq!(*means(&fields, "port"), Means::Port(7760));
    assert_eq!(*means(&fields, "current"), Means::Version(OverlayVersion(17)));
    let other = whole(&[b'H'; 68]);
    assert_eq!(names(&super::fields(&other[0])), ["not a handshake"]);
}

#[test]
fn the_crawler_messages_as_in_the_specification() {
    let request = CrawlerRequest {
        message: MessageId::DATABASE_QUERY,
        channel: ChannelId(0x91),
        frequency: Frequency(3600),
        payload: b"SELECT 1"[..].into(),
    };
    let fields = of(&request.encode());
    assert_eq!(names(&fields), ["length", "frame", "message", "channel", "frequency", "payload"]);
    assert_eq!(*means(&fields, "frequency"), Means::Frequency(Frequency(3600)));
    assert_eq!((means(&fields, "payload"), &fields[5].range), (&Means::Payload(8), &(9..17)));

    let reply = CrawlerReply {
        message: MessageId::DATABASE_QUERY,
        channel: ChannelId(0x91),
        parts_left: PartsLeft(2),
        error: ErrorByte::SUCCESS,
        payload: vec![b'a'; 32_768].into(),
    };
    let fields = of(&reply.encode());
    assert_eq!(
        names(&fields),
        ["length", "frame", "message", "channel", "parts left", "error", "payload"]
    );
    assert_eq!((means(&fields, "length"), fields[4].range.clone()), (&Means::Length(32_773), 7..8));
    assert_eq!(at(&fields, 7), Some(4));
    assert_eq!(at(&fields, 30_000), Some(6));

    let short =
        |body: &'static [u8]| of(&Frame { id: FrameId::CRAWLER_REQUEST, body: body.into() });
    assert_eq!(
        names(&short(b"\x01\x02\x03")),
        ["length", "frame", "message", "channel", "cut off"]
    );
    assert_eq!(names(&short(b"")), ["length", "frame"]);
}

#[test]
fn authentication_messages_by_their_keys() {
    let challenge = of(&Challenge(Box::new([7; 1024])).encode());
    assert_eq!(*means(&challenge, "random"), Means::Random(1024));
    let id = PeerId(*b"SW01--01234567\0\0\x07\0\x12\0");
    let response = Response1 {
        dialler: id,
        signature: vec![0x30; 71],
        permid: PERMID,
        nonce: Box::new([9; 1024]),
    }
    .encode();
    let fields = of(&response);
    assert_eq!(names(&fields), ["length", "frame", "B", "SA", "certA", "rA"]);
    assert_eq!(*means(&fields, "certA"), Means::Permid(PERMID));
    assert_eq!(*means(&fields, "SA"), Means::Signature(71));
    let response = Response2 { acceptor: id, signature: vec![0x30; 64], permid: PERMID }.encode();
    assert_eq!(names(&of(&response)), ["length", "frame", "A", "SB", "certB"]);
    let hello = Hello([7; 32]).encode();
    assert_eq!(names(&of(&hello)), ["length", "frame", "hash"]);
    let garbled = Frame { id: FrameId::RESPONSE1, body: b"l5:wronge"[..].into() };
    assert_eq!(names(&of(&garbled)), ["length", "frame", "not a dict"]);
}

#[test]
fn gossip_is_read_around_what_is_withheld() {
    let fields = of(&gossip());
    assert_eq!(*means(&fields, "taste buddies"), Means::Peers(2));
    assert_eq!(*means(&fields, "port"), Means::Port(7002));
    assert_eq!(*means(&fields, "services"), Means::Number(3));
    for name in ["name", "preferences", "collected torrents"] {
        assert!(matches!(means(&fields, name), Means::Withheld(_)), "{name}");
    }
}

#[test]
fn what_is_withheld_is_replaced_by_one_string_of_any_length() {
    for length in 2..3_000 {
        let mut place = vec![0; length];
        fill(&mut place);
        assert!(
            matches!(bencode::decode_lenient(&place).unwrap().value, Value::Bytes(_)),
            "{length}"
        );
    }
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn privacy_leaves_no_address_no_permid_and_no_signature() {
    let id = PeerId::new([1; 8], 7761, OverlayVersion(7), OverlayVersion(18));
    let response = Response1 {
        dialler: id,
        signature: vec![0x31; 71],
        permid: PERMID,
        nonce: Box::new([9; 1024]),
    };
    let reply = CrawlerReply {
        message: MessageId::NATCHECK,
        channel: ChannelId(1),
        parts_left: PartsLeft::LAST,
        error: ErrorByte::SUCCESS,
        payload: b"198.51.100.7"[..].into(),
    };
    let frames = [
        gossip(),
        response.encode(),
        reply.encode(),
        Frame { id: FrameId(3), body: b"198.51.100.7"[..].into() },
    ];
    for frame in frames {
        let whole = piece(&frame.encode());
        let masked = whole.without_addresses();
        let secrets: [&[u8]; 6] = [
            b"198.51.100",
            b"7002",
            &PERMID.to_der()[10..],
            &[0x31; 10],
            &7761_u16.to_le_bytes(),
            &[3; 32],
        ];
        for secret in secrets {
            assert!(!holds(&masked.bytes, secret), "{secret:?} in {frame:?}");
        }
        assert_eq!((masked.bytes.len(), masked.length), (whole.bytes.len(), whole.length));
        assert_eq!(names(&fields(&masked)), names(&fields(&whole)), "it is read as before");
        assert_eq!(masked.without_addresses(), masked);
    }
    let odd = Frame { id: FrameId::RESPONSE1, body: b"d12:198.51.100.71:x1:B2:aae"[..].into() };
    let masked = piece(&odd.encode()).without_addresses();
    assert!(!holds(&masked.bytes, b"198.51"), "in a key");
    assert_eq!(names(&fields(&masked)), ["length", "frame", "key", "value", "B"]);
    let first = whole(&handshake()).remove(0).without_addresses();
    assert!(!holds(&first.bytes, &7760_u16.to_le_bytes()));
}

proptest! {
    #[test]
    fn fields_never_overlap_nor_leave_the_piece(
        id in prop_oneof![Just(252_u8), Just(251), Just(249), Just(231), Just(232), Just(253), any::<u8>()],
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "(d(1:[a-f](i[0-9]e|2:aa|l1:ae)){0,4}e?.{0,3})".prop_map(String::into_bytes),
        ],
        cut in 0..90_usize,
    ) {
        let bytes = Frame { id: FrameId(id), body: body.into() }.encode();
        let piece = piece(&bytes[..cut.clamp(1, bytes.len())]);
        for piece in [piece.without_addresses(), piece] {
            let fields = fields(&piece);
            let mut end = 0;
            for field in &fields {
                prop_assert!(field.range.start >= end && field.range.end <= piece.bytes.len());
                end = field.range.end;
                prop_assert!(field.value.start >= field.range.start && field.value.end <= field.range.end);
            }
            prop_assert!(!fields.is_empty());
        }
    }
}
