//! A session against a peer that does what it should not.

use super::*;
use swarmscope_wire::auth::{Challenge, Hello, Nonce, Response1, Response2, signed_bytes};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::handshake::Handshake;

/// The hostile side's peer id, nonce and identity.
const THEIR_SEED: u8 = 9;

fn nonce(seed: u8) -> Nonce {
    Box::new([seed; 1024])
}

fn peer_id(identities: Identities, port: u16) -> PeerId {
    config(Role::Acceptor, identities, port, THEIR_SEED).peer_id
}

/// A dialler that has sent CHALLENGE to a peer with this peer id.
fn challenger(expected: Option<Permid>, theirs: PeerId) -> (Session, PeerId) {
    let mut ours = config(Role::Dialler { port: 7000 }, legacy(1), 0, 1);
    ours.expected = expected;
    let own = ours.peer_id;
    let mut session = Session::new(ours, start());
    session.receive(&Handshake::new(theirs).encode(), start());
    let sent = outputs(&mut session).0;
    assert_eq!(&sent[68..], &Challenge(nonce(1)).encode().encode()[..]);
    (session, own)
}

/// RESPONSE1 as it should be.
fn response1(dialler: PeerId) -> Response1 {
    let identity = sect233k1(THEIR_SEED);
    let message = signed_bytes(&nonce(THEIR_SEED), &nonce(1), &dialler);
    Response1 {
        dialler,
        signature: identity.sign(&message),
        permid: identity.permid(),
        nonce: nonce(THEIR_SEED),
    }
}

/// An acceptor that has got CHALLENGE and answered, and the dialler's right RESPONSE2.
fn answered() -> (Session, Response2) {
    let ours = config(Role::Acceptor, legacy(1), 7000, 1);
    let own = ours.peer_id;
    let mut session = Session::new(ours, start());
    session.receive(&Handshake::new(peer_id(legacy(THEIR_SEED), 0)).encode(), start());
    session.receive(&Challenge(nonce(THEIR_SEED)).encode().encode(), start());
    assert!(outputs(&mut session).0.len() > 1200, "handshake and RESPONSE1");
    let identity = sect233k1(THEIR_SEED);
    let signature = identity.sign(&signed_bytes(&nonce(THEIR_SEED), &nonce(1), &own));
    (session, Response2 { acceptor: own, signature, permid: identity.permid() })
}

/// What a dialler makes of a RESPONSE1 that somebody changed: it must not have sent anything.
fn refused1(change: impl FnOnce(&mut Response1)) -> Cause {
    let (mut session, own) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
    let mut response = response1(own);
    change(&mut response);
    session.receive(&response.encode().encode(), start());
    let (sent, mut rest) = outputs(&mut session);
    assert!(sent.is_empty(), "nothing is signed for it");
    match rest.pop() {
        Some(Output::Close(failure)) => failure.cause,
        other => panic!("{other:?} instead of Close"),
    }
}

fn refused2(change: impl FnOnce(&mut Response2)) -> Cause {
    let (mut session, mut response) = answered();
    change(&mut response);
    session.receive(&response.encode().encode(), start());
    end(&mut session).cause
}

#[test]
fn the_right_answers_are_taken() {
    let (mut session, own) =
        challenger(Some(sect233k1(THEIR_SEED).permid()), peer_id(legacy(THEIR_SEED), 7000));
    session.receive(&response1(own).encode().encode(), start());
    let (sent, rest) = outputs(&mut session);
    assert!(
        matches!(&rest[..], [Output::Authenticated(who)] if who.permid == sect233k1(THEIR_SEED).permid())
    );
    assert_eq!(sent[4], FrameId::RESPONSE2.0);
    let (mut session, response) = answered();
    session.receive(&response.encode().encode(), start());
    assert!(matches!(&outputs(&mut session).1[..], [Output::Authenticated(_)]));
}

