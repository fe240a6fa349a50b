//! A small DHT: honest nodes, some that lie, some that are silent, and one that is asked too often.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use swarmscope_networks::dht::asker::VERSION;
use swarmscope_networks::simulated::{Conduct, Swarm, SwarmConfig};
use swarmscope_wire::krpc::Contact;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::udp;

/// As many as a lookup asks its way through in some seconds.
const NODES: u8 = 60;
/// Queries of a window that the limited node answers …
const LIMIT: usize = 5;
/// … of this length; real ones answer ten times as many in 10 s, which nobody here may send …
const WINDOW: Duration = Duration::from_secs(60);
/// … and for how long it is silent then, as libtorrent's are.
const SILENT: Duration = Duration::from_secs(300);

fn made_of(seed: u64) -> SwarmConfig {
    SwarmConfig { nodes: usize::from(NODES), liars: 10, silent: 10, limited: 0, loss: 0, seed }
}

/// Starts the nodes, each in a network of its own, which know these others; gives the address of an
/// honest one.
pub async fn start(seed: u64, met: &[Contact], tasks: &mut JoinSet<()>) -> io::Result<SocketAddr> {
    let mut sockets = Vec::new();
    for number in 0..NODES {
        // Where there is only 127.0.0.1, it is a small network.
        if let Ok(socket) = UdpSocket::bind((Ipv4Addr::new(127, 77, number, 1), 0)).await {
            sockets.push(socket);
        }
    }
    if sockets.is_empty() {
        sockets.push(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    }
    let addresses = sockets.iter().map(UdpSocket::local_addr).collect::<io::Result<Vec<_>>>()?;
    let swarm = Swarm::at(made_of(seed), addresses.iter().copied(), met).named(VERSION);
    let honest = |address: &&SocketAddr| {
        swarm.index(**address).is_some_and(|index| swarm.conduct(index) == Conduct::Honest)
    };
    let first = addresses.iter().find(honest).copied().unwrap_or(addresses[0]);
    let swarm = Arc::new(Mutex::new(swarm));
    for socket in sockets {
        let swarm = swarm.clone();
        spawn(tasks, socket, move |own, datagram| {
            let mut swarm = swarm.lock().unwrap_or_else(PoisonError::into_inner);
            swarm.answer(own, datagram, Instant::now())
        });
    }
    Ok(first)
}

/// One that falls silent when it is asked [`LIMIT`] times within [`WINDOW`].
pub async fn limited(tasks: &mut JoinSet<()>) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = socket.local_addr()?;
    let config = SwarmConfig { liars: 0, silent: 0, ..made_of(7) };
    let mut swarm = Swarm::at(config, [address].into_iter(), &[]).named(VERSION);
    let (mut asked, mut silent_until) = (VecDeque::new(), None);
    spawn(tasks, socket, move |own, datagram| {
        let now = Instant::now();
        asked.retain(|at| *at + WINDOW > now);
        asked.push_back(now);
        if asked.len() > LIMIT {
            silent_until = Some(now + SILENT);
        }
        if silent_until.is_some_and(|until| now < until) {
            return None;
        }
        swarm.answer(own, datagram, now)
    });
    Ok(address)
}

fn spawn(
    tasks: &mut JoinSet<()>,
    socket: UdpSocket,
    answer: impl FnMut(SocketAddr, &[u8]) -> Option<Vec<u8>> + Send + 'static,
) {
    tasks.spawn(async move { drop(udp::serve(socket, false, answer).await) });
}
