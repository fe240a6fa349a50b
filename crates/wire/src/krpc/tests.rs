//! Vectors of the documents, and properties over any bytes.

use std::net::IpAddr;

use proptest::prelude::*;

use super::secure::secure_id;
use super::*;
use crate::bencode::{self, DeviationKind, Value};

fn id(byte: u8) -> NodeId {
    NodeId([byte; 20])
}

fn transaction(bytes: &[u8]) -> Transaction {
    Transaction::new(bytes).unwrap()
}

#[test]
fn the_examples_of_bep_5_are_read_and_written() {
    let ping = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
    let message = Message::decode(ping).unwrap();
    let query = Query { id: NodeId(*b"abcdefghij0123456789"), question: Question::Ping };
    assert_eq!(message, Message::new(transaction(b"aa"), Body::Query(query)));
    assert_eq!(message.encode(), ping);

    let error = b"d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee";
    let message = Message::decode(error).unwrap();
    let Body::Error(said) = &message.body else { panic!("{message:?}") };
    assert_eq!((said.code, said.name()), (201, Some("generic error")));
    assert_eq!(message.encode(), error);

    let get_peers = b"d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe";
    let message = Message::decode(get_peers).unwrap();
    assert_eq!(message.encode(), get_peers);
    assert!(!format!("{message:?}").contains("6d6e6f"), "an infohash is not printed");

    let peers = b"d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re";
    let Body::Response(response) = Message::decode(peers).unwrap().body else { panic!() };
    assert_eq!(response.values.unwrap()[0], "97.120.106.101:11893".parse().unwrap());
}

/// The id space and its metric, on hand-made numbers.
#[test]
fn distances_are_compared_as_big_numbers() {
    let target = Target([0; 20]);
    let mut one = [0; 20];
    one[19] = 1;
    assert_eq!(NodeId(one).distance(&target).log2(), Some(0));
    assert_eq!(NodeId([0; 20]).distance(&target).log2(), None);
    assert_eq!(id(0x80).distance(&target).log2(), Some(159));
    assert_eq!(id(0x01).distance(&target).shared_bits(), 7);
    assert!(NodeId(one).distance(&target) < id(1).distance(&target));
    assert!((id(0x80).distance(&target).as_share() - 0.501_960_784).abs() < 1e-6);
}

/// The table of BEP 42, whose fourth column is the id's last byte.
#[test]
fn the_table_of_bep_42_is_valid_and_its_neighbours_are_not() {
    let table = [
        ("124.31.75.21", 1, [0x5f, 0xbf, 0xbf]),
        ("21.75.31.124", 86, [0x5a, 0x3c, 0xe9]),
        ("65.23.51.170", 22, [0xa5, 0xd4, 0x32]),
        ("84.124.73.14", 65, [0x1b, 0x03, 0x21]),
        ("43.213.53.83", 90, [0xe5, 0x6f, 0x6c]),
    ];
    for (ip, last, prefix) in table {
        let ip: IpAddr = ip.parse().unwrap();
        let mut bytes = [7; 20];
        bytes[..3].copy_from_slice(&prefix);
        bytes[19] = last;
        assert_eq!(Security::of(&NodeId(bytes), ip), Security::Valid, "{ip}");
        bytes[1] ^= 1;
        assert_eq!(Security::of(&NodeId(bytes), ip), Security::Invalid, "{ip}");
        assert_eq!(Security::of(&secure_id(bytes, ip), ip), Security::Valid, "{ip}");
    }
    assert_eq!(Security::of(&id(1), "10.1.2.3".parse().unwrap()), Security::Exempt);
    let v6: IpAddr = "2001:db8::5".parse().unwrap();
    assert_eq!(Security::of(&secure_id([9; 20], v6), v6), Security::Valid);
}

