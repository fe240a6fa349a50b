//! BuddyCast: one engine against scripted peers, and a swarm of them.

use std::collections::HashSet;

use super::world::World;
use super::*;
use swarmscope_wire::buddycast::{BuddyCast, ListedPeer};

pub(super) fn gossiping(n: u8) -> EngineConfig {
    EngineConfig { gossip: true, ..config(n) }
}

pub(super) fn listed(n: u8, ip: &str, port: u16) -> ListedPeer {
    let version = Some(OverlayVersion::CURRENT);
    ListedPeer {
        permid: permid(n),
        ip: ip.parse().unwrap(),
        port,
        similarity: 0,
        version,
        services: Some(0),
    }
}

pub(super) fn message(peers: Vec<ListedPeer>) -> Frame {
    let address = address(2);
    let (ip, port) = (address.ip(), address.port());
    let message = BuddyCast {
        ip,
        port,
        connectable: true,
        services: Some(0),
        taste_buddies: peers,
        random_peers: vec![],
    };
    message.encode(OverlayVersion::CURRENT)
}

pub(super) fn buddycasts(rig: &mut Rig) -> Vec<(ConnId, BuddyCast)> {
    let sent = rig.sent.drain(..).filter(|(_, frame)| frame.id == FrameId::BUDDYCAST);
    sent.map(|(conn, frame)| {
        (conn, BuddyCast::decode(&frame.body, OverlayVersion::CURRENT).unwrap().0)
    })
    .collect()
}

#[test]
fn a_message_is_answered_once_in_4_hours_and_the_connection_stays() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.pass(secs(20));
    assert!(
        buddycasts(&mut rig).is_empty(),
        "who comes to ask is not talked to about other things"
    );
    rig.frame(A, message(vec![]));
    assert_eq!(buddycasts(&mut rig).len(), 1);
    rig.frame(A, message(vec![listed(9, "127.0.0.9", 9009)]));
    assert!(buddycasts(&mut rig).is_empty());
    assert!(
        !rig.events()
            .iter()
            .any(|event| matches!(event, Event::Discovered { source: Source::BuddyCast(_), .. }))
    );
    rig.pass(secs(4 * 3600));
    rig.sent.clear();
    rig.frame(A, message(vec![listed(9, "127.0.0.9", 9009)]));
    assert!(rig.closes.is_empty());
    assert!(rig.events().iter().any(|event| matches!(event, Event::Discovered { .. })));
}

#[test]
fn hearsay_keeps_its_source_and_is_dialled_with_its_permid_pinned() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.events();
    rig.frame(
        A,
        message(vec![
            listed(9, "127.0.0.9", 9900),
            listed(1, "127.0.0.1", 1),
            listed(2, "127.0.0.2", 2),
        ]),
    );
    let discovered: Vec<_> = rig
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::Discovered { .. }))
        .collect();
    let expected = Event::Discovered {
        peer: PeerKey::Permid(permid(9)),
        address: Some("127.0.0.9:9900".parse().unwrap()),
        version: Some(OverlayVersion::CURRENT),
        source: Source::BuddyCast(permid(2)),
    };
    assert_eq!(discovered, [expected], "not ourselves, not the sender");
    rig.pass(secs(20));
    let (_, to, pinned) = rig.dials[0];
    assert_eq!((to.to_string().as_str(), pinned), ("127.0.0.9:9900", Some(permid(9))));
}

#[test]
fn a_survey_says_again_after_an_hour_that_a_peer_is_spoken_of() {
    let is_heard =
        |event: &Event| matches!(event, Event::Discovered { source: Source::BuddyCast(_), .. });
    for survey in [true, false] {
        let mut rig = Rig::new(EngineConfig { survey, ..gossiping(1) });
        let mut tell = |teller: u8, after: Duration| {
            rig.pass(after);
            rig.events();
            let conn = ConnId(1000 + u64::from(teller));
            rig.connect(conn, teller, Direction::Incoming, None);
            rig.frame(conn, message(vec![listed(9, "127.0.0.9", 9900)]));
            rig.events().iter().filter(|event| is_heard(event)).count()
        };
        assert_eq!(tell(2, Duration::ZERO), 1);
        assert_eq!(tell(3, secs(1800)), 0, "half an hour later");
        assert_eq!(tell(4, secs(1801)), usize::from(survey));
        assert_eq!(tell(5, secs(1800)), 0, "half an hour after that was said");
    }
}

