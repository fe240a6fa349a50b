//! Vectors, both sides of the encryption back to back, and properties over any bytes.

use proptest::prelude::*;
use proptest::sample::Index;

use super::extension::ExtensionHandshake;
use super::frame::{MAX_EXTENDED, MAX_FRAME, TooLong, extended};
use super::handshake::{HANDSHAKE_LEN, PLAIN};
use super::mse::diffie_hellman::SecretKey;
use super::mse::rc4::Cipher;
use super::mse::{Established, Initiator, MseError, Responder, Step};
use super::pex::Flags;
use super::utp::{Packet, PacketType, UtpError};
use super::*;

const INFOHASH: [u8; 20] = *b"an infohash of tests";

#[test]
fn a_handshake_is_read_and_written_and_its_infohash_is_not_printed() {
    let handshake = Handshake {
        reserved: Reserved::OURS,
        infohash: Infohash(INFOHASH),
        peer_id: *b"-TR3000-abcdefghijkl",
    };
    let bytes = handshake.encode();
    assert_eq!(Handshake::decode(&bytes), Ok(handshake));
    assert!(
        handshake.reserved.extensions()
            && !handshake.reserved.version_2()
            && !handshake.reserved.dht()
    );
    assert!(!format!("{handshake:?}").contains("97, 110, 32"));
    for at in 0..PLAIN.len() {
        let mut wrong: [u8; HANDSHAKE_LEN] = bytes;
        wrong[at] ^= 1;
        assert_eq!(Handshake::decode(&wrong).unwrap_err().at, at);
    }
}

#[test]
fn clients_are_named_by_their_letters() {
    let named = |id: &[u8; 20]| Client::of_peer_id(id).map(|client| client.to_string());
    let letters = super::client::letters;
    assert_eq!(
        ["qBittorrent", "libtorrent", "libTorrent", "Transmission", "uTorrent", "Nobody"]
            .map(letters),
        [Some("qB"), Some("LT"), Some("lt"), Some("TR"), Some("UT"), None]
    );
    assert_eq!(named(b"-TR3000-abcdefghijkl").as_deref(), Some("Transmission 3.0.0"));
    assert_eq!(named(b"-qB4520-abcdefghijkl").as_deref(), Some("qBittorrent 4.5.2"));
    assert_eq!(named(b"-lt0D80-abcdefghijkl").as_deref(), Some("libTorrent (rakshasa) 0.13.8"));
    assert_eq!(named(b"-ZZ1234-abcdefghijkl").as_deref(), Some("ZZ 1.2.3.4"));
    assert_eq!(
        named(b"A2-1-36-0-\xa1\x49\x9a\xf2\x9f\x0e\x48\x5a\x83\x19").as_deref(),
        Some("aria2 1.36.0")
    );
    assert_eq!(named(b"M7-9-x--abcdefghijkl"), None);
    assert_eq!(named(b"-\x1b[1234-abcdefghijkl"), None);
    let node = |v: &[u8]| Client::of_node(v).map(|client| client.to_string());
    assert_eq!(node(b"LT\x02\x08").as_deref(), Some("libtorrent 2.0.8"));
    assert_eq!(node(b"A2\0\x03").as_deref(), Some("aria2 0.3"));
    assert_eq!(node(b"\xff\xff\x02\x08"), None);
}

#[test]
fn extension_handshakes_keep_what_they_say() {
    let payload =
        b"d1:ei1e1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei211e1:pi51001e4:reqqi512e1:v17:Transmission 3.00e";
    let handshake = ExtensionHandshake::decode(payload).unwrap();
    assert_eq!(handshake.client.as_deref(), Some(&b"Transmission 3.00"[..]));
    assert_eq!((handshake.id_of("ut_pex"), handshake.id_of("ut_holepunch")), (Some(1), None));
    assert_eq!((handshake.request_queue, handshake.port), (Some(512), Some(51001)));
    assert_eq!(handshake.encode(), payload);
    assert!(ExtensionHandshake::decode(b"le").is_err());
    let off = ExtensionHandshake::decode(b"d1:md6:ut_pexi0eee").unwrap();
    assert_eq!(off.id_of("ut_pex"), None);
}

