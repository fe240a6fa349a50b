//! BitTorrent and the DHT: neither what others share (infohashes, samples, tokens, addresses of
//! peers) nor who they are is stored, logged or left in a file; infohashes are not printed either.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use data_encoding::HEXLOWER;
use swarmscope_wire::bencode::{self, Value};
use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{
    ExtensionHandshake, Handshake, Infohash, PeerExchange, Reserved, frame, pex,
};
use swarmscope_wire::krpc::{Contact, Contacts, NodeId, compact};

use super::marks::Marks;
use super::{Written, assert_untold, files, read_back};
use crate::process::{Home, Running};

const NODES: u8 = 4;
const INFOHASH: [u8; 20] = *b"MarkedInfohashOf1XqY";
const SAMPLE: [u8; 20] = *b"MarkedSampleOf1XqYzz";
const TOKEN: &[u8] = b"MarkedTokenOf1XqYzz";
/// A peer that others tell of.
const TOLD: ([u8; 4], u16) = ([203, 0, 113, 177], 51_413);

fn ip(node: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 177, 166, 221 + node)
}

fn id(node: u8) -> NodeId {
    let mut id = *b"MarkedNodeIdOf0XqYzz";
    id[0] = node << 6 | id[0] & 0x3f; // all over the id space
    NodeId(id)
}

/// What nobody may read anywhere, and who the nodes are.
fn marks() -> (Marks, Marks) {
    let told: SocketAddr = TOLD.into();
    let mut compact = Vec::new();
    compact::write_address(told, &mut compact);
    let shared = [
        ("the infohash", INFOHASH.to_vec()),
        ("a sample", SAMPLE.to_vec()),
        ("a token", TOKEN.to_vec()),
        ("the address of a peer", told.ip().to_string().into()),
        ("the address of a peer, in 6 bytes", compact),
    ];
    let mut shared: Vec<(String, Vec<u8>)> =
        shared.into_iter().map(|(what, mark)| (what.to_owned(), mark)).collect();
    let secret = Marks::new(&shared);
    for node in 0..NODES {
        shared.push((format!("the address of {node}"), ip(node).to_string().into()));
        shared.push((format!("the id of {node}"), id(node).0[1..].to_vec()));
    }
    (secret, Marks::new(&shared))
}

/// Nodes that know one another and share everything that a node can share.
fn nodes() -> SocketAddr {
    let sockets: Vec<UdpSocket> =
        (0..NODES).map(|node| UdpSocket::bind((ip(node), 0)).expect("a port")).collect();
    let contacts: Vec<Contact> = (0..)
        .zip(&sockets)
        .map(|(node, socket)| Contact {
            id: id(node),
            address: socket.local_addr().expect("its address"),
        })
        .collect();
    let first = contacts[0].address;
    for (socket, own) in sockets.into_iter().zip(contacts.clone()) {
        let contacts = contacts.clone();
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let Ok(query) = bencode::decode(&buffer[..length]) else { continue };
                let _ = socket.send_to(&answer(&query, own.id, &contacts), from); // who left needs none
            }
        });
    }
    first
}

fn answer(query: &Value, own: NodeId, contacts: &[Contact]) -> Vec<u8> {
    let mut told = Vec::new();
    compact::write_address(TOLD.into(), &mut told);
    let said = Value::dict([
        ("id", Value::from(&own.0[..])),
        ("interval", Value::from(60)),
        ("nodes", Value::Bytes(Contacts::write(contacts))),
        ("num", Value::from(1)),
        ("samples", Value::from(&SAMPLE[..])),
        ("token", Value::from(TOKEN)),
        ("values", Value::List(vec![Value::Bytes(told)])),
    ]);
    let transaction = query.get("t").cloned().expect("a transaction");
    Value::dict([("r", said), ("t", transaction), ("y", Value::from("r"))]).encode()
}

/// A peer that knows one torrent and has met somebody.
fn peer() -> SocketAddr {
    let listener = TcpListener::bind((ip(0), 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || talk(stream));
        }
    });
    address
}