/// The worked example of BEP 33: 256 addresses of IPv4 and 1 000 of IPv6.
#[test]
fn the_filter_of_bep_33_estimates_what_its_document_says() {
    let mut filter = ScrapeFilter::default();
    assert!(filter.estimate().abs() < 1e-9);
    for last in 0..=255 {
        filter.insert(IpAddr::from([192, 0, 2, last]));
    }
    for last in 0..0x3e8 {
        filter.insert(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
    }
    assert!((filter.estimate() - 1224.9308).abs() < 1e-3, "{}", filter.estimate());
    assert_eq!(&filter.0[..4], &[0xf6, 0xc3, 0xf5, 0xea]);
    assert!(ScrapeFilter([0xff; 256]).is_full() && ScrapeFilter([0xff; 256]).estimate() > 7000.0);
}

#[test]
fn keys_in_any_order_and_bytes_after_the_end_are_accepted_and_noted() {
    let datagram = b"d1:y1:r1:t3:abc1:v4:LT\x02\x081:rd2:id20:abcdefghij0123456789ee!";
    let message = Message::decode(datagram).unwrap();
    assert_eq!(message.version.as_deref(), Some(&b"LT\x02\x08"[..]));
    let kinds: Vec<_> = message.deviations.iter().map(|deviation| deviation.kind).collect();
    assert_eq!(kinds, [DeviationKind::UnsortedKeys, DeviationKind::TrailingBytes]);
}

#[test]
fn samples_are_counted_and_nothing_of_them_is_kept() {
    let mut datagram =
        b"d1:rd2:id20:abcdefghij01234567898:intervali300e3:numi7e7:samples63:".to_vec();
    datagram.extend([b"SECRETSECRETSECRETXY".as_slice(); 3].concat());
    datagram.extend(b"odde1:t2:aa1:y1:re");
    let message = Message::decode(&datagram).unwrap();
    let Body::Response(response) = &message.body else { panic!() };
    assert_eq!(response.samples, Some(Samples { count: 3, trailing: 3 }));
    assert_eq!((response.num, response.interval), (Some(7), Some(300)));
    assert!(!format!("{message:?}").contains("SECRET"));
    assert!(!String::from_utf8_lossy(&message.encode()).contains("SECRET"));
}

#[test]
fn what_is_no_message_says_why() {
    let of = |bytes: &[u8]| Message::decode(bytes).unwrap_err();
    assert_eq!(of(&[b'1'; 5000]), KrpcError::TooLarge(5000));
    assert!(matches!(of(b"HTTP/1.1"), KrpcError::Bencode(_)));
    assert_eq!(of(b"le"), KrpcError::NotADict);
    assert_eq!(of(b"d1:y1:qe"), KrpcError::Transaction);
    assert_eq!(of(b"d1:t33:0123456789012345678901234567890121:y1:qe"), KrpcError::Transaction);
    assert_eq!(of(b"d1:t2:aae"), KrpcError::Kind);
    assert_eq!(of(b"d1:q4:ping1:t2:aa1:y1:qe"), KrpcError::Query);
    assert_eq!(of(b"d1:rd2:id3:abce1:t2:aa1:y1:re"), KrpcError::Response);
    assert_eq!(of(b"d1:eli201ee1:t2:aa1:y1:ee"), KrpcError::Error);
    assert!(KrpcError::Response.is_krpc() && !KrpcError::NotADict.is_krpc());
}

prop_compose! {
    fn contacts(v6: bool)(list in proptest::collection::vec((any::<[u8; 20]>(), any::<[u8; 16]>(), any::<u16>()), 0..9))
        -> Contacts {
        let ip = |ip: [u8; 16]| if v6 { IpAddr::from(ip) } else { IpAddr::from([ip[0], ip[1], ip[2], ip[3]]) };
        let contact = |(id, bytes, port)| Contact { id: NodeId(id), address: (ip(bytes), port).into() };
        Contacts { list: list.into_iter().map(contact).collect(), trailing: 0 }
    }
}

fn question() -> impl Strategy<Value = Question> {
    let want = any::<(bool, bool)>().prop_map(|(v4, v6)| Want { v4, v6 });
    (any::<[u8; 20]>(), want, any::<bool>(), any::<u16>(), 0..6).prop_map(
        |(target, want, flag, port, kind)| {
            let target = Target(target);
            match kind {
                0 => Question::Ping,
                1 => Question::FindNode { target, want },
                2 => Question::GetPeers { infohash: target, want, scrape: flag },
                3 => Question::AnnouncePeer {
                    infohash: target,
                    token: vec![1, 2],
                    port,
                    implied_port: flag,
                },
                4 => Question::SampleInfohashes { target, want },
                _ => Question::Other(b"xx_canary".to_vec()),
            }
        },
    )
}

proptest! {
    #[test]
    fn queries_survive_the_way(id in any::<[u8; 20]>(), question in question(), t in proptest::collection::vec(any::<u8>(), 0..=32), read_only in any::<bool>()) {
        let query = Query { id: NodeId(id), question };
        let message = Message { read_only, ..Message::new(transaction(&t), Body::Query(query)) };
        prop_assert!(bencode::decode(&message.encode()).is_ok(), "in its one valid encoding");
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn responses_survive_the_way(nodes in contacts(false), nodes6 in contacts(true), num in any::<i64>(), port in any::<u16>(), filter in any::<[[u8; 32]; 8]>()) {
        let mut response = Response::new(id(7));
        response.values = Some(nodes6.list.iter().map(|contact| contact.address).collect());
        response.nodes = Some(nodes);
        response.nodes6 = Some(nodes6);
        response.num = Some(num);
        response.port = Some(port);
        response.seeds = Some(Box::new(ScrapeFilter(filter.concat().try_into().unwrap())));
        let message = Message::new(transaction(b"t"), Body::Response(response));
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::decode(&bytes);
    }

    /// Bytes that begin as a message does reach further in than any others.
    #[test]
    fn no_damage_makes_it_panic(question in question(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = Message::new(transaction(b"aa"), Body::Query(Query { id: id(3), question })).encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Message::decode(&bytes);
    }
}

/// An answer with some of the fields that there are, and some that no document defines.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    const NAMES: &[&str] = &[
        "BFpe", "BFsd", "id", "interval", "nodes", "nodes6", "num", "other", "p", "samples",
        "token", "values",
    ];
    const AROUND: &[&str] = &["e", "ip", "ro", "v", "x", "q"];
    let field = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60).prop_map(Value::Bytes),
        any::<i64>().prop_map(Value::from),
        proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
            0..4
        )
        .prop_map(Value::List),
        Just(Value::Bytes(vec![5; 20])),
        Just(Value::Bytes(vec![6; 256])),
    ];
    let inner = proptest::collection::btree_map(proptest::sample::select(NAMES), field, 0..6);
    let outer_field = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        (0..3_i64).prop_map(Value::from),
        Just(Value::List(vec![Value::from(203), Value::from("no")])),
    ];
    let outer =
        proptest::collection::btree_map(proptest::sample::select(AROUND), outer_field, 0..3);
    (inner, outer, any::<bool>(), any::<bool>()).prop_map(|(mut inner, outer, sound, error)| {
        if sound {
            inner.insert("id", Value::Bytes(vec![5; 20]));
        }
        let kind = if error { "e" } else { "r" };
        let fields =
            [("r", Value::dict(inner)), ("t", Value::from("abcd")), ("y", Value::from(kind))];
        Value::dict(outer.into_iter().chain(fields)).encode()
    })
}

