//! What a question costs: the crawl's machines over a real socket against a bare UDP echo in the
//! same run, in questions per CPU-second of the asking thread; and what a known node takes.
//!
//! One socket serves all simulated nodes: the first six bytes of each datagram say which.
#![allow(clippy::disallowed_methods)] // a bench measures

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use swarmscope_networks::address::Policy;
use swarmscope_networks::dht::asker::{Asker, AskerConfig};
use swarmscope_networks::dht::crawl::{Ask, Crawl, CrawlConfig, Token, Zone};
use swarmscope_networks::dht::transactions::Deadlines;
use swarmscope_networks::simulated::{Swarm, SwarmConfig};
use swarmscope_wire::krpc::compact::{V4_LEN, address, write_address};
use swarmscope_wire::krpc::{Contact, NodeId, Question, Want};

const NODES: usize = 100_000;
const QUESTIONS: u64 = 100_000;
/// How many questions wait for their answers at a time.
const WINDOW: usize = 64;

fn main() {
    let echo = measured(|_, datagram| Some(datagram.to_vec()), bare);
    let config = SwarmConfig { nodes: NODES, liars: 10, silent: 20, limited: 5, loss: 0, seed: 1 };
    let swarm = Swarm::new(config);
    let seeds: Vec<Contact> = swarm.truth().take(8).copied().collect();
    let mut swarm = swarm;
    let serve = move |to: SocketAddr, datagram: &[u8]| swarm.answer(to, datagram, Instant::now());
    let asked = measured(serve, move |socket| crawl(socket, &seeds));
    println!(
        "bare echo: {echo:.0} per CPU-second; crawl: {asked:.0} per CPU-second; ratio {:.2}",
        asked / echo
    );
}

/// Runs `ask` against a server thread and gives its questions per CPU-second.
fn measured(
    mut answer: impl FnMut(SocketAddr, &[u8]) -> Option<Vec<u8>> + Send + 'static,
    ask: impl FnOnce(&UdpSocket) -> u64,
) -> f64 {
    let server = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.connect(server.local_addr().expect("its address")).expect("a way there");
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    server.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let stop = Arc::new(AtomicBool::new(false));
    let is_stopped = stop.clone();
    let serving = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while !is_stopped.load(Ordering::Relaxed) {
            let Ok((length, from)) = server.recv_from(&mut buffer) else { continue };
            let (head, datagram) = buffer[..length].split_at(V4_LEN);
            if let Some(answer) = address(head).and_then(|to| answer(to, datagram)) {
                let _ = server.send_to(&[head, &answer].concat(), from);
            }
        }
    });
    let begun = cpu_time();
    let questions = ask(&socket);
    let took = cpu_time().saturating_sub(begun);
    stop.store(true, Ordering::Relaxed);
    serving.join().expect("the server ends");
    questions as f64 / took.as_secs_f64()
}

/// What this thread has run, from the scheduler.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(
        text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds"),
    )
}

fn bare(socket: &UdpSocket) -> u64 {
    let mut datagram = vec![b'x'; 110]; // as long as a find_node
    write_address_first(([192, 0, 2, 1], 6881).into(), &mut datagram);
    let (mut buffer, mut answered) = ([0; 4096], 0);
    while answered < QUESTIONS {
        for _ in 0..WINDOW {
            socket.send(&datagram).expect("it is sent");
        }
        for _ in 0..WINDOW {
            answered += u64::from(socket.recv(&mut buffer).is_ok());
        }
    }
    answered
}

fn write_address_first(node: SocketAddr, datagram: &mut Vec<u8>) {
    let mut head = Vec::with_capacity(V4_LEN + datagram.len());
    write_address(node, &mut head);
    head.extend_from_slice(datagram);
    *datagram = head;
}

fn crawl(socket: &UdpSocket, seeds: &[Contact]) -> u64 {
    let zone = Zone { prefix: NodeId([0; 20]), bits: 0 };
    let config = CrawlConfig {
        zone,
        questions: 2,
        most_known: 4_000_000,
        policy: Policy::default(),
        seed: 1,
    };
    let asking = AskerConfig {
        id: NodeId([7; 20]),
        rate: 10_000_000,
        deadlines: Deadlines::default(),
        seed: 1,
    };
    let (mut crawl, mut asker) = (Crawl::new(config, seeds), Asker::<Token>::new(asking));
    let mut buffer = [0; 4096];
    while asker.tally().answered < QUESTIONS {
        let now = Instant::now();
        while asker.queued() < WINDOW
            && let Some(Ask { token, to, target }) = crawl.next_query()
        {
            asker.ask(to, Question::FindNode { target, want: Want::default() }, token);
        }
        let mut sent = 0;
        while sent < WINDOW
            && let Some(transmit) = asker.transmit(now)
        {
            let mut datagram = transmit.datagram;
            write_address_first(transmit.to, &mut datagram);
            socket.send(&datagram).expect("it is sent");
            sent += 1;
        }
        for _ in 0..sent.max(1) {
            let Ok(length) = socket.recv(&mut buffer) else { break };
            let Some(from) = address(&buffer[..V4_LEN]) else { continue };
            crawl.hear_of(asker.receive(from, &buffer[V4_LEN..length], Instant::now()));
        }
        while let Some(event) = asker.pass(Instant::now()) {
            crawl.hear_of(event);
        }
    }
    let (answered, known) = (asker.tally().answered, crawl.known());
    let before = resident();
    drop(crawl);
    let freed = before.saturating_sub(resident());
    println!(
        "{known} known addresses, {} bytes each, by what is freed with them",
        freed / known.max(1)
    );
    answered
}

/// Resident memory in bytes.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
