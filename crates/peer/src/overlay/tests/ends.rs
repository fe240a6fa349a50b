//! How connections end, and that each end has its reason.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::raw;
use super::support::*;
use crate::overlay::tls::Tls;
use crate::overlay::{Limits, OverlayEvent, Stopped};
use crate::session::Timeouts;
use swarmscope_wire::failure::{By, Cause, Failure};

fn tls(seed: u8) -> Tls {
    Tls::new(current(seed).current.as_ref().unwrap(), None).unwrap()
}

#[tokio::test]
async fn an_end_without_close_notify_is_a_truncation() {
    let mut peer = Peer::start(current(1)).await;
    let mut stream = raw::connect(peer.port(), &tls(2)).await;
    raw::write(&mut stream, &frame(240, b"")).await;
    let link = peer.connected().await;
    assert_eq!(peer.frame().await.0, link.conn);
    let (mut socket, _) = stream.into_inner();
    socket.shutdown().await.unwrap();
    let (conn, failure) = peer.closed().await;
    assert_eq!((conn, failure.cause, failure.by), (link.conn, Cause::Truncated, By::Network));
    assert!(!raw::read_rest(&mut socket).await.is_empty(), "our close_notify all the same");
}

#[tokio::test]
async fn an_end_with_close_notify_is_an_orderly_one() {
    let mut peer = Peer::start(current(1)).await;
    let mut stream = raw::connect(peer.port(), &tls(2)).await;
    peer.connected().await;
    stream.shutdown().await.unwrap();
    let (_, failure) = peer.closed().await;
    assert_eq!((failure.cause, failure.by), (Cause::Closed, By::Peer));
    assert_eq!(raw::read_rest(&mut stream).await, b"");
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    for identities in [current, legacy] {
        let (mut dialler, mut acceptor) =
            (Peer::silent(identities(1)).await, Peer::start(identities(2)).await);
        let proxy = tokio::net::TcpListener::bind(("127.0.0.2", acceptor.port())).await.unwrap();
        dialler.dial_at(&proxy.local_addr().unwrap(), None);
        let (mut near, _) = proxy.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(("127.0.0.1", acceptor.port())).await.unwrap();
        let (cut, is_cut) = oneshot::channel::<()>();
        let pass = tokio::spawn(async move {
            tokio::select! {
                _ = is_cut => {}
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
            }
            near.set_zero_linger().unwrap();
            far.set_zero_linger().unwrap();
        });
        dialler.connected().await;
        acceptor.connected().await;
        cut.send(()).unwrap();
        pass.await.unwrap();
        for peer in [&mut dialler, &mut acceptor] {
            let failure = peer.closed().await.1;
            assert_eq!((failure.cause, failure.by), (Cause::Reset, By::Network));
        }
    }
}

#[tokio::test]
async fn a_socket_does_not_wait_for_a_node_that_has_no_time_for_its_end() {
    let limits = Limits { events: 1, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let mut busy = raw::connect(peer.port(), &tls(2)).await;
    peer.connected().await;
    let mut ends = raw::connect(peer.port(), &tls(3)).await;
    peer.connected().await;
    for _ in 0..2 {
        raw::write(&mut busy, &frame(240, b"")).await; // there is no room for another event
    }
    while peer.events.is_empty() {
        tokio::task::yield_now().await;
    }
    ends.write_all(&[0xff; 64]).await.unwrap();
    ends.flush().await.unwrap();
    raw::read_rest(&mut ends).await;
    let (mut socket, _) = ends.into_inner();
    let refused = async { while socket.write_all(b"more").await.is_ok() {} };
    timeout(PATIENCE / 4, refused).await.expect("nobody holds the other end any more");
}

#[tokio::test]
async fn a_record_that_does_not_decrypt_says_so() {
    let mut peer = Peer::start(current(1)).await;
    let stream = raw::connect(peer.port(), &tls(2)).await;
    peer.connected().await;
    let (mut socket, _) = stream.into_inner();
    socket.write_all(&[0x17, 3, 3, 0, 32]).await.unwrap();
    socket.write_all(&[7; 32]).await.unwrap();
    assert_eq!(peer.closed().await.1.cause, Cause::TlsDamaged);
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_it_before_its_bytes_come() {
    for identities in [current, legacy] {
        let (mut dialler, mut acceptor) =
            (Peer::silent(identities(1)).await, Peer::start(identities(2)).await);
        let (out, _) = connect(&mut dialler, &mut acceptor).await;
        dialler.overlay.send(out.conn, filled(77, 0, 1 << 23)).unwrap();
        assert_eq!(acceptor.closed().await.1.cause, Cause::FrameTooLarge);
        let theirs = dialler.closed().await.1.cause;
        assert!([Cause::Closed, Cause::Reset].contains(&theirs), "{theirs:?}");
    }
}

#[tokio::test]
async fn what_the_peer_sent_before_it_went_away_still_counts() {
    // Its last frames and its end arrive while we can no longer write to it.
    for identities in [current, legacy] {
        let (mut dialler, mut acceptor) =
            (Peer::silent(identities(1)).await, Peer::start(identities(2)).await);
        let (out, into) = connect(&mut dialler, &mut acceptor).await;
        for _ in 0..50 {
            acceptor.overlay.send(into.conn, filled(231, 1, 30_000)).unwrap();
        }
        acceptor.overlay.close(into.conn, Failure::new(Cause::Stopped, By::Us, ""));
        for _ in 0..50 {
            let _ = dialler.overlay.send(out.conn, frame(232, &[2; 100]));
            assert_eq!(dialler.frame().await.1.body.len(), 30_000);
        }
        assert_eq!(dialler.closed().await.1.cause, Cause::Closed);
    }
}

#[tokio::test]
async fn what_was_written_is_told_before_the_end() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let (out, _) = connect(&mut dialler, &mut acceptor).await;
    for _ in 0..100 {
        dialler.overlay.send(out.conn, filled(231, 1, 30_000)).unwrap();
    }
    dialler.overlay.close(out.conn, Failure::new(Cause::Stopped, By::Us, ""));
    let mut written = 0;
    loop {
        match dialler.next().await {
            OverlayEvent::Written { frames, .. } => written += frames,
            OverlayEvent::Closed { failure, .. } => {
                break assert_eq!(failure.cause, Cause::Stopped);
            }
            _ => {}
        }
    }
    assert_eq!(written, 100);
}

#[tokio::test]
async fn idle_connections_end() {
    let timeouts = Timeouts {
        idle: Duration::from_secs(1),
        idle_look: Duration::from_millis(100),
        ..Timeouts::default()
    };
    let limits = Limits { incoming: timeouts, ..Limits::default() };
    let mut acceptor = Peer::with(current(1), true, &limits).await;
    let mut dialler = Peer::silent(current(2)).await;
    let (out, _) = connect(&mut dialler, &mut acceptor).await;
    let began = Instant::now();
    let mut last = began;
    let mut ended = None;
    while ended.is_none() && began.elapsed() < timeouts.idle * 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let sent = Instant::now();
        let _ = dialler.overlay.send(out.conn, frame(240, b"")); // it may have ended
        match acceptor.fact().await {
            OverlayEvent::Frame { .. } => last = sent,
            // a busy machine has let no frame through for so long
            OverlayEvent::Closed { failure, .. } => ended = Some(failure),
            other => panic!("{other:?}"),
        }
    }
    let ended = match ended {
        Some(failure) => failure,
        None => acceptor.closed().await.1,
    };
    assert_eq!(ended.cause, Cause::Idle);
    assert!(last.elapsed() >= timeouts.idle, "what comes puts the end off");
    assert_eq!(dialler.closed().await.1.cause, Cause::Closed);
}

