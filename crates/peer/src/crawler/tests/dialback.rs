//! DIALBACK, both sides (protocol.md §2).

use super::world::World;
use super::*;

fn gossiping(n: u8) -> EngineConfig {
    EngineConfig { gossip: true, ..config(n) }
}

fn request() -> Frame {
    swarmscope_wire::dialback::request()
}

fn requests(rig: &mut Rig) -> usize {
    rig.sent.drain(..).filter(|(_, frame)| frame.id == FrameId::DIALBACK_REQUEST).count()
}

#[test]
fn of_two_machines_the_one_that_asks_learns_that_it_can_be_reached() {
    let mut world = World::new();
    let handler =
        || -> super::world::Handler { Box::new(|_| (Duration::ZERO, Answer::success(""))) };
    let one = world.add(gossiping(1), handler());
    let two = world.add(gossiping(2), handler());
    world.connect(one, two);
    world.run(secs(10));
    assert!(world.members[one].engine.core.reached_from_outside, "nobody dialled it as a peer");
    let told = |event: &Event| matches!(event, Event::Notice { text } if text.contains("reached"));
    assert!(world.members[one].events.iter().any(told));
}

#[test]
fn a_machine_that_nobody_can_dial_does_not_learn_that_it_can_be_reached() {
    let mut world = World::new();
    let handler =
        || -> super::world::Handler { Box::new(|_| (Duration::ZERO, Answer::success(""))) };
    let one = world.add(gossiping(1), handler());
    let two = world.add(gossiping(2), handler());
    world.members[one].reachable = false; // it listens, behind a NAT
    world.connect(one, two);
    world.run(secs(10));
    assert!(!world.members[one].engine.core.reached_from_outside);
}

#[test]
fn a_peer_is_asked_while_nobody_has_reached_us_and_one_of_each_address() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Outgoing, None);
    assert_eq!(requests(&mut rig), 1);
    rig.connect(B, 2, Direction::Outgoing, None);
    assert_eq!(requests(&mut rig), 0, "the same address");
    rig.input(Input::DialledBack { remote: "127.0.0.9:5".parse().unwrap() });
    assert!(!rig.engine.core.reached_from_outside, "nobody there was asked");
    rig.input(Input::DialledBack { remote: "127.0.0.2:5".parse().unwrap() });
    assert!(rig.engine.core.reached_from_outside);
    rig.connect(ConnId(3), 3, Direction::Outgoing, None);
    assert_eq!(requests(&mut rig), 0, "it is known");
    let mut silent = Rig::new(EngineConfig { listening: None, ..gossiping(1) });
    silent.connect(A, 2, Direction::Outgoing, None);
    assert_eq!(requests(&mut silent), 0, "who does not listen can not be dialled");
}

#[test]
fn whoever_asks_is_dialled_where_it_listens_and_no_more_than_once_a_minute() {
    let mut rig = Rig::new(config(1));
    rig.connect(A, 2, Direction::Incoming, None);
    for _ in 0..3 {
        rig.frame(A, request());
    }
    assert_eq!(rig.dialled_back, [address(2)]);
    rig.pass(secs(61));
    rig.frame(A, request());
    assert_eq!(rig.dialled_back.len(), 2);
    assert!(rig.closes.is_empty());
    let long = Frame { id: FrameId::DIALBACK_REQUEST, body: Bytes::from_static(b"x") };
    rig.pass(secs(61));
    rig.events();
    rig.frame(A, long);
    assert_eq!((rig.dialled_back.len(), rig.closes.len()), (2, 0), "dropped, and counted");
    assert!(rig.events().iter().any(|event| matches!(event, Event::FrameDropped { .. })));
}

#[test]
fn nobody_is_dialled_back_on_a_port_of_the_system_or_on_none() {
    for port in [0, 25, 1023] {
        let mut rig = Rig::new(config(1));
        let peer = ConnectedPeer {
            permid: permid(2),
            version: OverlayVersion::CURRENT,
            offers: OverlayVersion::CURRENT,
            direction: Direction::Incoming,
            remote: address(2),
            listening_port: port,
            rtt: Duration::ZERO,
        };
        rig.input(Input::Connected { conn: A, attempt: None, peer });
        rig.frame(A, request());
        assert!(rig.dialled_back.is_empty(), "{port}");
    }
}
