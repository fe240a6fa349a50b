use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

const V2: OverlayVersion = OverlayVersion(2);
const V7: OverlayVersion = OverlayVersion(7);
const V17: OverlayVersion = OverlayVersion::LEGACY;
const V18: OverlayVersion = OverlayVersion::CURRENT;

fn listed(permid: Permid, ip: IpAddr) -> ListedPeer {
    ListedPeer { permid, ip, port: 7761, similarity: 0, version: Some(V17), services: Some(0) }
}

fn original() -> ListedPeer {
    listed(Permid::Sect233k1([1; 60]), Ipv4Addr::new(192, 0, 2, 7).into())
}

fn message(taste_buddies: Vec<ListedPeer>, random_peers: Vec<ListedPeer>) -> BuddyCast {
    let ip = Ipv4Addr::new(192, 0, 2, 1).into();
    BuddyCast { ip, port: 7760, connectable: true, services: Some(0), taste_buddies, random_peers }
}

/// A version-17 message with one key given another value, or taken out.
fn with(key: &'static str, value: Option<Value>) -> Vec<u8> {
    let Value::Dict(mut pairs) =
        bencode::decode(&message(vec![], vec![]).encode(V17).body).unwrap()
    else {
        panic!()
    };
    pairs.retain(|(name, _)| name != key.as_bytes());
    pairs.extend(value.map(|value| (key.as_bytes().to_vec(), value)));
    Value::Dict(pairs).encode()
}

/// Why a version-17 message is refused.
fn refusal(key: &'static str, value: Option<Value>) -> String {
    BuddyCast::decode(&with(key, value), V17).unwrap_err().to_string()
}

/// Made by hand from §7: what an original of version 17 sends, with everything that is dropped.
#[test]
fn a_full_message_of_version_17_is_read() {
    let permid = original().permid.to_der();
    let vector = [
        b"d18:collected torrentsll20:aaaaaaaaaaaaaaaaaaaai3ei4ei60ei2eee11:connectablei1e"
            .as_slice(),
        b"2:ip9:192.0.2.14:name5:alice4:ndlsi1e6:nfilesi2e6:npeersi3e4:porti7760e",
        b"11:preferencesl20:bbbbbbbbbbbbbbbbbbbbl20:cccccccccccccccccccclei0eee",
        b"12:random peersld2:ip9:192.0.2.76:nfilesi9e8:oversioni17e6:permid84:",
        &permid,
        b"4:porti7761e8:servicesi0e10:similarityi0eee",
        b"8:servicesi0e13:taste buddieslee",
    ]
    .concat();
    assert_eq!(BuddyCast::decode(&vector, V17), Ok((message(vec![], vec![original()]), 0)));
}

#[test]
fn what_is_sent_has_no_name_no_preferences_and_no_counts() {
    let frame = message(vec![], vec![]).encode(V17);
    assert_eq!(frame.id, FrameId::BUDDYCAST);
    assert_eq!(
        &frame.body[..],
        b"d18:collected torrentsle11:connectablei1e2:ip9:192.0.2.14:name0:4:ndlsi0e6:nfilesi0e6:npeersi0e4:porti7760e\
          11:preferencesle12:random peersle8:servicesi0e13:taste buddieslee"
    );
    let oldest = message(vec![], vec![]).encode(V2).body;
    assert_eq!(
        &oldest[..],
        b"d2:ip9:192.0.2.14:name0:4:porti7760e11:preferencesle12:random peersle13:taste buddieslee"
    );
}

#[test]
fn old_versions_hear_only_of_peers_they_can_dial() {
    let (v4, v6): (IpAddr, IpAddr) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    let peers = [
        listed(Permid::Sect233k1([1; 60]), v6),
        listed(Permid::Ed25519([2; 32]), v4),
        listed(Permid::Sect233k1([3; 60]), v4),
        listed(Permid::Ed25519([4; 32]), v6),
    ];
    let sent = message(peers.to_vec(), peers.to_vec());
    let heard = |version| BuddyCast::decode(&sent.encode(version).body, version).unwrap().0;
    assert_eq!(heard(V18), sent);
    assert_eq!(heard(V17).taste_buddies, [peers[2].clone()]);
    assert_eq!(heard(V17).random_peers, [peers[2].clone()]);
}

#[test]
fn the_keys_of_each_version_are_demanded() {
    let always = ["ip", "port", "name", "preferences", "taste buddies", "random peers"];
    let later =
        [("collected torrents", 4), ("npeers", 6), ("nfiles", 6), ("ndls", 6), ("services", 15)];
    for (key, first) in always.map(|key| (key, 0)).into_iter().chain(later) {
        let body = with(key, None);
        let words = format!("BUDDYCAST: `{key}`: is missing");
        assert_eq!(BuddyCast::decode(&body, OverlayVersion(first)).unwrap_err().to_string(), words);
        if let Some(before) = first.checked_sub(1) {
            assert!(BuddyCast::decode(&body, OverlayVersion(before)).is_ok(), "{key}");
        }
    }
    let (old, _) = BuddyCast::decode(&message(vec![], vec![]).encode(V2).body, V2).unwrap();
    assert_eq!((old.connectable, old.services), (false, None));
}