#[tokio::test]
async fn a_shutdown_sends_what_is_queued_and_ends_everything_in_order() {
    for identities in [current, legacy] {
        let (mut dialler, mut acceptor) =
            (Peer::start(identities(1)).await, Peer::start(identities(2)).await);
        let (out, _) = connect(&mut dialler, &mut acceptor).await;
        for _ in 0..20 {
            dialler.overlay.send(out.conn, filled(240, 3, 100_000)).unwrap();
        }
        let port = dialler.port();
        let stopped = dialler.overlay.shutdown(PATIENCE).await;
        assert_eq!(stopped, Stopped { open: 1, cut: 0 });
        for _ in 0..20 {
            assert_eq!(acceptor.frame().await.1.body.len(), 100_000);
        }
        assert_eq!(acceptor.closed().await.1.cause, Cause::Closed);
        assert_eq!(dialler.closed().await.1.cause, Cause::Stopped);
        acceptor.dial(port, None);
        assert_eq!(acceptor.refused().await.cause, Cause::TcpRefused, "nothing listens any more");
    }
}

#[tokio::test]
async fn a_shutdown_cuts_what_does_not_end_in_time() {
    let mut peer = Peer::start(current(1)).await;
    let _stalls = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    for _ in 0..300 {
        let _ = peer.overlay.send(link.conn, filled(240, 0, 100_000));
    }
    let stopped = peer.overlay.shutdown(Duration::from_millis(300)).await;
    assert_eq!(stopped, Stopped { open: 1, cut: 1 });
}

#[tokio::test]
async fn a_peer_that_keeps_its_side_open_is_not_waited_for_where_nothing_is_being_sent() {
    // Whoever waits as long as for what is being sent has it cut at the end of its patience.
    let limits = Limits { close: PATIENCE * 10, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let _stays = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    peer.overlay.send(link.conn, frame(240, b"")).unwrap();
    while !matches!(peer.next().await, OverlayEvent::Written { .. }) {}
    assert_eq!(peer.overlay.shutdown(PATIENCE).await, Stopped { open: 1, cut: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_pauses_does_not_put_the_end_off() {
    let close = Duration::from_millis(500);
    let limits = Limits { close, close_idle: close, ..Limits::default() };
    let mut peer = Peer::with(current(1), true, &limits).await;
    let mut raw = raw::connect(peer.port(), &tls(2)).await;
    let link = peer.connected().await;
    let flood = filled(77, 0, 60_000).encode();
    let sender = tokio::spawn(async move { while raw.write_all(&flood).await.is_ok() {} });
    peer.frame().await; // it has begun
    peer.overlay.close(link.conn, Failure::new(Cause::Stopped, By::Us, ""));
    let begun = Instant::now();
    let closed = timeout(PATIENCE, async {
        while !matches!(peer.next().await, OverlayEvent::Closed { .. }) {}
    });
    closed.await.expect("it ends, whatever is ready");
    assert!(begun.elapsed() < close * 6, "{:?}", begun.elapsed());
    sender.await.expect("it was cut off");
}

#[tokio::test]
async fn the_last_handle_that_is_dropped_stops_it() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    connect(&mut dialler, &mut acceptor).await;
    let Peer { overlay, mut events, .. } = dialler;
    drop(overlay);
    assert_eq!(acceptor.closed().await.1.cause, Cause::Closed);
    let all = async { while events.recv().await.is_some() {} };
    timeout(PATIENCE, all).await.expect("the events end when everything has");
}
