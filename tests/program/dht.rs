//! `swarmscope crawl dht://…` among nodes on loopback, and a store of two networks.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use serde_json::Value;
use swarmscope_crawl::sim::World;
use swarmscope_wire::krpc::{Body, Contact, Contacts, Message, NodeId, Question, Response};

use crate::crawl::{Swarm, events};
use crate::process::Home;

const NODES: u8 = 9;

/// Nodes that know one another; they answer as long as the test runs.
pub fn nodes() -> SocketAddr {
    let sockets: Vec<UdpSocket> =
        (0..NODES).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port")).collect();
    let contacts: Vec<Contact> = (0..)
        .zip(&sockets)
        .map(|(number, socket)| {
            let address = socket.local_addr().expect("its address");
            Contact { id: NodeId([number * 25; 20]), address }
        })
        .collect();
    let first = contacts[0].address;
    for (socket, itself) in sockets.into_iter().zip(contacts.clone()) {
        let contacts = contacts.clone();
        std::thread::spawn(move || serve(&socket, itself, &contacts));
    }
    first
}

fn serve(socket: &UdpSocket, itself: Contact, contacts: &[Contact]) {
    let mut buffer = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let Ok(query) = Message::decode(&buffer[..length]) else { continue };
        let Body::Query(asked) = query.body else { continue };
        let Question::FindNode { target, .. } = asked.question else { continue };
        let mut close = contacts.to_vec();
        close.sort_by_key(|contact| contact.id.distance(&target));
        close.truncate(3);
        let nodes = Contacts { list: close, trailing: 0 };
        let response = Response { nodes: Some(nodes), ..Response::new(itself.id) };
        let answer = Message::new(query.transaction, Body::Response(response));
        let _ = socket.send_to(&answer.encode(), from); // who left needs none
    }
}

#[test]
fn two_networks_share_a_store_and_no_figure() {
    let home = Home::new();
    let first = format!("dht://{}", nodes());
    let crawl = |target: &str, probe: &str| {
        let args = ["crawl", target, "--probe", probe, "--rounds", "1", "--store", "c.sqlite"];
        let crawled = home.run(&[&args[..], &["--json"]].concat());
        assert_eq!(crawled.code, 0, "{crawled:?}");
        events(&crawled, "round").pop().expect("a round")
    };
    let round = crawl(&first, "find_node");
    assert_eq!(round["network"], "dht");
    assert_eq!((&round["known"], &round["reached"]), (&NODES.into(), &NODES.into()), "{round}");
    assert_eq!(round["answered"]["FIND_NODE"], NODES);
    let swarm = Swarm::start(World::plain(9, 20, 0));
    let round = crawl(&swarm.target(), "natcheck");
    assert_eq!((&round["network"], &round["known"]), (&"overlay".into(), &20.into()));
    assert_eq!(round["outcomes"], serde_json::json!({"reached": 20}));
    let info: Value =
        serde_json::from_str(&home.run(&["store", "info", "c.sqlite", "--json"]).stdout)
            .expect("JSON");
    assert_eq!(info["networks"], serde_json::json!(["overlay", "dht"]));
    let replies = home.run(&["store", "replies", "c.sqlite", "net:dht", "--json"]);
    assert_eq!(replies.stdout.lines().count(), usize::from(NODES));
    assert!(!replies.stdout.contains("127.0.0.1"), "{replies:?}");
    let report = home.run(&["store", "report", "c.sqlite", "--out", "page.html"]);
    assert_eq!(report.code, 0, "{report:?}");
}

#[test]
fn a_crawl_is_of_one_network() {
    let home = Home::new();
    for (targets, probe, why) in [
        (&["dht://127.0.0.1:1", "127.0.0.1:2"][..], "find_node", "one network"),
        (&["bt://127.0.0.1:1"][..], "find_node", "bt"),
        (&["dht://127.0.0.1:1"][..], "natcheck", "find_node"),
    ] {
        let outcome = home.run(&[&["crawl"][..], targets, &["--probe", probe]].concat());
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
    }
}
