//! Nodes of the DHT on loopback: honest ones, which have an address each, and others.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{Body, Contact, Contacts, Message, NodeId, Question, Response};
use tokio::net::UdpSocket;
use tokio_util::task::AbortOnDropHandle;

/// Nodes at one address.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub host: [u8; 4],
    pub nodes: u16,
    /// Queries after which they name honest nodes, too.
    pub alone: u16,
}

/// Nodes that answer as long as this lives.
#[derive(Default)]
pub struct Nodes {
    contacts: Vec<Contact>,
    /// How many queries each has answered.
    counts: Arc<Vec<AtomicU64>>,
    /// Who asked first.
    asker: Arc<Mutex<Option<SocketAddr>>>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

impl Nodes {
    pub fn first(&self) -> SocketAddr {
        self.contacts[0].address
    }

    /// Queries that were answered.
    pub fn answered(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// When each has answered so many.
    pub fn all_answered(&self, queries: u64, within: Duration) -> Duration {
        let began = Instant::now();
        while self.counts.iter().any(|count| count.load(Ordering::Relaxed) < queries) {
            let counts: Vec<u64> =
                self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
            assert!(began.elapsed() < within, "not within {within:?}: {counts:?}");
            thread::sleep(Duration::from_millis(20));
        }
        began.elapsed()
    }

    /// Once somebody has asked.
    pub fn on_first_query(&self, then: impl FnOnce(SocketAddr) + Send + 'static) {
        let asker = Arc::clone(&self.asker);
        thread::spawn(move || {
            loop {
                let known = *asker.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(asker) = known {
                    return then(asker);
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
    }
}

/// Ids that are spread over all of the id space.
fn id(number: u16, of: u16, last: u8) -> NodeId {
    let mut id = NodeId([last; 20]);
    let first = u32::from(number) * 65_536 / u32::from(of.max(1));
    id.0[..2].copy_from_slice(&u16::try_from(first).unwrap_or(u16::MAX).to_be_bytes());
    id
}

async fn bound(host: [u8; 4]) -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::from(host), 0)).await.expect("a port of loopback")
}

/// So many nodes of an address each, which name one another.
pub async fn honest(count: u8) -> Nodes {
    let mut sockets = Vec::new();
    for host in 1..=count {
        sockets.push(bound([127, 0, 77, host]).await);
    }
    serve(sockets, 1, move |contacts, asked| {
        let first = usize::from(asked) % contacts.len();
        contacts.iter().copied().cycle().skip(first).take(8).collect()
    })
}

/// Nodes of one address, which name one another, places where nobody is, and at last others.
pub async fn crowd(crowd: Crowd, others: &Nodes) -> Nodes {
    let mut sockets = Vec::new();
    for _ in 0..crowd.nodes {
        sockets.push(bound(crowd.host).await);
    }
    let (invented, others) = (AtomicU16::new(0), others.contacts.clone());
    serve(sockets, 2, move |contacts, asked| {
        let near = contacts.iter().copied().cycle().skip(usize::from(asked)).take(8);
        let nowhere = (0..7).map(|_| {
            let number = invented.fetch_add(1, Ordering::Relaxed);
            let [high, low] = number.to_be_bytes();
            Contact { id: id(number, u16::MAX, 3), address: ([127, 200, high, low], 6881).into() }
        });
        let asked = invented.load(Ordering::Relaxed) / 7;
        let others = others.iter().copied().cycle().skip(usize::from(asked));
        let named = usize::from(asked >= crowd.alone && others.clone().next().is_some());
        near.chain(nowhere).chain(others.take(named)).collect()
    })
}

/// Answers at each of these; `names` says whom it names for its how-manieth query.
fn serve(
    sockets: Vec<UdpSocket>,
    mark: u8,
    names: impl Fn(&[Contact], u16) -> Vec<Contact> + Send + Sync + 'static,
) -> Nodes {
    let all = u16::try_from(sockets.len()).expect("few");
    let contacts: Vec<Contact> = (0..)
        .zip(&sockets)
        .map(|(number, socket)| {
            let address = socket.local_addr().expect("its address");
            Contact { id: id(number, all, mark), address }
        })
        .collect();
    let counts: Arc<Vec<AtomicU64>> =
        Arc::new(contacts.iter().map(|_| AtomicU64::new(0)).collect());
    let (first, names) = (Arc::new(Mutex::new(None)), Arc::new(names));
    let known = Arc::new(contacts.clone());
    let tasks = sockets.into_iter().enumerate().map(|(index, socket)| {
        let (known, names) = (Arc::clone(&known), Arc::clone(&names));
        let (counts, first) = (Arc::clone(&counts), Arc::clone(&first));
        AbortOnDropHandle::new(tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let Ok(query) = Message::decode(&buffer[..length]) else { continue };
                let Body::Query(asked) = query.body else { continue };
                let Question::FindNode { target, .. } = asked.question else { continue };
                first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(from);
                let list = names(&known, u16::from_be_bytes([target.0[0], target.0[1]]));
                let nodes = Some(Contacts { list, trailing: 0 });
                let response = Response { nodes, ..Response::new(known[index].id) };
                let answer = Message::new(query.transaction, Body::Response(response));
                counts[index].fetch_add(1, Ordering::Relaxed);
                let _ = socket.send_to(&answer.encode(), from).await; // who left needs none
            }
        }))
    });
    let tasks = tasks.collect();
    Nodes { contacts, counts, asker: first, _tasks: tasks }
}

/// Answers to nothing that was asked, from an endpoint that was never asked, and datagrams of all
/// sizes: for three seconds, about as fast as they are read.
pub fn flood(to: SocketAddr) {
    let socket = std::net::UdpSocket::bind("127.0.0.99:0").expect("a port");
    let invented = Contact { id: NodeId([9; 20]), address: ([127, 0, 99, 1], 6881).into() };
    let nodes = Some(Contacts { list: vec![invented], trailing: 0 });
    let response = Response { nodes, ..Response::new(NodeId([8; 20])) };
    let huge = vec![b'd'; 60_000];
    let (end, mut number) = (Instant::now() + Duration::from_secs(3), 0_u32);
    while Instant::now() < end {
        number = number.wrapping_add(1);
        // tens of thousands a second: what comes faster than it is read, the system drops, and honest
        // answers with it, before anybody here sees them
        if number % 16 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let transaction = number.to_be_bytes();
        let answer = Message::new(transaction.into(), Body::Response(response.clone())).encode();
        let size = number as usize % 60_000;
        // a full buffer drops it
        let _ = socket.send_to(&answer, to);
        let _ = socket.send_to(if number % 16 == 0 { &huge } else { &huge[..size % 1500] }, to);
    }
}