fn talk(mut stream: TcpStream) {
    let mut theirs = [0; HANDSHAKE_LEN];
    if stream.read_exact(&mut theirs).is_err() || theirs[28..48] != INFOHASH {
        return; // as real clients do
    }
    let peer_id = *b"-TR3000-abcdefghijkl";
    let handshake = Handshake { reserved: Reserved::OURS, infohash: Infohash(INFOHASH), peer_id };
    let extensions =
        ExtensionHandshake { extensions: vec![(b"ut_pex".to_vec(), 1)], ..Default::default() };
    let met = PeerExchange { added: vec![(TOLD.into(), pex::Flags(2))], ..Default::default() };
    let said = [
        &handshake.encode()[..],
        &frame::extended(0, &extensions.encode()),
        &frame::extended(1, &met.encode()),
    ];
    let _ = stream.write_all(&said.concat());
    let _ = stream.read_to_end(&mut Vec::new()); // until it leaves
}

#[test]
fn what_others_share_is_neither_printed_nor_logged_nor_left_behind() {
    let (home, (secret, _)) = (Home::new(), marks());
    let (node, peer) = (format!("dht://{}", nodes()), format!("bt://{}", peer()));
    let infohash = HEXLOWER.encode(&INFOHASH);
    let range = ["--allow-range", "127.0.0.0/8"];
    let asked: [(&[&str], &[&str]); 10] = [
        (&["request", &node, "ping"], &[]),
        (&["request", &node, "canary"], &[]),
        (&["request", &node, "find_node", &infohash], &[]),
        (&["request", &node, "get_peers", &infohash], &[]),
        (&["request", &node, "sample"], &[]),
        (&["request", &node, "scrape", &infohash], &[]),
        (&["request", &node, "lookup", &infohash], &range),
        (&["request", &peer, "hello", "--infohash", &infohash], &[]),
        (&["request", &peer, "pex", "--infohash", &infohash, "--timeout", "1"], &[]),
        (&["check", peer.trim_start_matches("bt://"), "--timeout", "1"], &[]),
    ];
    let mut written = Written::new();
    for (args, more) in asked {
        for json in [&[][..], &["--json"]] {
            let mut command = home.swarmscope(&[args, more, json].concat());
            // Even in the most talkative log there is nothing.
            command.env("SWARMSCOPE_LOG", "trace");
            let output = command.stderr(std::process::Stdio::piped()).output().expect("it runs");
            let (stdout, stderr) = (output.stdout, output.stderr);
            let shown = format!("{args:?}: {}", String::from_utf8_lossy(&stdout));
            assert!(matches!(output.status.code(), Some(0 | 4)), "{shown}");
            written.push((format!("standard output of {args:?}"), stdout));
            written.push((format!("the log of {args:?}"), stderr));
        }
    }
    // A peer that is not there, a torrent that is not known: failures say no more.
    for (target, infohash) in [("bt://127.0.0.1:1", &*infohash), (&peer, &"0".repeat(40))] {
        let failed = home.run(&["request", target, "hello", "--infohash", infohash]);
        assert_ne!(failed.code, 0, "{failed:?}");
        written.push(("a failure".into(), [failed.stdout, failed.stderr].concat().into()));
    }
    files(home.path(), &mut written);
    let pex = written.iter().find(|(what, _)| what.contains("pex")).expect("asked");
    assert!(String::from_utf8_lossy(&pex.1).contains("1 met"), "something was there to be told");
    assert_untold(&secret, &written);
}

#[test]
fn nothing_that_a_crawl_of_the_dht_writes_tells_of_a_node() {
    let (home, (_, all)) = (Home::new(), marks());
    let (first, log) = (format!("dht://{}", nodes()), home.path().join("log"));
    fs::create_dir(home.path().join("store")).expect("a directory");
    let store = "sqlite:store/c.sqlite";
    let args = ["crawl", &first, "--probe", "find_node", "--store", store, "--json"];
    let mut command = home.swarmscope(&[&args[..], &["--allow-range", "127.0.0.0/8"]].concat());
    command.stderr(File::create(&log).expect("a file"));
    let running = Running::start(command);
    let (mut written, mut said) = (Written::new(), String::new());
    while !said.contains("\"event\":\"round\"") {
        said = running.line();
        written.push(("an event".into(), said.clone().into()));
    }
    let round: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(round["reached"], NODES, "{round}");
    files(&home.path().join("store"), &mut written);
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 0);
    read_back(&home, store, &mut written);
    written.push(("the log".into(), fs::read(&log).expect("a log")));
    files(home.path(), &mut written);
    assert_untold(&all, &written);
}
