//! Conversations that stop in each of their phases: slowly, abruptly, or on one side only; and those
//! that are somebody else's. Each begins as a genuine one, whose bytes pass a relay that cuts it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::node::{Node, Target};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{ErrorByte, Frequency, MessageId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::attackers::Stranger;
use super::honest::{Attack, Both, Honest, compare, config, permid};
use super::victim::{Ceilings, PATIENCE, Setup, Victim};
use super::{alone, runtime};

const LISTED: u8 = 1;
/// Bytes after which a conversation is cut: nothing, within the handshake and behind it, within and
/// behind each flight of TLS, and within a frame of the authenticated conversation.
const CUTS: [usize; 10] = [0, 20, 67, 68, 69, 200, 330, 500, 900, 20_000];
/// Each cut so often.
const TIMES: usize = 8;
/// As many as come: what is shown here is not the limits on attempts.
const LIMITS: &str = "attempts = 100000\nattempts-per-source = 100000\n";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    /// The rest comes byte by byte.
    Drip,
    /// RST.
    Reset,
    /// FIN; what comes back is read.
    HalfClose,
}

/// Relays conversations to `to`, each cut elsewhere.
async fn relay(to: SocketAddr, cut: Cut) -> (SocketAddr, AbortOnDropHandle<()>) {
    // who dials a port expects that it is announced, so this listens on the same one elsewhere
    let address = SocketAddr::from(([127, 0, 2, 1 + cut as u8], to.port()));
    let listener = TcpListener::bind(address).await.expect("a free address");
    let task = tokio::spawn(async move {
        let mut passing = JoinSet::new(); // they end with the relay
        for number in 0.. {
            let Ok((near, _)) = listener.accept().await else { return };
            let Ok(far) = TcpStream::connect(to).await else { continue };
            passing.spawn(pass(near, far, CUTS[number % CUTS.len()], cut));
        }
    });
    (address, AbortOnDropHandle::new(task))
}

async fn pass(near: TcpStream, mut far: TcpStream, after: usize, cut: Cut) {
    let _ = far.set_nodelay(true);
    let (mut from_near, mut to_near) = near.into_split();
    {
        let (mut from_far, mut to_far) = far.split();
        let there = async {
            let _ = tokio::io::copy(&mut (&mut from_near).take(after as u64), &mut to_far).await;
        };
        tokio::select! {
            () = there => {}
            _ = tokio::io::copy(&mut from_far, &mut to_near) => return,
        }
    }
    match cut {
        Cut::Reset => drop(far.set_zero_linger()), // and it goes
        Cut::HalfClose => {
            let _ = far.shutdown().await;
            let _ = tokio::io::copy(&mut far, &mut to_near).await;
        }
        Cut::Drip => {
            while let Ok(byte) = from_near.read_u8().await {
                if far.write_u8(byte).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(300)).await;
            }
        }
    }
}