/// §7: such a sender stays connected, and counts as one that nobody has reached.
#[test]
fn a_missing_connectable_is_a_no() {
    for version in [V2, V7, V17, V18] {
        let read = BuddyCast::decode(&with("connectable", None), version);
        assert_eq!(read.map(|(read, _)| read.connectable), Ok(false), "{version}");
    }
    let (said, _) = BuddyCast::decode(&with("connectable", Some(1.into())), V17).unwrap();
    assert!(said.connectable);
}

#[test]
fn values_of_the_wrong_kind_close_the_connection() {
    let infohashes = |len| Value::List(vec![vec![b'a'; len][..].into()]);
    for (key, value, words) in [
        ("ip", "localhost".into(), "is not an IP address"),
        ("ip", 1.into(), "is not a string"),
        ("port", 65536.into(), "is not a number of 16 bits"),
        ("port", (-1).into(), "is not a number of 16 bits"),
        ("name", 1.into(), "is not a string"),
        ("connectable", 2.into(), "is neither 0 nor 1"),
        ("services", "".into(), "is not an integer of 64 bits"),
        ("npeers", "".into(), "is not an integer of 64 bits"),
        ("preferences", "".into(), "is not a list"),
        ("preferences", infohashes(19), "an entry does not have the shape of this version"),
        (
            "preferences",
            Value::List(vec![Value::List(vec![])]),
            "an entry does not have the shape of this version",
        ),
        ("collected torrents", infohashes(20), "an entry does not have the shape of this version"),
        ("random peers", "".into(), "is not a list"),
        ("random peers", Value::List(vec![0.into(); 11]), "lists 11 peers, more than 10"),
        ("taste buddies", Value::List(vec![0.into(); 11]), "lists 11 peers, more than 10"),
    ] {
        assert_eq!(refusal(key, Some(value)), format!("BUDDYCAST: `{key}`: {words}"));
    }
    let bare = with("collected torrents", Some(infohashes(20)));
    assert!(BuddyCast::decode(&bare, V7).is_ok(), "before version 11 they are bare infohashes");
}

#[test]
fn malformed_listed_peers_are_left_out_and_counted() {
    let Value::Dict(good) = original().encode(V17) else { panic!() };
    let mut peers = vec![Value::Dict(good.clone()), 7.into()];
    for (key, value) in [("port", 65536), ("permid", 1), ("ip", 1), ("oversion", -1)] {
        let mut bad = good.clone();
        bad.retain(|(name, _)| name != key.as_bytes());
        bad.push((key.as_bytes().to_vec(), value.into()));
        peers.push(Value::Dict(bad));
    }
    let (read, left_out) =
        BuddyCast::decode(&with("random peers", Some(Value::List(peers))), V17).unwrap();
    assert_eq!(read.random_peers, [original()]);
    assert_eq!(left_out, 5);
}

#[test]
fn ten_kibibytes_are_the_limit() {
    let empty = with("name", Some("".into())).len();
    let of_len = |len: usize| with("name", Some("n".repeat(len - empty - 4).as_str().into()));
    assert_eq!(of_len(MAX_LEN).len(), MAX_LEN);
    assert!(BuddyCast::decode(&of_len(MAX_LEN), V17).is_ok());
    assert_eq!(
        BuddyCast::decode(&of_len(MAX_LEN + 1), V17),
        Err(BuddyCastError::TooLarge(MAX_LEN + 1))
    );
}

#[test]
fn no_more_than_ten_are_sent() {
    let many = message(vec![original(); 20], vec![original(); 11]);
    let (heard, _) = BuddyCast::decode(&many.encode(V18).body, V18).unwrap();
    assert_eq!((heard.taste_buddies.len(), heard.random_peers.len()), (10, 10));
}

fn peers() -> impl Strategy<Value = Vec<ListedPeer>> {
    let permid = prop_oneof![
        proptest::array::uniform32(any::<u8>()).prop_map(Permid::Ed25519),
        any::<u8>().prop_map(|byte| Permid::Sect233k1([byte; 60])),
    ];
    let version = proptest::option::of(any::<u16>().prop_map(OverlayVersion));
    let peer = (permid, any::<IpAddr>(), any::<u16>(), any::<i64>(), version, any::<i64>());
    let peer = peer.prop_map(|(permid, ip, port, similarity, version, services)| ListedPeer {
        permid,
        ip,
        port,
        similarity,
        version,
        services: Some(services),
    });
    proptest::collection::vec(peer, 0..=MAX_LISTED)
}

proptest! {
    #[test]
    fn what_is_sent_is_read(ip: IpAddr, port: u16, connectable: bool, services: i64, one in peers(), other in peers()) {
        let sent = BuddyCast { ip, port, connectable, services: Some(services), taste_buddies: one, random_peers: other };
        let body = sent.encode(V18).body;
        prop_assert!(body.len() <= MAX_LEN);
        prop_assert_eq!(BuddyCast::decode(&body, V18), Ok((sent, 0)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0..300_usize, flip: u8, version in 0..20_u16) {
        let version = OverlayVersion(version);
        let _ = BuddyCast::decode(&bytes, version);
        let mut near = message(vec![original()], vec![]).encode(V17).body.to_vec();
        let at = at % near.len();
        near[at] ^= flip;
        let _ = BuddyCast::decode(&near, version);
    }
}
