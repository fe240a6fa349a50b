//! What six real clients answered, recorded by `clients/record.py`: the parsers read it without
//! them.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;

use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::utp::{Packet, PacketType};
use swarmscope_wire::bittorrent::{Client, ExtensionHandshake, Handshake, PeerExchange};
use swarmscope_wire::krpc::{Body, Message, RemoteError, Response};

type Recorded = BTreeMap<String, BTreeMap<String, String>>;

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("clients/recorded.json")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn message(client: &str, question: &str) -> Option<Message> {
    let hex = recorded()[client].get(question)?.clone();
    let message = Message::decode(&bytes(&hex)).unwrap();
    assert_eq!(&message.transaction[..], b"abcd");
    Some(message)
}

fn response(client: &str, question: &str) -> Response {
    match message(client, question).unwrap().body {
        Body::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

fn error(client: &str, question: &str) -> Option<(i64, Option<&'static str>)> {
    match message(client, question)?.body {
        Body::Error(error) => Some((error.code, RemoteError::name(&error))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nodes_name_their_client_where_they_do() {
    let named = |client: &str| {
        let version = message(client, "ping").unwrap().version;
        version.map(|v| Client::of_node(&v).unwrap().to_string())
    };
    assert_eq!(named("transmission"), None);
    assert_eq!(named("aria2").as_deref(), Some("aria2 0.3"));
    assert_eq!(named("rtorrent").as_deref(), Some("libTorrent (rakshasa) 0.13.8"));
    for client in ["qbittorrent", "libtorrent", "libtorrent-encrypted"] {
        assert_eq!(named(client).as_deref(), Some("libtorrent 2.0.8"));
    }
}

#[test]
fn a_question_that_nobody_defined_meets_203_204_or_silence() {
    assert_eq!(error("qbittorrent", "canary"), Some((203, Some("protocol error"))));
    assert_eq!(error("libtorrent", "canary"), Some((203, Some("protocol error"))));
    assert_eq!(error("rtorrent", "canary"), Some((204, Some("method unknown"))));
    assert_eq!(error("aria2", "canary"), None);
    assert_eq!(error("transmission", "canary"), None);
}

#[test]
fn nodes_tell_us_our_address_peers_filters_and_intervals() {
    let ping = message("libtorrent", "ping").unwrap();
    assert_eq!(ping.ip.unwrap().ip().to_string(), "198.18.200.1");
    assert_eq!(response("libtorrent", "ping").port, Some(ping.ip.unwrap().port()));
    let peers = response("qbittorrent", "get_peers");
    assert!(peers.token.is_some() && peers.seeds.is_some() && peers.peers.is_some());
    let sample = response("libtorrent", "sample");
    assert_eq!((sample.interval, sample.num), (Some(21_600), Some(1)));
    assert!(response("transmission", "find_node").contacts().count() >= 2);
}

#[test]
fn every_datagram_but_the_cut_ones_is_as_it_should_be() {
    for (client, answers) in recorded() {
        for question in ["ping", "find_node", "get_peers", "sample", "canary"] {
            let Some(hex) = answers.get(question) else { continue };
            let message = Message::decode(&bytes(hex)).unwrap();
            assert_eq!(message.deviations, [], "{client} {question}");
        }
    }
}

#[test]
fn utp_is_answered_by_three_of_them() {
    for (client, answers) in recorded() {
        let state = answers.get("utp").map(|hex| Packet::decode(&bytes(hex)).unwrap());
        let answers_utp = matches!(
            client.as_str(),
            "transmission" | "qbittorrent" | "libtorrent" | "libtorrent-encrypted"
        );
        assert_eq!(state.is_some(), answers_utp, "{client}");
        assert!(
            state.is_none_or(|state| state.kind == PacketType::State && state.connection == 4660)
        );
    }
}

#[test]
fn handshakes_say_what_each_client_is_and_can_do() {
    let table = [
        ("transmission", "Transmission 3.0.0", "Transmission 3.00", Some(512)),
        ("aria2", "aria2 1.36.0", "aria2/1.36.0", None),
        ("qbittorrent", "qBittorrent 4.5.2", "qBittorrent/4.5.2", Some(2000)),
        ("rtorrent", "libTorrent (rakshasa) 0.13.8", "libTorrent 0.13.8", Some(2048)),
        ("libtorrent", "libtorrent 2.0.8", "libtorrent/2.0.8.0", Some(2000)),
    ];
    for (client, by_id, by_name, queue) in table {
        let answers = &recorded()[client];
        let handshake: [u8; HANDSHAKE_LEN] = bytes(&answers["handshake"]).try_into().unwrap();
        let handshake = Handshake::decode(&handshake).unwrap();
        assert_eq!(Client::of_peer_id(&handshake.peer_id).unwrap().to_string(), by_id);
        assert!(
            handshake.reserved.extensions()
                && handshake.reserved.dht()
                && !handshake.reserved.version_2()
        );
        let extension = ExtensionHandshake::decode(&bytes(&answers["extension"])).unwrap();
        let name = String::from_utf8(extension.client.clone().unwrap()).unwrap();
        assert!(name.starts_with(by_name), "{name}");
        assert_eq!(extension.request_queue, queue);
        assert!(extension.id_of("ut_pex").is_some());
    }
    assert!(!recorded()["libtorrent-encrypted"].contains_key("handshake"), "closed without a byte");
}

#[test]
fn peer_exchanges_name_the_others() {
    let mut count = 0;
    for (client, answers) in recorded() {
        let Some(hex) = answers.get("pex") else { continue };
        let pex = PeerExchange::decode(&bytes(hex)).unwrap();
        assert!(!pex.added.is_empty() && pex.trailing == 0, "{client}: {pex:?}");
        count += 1;
    }
    assert!(count >= 2, "{count} clients sent a peer exchange that was recorded");
}