fn stops(cut: Cut, files: u64) {
    let (_alone, runtime) = (alone(), runtime());
    let setup = Setup { limits: LIMITS, ..Setup::default() };
    let mut victim = Victim::start(&[permid(LISTED)], setup);
    runtime.block_on(async {
        let mut both = Both::start(LISTED, &victim).await;
        let quiet = both.visits(15).await;
        let (address, relay) = relay(victim.address, cut).await;
        let authenticated = Arc::new(AtomicUsize::new(0));
        let attack: Vec<_> = (0..TIMES * CUTS.len())
            .map(|_| {
                let authenticated = Arc::clone(&authenticated);
                tokio::spawn(async move {
                    let Some(mut stranger) = Stranger::connect(address).await else { return };
                    authenticated.fetch_add(1, Ordering::Relaxed);
                    let body = Bytes::from(vec![0; 100_000]);
                    stranger.send(Frame { id: FrameId(77), body }).await;
                    sleep(PATIENCE).await;
                })
            })
            .map(AbortOnDropHandle::new)
            .collect();
        compare(&format!("{cut:?} in each phase"), Attack::Holds, quiet, both.visits(25).await);
        victim.check(&format!("{cut:?} in each phase"), Ceilings { memory: 48, files });
        let authenticated = authenticated.load(Ordering::Relaxed);
        let (least, most) = (TIMES, TIMES * CUTS.len() / 2);
        assert!(
            (least..=most).contains(&authenticated),
            "cut before and behind it: {authenticated}"
        );
        drop((attack, relay, both));
        let began = Instant::now();
        while victim.limits()["connections"]["used"] != 0 && began.elapsed() < PATIENCE {
            sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(victim.limits()["connections"]["used"], 0, "{cut:?}: nothing is left");
    });
}

#[test]
fn bytes_that_drip_in_any_phase_keep_nobody_waiting() {
    stops(Cut::Drip, 140);
}

#[test]
fn resets_in_any_phase_leave_nothing() {
    stops(Cut::Reset, 80);
}

#[test]
fn half_closes_in_any_phase_leave_nothing() {
    stops(Cut::HalfClose, 140);
}

/// All bytes that a listed Crawler sent, who was answered.
async fn said_by_a_listed_crawler(victim: &Victim) -> Vec<u8> {
    let address = SocketAddr::from(([127, 0, 2, 9], victim.address.port()));
    let listener = TcpListener::bind(address).await.expect("a free address");
    let to = victim.address;
    let recording = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.expect("a connection");
        let mut far = TcpStream::connect(to).await.expect("it listens");
        let ((mut from_near, mut to_near), (mut from_far, mut to_far)) =
            (near.split(), far.split());
        let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
        let there = async {
            while let Ok(count @ 1..) = from_near.read(&mut buffer).await {
                said.extend_from_slice(&buffer[..count]);
                if to_far.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
            let _ = to_far.shutdown().await;
        };
        tokio::join!(there, tokio::io::copy(&mut from_far, &mut to_near)).1.ok();
        said
    });
    let (node, _events) = Node::start(config(LISTED)).await.expect("it starts");
    let (host, port) = (address.ip().to_string(), address.port());
    let target = Target { permid: Some(victim.permid), host, port };
    node.connect(target).await.expect("it is let in");
    let ask = Ask { frequency: Frequency(0), ..Ask::new(victim.permid, MessageId::NATCHECK) };
    let reply = node.ask(ask).await.expect("a reply");
    assert_eq!(reply.error, ErrorByte::SUCCESS);
    node.shutdown(PATIENCE).await;
    recording.await.expect("no panic")
}

/// Reads until the other side closes; how many bytes came.
async fn to_the_end(socket: &mut TcpStream) -> usize {
    let mut came = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut came)).await.expect("it is closed");
    came.len()
}

#[test]
fn nobody_authenticates_with_what_another_said() {
    let (_alone, runtime) = (alone(), runtime());
    let setup = Setup { limits: LIMITS, ..Setup::default() };
    let mut victim = Victim::start(&[permid(LISTED)], setup);
    runtime.block_on(async {
        let said = said_by_a_listed_crawler(&victim).await;
        assert!(said.len() > 500, "a whole authentication and a question: {}", said.len());
        let mut honest = Honest::start(LISTED, &victim).await;
        for _ in 0..20 {
            let mut replay = TcpStream::connect(victim.address).await.expect("it listens");
            let _ = replay.write_all(&said).await;
            to_the_end(&mut replay).await;
            let mut mirror = TcpStream::connect(victim.address).await.expect("it listens");
            // an acceptor speaks second: the handshake is said first, then all is given back
            let _ = mirror.write_all(&said[..68]).await;
            let (mut back, mut there) = mirror.split();
            let reflected = timeout(PATIENCE, tokio::io::copy(&mut back, &mut there)).await;
            assert!(reflected.is_ok(), "it is closed");
        }
        let used = victim.limits()["connections"]["used"].as_u64();
        assert_eq!(used, Some(1), "nobody but the honest one is connected");
        honest.visit().await;
    });
    victim.check("replays and reflections", Ceilings { memory: 32, files: 60 });
}
