//! Any operations in any order: no panic, and what comes out keeps its order.

use proptest::prelude::*;

use super::*;
use swarmscope_wire::auth::{Challenge, Hello};
use swarmscope_wire::handshake::Handshake;

#[derive(Clone, Debug)]
enum Op {
    Receive(Vec<u8>),
    /// A handshake of this version.
    Handshake(u16),
    Challenge,
    TlsEstablished(u8),
    /// Everything that a peer of version 18 does until it is authenticated.
    Authenticate,
    Send,
    Later(u16),
    EndOfStream(End),
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    let versions = prop_oneof![Just(2_u16), Just(7), Just(17), Just(18), Just(19), any::<u16>()];
    let frame = (0_u8..12, 210_u8..=255, proptest::collection::vec(any::<u8>(), 0..11))
        .prop_map(|(length, id, body)| [&[0, 0, 0, length, id][..], &body].concat());
    prop_oneof![
        2 => versions.prop_map(Op::Handshake),
        2 => proptest::collection::vec(any::<u8>(), 0..80).prop_map(Op::Receive),
        3 => frame.prop_map(Op::Receive),
        1 => Just(Op::Challenge),
        2 => (1_u8..4).prop_map(Op::TlsEstablished),
        2 => Just(Op::Authenticate),
        1 => Just(Op::Send),
        1 => any::<u16>().prop_map(Op::Later),
        1 => prop_oneof![Just(End::Closed), Just(End::Truncated), Just(End::Reset)].prop_map(Op::EndOfStream),
        1 => Just(Op::Close),
    ]
}

fn theirs(version: u16) -> [u8; 68] {
    Handshake::new(PeerId::new([3; 8], 7000, OverlayVersion(2), OverlayVersion(version))).encode()
}

/// `hello` is the one that fits a handshake of version 18.
fn apply(session: &mut Session, op: &Op, hello: &Hello, now: &mut Instant) {
    match op {
        Op::Receive(bytes) => session.receive(bytes, *now),
        Op::Handshake(version) => session.receive(&theirs(*version), *now),
        Op::Authenticate => {
            session.receive(&theirs(18), *now);
            session.tls_established(ed25519(2).permid(), *now);
            session.receive(&hello.encode().encode(), *now);
        }
        Op::Challenge => session.receive(&Challenge(Box::new([3; 1024])).encode().encode(), *now),
        Op::TlsEstablished(seed) => session.tls_established(ed25519(*seed).permid(), *now),
        Op::Send => session.send(&frame(240, b""), *now),
        Op::Later(seconds) => {
            *now += Duration::from_secs(u64::from(*seconds) / 64);
            session.handle_timeout(*now);
        }
        Op::EndOfStream(end) => session.end_of_stream(*end),
        Op::Close => session.close(Failure::new(Cause::Stopped, By::Us, "")),
    }
}

/// Authenticated once, frames only after it, nothing after the end.
#[derive(Default)]
struct Order {
    authenticated: bool,
    tls: bool,
    ended: bool,
}

impl Order {
    fn check(&mut self, output: &Output) -> Result<(), TestCaseError> {
        prop_assert!(!self.ended, "{output:?} after the end");
        match output {
            Output::Authenticated(_) => {
                prop_assert!(!std::mem::replace(&mut self.authenticated, true));
            }
            Output::StartTls { .. } => prop_assert!(!std::mem::replace(&mut self.tls, true)),
            Output::Frame(_) => prop_assert!(self.authenticated),
            Output::Close(_) | Output::DialledBack(_) => self.ended = true,
            Output::Send(_) | Output::Rung { .. } => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn operations_in_any_order(
        dials in any::<bool>(),
        kind in 0..3_u8,
        ops in proptest::collection::vec(op(), 0..20),
    ) {
        let identities = match kind {
            0 => current(1),
            1 => legacy(1),
            _ => both(1),
        };
        let role = if dials { Role::Dialler { port: 7000 } } else { Role::Acceptor };
        let mut now = start();
        let config = config(role, identities, 7000, 1);
        let own = Handshake::new(config.peer_id).encode();
        let hello = if dials { Hello::over(&own, &theirs(18)) } else { Hello::over(&theirs(18), &own) };
        let mut session = Session::new(config, now);
        let mut order = Order::default();
        for op in &ops {
            apply(&mut session, op, &hello, &mut now);
            while let Some(output) = session.poll_output() {
                order.check(&output)?;
            }
            prop_assert_eq!(session.next_deadline().is_none(), order.ended);
        }
    }
}
