//! Somebody between the two who rewrites the handshakes.

use std::ops::Range;

use super::pair::{Pair, Who};
use super::*;
use swarmscope_wire::handshake::HANDSHAKE_LEN;

/// The reserved bytes, which nothing of the original covers.
const RESERVED: Range<usize> = 20..28;
/// The current version's low byte.
const CURRENT_AT: usize = 64 + 2;

fn rewritten(identities: fn(u8) -> Identities, from: Who, at: usize, flip: u8) -> Pair {
    Pair::new(identities(1), identities(2))
        .tamper(
            move |who, offset, byte| if who == from && offset == at { byte ^ flip } else { byte },
        )
        .run_out()
}

/// Every byte, both directions, a few ways to change it.
fn every_byte(mut check: impl FnMut(Who, usize, u8)) {
    for from in [Who::Dialler, Who::Acceptor] {
        for at in 0..HANDSHAKE_LEN {
            for flip in [0x01, 0x02, 0x03, 0x80] {
                check(from, at, flip);
            }
        }
    }
}

#[test]
fn version_18_refuses_any_rewritten_byte_of_the_handshake() {
    every_byte(|from, at, flip| {
        let pair = rewritten(current, from, at, flip);
        let (dialler, acceptor) = (&pair.dialler, &pair.acceptor);
        assert!(dialler.authenticated.is_none(), "{from:?} {at} {flip}: the dialler believes it");
        assert!(acceptor.authenticated.is_none(), "{from:?} {at} {flip}: the acceptor believes it");
        for side in [dialler, acceptor] {
            let failure = side.ended.as_ref().unwrap();
            assert_eq!(
                failure.cause.exit(),
                swarmscope_wire::failure::exit::AUTHENTICATE,
                "{from:?} {at} {flip}: {failure}"
            );
        }
    });
}

#[test]
fn version_18_says_that_somebody_rewrote_the_reserved_bytes_or_the_name() {
    for at in RESERVED.chain(48..62) {
        for from in [Who::Dialler, Who::Acceptor] {
            let pair = rewritten(current, from, at, 1);
            let causes =
                [&pair.dialler, &pair.acceptor].map(|side| side.ended.as_ref().unwrap().cause);
            assert!(causes.contains(&Cause::HelloMismatch), "{from:?} {at}: {causes:?}");
        }
    }
}

#[test]
fn with_a_legacy_identity_too_it_is_refused_as_well() {
    every_byte(|from, at, flip| {
        let pair = rewritten(both, from, at, flip);
        // An acceptor's current version 18 → 17 alone leaves the two on different protocols.
        assert!(
            pair.acceptor.authenticated.is_none(),
            "{from:?} {at} {flip}: the acceptor believes it"
        );
        assert!(
            pair.dialler.authenticated.is_none(),
            "{from:?} {at} {flip}: the dialler believes it"
        );
    });
}

#[test]
fn rewriting_18_to_17_both_ways_fails_by_the_legacy_signatures() {
    let pair = Pair::new(both(1), both(2))
        .tamper(|_, at, byte| if at == CURRENT_AT && byte == 18 { 17 } else { byte })
        .run_out();
    assert!(pair.dialler.authenticated.is_none() && pair.acceptor.authenticated.is_none());
    assert_eq!(pair.dialler.ended.unwrap().cause, Cause::WrongEcho);
    assert_eq!(pair.acceptor.ended.unwrap().cause, Cause::AuthClosed);
}

#[test]
fn version_17_notices_everything_but_the_reserved_bytes() {
    for from in [Who::Dialler, Who::Acceptor] {
        for at in 0..HANDSHAKE_LEN {
            let pair = rewritten(legacy, from, at, 1);
            let believed = pair.acceptor.authenticated.is_some();
            assert_eq!(believed, RESERVED.contains(&at), "{from:?} {at}");
            let failures =
                [&pair.dialler, &pair.acceptor].map(|side| side.ended.as_ref().unwrap().cause);
            if believed {
                assert_eq!(failures[0], Cause::Idle, "nothing but the idle time ends it");
            }
        }
    }
}

#[test]
fn version_17_refuses_any_rewritten_byte_of_the_authentication() {
    // In the dialler's stream: length, CHALLENGE, length, RESPONSE2. In the acceptor's: length,
    // RESPONSE1.
    let challenge = HANDSHAKE_LEN..HANDSHAKE_LEN + 1034;
    let response2 = challenge.end..challenge.end + 198;
    let response1 = HANDSHAKE_LEN..HANDSHAKE_LEN + 1231;
    let cases = [
        (Who::Dialler, challenge, 97),
        (Who::Dialler, response2, 2),
        (Who::Acceptor, response1, 41),
    ];
    for (from, range, step) in cases {
        for at in range.step_by(step) {
            let pair = rewritten(legacy, from, at, 0x04);
            assert!(
                pair.acceptor.authenticated.is_none(),
                "{from:?} {at}: the acceptor believes it"
            );
        }
    }
}
