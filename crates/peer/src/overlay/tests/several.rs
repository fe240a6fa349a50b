//! Several connections between the same two (protocol.md §1).

use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::raw;
use super::support::*;
use crate::overlay::tls::Tls;
use crate::overlay::{ConnId, Direction, Limits, OverlayEvent};
use swarmscope_wire::failure::Cause;

fn tls(seed: u8) -> Tls {
    Tls::new(current(seed).current.as_ref().unwrap(), None).unwrap()
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

/// One side's connections, and whether its own dial has ended in one of them or not at all.
#[derive(Default)]
struct Side {
    open: Vec<(ConnId, Direction)>,
    has_dialled: bool,
}

impl Side {
    fn hear(&mut self, event: &OverlayEvent) {
        match *event {
            OverlayEvent::Connected { conn, direction, .. } => {
                self.has_dialled |= direction == Direction::Outgoing;
                self.open.push((conn, direction));
            }
            OverlayEvent::DialFailed { .. } => self.has_dialled = true,
            OverlayEvent::Closed { conn, .. } => self.open.retain(|(other, _)| *other != conn),
            _ => {}
        }
    }

    fn count(&self, direction: Direction) -> usize {
        self.open.iter().filter(|(_, of)| *of == direction).count()
    }

    /// One's outgoing is the other's incoming.
    fn agrees_with(&self, other: &Self) -> bool {
        let (out, into) = (Direction::Outgoing, Direction::Incoming);
        (self.count(out), self.count(into)) == (other.count(into), other.count(out))
    }
}

/// Reads from both until both dials have ended and both sides have one connection, the same; or two,
/// which stay for longer than one of them would take to leave. How many are left.
async fn settle(one: &mut Peer, other: &mut Peer) -> usize {
    let (mut of_one, mut of_other) = (Side::default(), Side::default());
    loop {
        let agree = of_one.has_dialled && of_other.has_dialled && of_one.agrees_with(&of_other);
        let wait = match of_one.open.len() {
            1 if agree => return 1,
            2 if agree => LEAVE * 7,
            _ => PATIENCE,
        };
        tokio::select! {
            event = one.events.recv() => of_one.hear(&event.unwrap()),
            event = other.events.recv() => of_other.hear(&event.unwrap()),
            () = tokio::time::sleep(wait) => {
                assert!(agree, "{:?} and {:?}", of_one.open, of_other.open);
                return of_one.open.len();
            }
        }
    }
}

const LEAVE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn of_two_dials_at_the_same_time_one_stays_and_both_sides_agree_which() {
    for _ in 0..3 {
        let limits = Limits { leave: LEAVE, ..Limits::default() };
        let mut one = Peer::with(current(1), true, &limits).await;
        let mut other = Peer::with(current(2), true, &limits).await;
        one.dial(other.port(), None);
        other.dial(one.port(), None);
        // Where one dial was over before the other side had accepted the other one, both may stay.
        assert!((1..=2).contains(&settle(&mut one, &mut other).await));
    }
}