#[test]
fn hearsay_that_proves_wrong_is_forgotten() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.frame(A, message(vec![listed(9, "127.0.0.9", 9900)]));
    rig.pass(secs(20));
    let (attempt, ..) = rig.dials.pop().unwrap();
    rig.input(Input::DialFailed { attempt, failure: Failure::new(Cause::WrongPermid, By::Us, "") });
    let last = rig.events().pop().unwrap();
    assert!(matches!(last, Event::ConnectFailed { attempt: 1, gives_up_at: 1, .. }), "{last:?}");
    rig.pass(secs(100_000));
    assert!(rig.dials.is_empty());
}

#[test]
fn nobody_from_outside_makes_us_dial_into_our_own_network() {
    let mut rig = Rig::new(gossiping(1));
    let peer = ConnectedPeer {
        permid: permid(2),
        version: OverlayVersion::CURRENT,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Incoming,
        remote: "192.0.2.7:5".parse().unwrap(),
        listening_port: 5,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: A, attempt: None, peer });
    let bad = [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "0.0.0.0",
        "224.0.0.1",
    ];
    rig.frame(A, message(bad.iter().zip(20..).map(|(ip, n)| listed(n, ip, 8080)).collect()));
    rig.pass(secs(60));
    assert!(rig.dials.iter().all(|(_, _, pinned)| *pinned == Some(permid(2))), "{:?}", rig.dials);
    assert!(
        !rig.events()
            .iter()
            .any(|event| matches!(event, Event::Discovered { source: Source::BuddyCast(_), .. }))
    );
}

#[test]
fn a_malformed_message_closes_and_without_gossip_it_is_dropped() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.frame(A, Frame { id: FrameId::BUDDYCAST, body: Bytes::from_static(b"d2:ipi1ee") });
    assert_eq!(rig.closes[0].1.cause, Cause::MessageMalformed);
    let mut rig = Rig::crawler();
    rig.frame(A, Frame { id: FrameId::BUDDYCAST, body: Bytes::from_static(b"d2:ipi1ee") });
    assert!(rig.closes.is_empty());
}

#[test]
fn one_source_can_not_fill_the_directory() {
    let mut rig = Rig::new(EngineConfig { max_peers: 0, ..gossiping(1) });
    rig.connect(A, 2, Direction::Incoming, None);
    let mut heard = 0u32;
    for _ in 0..20 {
        let fresh = |n: u32| {
            let mut key = [0xee; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            ListedPeer { permid: Permid::Ed25519(key), ..listed(9, "127.0.0.9", 9009) }
        };
        rig.frame(A, message((heard..heard + 10).map(fresh).collect()));
        heard += 10;
        rig.pass(secs(4 * 3600 + 1));
    }
    assert_eq!(rig.engine.core.directory.len(), 101, "a hundred of them, and the source itself");
}

#[test]
fn a_swarm_of_24_finds_itself_within_a_minute_from_one_address() {
    let mut world = World::new();
    for n in 1..=24 {
        world.add(gossiping(n), Box::new(|_| (Duration::ZERO, Answer::success(""))));
    }
    for n in 1..24 {
        world.connect(n, 0);
    }
    world.run(secs(60));
    for (n, member) in world.members.iter().enumerate() {
        let connected: HashSet<_> = member
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Connected { permid, .. } => Some(*permid),
                _ => None,
            })
            .collect();
        assert!(
            connected.len() >= 23,
            "member {n} (seed {}) found {}",
            world.seed(n),
            connected.len()
        );
    }
    let before = world.frames;
    world.run(secs(3600));
    let connections: usize =
        world.members.iter().map(|member| member.engine.core.links.iter().count()).sum();
    let per_link = (world.frames - before) as f64 / connections as f64;
    assert!(per_link < 3600.0 / 15.0 + 20.0, "{per_link} frames an hour on a connection");
}

#[test]
fn max_peers_is_kept_by_those_who_dial() {
    let mut world = World::new();
    for n in 1..=20 {
        let max_peers = if n == 20 { 5 } else { 50 };
        world.add(
            EngineConfig { max_peers, ..gossiping(n) },
            Box::new(|_| (Duration::ZERO, Answer::success(""))),
        );
    }
    world.members[19].reachable = false;
    for n in 1..20 {
        world.connect(n, 0);
    }
    world.run(secs(300));
    assert_eq!(world.members[19].engine.core.links.peers(), 5);
}