proptest! {
    /// What the quick reader reads, the general one reads as the same.
    #[test]
    fn both_readers_agree(answer in answer(), at in any::<proptest::sample::Index>(), byte in any::<u8>(), damaged in any::<bool>()) {
        let mut answer = answer;
        if damaged {
            let at = at.index(answer.len());
            answer[at] = byte;
        }
        if let Some(read) = canonical::answer(&answer) {
            prop_assert_eq!(Message::decode_any(&answer), Ok(read));
        }
    }

    /// So that the property above is about something.
    #[test]
    fn the_quick_reader_reads_what_is_sent(nodes in contacts(false), token in any::<[u8; 8]>(), version in any::<[u8; 4]>()) {
        let mut response = Response::new(id(7));
        (response.nodes, response.token) = (Some(nodes), Some(token.to_vec()));
        let mut message = Message::new(transaction(b"abcd"), Body::Response(response));
        message.version = Some(version.into());
        message.ip = Some("192.0.2.1:6881".parse().unwrap());
        prop_assert_eq!(canonical::answer(&message.encode()), Some(message));
    }
}

#[test]
fn the_quick_reader_leaves_alone_what_deviates() {
    let sound = b"d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re";
    assert!(canonical::answer(sound).is_some());
    let others: [&[u8]; 6] = [
        b"d1:rd2:id20:abcdefghij0123456789e1:y1:r1:t2:aae",
        b"d1:rd2:id20:abcdefghij01234567892:id20:abcdefghij0123456789e1:t2:aa1:y1:re",
        b"d1:rd2:id20:abcdefghij0123456789e1:t02:aa1:y1:re",
        b"d1:rd2:id20:abcdefghij01234567893:numi-0ee1:t2:aa1:y1:re",
        b"d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re!",
        b"d1:rd2:id20:abcdefghij01234567891:xdee1:t2:aa1:y1:re",
    ];
    for other in others {
        assert_eq!(canonical::answer(other), None, "{}", other.escape_ascii());
        assert!(Message::decode(other).is_ok(), "{}", other.escape_ascii());
    }
}
