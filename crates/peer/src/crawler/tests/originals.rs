//! BuddyCast with original clients, and with peers of both protocols.

use super::swarm::{buddycasts, gossiping, listed, message};
use super::*;
use swarmscope_wire::buddycast::ListedPeer;

/// A connection of an original on `conn`.
fn original(rig: &mut Rig, conn: ConnId, direction: Direction) {
    let peer = ConnectedPeer {
        permid: Permid::Sect233k1([2; 60]),
        version: OverlayVersion::LEGACY,
        offers: OverlayVersion::LEGACY,
        direction,
        remote: address(2),
        listening_port: 7760,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn, attempt: None, peer });
}

#[test]
fn an_original_that_has_nothing_to_tell_stays_connected() {
    let mut rig = Rig::new(gossiping(1));
    original(&mut rig, A, Direction::Incoming);
    rig.frame(A, Frame { id: FrameId::BUDDYCAST, body: Bytes::from_static(b"de") });
    assert!(rig.closes.is_empty(), "{:?}", rig.closes);
}

#[test]
fn an_original_that_does_not_say_whether_it_is_connectable_stays_connected_and_is_heard() {
    let mut rig = Rig::new(gossiping(1));
    original(&mut rig, A, Direction::Incoming);
    rig.events();
    let body = b"d18:collected torrentsle2:ip9:192.0.2.14:name0:4:ndlsi0e6:nfilesi0e6:npeersi0e\
        4:porti7760e11:preferencesle12:random peersle8:servicesi0e13:taste buddieslee";
    rig.frame(A, Frame { id: FrameId::BUDDYCAST, body: Bytes::from_static(body) });
    assert!(rig.closes.is_empty(), "{:?}", rig.closes);
    assert!(rig.events().iter().any(|event| matches!(event, Event::Gossip { .. })));
}

#[test]
fn originals_are_told_nothing_while_we_do_not_listen() {
    for (listening, told) in [(None, 0), (Some(address(1)), 1)] {
        let mut rig = Rig::new(EngineConfig { listening, ..gossiping(1) });
        original(&mut rig, A, Direction::Outgoing);
        if let Some(link) = rig.engine.core.links.any_mut(A) {
            link.kept = true;
        }
        rig.pass(secs(60));
        let sent = rig.sent.iter().filter(|(_, frame)| frame.id == FrameId::BUDDYCAST).count();
        assert_eq!(sent, told, "{listening:?}");
    }
}

#[test]
fn whoever_was_reached_once_stays_connectable() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.frame(A, message(vec![]));
    rig.close(A);
    rig.pass(secs(5 * 3600));
    rig.sent.clear();
    rig.connect(B, 3, Direction::Outgoing, None);
    rig.frame(B, message(vec![]));
    let sent = buddycasts(&mut rig);
    assert_eq!(sent.iter().map(|(_, message)| message.connectable).collect::<Vec<_>>(), [true]);
}

#[test]
fn everybody_gets_a_keep_alive_about_every_two_minutes() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None); // never exchanged with
    rig.pass(secs(600));
    let count = rig
        .sent
        .iter()
        .filter(|(conn, frame)| *conn == A && frame.id == FrameId::KEEP_ALIVE)
        .count();
    assert!((4..=5).contains(&count), "{count} in ten minutes");
}

/// A peer that offers both protocols answers this dial on connection `B`.
fn answers(
    rig: &mut Rig,
    (attempt, remote): (AttemptId, SocketAddr),
    permid: Permid,
    version: OverlayVersion,
) {
    let peer = ConnectedPeer {
        permid,
        version,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Outgoing,
        remote,
        listening_port: remote.port(),
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: B, attempt: Some(attempt), peer });
}

/// A peer of both protocols, known from a peer that speaks only the old one.
fn met_on_the_old_protocol() -> Rig {
    let old = Permid::Sect233k1([9; 60]);
    let mut rig = Rig::new(EngineConfig {
        permids: vec![permid(1), Permid::Sect233k1([1; 60])],
        ..gossiping(1)
    });
    rig.connect(A, 2, Direction::Incoming, None);
    let heard = ListedPeer { permid: old, ..listed(9, "127.0.0.9", 9900) };
    rig.frame(A, message(vec![heard]));
    rig.pass(secs(20));
    let (attempt, to, pinned) = rig.dials.pop().unwrap();
    assert_eq!((to.to_string().as_str(), pinned), ("127.0.0.9:9900", Some(old)));
    answers(&mut rig, (attempt, to), old, OverlayVersion(17));
    rig.pass(secs(120));
    rig.close(B);
    rig.dials.clear();
    rig.pass(secs(60));
    rig
}

#[test]
fn two_that_met_on_the_old_protocol_move_up_when_they_next_dial() {
    let mut rig = met_on_the_old_protocol();
    let (attempt, to, pinned) = rig.dials.pop().expect("it is dialled again");
    assert_eq!((to.to_string().as_str(), pinned), ("127.0.0.9:9900", None), "on version 18");
    answers(&mut rig, (attempt, to), permid(9), OverlayVersion::CURRENT);
    rig.pass(secs(3600));
    assert!(rig.dials.is_empty(), "the old permid is not dialled beside it: {:?}", rig.dials);
}

#[test]
fn where_nobody_is_there_on_the_new_protocol_the_old_one_will_do() {
    let mut rig = met_on_the_old_protocol();
    let (attempt, ..) = rig.dials.pop().expect("it is dialled again");
    let failure = Failure::new(Cause::VersionNeedsCurrent, By::Us, "");
    rig.input(Input::DialFailed { attempt, failure });
    rig.pass(secs(600));
    assert!(rig.dials.iter().any(|(.., pinned)| pinned.is_some()), "{:?}", rig.dials);
}
