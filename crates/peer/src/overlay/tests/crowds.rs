//! Too many, too slow, too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::raw;
use super::support::*;
use crate::at_rest::{at_rest, comes_to_rest};
use crate::overlay::tls::Tls;
use crate::overlay::{ConnId, Limits, OverlayEvent};
use crate::session::Timeouts;
use swarmscope_wire::failure::{By, Cause, Failure};

fn tls(seed: u8) -> Tls {
    Tls::new(current(seed).current.as_ref().unwrap(), None).unwrap()
}

#[tokio::test]
async fn a_slow_handshake_ends_at_its_deadline() {
    let incoming = Timeouts { handshake: Duration::from_millis(300), ..Timeouts::default() };
    let mut peer = Peer::with(both(1), true, &Limits { incoming, ..Limits::default() }).await;
    let began = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap();
    let drip = tokio::spawn(async move {
        for byte in raw::handshake(18, 0) {
            if socket.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(peer.refused().await.cause, Cause::HandshakeTimeout);
    assert!(began.elapsed() >= incoming.handshake);
    drip.await.unwrap();
}

#[tokio::test]
async fn every_stage_of_the_authentication_ends_at_the_same_deadline() {
    let incoming = Timeouts { authentication: Duration::from_secs(1), ..Timeouts::default() };
    let mut peer = Peer::with(both(1), true, &Limits { incoming, ..Limits::default() }).await;
    let port = peer.port();
    // Nothing after the handshake.
    let (_mute, _) = raw::dial(port, 17).await;
    let (_mute, _) = raw::dial(port, 18).await;
    // The beginning of a ClientHello.
    let (mut begins, _) = raw::dial(port, 18).await;
    begins.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
    // TLS, but no HELLO.
    let (socket, _) = raw::dial(port, 18).await;
    let _tls = raw::tls_client(socket, tls(2).client(None)).await.unwrap();
    for _ in 0..4 {
        assert_eq!(peer.refused().await.cause, Cause::AuthTimeout);
    }
}

#[tokio::test]
async fn a_dialler_does_not_wait_for_ever_either() {
    let outgoing = Timeouts {
        handshake: Duration::from_millis(500),
        authentication: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let mut dialler =
        Peer::with(current(1), false, &Limits { outgoing, ..Limits::default() }).await;
    let (listener, port) = raw::listen().await;
    dialler.dial(port, None);
    let (_mute, _) = listener.accept().await.unwrap();
    assert_eq!(dialler.refused().await.cause, Cause::HandshakeTimeout);
    dialler.dial(port, None);
    let _mute = raw::accept(&listener, 18).await;
    assert_eq!(dialler.refused().await.cause, Cause::AuthTimeout);
}

/// How many were refused for being too many, as one event tells.
async fn refusals(peer: &mut Peer) -> u64 {
    match peer.fact().await {
        OverlayEvent::AcceptFailed { failure, times, .. } if failure.cause == Cause::Crowded => {
            times
        }
        other => panic!("{other:?} instead of a refusal"),
    }
}

#[tokio::test]
async fn a_flood_from_one_source_leaves_room_for_others() {
    let limits = Limits { unauthenticated: 8, unauthenticated_per_source: 4, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap());
    }
    // The first is told of at once, the others together.
    let mut told = refusals(&mut peer).await;
    assert_eq!(told, 1);
    // Another source still gets in.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.3:0".parse().unwrap()).unwrap();
    let mut socket = socket.connect(peer.overlay.listening().unwrap()).await.unwrap();
    socket.write_all(&raw::handshake(18, 0)).await.unwrap();
    raw::read_exactly::<68>(&mut socket).await;
    sleep(Duration::from_millis(1100)).await;
    held.push(TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap());
    while told < 17 {
        told += refusals(&mut peer).await;
    }
    assert_eq!(told, 17);
    // Those that go make room.
    held.clear();
    let mut dialler = Peer::silent(current(2)).await;
    let link = loop {
        dialler.dial(peer.port(), None);
        match dialler.fact().await {
            OverlayEvent::Connected { who, .. } => break who,
            _ => sleep(Duration::from_millis(50)).await,
        }
    };
    assert_eq!(link.permid, permid(&current(1)));
}

#[tokio::test]
async fn who_dials_too_often_is_closed_before_anything_is_computed() {
    let source = Limits { attempts_per_source: 1, ..Limits::default() };
    let all = Limits { attempts: 1, ..Limits::default() };
    for (limits, whose) in [(source, "this source"), (all, "everybody")] {
        let mut peer = Peer::with(current(1), true, &limits).await;
        let mut held = Vec::new();
        for _ in 0..40 {
            held.push(TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap());
        }
        let OverlayEvent::AcceptFailed { failure, .. } = peer.fact().await else {
            panic!("forty at once are more than four seconds' worth")
        };
        assert_eq!(failure.cause, Cause::Crowded);
        assert!(failure.detail.contains(whose), "{}", failure.detail);
    }
}

#[tokio::test]
async fn where_all_places_are_taken_the_oldest_of_the_largest_crowd_goes() {
    let limits = Limits { unauthenticated: 4, unauthenticated_per_source: 4, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let mut crowd = Vec::new();
    for _ in 0..4 {
        crowd.push(TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap());
    }
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.3:0".parse().unwrap()).unwrap();
    let _newcomer = socket.connect(peer.overlay.listening().unwrap()).await.unwrap();
    let OverlayEvent::AcceptFailed { remote, failure, .. } = peer.fact().await else {
        panic!("one has to go")
    };
    assert_eq!(failure.cause, Cause::Crowded);
    assert_eq!(remote, crowd[0].local_addr().unwrap());
    assert_eq!(raw::read_rest(&mut crowd[0]).await, b"");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let limits = Limits {
        write: Duration::from_secs(2),
        queued_bytes: 20 << 20,
        queued_frames: 1000,
        ..Limits::default()
    };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let mut stalls = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    for _ in 0..300 {
        peer.overlay.send(link.conn, filled(231, 0, 32_768)).unwrap();
    }
    // It is heard all the same until then.
    raw::write(&mut stalls, &frame(232, b"\x03\0\0\0")).await;
    assert_eq!(peer.frame().await.1, frame(232, b"\x03\0\0\0"));
    let failure = peer.closed().await.1;
    assert_eq!((failure.cause, failure.by), (Cause::QueueFull, By::Peer));
}

#[tokio::test]
async fn a_full_queue_is_refused_at_once_and_ends_the_connection() {
    let limits = Limits { queued_frames: 10, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let _stalls = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    stall(&peer, link.conn).await;
    let refused =
        (0..=10).find_map(|_| peer.overlay.send(link.conn, filled(231, 0, 1 << 20)).err());
    assert_eq!(refused.unwrap().cause, Cause::QueueFull);
    let closed = timeout(SOON, peer.closed())
        .await
        .expect("before the peer's time to take something is over");
    assert_eq!(closed.1.cause, Cause::QueueFull);
}

/// Sooner than the time that a peer has to take what is sent to it.
const SOON: Duration = Duration::from_secs(10);

/// Sends until nothing is taken any more, from the connection's own buffer neither.
async fn stall(peer: &Peer, conn: ConnId) {
    while !peer.overlay.waits(conn) {
        peer.overlay.send(conn, filled(231, 0, 1 << 20)).unwrap();
        at_rest().await;
    }
}

#[tokio::test]
async fn a_stalled_connection_hears_that_it_is_to_end() {
    let mut peer = Peer::start(current(1)).await;
    let _stalls = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    stall(&peer, link.conn).await;
    peer.overlay.close(link.conn, Failure::new(Cause::Closed, By::Us, "enough"));
    let closed = timeout(SOON, peer.closed())
        .await
        .expect("before the peer's time to take something is over");
    assert_eq!((closed.0, closed.1.cause), (link.conn, Cause::Closed));
}

#[tokio::test]
async fn what_was_written_is_told_so_that_a_long_reply_can_follow() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let (_, into) = connect(&mut dialler, &mut acceptor).await;
    let (mut sent, mut written) = (0, 0);
    while written < 300 {
        while sent < 300 && sent - written < 8 {
            acceptor
                .overlay
                .send(into.conn, filled(231, u8::try_from(sent % 256).unwrap(), 32_768))
                .unwrap();
            sent += 1;
        }
        match acceptor.next().await {
            OverlayEvent::Written { conn, frames } => {
                assert_eq!(conn, into.conn);
                written += frames;
            }
            other => panic!("{other:?} instead of Written"),
        }
    }
    assert_eq!(written, 300);
    for part in 0..300 {
        assert_eq!(usize::from(dialler.frame().await.1.body[0]), part % 256);
    }
}

#[tokio::test]
async fn a_node_that_is_behind_slows_its_peer_down_instead_of_taking_memory() {
    let mut slow = Peer::with(current(1), true, &Limits { events: 4, ..Limits::default() }).await;
    let peer = raw::connect(slow.port(), &tls(2)).await;
    let link = slow.connected().await;
    let (mut reading, mut writing) = tokio::io::split(peer);
    let flood = filled(77, 0, 60_000).encode();
    let sent = Arc::new(AtomicU32::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let (count, stop) = (Arc::clone(&sent), Arc::clone(&enough));
    let sender = tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) && count.load(Ordering::Relaxed) < 1000 {
            writing.write_all(&flood).await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        }
        writing.flush().await.unwrap();
        writing
    });
    let taken = comes_to_rest(|| sent.load(Ordering::Relaxed)).await;
    assert!(taken < 1000, "{taken} frames of 60 kB were taken although nobody reads them");
    // Nothing of it is lost, and writing goes on meanwhile.
    slow.overlay.send(link.conn, frame(240, b"")).unwrap();
    raw::read_exactly::<5>(&mut reading).await;
    enough.store(true, Ordering::Relaxed);
    for _ in 0..=taken {
        assert_eq!(slow.frame().await.1.body.len(), 60_000);
    }
    sender.await.unwrap();
    assert_eq!(sent.load(Ordering::Relaxed), taken + 1, "and the one that it was writing");
}

#[tokio::test]
async fn frames_that_are_being_received_share_one_budget() {
    let limits = Limits { assembling_bytes: 10 << 20, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    // In one record with a frame that is heard of: then its length has been read.
    let announce = [&frame(240, b"").encode()[..], &(8_u32 << 20).to_be_bytes()].concat();
    let mut first = raw::connect(peer.port(), &tls(2)).await;
    let one = peer.connected().await;
    first.write_all(&announce).await.unwrap();
    assert_eq!(peer.frame().await.0, one.conn);
    let mut second = raw::connect(peer.port(), &tls(3)).await;
    let other = peer.connected().await;
    second.write_all(&announce).await.unwrap();
    assert_eq!(peer.frame().await.0, other.conn);
    let (conn, failure) = peer.closed().await;
    assert_eq!((conn, failure.cause), (other.conn, Cause::FrameTooLarge));
    drop(first);
    assert_eq!(peer.closed().await.0, one.conn);
    let mut third = raw::connect(peer.port(), &tls(4)).await;
    peer.connected().await;
    raw::write(&mut third, &filled(77, 5, (8 << 20) - 1)).await;
    assert_eq!(peer.frame().await.1.body.len(), (8 << 20) - 1);
}

#[tokio::test]
async fn whole_frames_that_nobody_takes_are_bounded_in_bytes() {
    const FRAMES: usize = 20;
    let limits = Limits { event_bytes: 1 << 20, ..Limits::default() };
    let (mut one, mut other) =
        (Peer::start(current(1)).await, Peer::with(current(2), true, &limits).await);
    let (near, _) = connect(&mut one, &mut other).await;
    for _ in 0..FRAMES {
        one.overlay.send(near.conn, filled(250, 7, 512 << 10)).unwrap();
    }
    let waiting = comes_to_rest(|| other.events.len()).await; // as much comes as may
    assert!(waiting <= 2, "{waiting} frames of 512 KiB wait");
    for _ in 0..FRAMES {
        assert_eq!(other.frame().await.1.body.len(), 512 << 10, "and none is lost");
    }
}

#[tokio::test]
async fn dials_wait_for_a_place_and_get_it() {
    let outgoing = Timeouts { handshake: Duration::from_millis(300), ..Timeouts::default() };
    let limits = Limits { outgoing, dials: 1, ..Limits::default() };
    let mut dialler = Peer::with(current(1), false, &limits).await;
    let (_mute, port) = raw::listen().await; // it never says anything
    let (first, second) = (dialler.dial(port, None), dialler.dial(port, None));
    let (mut begun, mut failed) = (Vec::new(), Vec::new());
    while failed.len() < 2 {
        match dialler.next().await {
            OverlayEvent::DialFailed { attempt, .. } => failed.push(attempt),
            OverlayEvent::Progress { attempt, .. } if !begun.contains(&attempt) => {
                begun.push(attempt);
                assert_eq!(begun.len(), failed.len() + 1, "one after the other");
            }
            OverlayEvent::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    failed.sort_unstable();
    assert_eq!(failed, [first, second]);
}

#[tokio::test]
async fn a_frame_that_drips_ends_its_connection() {
    let incoming = Timeouts { frame: Duration::from_millis(500), ..Timeouts::default() };
    let mut peer = Peer::with(current(1), true, &Limits { incoming, ..Limits::default() }).await;
    let mut stream = raw::connect(peer.port(), &tls(2)).await;
    peer.connected().await;
    let began = Instant::now();
    let drip = tokio::spawn(async move {
        for byte in filled(77, 0, 1000).encode() {
            if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    let (_, failure) = peer.closed().await;
    assert_eq!((failure.cause, failure.by), (Cause::FrameSlow, By::Peer));
    assert!(began.elapsed() >= incoming.frame, "{:?}", began.elapsed());
    drip.await.unwrap();
}
