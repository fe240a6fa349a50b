//! Deadlines and the idle time (protocol.md §2).

use super::pair::Pair;
use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn acceptor(identities: Identities, at: Instant) -> Session {
    Session::new(config(Role::Acceptor, identities, 7000, 2), at)
}

/// The dialler's handshake.
fn handshake() -> [u8; 68] {
    swarmscope_wire::handshake::Handshake::new(config(Role::Acceptor, legacy(1), 0, 1).peer_id)
        .encode()
}

#[test]
fn a_handshake_byte_now_and_then_does_not_extend_the_15_seconds() {
    let t0 = start();
    let mut session = acceptor(legacy(2), t0);
    for (second, byte) in handshake()[..14].iter().enumerate() {
        let now = t0 + s(second as u64 + 1);
        session.receive(&[*byte], now);
        session.handle_timeout(now);
    }
    assert_eq!(session.next_deadline(), Some((t0 + s(15), Deadline::Handshake)));
    session.handle_timeout(t0 + ms(14_999));
    assert_eq!(outputs(&mut session), (vec![], vec![]));
    session.handle_timeout(t0 + s(15));
    assert_eq!(end(&mut session).cause, Cause::HandshakeTimeout);
    assert_eq!(session.next_deadline(), None);
}

#[test]
fn after_48_bytes_the_authentication_has_300_seconds_from_the_beginning() {
    let t0 = start();
    let mut session = acceptor(legacy(2), t0);
    session.receive(&handshake()[..48], t0 + s(14));
    assert_eq!(outputs(&mut session).0.len(), 68, "answered as soon as the infohash is there");
    assert_eq!(session.next_deadline(), Some((t0 + s(300), Deadline::Authentication)));
    session.handle_timeout(t0 + s(299));
    session.receive(&handshake()[48..], t0 + s(299));
    assert!(outputs(&mut session).1.iter().all(|output| !matches!(output, Output::Close(_))));
    session.handle_timeout(t0 + s(300));
    assert_eq!(end(&mut session).cause, Cause::AuthTimeout);
}

#[test]
fn an_acceptor_says_nothing_before_48_bytes() {
    let mut session = acceptor(legacy(2), start());
    for byte in &handshake()[..47] {
        session.receive(&[*byte], start());
        assert_eq!(outputs(&mut session), (vec![], vec![]));
    }
    session.receive(&handshake()[47..48], start());
    assert_eq!(outputs(&mut session).0.len(), 68);
}

#[test]
fn tls_and_hello_have_the_same_deadline() {
    let t0 = start();
    let mut session = acceptor(current(2), t0);
    let peer_id = config(Role::Acceptor, current(1), 0, 1).peer_id;
    session.receive(&swarmscope_wire::handshake::Handshake::new(peer_id).encode(), t0);
    assert!(matches!(outputs(&mut session).1.pop(), Some(Output::StartTls { .. })));
    assert_eq!(session.next_deadline(), Some((t0 + s(300), Deadline::Authentication)));
    session.tls_established(ed25519(1).permid(), t0 + s(10));
    assert_eq!(outputs(&mut session).0.len(), 4 + 33, "HELLO");
    session.receive(&[0; 4], t0 + s(299));
    session.handle_timeout(t0 + s(300));
    assert_eq!(end(&mut session).cause, Cause::AuthTimeout);
}

#[test]
fn idle_is_300_seconds_looked_at_each_60() {
    let pair = Pair::new(legacy(1), legacy(2)).run();
    let (t0, mut session) = (pair.now, pair.dialler.session);
    let (look, why) = session.next_deadline().unwrap();
    assert_eq!(why, Deadline::Idle);
    assert!(look <= t0 + s(60));
    // A keep-alive received at 100 s and a frame sent at 200 s: idle at 500 s, seen at the first look
    // after that.
    let (received, sent) = (t0 + s(100), t0 + s(200));
    let mut closed = None;
    for second in 1..1000 {
        let now = t0 + s(second);
        if now == received {
            session.receive(&[0; 4], now);
        }
        if now == sent {
            session.send(&frame(240, b""), now);
        }
        session.handle_timeout(now);
        if outputs(&mut session)
            .1
            .iter()
            .any(|output| matches!(output, Output::Close(f) if f.cause == Cause::Idle))
        {
            closed = Some(now);
            break;
        }
    }
    let closed = closed.expect("closed") - sent;
    assert!((s(300)..=s(360)).contains(&closed), "{closed:?}");
}

/// Bytes of a frame that come one a second; when the connection ends, and why.
fn dripped(bytes: &[u8]) -> Option<(u64, Failure)> {
    let pair = Pair::new(legacy(1), legacy(2)).run();
    let (t0, mut session) = (pair.now, pair.dialler.session);
    for (second, byte) in (1..).zip(bytes) {
        let now = t0 + s(second);
        session.handle_timeout(now);
        if let Some(Output::Close(failure)) = outputs(&mut session).1.pop() {
            return Some((second, failure));
        }
        session.receive(&[*byte], now);
    }
    None
}

#[test]
fn a_frame_that_drips_ends_the_connection() {
    let whole = Frame { body: vec![0; 99_999].into(), ..frame(240, b"") }.encode();
    let (after, failure) = dripped(&whole).expect("it ends");
    assert_eq!((failure.cause, failure.by), (Cause::FrameSlow, By::Peer));
    assert_eq!(after, 1 + 30 + 3, "30 s after the first byte, and 3 s for 100 000 bytes");
    let one_a_second: Vec<u8> = (0..8).flat_map(|_| frame(240, &[0; 20]).encode()).collect();
    assert_eq!(dripped(&one_a_second), None, "each of them is whole in 25 s");
}

#[test]
fn a_frame_does_not_drip_while_nobody_takes_it() {
    let pair = Pair::new(legacy(1), legacy(2)).run();
    let (t0, mut session) = (pair.now, pair.dialler.session);
    session.receive(&[0, 0], t0);
    assert_eq!(session.next_deadline(), Some((t0 + s(30), Deadline::Frame)));
    session.reads_again(t0 + s(29));
    assert_eq!(session.next_deadline(), Some((t0 + s(59), Deadline::Frame)));
    session.handle_timeout(t0 + s(59));
    assert_eq!(end(&mut session).cause, Cause::FrameSlow);
}

#[test]
fn each_end_of_the_stream_has_its_reason() {
    for (identities, end_of, cause) in [
        (legacy as fn(u8) -> Identities, End::Closed, Cause::Closed),
        (legacy, End::Reset, Cause::Reset),
        (current, End::Closed, Cause::Closed),
        (current, End::Truncated, Cause::Truncated),
        (current, End::Reset, Cause::Reset),
    ] {
        let mut session = Pair::new(identities(1), identities(2)).run().dialler.session;
        session.end_of_stream(end_of);
        assert_eq!(end(&mut session).cause, cause);
    }
    let mut session = acceptor(legacy(2), start());
    session.end_of_stream(End::Closed);
    let failure = end(&mut session);
    assert_eq!((failure.cause, &failure.detail[..]), (Cause::HandshakeClosed, "no byte came"));
    let mut session = acceptor(legacy(2), start());
    session.receive(&handshake(), start());
    session.end_of_stream(End::Reset);
    assert_eq!(end(&mut session).cause, Cause::AuthClosed);
}