#[test]
fn nothing_is_signed_for_a_peer_that_was_not_asked_for() {
    let (mut session, own) =
        challenger(Some(sect233k1(5).permid()), peer_id(legacy(THEIR_SEED), 7000));
    session.receive(&response1(own).encode().encode(), start());
    let (sent, rest) = outputs(&mut session);
    assert!(sent.is_empty(), "no RESPONSE2");
    assert!(matches!(&rest[..], [Output::Close(failure)] if failure.cause == Cause::WrongPermid));
}

#[test]
fn a_peer_that_was_not_asked_for_is_said_to_be_one_whatever_it_signs() {
    let (mut session, own) =
        challenger(Some(sect233k1(5).permid()), peer_id(legacy(THEIR_SEED), 7000));
    let unsigned = Response1 { signature: Vec::new(), ..response1(own) };
    session.receive(&unsigned.encode().encode(), start());
    assert_eq!(end(&mut session).cause, Cause::WrongPermid);
}

#[test]
fn an_ed25519_permid_does_not_belong_into_the_old_authentication() {
    let (mut session, own) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
    let other_kind = Response1 { permid: ed25519(5).permid(), ..response1(own) };
    session.receive(&other_kind.encode().encode(), start());
    let failure = end(&mut session);
    assert_eq!(failure.cause, Cause::AuthMalformed);
    assert!(
        failure.detail.contains("Ed25519") && failure.detail.contains("sect233k1"),
        "{failure}"
    );
}

#[test]
fn a_dialler_does_not_authenticate_where_it_could_ask_nothing() {
    for (current, cause) in
        [(3, Some(Cause::VersionNoCrawler)), (6, Some(Cause::VersionNoCrawler)), (7, None)]
    {
        let mut session =
            Session::new(config(Role::Dialler { port: 7000 }, legacy(1), 0, 1), start());
        let _ = outputs(&mut session);
        let theirs = PeerId::new([THEIR_SEED; 8], 7000, OverlayVersion(2), OverlayVersion(current));
        session.receive(&Handshake::new(theirs).encode(), start());
        let (sent, rest) = outputs(&mut session);
        assert_eq!(sent.is_empty(), cause.is_some(), "CHALLENGE from version 7 on");
        let refused = rest.iter().find_map(|output| match output {
            Output::Close(failure) => Some(failure.cause),
            _ => None,
        });
        assert_eq!(refused, cause, "version {current}");
    }
}

#[test]
fn a_peer_that_closes_in_the_authentication_is_not_blamed_on_versions_that_match() {
    let closed = |theirs| {
        let (mut session, _) = challenger(None, theirs);
        session.end_of_stream(End::Closed);
        end(&mut session).detail
    };
    assert_eq!(closed(peer_id(legacy(THEIR_SEED), 7000)), "where RESPONSE1 was due");
    let newer = PeerId::new([THEIR_SEED; 8], 7000, OverlayVersion(7), OverlayVersion(18));
    assert_eq!(closed(newer), "where RESPONSE1 was due; it speaks 7 to 18, we 2 to 17");
}

#[test]
fn an_answer_for_somebody_else_or_by_somebody_else_is_refused() {
    // Relayed: signed for another dialler's peer id.
    let other = peer_id(legacy(4), 1);
    assert_eq!(refused1(|response| *response = response1(other)), Cause::WrongEcho);
    // Said to be for us, but signed for another.
    assert_eq!(
        refused1(|response| *response = Response1 { dialler: response.dialler, ..response1(other) }),
        Cause::BadSignature
    );
    assert_eq!(refused1(|response| response.permid = sect233k1(5).permid()), Cause::BadSignature);
    assert_eq!(refused1(|response| response.nonce = nonce(3)), Cause::BadSignature);
    assert_eq!(
        refused1(|response| response.permid = Permid::Sect233k1([1; 60])),
        Cause::BadSignature
    );
    assert_eq!(refused1(|response| response.permid = sect233k1(1).permid()), Cause::OwnPermid);
    assert_eq!(refused1(|response| response.signature.truncate(20)), Cause::BadSignature);
    assert_eq!(refused1(|response| response.permid = ed25519(1).permid()), Cause::AuthMalformed);

    assert_eq!(refused2(|response| response.acceptor = other), Cause::WrongEcho);
    assert_eq!(refused2(|response| response.permid = sect233k1(5).permid()), Cause::BadSignature);
    assert_eq!(refused2(|response| response.permid = sect233k1(1).permid()), Cause::OwnPermid);
    assert_eq!(refused2(|response| response.signature[10] ^= 1), Cause::BadSignature);
    assert_eq!(refused2(|response| response.signature.clear()), Cause::BadSignature);
}