/// A long list is dialled a few at a time, each as soon as another has ended, whether with a
/// connection or without.
#[test]
fn a_long_bootstrap_list_is_dialled_without_waiting_for_rounds() {
    let mut rig = Rig::new(EngineConfig { max_peers: 60, ..gossiping(1) });
    for n in 2..=101 {
        let target =
            Target { host: address(n).ip().to_string(), port: address(n).port(), permid: None };
        rig.input(Input::Connect { target, source: Source::Bootstrap });
    }
    assert_eq!(rig.dials.len(), 8, "the first few at once");
    let mut connected = 0;
    let mut at = 0;
    while at < rig.dials.len() {
        let (attempt, place, expected) = rig.dials[at];
        assert_eq!(expected, None);
        let n = (2..=101).find(|n| address(*n) == place).expect("one of the list");
        if n % 2 == 0 {
            rig.input(Input::DialFailed {
                attempt,
                failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
            });
        } else {
            rig.connect(ConnId(u64::from(n)), n, Direction::Outgoing, Some(attempt));
            connected += 1;
        }
        at += 1;
        assert!(rig.dials.len() - at <= 8, "no more than a few at the same time");
    }
    assert_eq!(
        (rig.dials.len(), connected),
        (100, 50),
        "the whole list, without any time having passed"
    );
    let once: HashSet<_> = rig.dials.iter().map(|(_, place, _)| *place).collect();
    assert_eq!(once.len(), 100);
}

#[test]
fn a_long_bootstrap_list_stops_at_as_many_connections_as_there_may_be() {
    let mut rig = Rig::new(EngineConfig { max_peers: 20, ..gossiping(1) });
    for n in 2..=101 {
        let target = Target {
            host: address(n).ip().to_string(),
            port: address(n).port(),
            permid: Some(permid(n)),
        };
        rig.input(Input::Connect { target, source: Source::Bootstrap });
    }
    let mut at = 0;
    while let Some((attempt, _, Some(expected))) = rig.dials.get(at).copied() {
        let n = (2..=101).find(|n| permid(*n) == expected).expect("one of the list");
        rig.connect(ConnId(u64::from(n)), n, Direction::Outgoing, Some(attempt));
        at += 1;
    }
    assert_eq!(at, 20);
}

#[test]
fn those_heard_of_are_dialled_as_fast_as_is_asked_for() {
    let dialled = |fast_round| {
        let mut rig = Rig::new(EngineConfig { fast_round, ..gossiping(1) });
        rig.connect(A, 2, Direction::Incoming, None);
        // as many as one message lists
        let heard = (10..20).map(|n| listed(n, &address(n).ip().to_string(), 9900));
        rig.frame(A, message(heard.collect()));
        rig.pass(secs(4));
        rig.dials.len()
    };
    assert!((2..=5).contains(&dialled(FAST_ROUND)), "one a second: {}", dialled(FAST_ROUND));
    assert_eq!(dialled(Duration::from_millis(50)), 10, "twenty a second: all of them");
}

/// The permid of a key that is thrown away.
fn throw_away(n: u32) -> Permid {
    let mut key = [0xee; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    Permid::Ed25519(key)
}

/// A stranger from this address sends one message and goes.
fn visits(rig: &mut Rig, n: u32, from: SocketAddr, message: &Frame) {
    let conn = ConnId(1000 + u64::from(n));
    let peer = ConnectedPeer {
        permid: throw_away(n),
        version: OverlayVersion::CURRENT,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Incoming,
        remote: from,
        listening_port: 7000,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn, attempt: None, peer });
    rig.frame(conn, message.clone());
    rig.close(conn);
}

#[test]
fn throw_away_keys_do_not_switch_discovery_off() {
    let mut rig = Rig::new(gossiping(1));
    let from = "198.51.100.66:5000".parse().unwrap();
    for n in 0..10_050 {
        visits(&mut rig, n, from, &message(vec![]));
    }
    rig.events();
    rig.connect(A, 2, Direction::Incoming, None);
    rig.frame(A, message(vec![listed(9, "127.0.0.9", 9900)]));
    let heard =
        |event: &Event| matches!(event, Event::Discovered { source: Source::BuddyCast(_), .. });
    assert!(rig.events().iter().any(heard), "an honest peer is still heard");
}

