//! The simulated swarm on its socket.
#![allow(clippy::disallowed_methods, reason = "a swarm lives in the world: sockets, clock, tasks")]

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use swarmscope_peer::Failure;
use swarmscope_peer::session::Timeouts;
use swarmscope_wire::buddycast::{BuddyCast, ListedPeer, MAX_LISTED};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest, parts};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::{Handshake, PeerId};
use swarmscope_wire::{ErrorByte, MessageId, OverlayVersion, Permid};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::world::{Kind, SLOW, World};

/// How long a silent peer holds a connection: longer than anybody waits.
const SILENCE: Duration = Duration::from_secs(60);

/// What the swarm has served.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Connections that came.
    pub connections: u64,
    /// Of them, how many authenticated.
    pub authenticated: u64,
    /// Questions accepted, by peer and message.
    pub accepted: HashMap<(u32, u8), u64>,
    /// Answered with 254: asked too soon.
    pub too_soon: u64,
}

/// A running swarm. It ends when this is dropped.
pub struct Simulator {
    world: World,
    served: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    served: Served,
    /// When each message was accepted last (protocol.md §4).
    last: HashMap<(u32, u8), Instant>,
}

struct Shared {
    world: World,
    /// Of every peer: making one takes 20 µs, and each BuddyCast lists twenty.
    permids: Vec<Permid>,
    began: Instant,
    state: Arc<Mutex<State>>,
}

impl Simulator {
    /// Listens on every address of 127.0.0.0/8 at the world's port; 0 takes any free one.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(mut world: World) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, world.port)).await?;
        world.port = listener.local_addr()?.port();
        let served = Arc::new(Mutex::new(State::default()));
        let permids = (0..world.peers).map(|peer| world.permid(peer)).collect();
        let shared =
            Arc::new(Shared { world, permids, began: Instant::now(), state: Arc::clone(&served) });
        let task = tokio::spawn(accept(listener, shared));
        Ok(Self { world, served, task })
    }

    /// The swarm, with the port that was bound.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// What was served so far.
    #[must_use]
    pub fn served(&self) -> Served {
        lock(&self.served).served.clone()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let _ = serve(socket, &shared).await; // how a Crawler leaves is its own business
                });
            }
            Err(_) => sleep(Duration::from_millis(20)).await, /* no file left: connections have
                                                               * to end first */
        }
    }
}

async fn serve(mut socket: TcpStream, shared: &Shared) -> Result<(), Failure> {
    lock(&shared.state).served.connections += 1;
    let Ok(local) = socket.local_addr() else { return Ok(()) };
    let _ = socket.set_nodelay(true);
    let Some(peer) = shared.world.peer(local.ip()) else { return Ok(()) };
    if !shared.world.is_online(peer, shared.began.elapsed()) {
        return Ok(()); // nothing listens there just now: as near to a refusal as one socket for all can come
    }
    match shared.world.kind(peer) {
        Kind::Silent | Kind::BehindNat => {
            sleep(SILENCE).await;
            Ok(())
        }
        Kind::Old => {
            let id = PeerId::new([0; 8], local.port(), OverlayVersion(2), OverlayVersion::LEGACY);
            let _ = socket.write_all(&Handshake::new(id).encode()).await;
            sleep(Duration::from_secs(2)).await; // for the other side to read it and leave
            Ok(())
        }
        kind => converse(socket, local, peer, kind, shared).await,
    }
}

async fn converse(
    socket: TcpStream,
    local: SocketAddr,
    peer: u32,
    kind: Kind,
    shared: &Shared,
) -> Result<(), Failure> {
    let identity = Arc::new(shared.world.identity(peer));
    let mut connection = swarmscope_peer::overlay::Served::accept(
        socket,
        identity,
        local.port(),
        Timeouts::default(),
    )
    .await?;
    lock(&shared.state).served.authenticated += 1;
    let mut exchanged = false;
    loop {
        let frame = connection.next().await?;
        match frame.id {
            FrameId::BUDDYCAST if !exchanged => {
                exchanged = true;
                connection.send(&buddycast(shared, peer, local));
            }
            FrameId::CRAWLER_REQUEST => {
                if kind == Kind::Slow {
                    sleep(SLOW).await;
                }
                if let Ok(request) = CrawlerRequest::decode(frame.body) {
                    for reply in answer(&request, peer, shared) {
                        connection.send(&reply);
                    }
                }
            }
            _ => {}
        }
    }
}

fn buddycast(shared: &Shared, peer: u32, local: SocketAddr) -> Frame {
    let world = &shared.world;
    let listed = |other: u32| {
        let address = world.address(other);
        let version = if world.kind(other) == Kind::Old {
            OverlayVersion::LEGACY
        } else {
            OverlayVersion::CURRENT
        };
        ListedPeer {
            permid: shared.permids[other as usize],
            ip: address.ip(),
            port: address.port(),
            similarity: 0,
            version: Some(version),
            services: Some(0),
        }
    };
    let mut taste: Vec<ListedPeer> = world.neighbours(peer).into_iter().map(listed).collect();
    let random_peers = taste.split_off(taste.len().min(MAX_LISTED));
    let message = BuddyCast {
        ip: local.ip(),
        port: local.port(),
        connectable: true,
        services: Some(0),
        taste_buddies: taste,
        random_peers,
    };
    message.encode(OverlayVersion::CURRENT)
}

/// The reply, behind the gate of protocol.md §4.
fn answer(request: &CrawlerRequest, peer: u32, shared: &Shared) -> Vec<Frame> {
    let key = (peer, request.message.0);
    let now = Instant::now();
    let mut state = lock(&shared.state);
    let frequency = Duration::from_secs(request.frequency.0.into());
    let is_early =
        state.last.get(&key).is_some_and(|last| *last + frequency >= now + Duration::from_secs(5));
    let (error, payload) = if is_early {
        state.served.too_soon += 1;
        (ErrorByte::FREQUENCY, Bytes::from_static(b"frequency error"))
    } else if request.message == MessageId::NATCHECK {
        state.last.insert(key, now);
        *state.served.accepted.entry(key).or_default() += 1;
        (ErrorByte::SUCCESS, natcheck(shared.world.ip(peer), peer))
    } else {
        (ErrorByte::UNKNOWN_MESSAGE, Bytes::from_static(b"unknown message"))
    };
    drop(state);
    parts(request.message, request.channel, error, payload)
        .map(|reply: CrawlerReply| reply.encode())
        .collect()
}

/// A NATCHECK reply of the original's seven fields; what the type is follows from the peer's
/// number.
pub(super) fn natcheck(ip: Ipv4Addr, peer: u32) -> Bytes {
    let (kind, code) = [
        ("Open Internet", 0),
        ("Full Cone NAT", 1),
        ("Restricted Cone NAT", 2),
        ("Port Restricted Cone NAT", 3),
        ("Symmetric NAT", -1),
    ][peer as usize % 5];
    let ip = ip.to_string();
    let text = format!(
        "l{}:{kind}i{code}ei{}e{}:{ip}i{}e{}:{ip}i7760ee",
        kind.len(),
        35,
        ip.len(),
        1024 + peer % 60_000,
        ip.len()
    );
    text.into()
}
