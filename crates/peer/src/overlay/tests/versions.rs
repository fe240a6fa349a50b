//! Who speaks which version with whom, and what both learn.

use std::time::Duration;

use tokio::task::JoinSet;

use super::support::*;
use crate::overlay::{AttemptId, Limits, OverlayEvent};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};

/// A frame each way, then an orderly end.
async fn converse(mut dialler: Peer, mut acceptor: Peer, version: u16) {
    let (out, into) = connect(&mut dialler, &mut acceptor).await;
    assert_eq!(
        (out.who.version, into.who.version),
        (OverlayVersion(version), OverlayVersion(version))
    );
    dialler.overlay.send(out.conn, frame(232, b"\x03\x07\x00\x00")).unwrap();
    assert_eq!(acceptor.frame().await, (into.conn, frame(232, b"\x03\x07\x00\x00")));
    let large = vec![7; (1 << 23) - 1];
    acceptor.overlay.send(into.conn, frame(231, &large)).unwrap();
    assert_eq!(dialler.frame().await, (out.conn, frame(231, &large)));
    dialler.overlay.send(out.conn, frame(240, b"last")).unwrap();
    dialler.overlay.close(out.conn, Failure::new(Cause::Stopped, By::Us, "done"));
    assert_eq!(acceptor.frame().await.1, frame(240, b"last"), "what was queued is sent first");
    assert_eq!(acceptor.closed().await.1.cause, Cause::Closed);
    assert_eq!(dialler.closed().await.1, Failure::new(Cause::Stopped, By::Us, "done"));
    let gone = dialler.overlay.send(out.conn, frame(240, b"")).unwrap_err();
    assert_eq!(gone.cause, Cause::NotConnected);
}

#[tokio::test]
async fn version_18() {
    converse(Peer::silent(current(1)).await, Peer::start(current(2)).await, 18).await;
}

#[tokio::test]
async fn version_17() {
    converse(Peer::start(legacy(1)).await, Peer::start(legacy(2)).await, 17).await;
}

#[tokio::test]
async fn who_has_both_identities_speaks_both_versions() {
    converse(Peer::start(both(1)).await, Peer::start(both(2)).await, 18).await;
    converse(Peer::start(legacy(1)).await, Peer::start(both(2)).await, 17).await;
    converse(Peer::start(both(1)).await, Peer::start(legacy(2)).await, 17).await;
    converse(Peer::start(current(1)).await, Peer::start(both(2)).await, 18).await;
}

#[tokio::test]
async fn both_sides_learn_who_the_other_is() {
    for (a, b) in [(current(1), current(2)), (legacy(1), legacy(2))] {
        let (us, them) = (permid(&a), permid(&b));
        let (mut dialler, mut acceptor) = (Peer::silent(a).await, Peer::start(b).await);
        dialler.dial(acceptor.port(), Some(them));
        let (out, into) = (dialler.connected().await, acceptor.connected().await);
        assert_eq!((out.who.permid, into.who.permid), (them, us));
        assert_eq!((out.who.peer_id.port(), into.who.peer_id.port()), (acceptor.port(), 0));
        assert_eq!(out.remote.port(), acceptor.port());
        assert!(out.who.rtt < PATIENCE && !out.who.rtt.is_zero());
    }
}

#[tokio::test]
async fn a_dial_climbs_the_ladder() {
    let (mut dialler, acceptor) = (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    dialler.dial(acceptor.port(), None);
    let mut rungs = Vec::new();
    while let OverlayEvent::Progress { phase, .. } = dialler.next().await {
        rungs.push(phase);
    }
    assert_eq!(
        rungs,
        [Phase::Resolve, Phase::Tcp, Phase::Handshake, Phase::Version, Phase::Authentication]
    );
}

#[tokio::test]
async fn nobody_is_moved_to_the_old_protocol_silently() {
    let (mut old, mut new) = (Peer::start(legacy(1)).await, Peer::start(current(2)).await);
    new.dial(old.port(), None);
    assert_eq!(new.refused().await.cause, Cause::VersionNeedsLegacy);
    assert_eq!(old.refused().await.cause, Cause::AuthClosed);
    old.dial(new.port(), None);
    assert_eq!(new.refused().await.cause, Cause::VersionNeedsLegacy);
    let failure = old.refused().await;
    assert_eq!(failure.cause, Cause::AuthClosed);
    assert!(failure.detail.contains("it speaks 7 to 18"), "{failure}");
}

#[tokio::test]
async fn a_pinned_legacy_permid_is_asked_for_with_a_version_that_can_prove_it() {
    let identities = both(2);
    let pin = identities.legacy.as_ref().unwrap().permid();
    let (mut dialler, mut acceptor) = (Peer::silent(both(1)).await, Peer::start(identities).await);
    dialler.dial(acceptor.port(), Some(pin));
    assert_eq!(dialler.connected().await.who.permid, pin);
    assert_eq!(acceptor.connected().await.who.version, OverlayVersion::LEGACY);
}

#[tokio::test]
async fn what_cannot_be_reached_has_its_cause() {
    let mut dialler = Peer::silent(current(1)).await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    dialler.dial(unused, None);
    assert_eq!(dialler.refused().await.cause, Cause::TcpRefused);
    dialler.overlay.dial(AttemptId(9), "no-such-host.invalid", 1, None);
    assert_eq!(dialler.refused().await.cause, Cause::NotFound);
}

#[tokio::test]
async fn ourselves_are_refused() {
    for identities in [current(1), legacy(1)] {
        let mut peer = Peer::start(identities.clone()).await;
        let port = peer.port();
        peer.dial(port, None);
        let causes = [peer.refused().await.cause, peer.refused().await.cause];
        assert!(causes.contains(&Cause::OwnPermid), "{causes:?}");
    }
}

#[tokio::test]
async fn each_address_of_a_name_is_tried() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let attempt = AttemptId(1);
    dialler.overlay.dial(attempt, "localhost", acceptor.port(), None); // often ::1 first, where nothing listens
    dialler.connected().await;
    acceptor.connected().await;
    for host in ["::1", "[::1]"] {
        dialler.overlay.dial(attempt, host, acceptor.port(), None);
        let failure = dialler.refused().await;
        assert_eq!(failure.phase(), Phase::Tcp, "{failure}"); // whether or not this machine has IPv6
    }
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_a_time_out() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    // Its queue is full: further attempts get no answer.
    let mut held: JoinSet<_> = (0..8).map(|_| tokio::net::TcpStream::connect(address)).collect();
    let queue = [held.join_next().await, held.join_next().await];
    assert!(queue.iter().all(|end| matches!(end, Some(Ok(Ok(_))))), "it holds two");
    let limits = Limits { connect: Duration::from_millis(300), ..Limits::default() };
    let mut dialler = Peer::with(current(1), false, &limits).await;
    dialler.dial(address.port(), None);
    assert_eq!(dialler.refused().await.cause, Cause::TcpTimeout);
}
