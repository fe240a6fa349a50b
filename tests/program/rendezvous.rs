//! `peer --rendezvous NAME`: peers find each other on a DHT that does what BEP 5 says, on loopback.

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, UdpSocket};
use std::thread;

use swarmscope_wire::krpc::{Body, Message, NodeId, Question, RemoteError, Response, Target};

use crate::process::{Home, Running};

const TOKEN: &[u8] = b"given";

/// A node that keeps what is announced to it, for as long as the test runs.
fn node() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    thread::spawn(move || {
        let mut peers: HashMap<Target, HashSet<SocketAddr>> = HashMap::new();
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = Message::decode(&buffer[..length]).expect("a query");
            let Body::Query(asked) = query.body else { continue };
            assert!(query.read_only, "whoever answers no queries says so");
            let body = answer(&asked.question, from, &mut peers);
            let _ = socket.send_to(&Message::new(query.transaction, body).encode(), from);
        }
    });
    address
}

fn answer(
    question: &Question,
    from: SocketAddr,
    peers: &mut HashMap<Target, HashSet<SocketAddr>>,
) -> Body {
    let mut response = Response::new(NodeId([7; 20]));
    match question {
        Question::GetPeers { infohash, .. } => {
            response.values = peers.get(infohash).map(|known| known.iter().copied().collect());
            response.token = Some(TOKEN.to_vec());
        }
        Question::AnnouncePeer { infohash, token, port, .. } if token == TOKEN => {
            let peer = SocketAddr::new(from.ip(), *port);
            peers.entry(*infohash).or_default().insert(peer);
        }
        Question::FindNode { .. } => {}
        _ => return Body::Error(RemoteError { code: 203, message: Vec::new() }),
    }
    Body::Response(response)
}

/// The peer, and where it listens.
fn peer(home: &Home, name: &str, node: SocketAddr) -> (Running, String) {
    let node = node.to_string();
    let args = ["peer", "--listen", "127.0.0.1:0", "--json", "--rendezvous", name];
    let args = [&args[..], &["--dht-bootstrap", &node, "--allow-range", "127.0.0.0/8"]].concat();
    let running = Running::start(home.swarmscope(&args));
    let address = running.event("listening")["addr"].as_str().expect("an address").to_owned();
    (running, address)
}

/// How many peers a Crawler that nobody knows hears of from this one, itself included.
fn listed_by(peer: &str) -> u64 {
    let crawl = ["crawl", peer, "--probe", "natcheck", "--rounds", "1", "--store", "c.sqlite"];
    let crawled = Home::new().run(&[&crawl[..], &["--json"]].concat());
    let rounds = crate::crawl::events(&crawled, "round");
    rounds[0]["known"].as_u64().expect("a number")
}

#[test]
fn peers_of_one_name_meet_and_others_do_not() {
    let node = node();
    let homes = [Home::new(), Home::new(), Home::new()];
    let (first, _) = peer(&homes[0], "a class", node);
    let met = first.event("rendezvous");
    assert_eq!((&met["announced"], &met["others"]), (&1.into(), &0.into()), "{met}");
    let (stranger, alone) = peer(&homes[1], "another class", node);
    assert_eq!(stranger.event("rendezvous")["others"], 0);
    let (second, address) = peer(&homes[2], "a class", node);
    let met = second.event("rendezvous");
    assert_eq!((&met["announced"], &met["others"]), (&1.into(), &1.into()), "{met}");
    // It dials the first one, and lists it once it has met it.
    assert!((0..20).any(|_| listed_by(&address) == 2), "they have not met");
    assert_eq!(listed_by(&alone), 1);
}

#[test]
fn a_name_needs_nodes_to_ask() {
    let outcome = Home::new().run(&["peer", "--listen", "127.0.0.1:0", "--rendezvous", "a class"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("--dht-bootstrap"), "{outcome:?}");
}
