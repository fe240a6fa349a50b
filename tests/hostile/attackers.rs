//! Those who attack, and the ways by which connections come from other addresses, or are slow.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::limits::{Limits, Meter};
use swarmscope_peer::overlay::{AttemptId, ConnId, Events, Overlay, OverlayConfig, OverlayEvent};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::frame::Frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::victim::PATIENCE;

/// A connection that has ended.
#[derive(Clone, Copy)]
pub struct Ended {
    pub at: Instant,
    pub lasted: Duration,
}

/// Forwards connections to a peer, from another address of this machine.
pub struct Way {
    pub address: SocketAddr,
    ended: Arc<Mutex<Vec<Ended>>>,
    _task: AbortOnDropHandle<()>,
}

impl Way {
    /// `slow`: so many bytes a second come back, no more.
    pub async fn start(from: IpAddr, to: SocketAddr, slow: Option<usize>) -> Self {
        // who dials a port expects that it is announced, so this listens on the same one elsewhere
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let near = IpAddr::from([127, 0, 1, NEXT.fetch_add(1, Ordering::Relaxed)]);
        let address = SocketAddr::from((near, to.port()));
        let listener = TcpListener::bind(address).await.expect("a free address");
        let ended = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (began, all) = (Instant::now(), Arc::clone(&all));
                tokio::spawn(async move {
                    let socket = TcpSocket::new_v4().expect("a socket");
                    socket.bind((from, 0).into()).expect("an address of this machine");
                    if let Ok(far) = socket.connect(to).await {
                        forward(near, far, slow).await;
                        let ended = Ended { at: Instant::now(), lasted: began.elapsed() };
                        all.lock().expect("no panic").push(ended);
                    }
                });
            }
        });
        Self { address, ended, _task: AbortOnDropHandle::new(task) }
    }

    /// The connections that have ended.
    pub fn ended(&self) -> Vec<Ended> {
        self.ended.lock().expect("no panic").clone()
    }
}

async fn forward(near: TcpStream, far: TcpStream, slow: Option<usize>) {
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let there = async {
        let _ = tokio::io::copy(&mut from_near, &mut to_far).await;
        let _ = to_far.shutdown().await;
    };
    let back = async {
        let Some(rate) = slow else {
            let _ = tokio::io::copy(&mut from_far, &mut to_near).await;
            return;
        };
        // whole handshakes pass; then it drips
        let mut buffer = vec![0; 4096];
        let mut passed = 0;
        while let Ok(count @ 1..) = from_far.read(&mut buffer).await {
            if to_near.write_all(&buffer[..count]).await.is_err() {
                return;
            }
            passed += count;
            if passed > 16 << 10 {
                tokio::time::sleep(Duration::from_secs_f64(count as f64 / rate as f64)).await;
            }
        }
    };
    tokio::join!(there, back);
}

/// A peer with a key that is thrown away.
pub struct Stranger {
    overlay: Overlay,
    events: Events,
    conn: ConnId,
}

impl Stranger {
    /// Connects; `None` where it is not let in.
    pub async fn connect(to: SocketAddr) -> Option<Self> {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let mut seed = [0xa7; 32];
        seed[..8].copy_from_slice(&SEED.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        let current = Some(Arc::new(Ed25519Identity::from_seed(seed)));
        let limits = Limits::default();
        let config = OverlayConfig {
            identities: Identities { current, legacy: None },
            version: OverlayVersion::CURRENT,
            listen: None,
            limits,
            meter: Meter::new(&limits),
            trace: false,
            key_log: None,
        };
        let (overlay, mut events) = Overlay::start(config).await.expect("it starts");
        overlay.dial(AttemptId(1), &to.ip().to_string(), to.port(), None);
        loop {
            match timeout(PATIENCE, events.recv()).await.ok()?? {
                OverlayEvent::Connected { conn, .. } => {
                    return Some(Self { overlay, events, conn });
                }
                OverlayEvent::DialFailed { .. } | OverlayEvent::Closed { .. } => return None,
                _ => {}
            }
        }
    }

    /// Sends as soon as there is room; `false` once the connection has ended.
    pub async fn send(&mut self, frame: Frame) -> bool {
        if self.overlay.send(self.conn, frame).is_err() {
            return false;
        }
        loop {
            match timeout(PATIENCE, self.events.recv()).await {
                Ok(Some(OverlayEvent::Written { .. })) => return true,
                Ok(Some(OverlayEvent::Closed { .. }) | None) | Err(_) => return false,
                Ok(Some(_)) => {}
            }
        }
    }
}

/// So many of them, some at a time; those that were let in.
pub async fn strangers(count: usize, to: SocketAddr) -> Vec<Stranger> {
    /// More would wait for each other.
    const AT_ONCE: usize = 32;
    let mut all = Vec::new();
    for first in (0..count).step_by(AT_ONCE) {
        let some = AT_ONCE.min(count - first);
        let tasks: Vec<_> = (0..some).map(|_| tokio::spawn(Stranger::connect(to))).collect();
        for task in tasks {
            all.extend(task.await.expect("no panic"));
        }
    }
    all
}

/// Connections on which nobody says anything.
pub async fn idle(count: usize, to: SocketAddr) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.extend(TcpStream::connect(to).await);
    }
    all
}