#[test]
fn strangers_of_one_source_are_forgotten_for_one_another() {
    let limits = Limits { known_per_source: 10, ..Limits::default() };
    let mut rig = Rig::new(EngineConfig { limits, ..gossiping(1) });
    let others = "203.0.113.7:5000".parse().unwrap();
    visits(&mut rig, 0, others, &message(vec![]));
    for n in 1..=50 {
        visits(&mut rig, n, "198.51.100.66:5000".parse().unwrap(), &message(vec![]));
        rig.pass(secs(1));
    }
    let directory = &rig.engine.core.directory;
    assert_eq!(directory.len(), 11);
    assert!(directory.place(throw_away(0)).is_some(), "another source has its own share");
    assert!(directory.place(throw_away(50)).is_some() && directory.place(throw_away(1)).is_none());
}

#[test]
fn strangers_never_displace_whom_the_operator_named_or_who_is_connected() {
    let limits = Limits { known: 300, ..Limits::default() };
    let mut rig = Rig::new(EngineConfig { limits, ..gossiping(1) });
    rig.connect(A, 2, Direction::Incoming, None);
    let target = Target { host: "203.0.113.5".into(), port: 7760, permid: Some(permid(7)) };
    rig.input(Input::Connect { target, source: Source::Operator });
    rig.pass(secs(1));
    for n in 0..2_600 {
        let from = SocketAddr::from(([198, 51, (n % 200) as u8, 7], 5000));
        let told = (0..10).map(|i| ListedPeer {
            permid: throw_away(1_000_000 + n * 10 + i),
            ..listed(9, "198.51.1.1", 9009)
        });
        visits(&mut rig, n, from, &message(told.collect()));
    }
    let directory = &rig.engine.core.directory;
    assert!(directory.place(permid(2)).is_some(), "who is connected");
    assert!(directory.place(permid(7)).is_some(), "whom the operator named");
    assert!(directory.len() <= 302, "{}", directory.len());
    rig.connect(B, 3, Direction::Outgoing, None);
    assert!(rig.engine.core.directory.place(permid(3)).is_some(), "whoever comes now is entered");
}

#[test]
fn whom_the_operator_disconnects_no_round_dials_again() {
    let mut rig = Rig::new(gossiping(1));
    let target = || Target { host: "127.0.0.2".into(), port: 7760, permid: Some(permid(2)) };
    rig.input(Input::Connect { target: target(), source: Source::Operator });
    let (attempt, ..) = rig.dials.pop().unwrap();
    rig.connect(A, 2, Direction::Outgoing, Some(attempt));
    rig.input(Input::Disconnect(permid(2)));
    rig.input(Input::Closed { conn: A, failure: Failure::new(Cause::Closed, By::Us, "") });
    rig.pass(secs(3 * 3600));
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
    rig.input(Input::Connect { target: target(), source: Source::Operator });
    assert_eq!(rig.dials.len(), 1, "the operator may");
}

#[test]
fn whom_the_operator_forgets_no_round_dials_again() {
    for named in [Some(permid(2)), None] {
        let mut rig = Rig::new(gossiping(1));
        let target = || Target { host: "127.0.0.2".into(), port: 7760, permid: named };
        rig.input(Input::Connect { target: target(), source: Source::Operator });
        let (attempt, ..) = rig.dials.pop().unwrap();
        let failure = Failure::new(Cause::TcpRefused, By::Peer, "");
        rig.input(Input::DialFailed { attempt, failure });
        let peer = named.map_or_else(|| PeerKey::Address(target().to_string()), PeerKey::Permid);
        rig.input(Input::Forget(peer));
        rig.pass(secs(3 * 3600));
        assert!(rig.dials.is_empty(), "{named:?}: {:?}", rig.dials);
        rig.input(Input::Connect { target: target(), source: Source::Operator });
        assert_eq!(rig.dials.len(), 1, "the operator may");
    }
}

#[test]
fn hearsay_makes_nobody_dial_a_port_of_the_system() {
    let mut rig = Rig::new(gossiping(1));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.frame(A, message(vec![listed(9, "127.0.0.9", 25)]));
    rig.pass(secs(60));
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
}
