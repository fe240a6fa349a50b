//! Two sessions that get on with each other, and the deadlines of those that do not go on.

use bytes::BufMut as _;
use proptest::prelude::*;
use swarmscope_wire::frame::FrameId;

use super::pair::Pair;
use super::*;

fn legacy_permid(seed: u8) -> Permid {
    sect233k1(seed).permid()
}

fn ed25519_permid(seed: u8) -> Permid {
    ed25519(seed).permid()
}

/// Both sides are authenticated as each other, with this version.
fn assert_open(pair: &Pair, version: u16, dialler: Permid, acceptor: Permid) {
    let (a, b) = (
        pair.dialler.authenticated.as_ref().unwrap(),
        pair.acceptor.authenticated.as_ref().unwrap(),
    );
    assert_eq!((a.version.0, b.version.0), (version, version));
    assert_eq!((a.permid, b.permid), (acceptor, dialler));
    assert_eq!((a.peer_id.port(), b.peer_id.port()), (7000, 0));
    assert_eq!(pair.dialler.ended, None);
    assert_eq!(pair.acceptor.ended, None);
}

#[test]
fn both_authentications_and_the_way_to_them() {
    let ladder = [Phase::Handshake, Phase::Version, Phase::Authentication];
    let old = Pair::new(legacy(1), legacy(2)).run();
    assert_open(&old, 17, legacy_permid(1), legacy_permid(2));
    assert_eq!((old.dialler.rungs, old.acceptor.rungs), (ladder.to_vec(), ladder.to_vec()));
    let new = Pair::new(current(1), current(2)).run();
    assert_open(&new, 18, ed25519_permid(1), ed25519_permid(2));
    assert_eq!((new.dialler.rungs, new.acceptor.rungs), (ladder.to_vec(), ladder.to_vec()));
}

#[test]
fn one_round_trip_is_measured_by_both_sides() {
    for identities in [legacy, current] {
        let pair = Pair::new(identities(1), identities(2)).run();
        assert_eq!(pair.dialler.authenticated.unwrap().rtt, ms(40));
        let theirs = pair.acceptor.authenticated.unwrap().rtt;
        assert!((ms(20)..=ms(40)).contains(&theirs), "{theirs:?}");
    }
}

#[test]
fn frames_flow_both_ways_and_keep_alives_are_ignored_in_any_state() {
    for identities in [legacy, current] {
        let mut pair = Pair::new(identities(1), identities(2)).split_every(1).run();
        let now = pair.now;
        pair.dialler.session.send(&frame(232, b"\x03\x01\0\0"), now);
        pair.acceptor.session.send(&frame(240, b""), now);
        pair.acceptor.session.send(&frame(77, b"a stranger"), now);
        pair.acceptor.session.receive(&[0; 8], now);
        let pair = pair.run();
        assert_eq!(pair.acceptor.frames, [frame(232, b"\x03\x01\0\0")]);
        assert_eq!(pair.dialler.frames, [frame(240, b""), frame(77, b"a stranger")]);
    }
}

#[test]
fn requests_right_behind_response2_are_not_lost() {
    let mut dialler = Session::new(config(Role::Dialler { port: 7000 }, legacy(1), 0, 1), start());
    let mut acceptor = Session::new(config(Role::Acceptor, legacy(2), 7000, 2), start());
    let request = frame(232, b"\x03\x01\0\0");
    for _ in 0..2 {
        acceptor.receive(&outputs(&mut dialler).0, start());
        dialler.receive(&outputs(&mut acceptor).0, start());
    }
    dialler.send(&request, start());
    acceptor.receive(&outputs(&mut dialler).0, start()); // RESPONSE2 and the request in one segment
    let got = outputs(&mut acceptor).1;
    assert!(
        matches!(&got[..], [.., Output::Authenticated(_), Output::Frame(frame)] if *frame == request),
        "{got:?}"
    );
}

#[test]
fn the_expected_permid_is_let_through_and_no_other() {
    let cases = [
        (legacy as fn(u8) -> Identities, legacy_permid(2), None),
        (legacy, legacy_permid(3), Some(Cause::WrongPermid)),
        (legacy, ed25519_permid(2), Some(Cause::WrongPermid)),
        (current, ed25519_permid(2), None),
        (current, ed25519_permid(3), Some(Cause::WrongPermid)),
        (current, legacy_permid(2), Some(Cause::WrongPermid)),
    ];
    for (identities, expected, refused) in cases {
        let mut dialler = config(Role::Dialler { port: 7000 }, identities(1), 0, 1);
        dialler.expected = Some(expected);
        let pair = Pair::configured(dialler, config(Role::Acceptor, identities(2), 7000, 2)).run();
        assert_eq!(
            pair.dialler.ended.as_ref().map(|failure| failure.cause),
            refused,
            "{expected:?}"
        );
        assert_eq!(pair.acceptor.authenticated.is_some(), refused.is_none());
    }
}

