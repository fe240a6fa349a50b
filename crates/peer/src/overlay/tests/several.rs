//! Several connections between the same two (protocol.md §1).

use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::raw;
use super::support::*;
use crate::overlay::tls::Tls;
use crate::overlay::{Direction, Limits, OverlayEvent};
use swarmscope_wire::failure::Cause;

fn tls(seed: u8) -> Tls {
    Tls::new(current(seed).current.as_ref().unwrap()).unwrap()
}

#[tokio::test]
async fn a_permid_may_have_four_connections_here() {
    let mut peer = Peer::start(current(1)).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(raw::connect(peer.port(), &tls(2)).await);
        peer.connected().await;
    }
    let mut fifth = raw::connect(peer.port(), &tls(2)).await;
    assert_eq!(peer.refused().await.cause, Cause::Duplicate);
    assert_eq!(fifth.read(&mut [0; 8]).await.unwrap(), 0, "an end in order");
    let _other = raw::connect(peer.port(), &tls(3)).await;
    peer.connected().await;
    held.pop();
    assert_eq!(peer.closed().await.1.cause, Cause::Truncated);
    held.push(raw::connect(peer.port(), &tls(2)).await);
    peer.connected().await;
}

#[tokio::test]
async fn a_second_dial_to_the_same_peer_is_closed_by_who_dialled_it() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let (first, _) = connect(&mut dialler, &mut acceptor).await;
    dialler.dial(acceptor.port(), None);
    let second = dialler.connected().await;
    let theirs = acceptor.connected().await;
    // Until then it works: nothing that was begun on it is lost.
    dialler.overlay.send(second.conn, frame(232, b"\x03\x01\0\0")).unwrap();
    assert_eq!(acceptor.frame().await.0, theirs.conn);
    acceptor.overlay.send(theirs.conn, frame(231, b"\x03\x01\0\0")).unwrap();
    assert_eq!(dialler.frame().await.0, second.conn);
    let (conn, failure) = dialler.closed().await;
    assert_eq!((conn, failure.cause), (second.conn, Cause::Duplicate));
    assert_eq!(acceptor.closed().await.1.cause, Cause::Closed);
    dialler.overlay.send(first.conn, frame(240, b"still here")).unwrap();
    assert_eq!(acceptor.frame().await.1, frame(240, b"still here"));
}

/// The connections that are left, by direction.
async fn settle(peer: &mut Peer) -> Vec<Direction> {
    let mut open = Vec::new();
    while let Ok(Some(event)) =
        tokio::time::timeout(Duration::from_millis(700), peer.events.recv()).await
    {
        match event {
            OverlayEvent::Connected { conn, direction, .. } => {
                open.push((conn, direction));
                // What is sent on either of them arrives.
                let _ = peer.overlay.send(conn, frame(232, b"\x03\x01\0\0"));
            }
            OverlayEvent::Closed { conn, .. } => open.retain(|(other, _)| *other != conn),
            _ => {}
        }
    }
    open.into_iter().map(|(_, direction)| direction).collect()
}

#[tokio::test]
async fn of_two_dials_at_the_same_time_one_stays_and_both_sides_agree_which() {
    for _ in 0..3 {
        let limits = Limits { leave: Duration::from_millis(100), ..Limits::default() };
        let mut one = Peer::with(current(1), true, &limits).await;
        let mut other = Peer::with(current(2), true, &limits).await;
        one.dial(other.port(), None);
        other.dial(one.port(), None);
        match tokio::join!(settle(&mut one), settle(&mut other)) {
            (of_one, of_other) if of_one.len() == 1 => {
                assert_ne!(of_one, of_other, "one's outgoing is the other's incoming");
            }
            // One dial was over before the other side had accepted the other one: then both may
            // stay.
            (of_one, of_other) => assert_eq!((of_one.len(), of_other.len()), (2, 2)),
        }
    }
}