#[test]
fn a_piece_is_dropped_unread_and_its_bytes_are_counted() {
    let mut stream = vec![0, 0, 0, 0]; // keep-alive
    stream.extend([0, 0, 0x40, 9, 7]);
    stream.extend(vec![0xaa; 0x4008]);
    stream.extend([0, 0, 0, 1, 1]); // unchoke
    stream.extend([0, 0, 0, 3, 99, 1, 2]);
    stream.extend(extended(3, b"de"));
    let mut reader = FrameReader::default();
    for byte in &stream {
        reader.push(&[*byte]).unwrap();
    }
    let frames: Vec<_> = std::iter::from_fn(|| reader.next_frame()).collect();
    let dropped = |kind, bytes| Frame::Dropped { kind: Kind(kind), bytes };
    let kept = Frame::Extended { id: 3, payload: b"de".to_vec() };
    assert_eq!(frames, [Frame::KeepAlive, dropped(7, 0x4008), dropped(1, 0), dropped(99, 2), kept]);
    assert_eq!((Kind(7).name(), Kind(99).name()), (Some("piece"), None));
}

#[test]
fn frames_beyond_the_limits_are_dropped_or_end_the_stream() {
    let mut reader = FrameReader::default();
    let length = MAX_EXTENDED + 2;
    reader.push(&length.to_be_bytes()).unwrap();
    reader.push(&[20]).unwrap();
    reader.push(&vec![0; MAX_EXTENDED as usize + 1]).unwrap();
    assert_eq!(
        reader.next_frame(),
        Some(Frame::Dropped { kind: Kind::EXTENDED, bytes: MAX_EXTENDED + 1 })
    );
    let too_long = MAX_FRAME + 1;
    assert_eq!(reader.push(&[&too_long.to_be_bytes()[..], &[5]].concat()), Err(TooLong(too_long)));
    assert_eq!(reader.push(b"more"), Err(TooLong(too_long)));
}

#[test]
fn the_key_exchange_gives_both_sides_one_secret() {
    let (one, other) = (SecretKey::new([7; 20]), SecretKey::new([0xa5; 20]));
    assert_eq!(one.shared(&other.public()), other.shared(&one.public()));
    // 2^1 and 2^160 need no reduction.
    let exponent =
        |at: usize, byte| std::array::from_fn(|index| if index == at { byte } else { 0 });
    let mut two = [0; 96];
    two[95] = 2;
    assert_eq!(SecretKey::new(exponent(19, 1)).public().0, two);
    let mut large = [0; 96];
    large[96 - 17] = 1; // 2^128
    assert_eq!(SecretKey::new(exponent(19, 128)).public().0, large);
    // 2^768 mod P = 2^768 - P, computed by hand from the prime's complement.
    let reduced =
        SecretKey::new(std::array::from_fn(|index| [0, 3][usize::from(index == 18)])).public().0;
    assert_eq!(&reduced[..8], &[0; 8]);
    assert_eq!(&reduced[8..16], &[0x36, 0xf0, 0x25, 0x5d, 0xde, 0x97, 0x3d, 0xcb]);
    assert_eq!(&reduced[88..], &(0_u64.wrapping_sub(0x9_0563)).to_be_bytes());
}

/// The key "Key" of RFC 6229's companion vectors.
#[test]
fn rc4_gives_the_well_known_key_stream() {
    let mut text = *b"Plaintext";
    Cipher::schedule(b"Key").apply(&mut text);
    assert_eq!(text, [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3]);
}

/// Runs both sides against each other, what is sent cut into pieces of `cut` bytes.
fn converse(
    mut dialling: Initiator,
    mut dialled: Responder,
    cut: usize,
) -> Result<(Established, Established), MseError> {
    let push_dialled = |dialled: &mut Responder, bytes: &[u8]| {
        bytes.chunks(cut).try_fold(Step::Wait, |last, piece| match dialled.push(piece)? {
            Step::Wait => Ok(last),
            step => Ok(step),
        })
    };
    let Step::Send(key) = push_dialled(&mut dialled, &dialling.hello())? else { panic!("a key") };
    let mut step3 = Vec::new();
    let mut push_dialling =
        |dialling: &mut Initiator, bytes: &[u8]| -> Result<Option<Established>, MseError> {
            for piece in bytes.chunks(cut) {
                match dialling.push(piece)? {
                    Step::Wait => {}
                    Step::Send(bytes) => step3 = bytes,
                    Step::Done(established) => return Ok(Some(*established)),
                }
            }
            Ok(None)
        };
    assert!(push_dialling(&mut dialling, &key)?.is_none());
    let sent = std::mem::take(&mut step3);
    let Step::Done(mut theirs) = dialled.push(&sent)? else { panic!("step 3") };
    let choice = Responder::choice(&mut theirs);
    let mut ours = None;
    for piece in choice.chunks(cut) {
        if let Step::Done(established) = dialling.push(piece)? {
            ours = Some(*established);
        }
    }
    Ok((ours.expect("established"), *theirs))
}

#[test]
fn another_torrent_is_refused_without_saying_which_is_there() {
    let dialling = Initiator::new([1; 20], INFOHASH, Vec::new());
    let dialled = Responder::new([2; 20], [9; 20], vec![0; 9]);
    assert_eq!(converse(dialling, dialled, 600).err(), Some(MseError::UnknownTorrent));
}