#[test]
fn our_own_permid_is_refused_by_both_roles() {
    for identities in [legacy, current] {
        let pair = Pair::new(identities(1), identities(1)).run();
        assert_eq!(pair.dialler.ended.unwrap().cause, Cause::OwnPermid);
        assert!(pair.dialler.authenticated.is_none() && pair.acceptor.authenticated.is_none());
    }
}

#[test]
fn a_dialler_that_dialled_another_port_says_no_more() {
    let dialler = config(Role::Dialler { port: 7001 }, legacy(1), 0, 1);
    let pair = Pair::configured(dialler, config(Role::Acceptor, legacy(2), 7000, 2)).run();
    let failure = pair.dialler.ended.unwrap();
    assert_eq!(
        (failure.cause, &failure.detail[..]),
        (Cause::WrongPort, "dialled 7001, announced 7000")
    );
    assert_eq!(pair.acceptor.ended.unwrap().cause, Cause::AuthClosed);
}

#[test]
fn a_side_without_the_identity_for_a_version_says_which_is_missing() {
    let pair = Pair::new(current(1), legacy(2)).run();
    assert_eq!(pair.dialler.ended.unwrap().cause, Cause::VersionNeedsLegacy);
    let pair = Pair::new(legacy(1), current(2)).run();
    assert_eq!(pair.acceptor.ended.unwrap().cause, Cause::VersionNeedsLegacy);
    assert_eq!(pair.dialler.ended.unwrap().cause, Cause::AuthClosed);
    let pair = Pair::new(both(1), current(2)).run();
    assert_eq!(pair.dialler.authenticated.unwrap().version, OverlayVersion::CURRENT);
    let pair = Pair::new(legacy(1), both(2)).run();
    assert_eq!(pair.dialler.authenticated.unwrap().version, OverlayVersion::LEGACY);
}

#[test]
fn both_sides_of_a_closed_session_are_quiet() {
    let mut pair = Pair::new(legacy(1), legacy(2)).run();
    let now = pair.now;
    pair.dialler.session.close(Failure::new(Cause::Stopped, By::Us, "once"));
    pair.dialler.session.close(Failure::new(Cause::Idle, By::Us, "twice"));
    pair.dialler.session.receive(&[0xff; 100], now);
    pair.dialler.session.send(&frame(240, b""), now);
    pair.dialler.session.end_of_stream(End::Reset);
    pair.dialler.session.handle_timeout(now + ms(1_000_000));
    let pair = pair.run_out();
    assert_eq!(pair.dialler.ended.unwrap().detail, "once");
    assert_eq!(pair.acceptor.ended.unwrap().cause, Cause::Closed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_gives_the_same_session(split in 1..1500_usize, old in any::<bool>()) {
        let identities = if old { legacy } else { current };
        let pair = Pair::new(identities(1), identities(2)).split_every(split).run();
        prop_assert!(pair.dialler.authenticated.is_some() && pair.acceptor.authenticated.is_some());
    }
}

#[test]
fn one_byte_at_a_time() {
    for identities in [legacy, current, both] {
        let pair = Pair::new(identities(1), identities(2)).split_every(1).run();
        assert!(pair.dialler.authenticated.is_some() && pair.acceptor.authenticated.is_some());
    }
}

/// From the socket to the engine: the rest of a long frame is read to where it stays, and its body
/// is a slice of that.
#[test]
fn a_long_frame_stays_where_it_was_read_to() {
    let pair = Pair::new(current(1), current(2)).run();
    let (mut dialler, mut acceptor, now) = (pair.dialler.session, pair.acceptor.session, pair.now);
    let sent = Frame { id: FrameId::CRAWLER_REPLY, body: vec![7; 32_772].into() };
    dialler.send(&sent, now);
    let Some(Output::Send(bytes)) = dialler.poll_output() else { panic!("a frame") };
    acceptor.receive(&bytes[..100], now);
    let mut room = acceptor.room().expect("a frame has begun");
    assert_eq!(room.remaining_mut(), bytes.len() - 100, "for this frame and no more");
    room.put_slice(&bytes[100..]);
    let place = acceptor.last(1).as_ptr();
    acceptor.received(now);
    let Some(Output::Frame(frame)) = acceptor.poll_output() else { panic!("a frame") };
    assert_eq!(frame, sent);
    assert_eq!(frame.body.last().map(std::ptr::from_ref), Some(place), "the body was not copied");
    assert!(acceptor.is_between_frames() && acceptor.room().is_none());
}