#[test]
fn our_own_answers_sent_back_to_us_prove_nothing() {
    // A dialler's CHALLENGE is answered with what another connection of the same identity would
    // answer.
    let (mut session, _) = challenger(None, peer_id(legacy(1), 7000));
    let mut ourselves = Session::new(config(Role::Acceptor, legacy(1), 7000, THEIR_SEED), start());
    let own = config(Role::Dialler { port: 7000 }, legacy(1), 0, 1).peer_id;
    ourselves.receive(&Handshake::new(own).encode(), start());
    ourselves.receive(&Challenge(nonce(1)).encode().encode(), start());
    session.receive(&outputs(&mut ourselves).0[68..], start());
    assert_eq!(end(&mut session).cause, Cause::OwnPermid);
}

#[test]
fn the_order_is_kept_and_nothing_comes_in_between() {
    let early = [
        frame(232, b"\x03\x01\0\0"),
        frame(240, b""),
        frame(249, b"de"),
        Challenge(nonce(3)).encode(),
        answered().1.encode(),
        Hello([0; 32]).encode(),
        frame(0, b""),
    ];
    for wrong in &early {
        let (mut session, _) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
        session.receive(&wrong.encode(), start());
        assert_eq!(end(&mut session).cause, Cause::AuthOutOfOrder, "{}", wrong.id);
    }
    let (mut session, _) = answered();
    session.receive(&Challenge(nonce(3)).encode().encode(), start());
    assert_eq!(end(&mut session).cause, Cause::AuthOutOfOrder, "a second CHALLENGE");
}

#[test]
fn challenges_of_another_length_are_refused() {
    for body in [&b"4:abcd"[..], b"", b"1024:", b"i5e"] {
        let mut session = Session::new(config(Role::Acceptor, legacy(1), 7000, 1), start());
        session.receive(&Handshake::new(peer_id(legacy(THEIR_SEED), 0)).encode(), start());
        outputs(&mut session);
        session.receive(
            &Frame { id: FrameId::CHALLENGE, body: Bytes::from_static(body) }.encode(),
            start(),
        );
        let (sent, mut rest) = outputs(&mut session);
        assert!(
            matches!(rest.pop(), Some(Output::Close(failure)) if failure.cause == Cause::AuthMalformed)
        );
        assert!(sent.is_empty());
    }
}

#[test]
fn frames_are_small_before_authentication_and_keep_alives_few() {
    let (mut session, _) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
    session.receive(&4097_u32.to_be_bytes(), start());
    assert_eq!(end(&mut session).cause, Cause::AuthMalformed);

    let (mut session, own) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
    session.receive(&[0; 4 * 64], start());
    session.receive(&response1(own).encode().encode(), start());
    assert!(matches!(outputs(&mut session).1[..], [Output::Authenticated(_)]));
    assert_eq!(session.assembling(), 0);
    session.receive(&(1_u32 << 23).to_be_bytes(), start());
    assert_eq!((outputs(&mut session).1, session.assembling()), (vec![], 1 << 23));

    let (mut session, _) = challenger(None, peer_id(legacy(THEIR_SEED), 7000));
    session.receive(&[0; 4 * 65], start());
    assert_eq!(end(&mut session).cause, Cause::AuthOutOfOrder);
}