#[test]
fn what_is_not_the_protocol_ends_after_the_longest_padding() {
    let mut dialling = Initiator::new([1; 20], INFOHASH, Vec::new());
    assert!(matches!(dialling.push(&[0x55; 96]), Ok(Step::Send(_))));
    assert!(matches!(dialling.push(&[0x55; 519]), Ok(Step::Wait)));
    assert_eq!(dialling.push(&[0x55]).err(), Some(MseError::NoVerification));
}

#[test]
fn utp_answers_are_told_from_nonsense() {
    let syn = Packet::syn(0x1234, 5);
    assert_eq!(Packet::decode(&syn.encode()), Ok(syn));
    let state = Packet { kind: PacketType::State, sequence: 77, ..syn };
    let reset = Packet::reset(&state, 6);
    assert_eq!((reset.connection, reset.acknowledged), (0x1235, 77));
    let mut extended = state.encode().to_vec();
    extended[1] = 1;
    extended.extend([0, 4, 1, 2, 3, 4]);
    assert_eq!(Packet::decode(&extended).map(|packet| packet.sequence), Ok(77));
    assert_eq!(Packet::decode(&[0x52; 20]), Err(UtpError::Version(2)));
    assert_eq!(Packet::decode(&[0x91; 20]), Err(UtpError::Type(9)));
    let endless = [&[0x21, 1][..], &[0; 18], &[1, 0].repeat(20)].concat();
    assert_eq!(Packet::decode(&endless), Err(UtpError::Extensions));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })] // a key takes some milliseconds in a debug build

    #[test]
    fn both_sides_agree_and_the_payload_arrives(one in any::<[u8; 20]>(), other in any::<[u8; 20]>(), padding in 0..=512_usize, cut in 1..700_usize) {
        let payload = b"the handshake of the peer protocol".to_vec();
        let dialling = Initiator::new(one, INFOHASH, payload.clone());
        let dialled = Responder::new(other, INFOHASH, vec![3; padding]);
        let (mut ours, mut theirs) = converse(dialling, dialled, cut).unwrap();
        prop_assert_eq!(&theirs.received, &payload);
        let mut there = *b"there";
        ours.streams.outgoing.apply(&mut there);
        theirs.streams.incoming.apply(&mut there);
        prop_assert_eq!(&there, b"there");
        let mut back = *b"back";
        theirs.streams.outgoing.apply(&mut back);
        ours.streams.incoming.apply(&mut back);
        prop_assert_eq!(&back, b"back");
    }
}

proptest! {
    #[test]
    fn frames_are_the_same_however_they_are_cut(bodies in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..12), cuts in proptest::collection::vec(any::<Index>(), 0..6)) {
        let mut stream = Vec::new();
        for (kind, body) in &bodies {
            stream.extend(u32::try_from(body.len() + 1).unwrap().to_be_bytes());
            stream.push(*kind);
            stream.extend(body);
        }
        let all = |reader: &mut FrameReader| std::iter::from_fn(|| reader.next_frame()).collect::<Vec<_>>();
        let mut whole = FrameReader::default();
        whole.push(&stream).unwrap();
        let expected = all(&mut whole);
        prop_assert_eq!(expected.len(), bodies.len());
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).chain([0, stream.len()]).collect();
        at.sort_unstable();
        let mut cut = FrameReader::default();
        for pair in at.windows(2) {
            cut.push(&stream[pair[0]..pair[1]]).unwrap();
        }
        prop_assert_eq!(all(&mut cut), expected);
    }

    #[test]
    fn peer_exchanges_survive_the_way(met in proptest::collection::vec((any::<[u8; 4]>(), any::<u16>(), any::<u8>()), 0..9), lost in proptest::collection::vec((any::<[u16; 8]>(), any::<u16>()), 0..9)) {
        let added = met.into_iter().map(|(ip, port, flags)| ((ip, port).into(), Flags(flags))).collect();
        let pex = PeerExchange { added, dropped: lost.into_iter().map(Into::into).collect(), trailing: 0 };
        prop_assert_eq!(PeerExchange::decode(&pex.encode()), Ok(pex));
    }

    #[test]
    fn no_bytes_make_any_of_them_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = ExtensionHandshake::decode(&bytes);
        let _ = PeerExchange::decode(&bytes);
        let _ = Packet::decode(&bytes);
        let _ = FrameReader::default().push(&bytes);
        let _ = Client::of_node(&bytes);
        let mut id = [b'-'; 20];
        id.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        let _ = Client::of_peer_id(&id).map(|client| client.to_string());
    }
}
