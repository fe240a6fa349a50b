//! Two hundred nodes of ours among the clients' own, some of them liars, silent or rate-limited:
//! what a crawl finds of them, and how often it asks each.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};
use swarmscope_networks::simulated::{Conduct, Swarm, SwarmConfig};
use swarmscope_wire::krpc::Contact;

use crate::clients::CLIENTS;
use crate::lab::{self, Lab};

const NODES: u8 = 200;
const CONFIG: SwarmConfig =
    SwarmConfig { nodes: NODES as usize, liars: 10, silent: 10, limited: 20, loss: 0, seed: 11 };

/// One in each /24, as real clients want it.
fn address(number: u8) -> SocketAddr {
    ([198, 19, number, 1], 6881).into()
}

/// Ours, which have met the clients.
fn swarm(clients: &[Contact]) -> Swarm {
    Swarm::at(CONFIG, (0..NODES).map(address), clients)
}

/// `ID@ADDRESS:PORT,…`
fn read(text: &str) -> Vec<Contact> {
    let contact = |word: &str| {
        let (id, address) = word.split_once('@')?;
        Some(Contact { id: id.parse().ok()?, address: address.parse().ok()? })
    };
    text.split(',').map(|word| contact(word).expect("a contact")).collect()
}

/// The nodes, as a process in the namespace. For each line that it reads it tells what they saw.
pub fn serve() {
    let clients = std::env::var("LAB_CLIENTS").expect("what the test sets");
    let swarm = Arc::new(Mutex::new(swarm(&read(&clients))));
    for number in 0..NODES {
        let socket = UdpSocket::bind(address(number)).expect("an address of the lab");
        let swarm = swarm.clone();
        std::thread::spawn(move || answer(&socket, address(number), &swarm));
    }
    lab::tell("listening");
    for _ in std::io::stdin().lines() {
        let swarm = swarm.lock().expect("no panic");
        lab::tell(
            &json!({ "busiest": swarm.busiest_second(), "queries": swarm.queries() }).to_string(),
        );
    }
}

fn answer(socket: &UdpSocket, own: SocketAddr, swarm: &Mutex<Swarm>) {
    let mut buffer = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let answer = swarm.lock().expect("no panic").answer(own, &buffer[..length], Instant::now());
        if let Some(answer) = answer {
            let _ = socket.send_to(&answer, from); // who left needs none
        }
    }
}

pub fn are_crawled_with_the_clients(lab: &Lab) {
    let ids: Vec<String> = CLIENTS
        .iter()
        .map(|client| {
            let (_, ping) = lab.last(&["request", &client.node(), "ping"]);
            format!("{}@{}", ping["decoded"]["id"].as_str().expect("an id"), client.place())
        })
        .collect();
    let swarm = swarm(&read(&ids.join(",")));
    let mut running = lab.child("nodes", &[("LAB_CLIENTS", &ids.join(","))]);
    assert_eq!(running.told(), "listening");
    let conduct = |number: usize| {
        swarm.conduct(swarm.index(address(u8::try_from(number).expect("a node"))).expect("ours"))
    };
    let count = |of: &[Conduct]| {
        (0..usize::from(NODES)).filter(|number| of.contains(&conduct(*number))).count()
    };
    let first =
        (0..NODES).find(|number| conduct(usize::from(*number)) == Conduct::Honest).expect("one");
    let reached = count(&[Conduct::Honest, Conduct::Limited, Conduct::Liar]) + CLIENTS.len();
    let store = lab.file("crawl.sqlite");
    let round = crawl(lab, &format!("dht://{}", address(first)), &store);
    let wrong = &round["outcomes"];
    lab::say(&format!("crawl of {NODES} nodes of ours and {} clients: {round}", CLIENTS.len()));
    // rtorrent answers nothing but errors until it has met others, and an error names no id: so it
    // is asked under each id by which liars name its address, and counts as none of them.
    let refuses = wrong["answer.refused"].as_u64().is_some_and(|refused| refused > 0);
    assert_eq!(round["reached"], reached - usize::from(refuses), "{round}");
    assert!(wrong["answer.timeout"].as_u64() >= Some(count(&[Conduct::Silent]) as u64), "{round}");
    assert!(wrong["id.wrong-node"].as_u64() >= Some(count(&[Conduct::Impostor]) as u64), "{round}");
    running.go();
    let seen: Value = serde_json::from_str(&running.told()).expect("JSON");
    lab::say(&format!("what the nodes saw: {seen}"));
    assert!(seen["busiest"].as_u64().is_some_and(|most| (1..=4).contains(&most)), "{seen}");
}

fn crawl(lab: &Lab, seed: &str, store: &str) -> Value {
    let crawled = ["crawl", seed, "--probe", "find_node", "--rounds", "1"];
    let (code, events) =
        lab.ask(&[&crawled[..], &["--allow-range", "198.18.0.0/15", "--store", store]].concat());
    assert_eq!(code, 0, "{events:?}");
    events.into_iter().rfind(|event| event["event"] == "round").expect("a round")
}