#[test]
fn afterwards_frames_are_bounded_and_authentication_does_not_begin_again() {
    let open = || {
        let (mut session, response) = answered();
        session.receive(&response.encode().encode(), start());
        outputs(&mut session);
        session
    };
    let mut session = open();
    session.receive(&((1_u32 << 23) + 1).to_be_bytes(), start());
    assert_eq!(end(&mut session).cause, Cause::FrameTooLarge);
    for again in [Challenge(nonce(3)).encode(), answered().1.encode()] {
        let mut session = open();
        session.receive(&again.encode(), start());
        assert_eq!(end(&mut session).cause, Cause::MessageMalformed);
    }
    let mut session = open();
    session.receive(&frame(216, b"").encode(), start());
    assert_eq!(
        outputs(&mut session).1,
        [Output::Frame(frame(216, b""))],
        "216 is nobody's before version 18"
    );
}

#[test]
fn strangers_are_refused_without_a_byte() {
    let hello = Handshake::new(peer_id(legacy(THEIR_SEED), 0)).encode();
    let mut infohash = hello;
    infohash[47] = 2; // 1 is that of return connections
    for stranger in
        [&b"GET / HTTP/1.1\r\n"[..], b"\x13BitTorrent protocoL", &infohash, b"\x16\x03\x01"]
    {
        let mut session = Session::new(config(Role::Acceptor, both(1), 7000, 1), start());
        session.receive(stranger, start());
        let (sent, rest) = outputs(&mut session);
        assert!(sent.is_empty());
        assert!(
            matches!(&rest[..], [Output::Close(failure)] if failure.cause == Cause::NotOverlay),
            "{rest:?}"
        );
    }
}

/// A version-18 session of this role that has sent HELLO, and the right HELLO of the other side.
fn greeted(role: Role) -> (Session, Hello) {
    let ours = config(role, current(1), 7000, 1);
    let (own, theirs) =
        (Handshake::new(ours.peer_id), Handshake::new(peer_id(current(THEIR_SEED), 7000)));
    let mut session = Session::new(ours, start());
    session.receive(&theirs.encode(), start());
    let Some(Output::StartTls { leftover, hello: first, .. }) = outputs(&mut session).1.pop()
    else {
        panic!("no TLS");
    };
    assert!(leftover.is_empty());
    session.tls_established(ed25519(THEIR_SEED).permid(), start());
    let hello = match role {
        Role::Dialler { .. } => Hello::over(&own.encode(), &theirs.encode()),
        Role::Acceptor => Hello::over(&theirs.encode(), &own.encode()),
    };
    assert_eq!(first.is_empty(), role == Role::Acceptor);
    assert_eq!([&first, &outputs(&mut session).0[..]].concat(), &hello.encode().encode()[..]);
    (session, hello)
}

#[test]
fn nothing_is_acted_on_before_both_hellos_match() {
    for role in [Role::Dialler { port: 7000 }, Role::Acceptor] {
        let (mut session, hello) = greeted(role);
        session.receive(&hello.encode().encode(), start());
        assert!(matches!(&outputs(&mut session).1[..], [Output::Authenticated(_)]));
        session.receive(&hello.encode().encode(), start());
        assert_eq!(end(&mut session).cause, Cause::MessageMalformed, "a second HELLO");

        let (mut session, mut hello) = greeted(role);
        hello.0[31] ^= 1;
        session.receive(&hello.encode().encode(), start());
        assert_eq!(end(&mut session).cause, Cause::HelloMismatch);

        let (mut session, _) = greeted(role);
        session.receive(&frame(232, b"\x03\x01\0\0").encode(), start());
        assert_eq!(end(&mut session).cause, Cause::AuthOutOfOrder);

        let (mut session, _) = greeted(role);
        session.receive(&frame(216, b"short").encode(), start());
        assert_eq!(end(&mut session).cause, Cause::AuthMalformed);
    }
}

#[test]
fn bytes_behind_the_handshake_belong_to_tls() {
    let mut session = Session::new(config(Role::Acceptor, current(1), 7000, 1), start());
    let mut bytes = Handshake::new(peer_id(current(THEIR_SEED), 0)).encode().to_vec();
    bytes.extend_from_slice(b"\x16\x03\x01");
    session.receive(&bytes, start());
    let last = outputs(&mut session).1.pop();
    assert!(
        matches!(last, Some(Output::StartTls { leftover, .. }) if leftover == b"\x16\x03\x01"[..])
    );
}
