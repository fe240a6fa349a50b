//! A peer that is named again while our connection to it ends.

use super::*;

/// Peer 2, named by its permid or by its address alone.
fn target(named: Option<u8>) -> Target {
    Target { host: "127.0.0.2".into(), port: 7760, permid: named.map(permid) }
}

#[test]
fn whom_the_operator_disconnects_and_names_again_is_dialled_once_that_connection_is_over() {
    for named in [Some(2), None] {
        let mut rig = Rig::crawler();
        rig.input(Input::Disconnect(permid(2)));
        for _ in 0..2 {
            rig.input(Input::Connect { target: target(named), source: Source::Operator });
        }
        let asked = named.map(|n| rig.ask(ask(n)));
        assert!(rig.dials.is_empty(), "it would meet a duplicate: {:?}", rig.dials);
        rig.close(A);
        assert_eq!(rig.dials.len(), 1, "{named:?}");
        let (attempt, ..) = rig.dials.pop().unwrap();
        rig.connect(B, 2, Direction::Outgoing, Some(attempt));
        let requests = rig.sent.iter().filter(|(_, frame)| frame.id == FrameId::CRAWLER_REQUEST);
        let went: Vec<ConnId> = requests.map(|(conn, _)| *conn).collect();
        assert_eq!(went, vec![B; asked.iter().count()], "what was asked meanwhile goes out now");
        rig.close(B);
        assert!(rig.dials.is_empty(), "once: {:?}", rig.dials);
        assert_eq!(rig.ends().len(), asked.iter().count());
    }
}

#[test]
fn who_dials_us_while_its_old_connection_ends_is_not_dialled() {
    let mut rig = Rig::crawler();
    rig.input(Input::Disconnect(permid(2)));
    rig.input(Input::Connect { target: target(Some(2)), source: Source::Operator });
    rig.connect(B, 2, Direction::Incoming, None);
    rig.close(A);
    rig.close(B);
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
}

#[test]
fn who_stops_dials_nobody_after_an_end() {
    let mut rig = Rig::crawler();
    rig.input(Input::Disconnect(permid(2)));
    rig.input(Input::Connect { target: target(Some(2)), source: Source::Operator });
    rig.input(Input::Stop);
    rig.close(A);
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
}

#[test]
fn who_is_disconnected_again_before_that_is_not_dialled() {
    for forgets in [false, true] {
        let mut rig = Rig::crawler();
        rig.input(Input::Disconnect(permid(2)));
        rig.input(Input::Connect { target: target(Some(2)), source: Source::Operator });
        let ticket = rig.ask(ask(2));
        rig.events();
        let peer = PeerKey::Permid(permid(2));
        rig.input(if forgets { Input::Forget(peer) } else { Input::Disconnect(permid(2)) });
        let events = rig.events();
        assert!(events.iter().any(|event| matches!(event, Event::ConnectFailed { .. })));
        assert_eq!(ends(&events), [(ticket, Err(Cause::Closed))]);
        rig.close(A);
        assert!(rig.dials.is_empty(), "{:?}", rig.dials);
    }
}

#[test]
fn who_dials_first_is_kept_as_the_dial_that_waited_would_have_been() {
    let mut rig = Rig::crawler();
    rig.input(Input::Disconnect(permid(2)));
    rig.input(Input::Connect { target: target(Some(2)), source: Source::Operator });
    rig.connect(B, 2, Direction::Incoming, None);
    rig.close(A);
    assert!(rig.engine.core.links.any_mut(B).unwrap().kept);
}
