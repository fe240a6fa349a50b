//! Authentication in any order: a session of ours, an honest partner, and a network that delivers,
//! drops, repeats, alters and invents.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use swarmscope_peer::identity::{Ed25519Identity, Identities, LegacyIdentity};
use swarmscope_peer::session::{End, Output, Role, Session, SessionConfig, Timeouts};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid};

use crate::Choices;

const PORT: u16 = 7000;
/// What a session may keep of a frame that is not whole: the largest frame and its length.
const MOST_KEPT: usize = (8 << 20) + 4;

static LEGACY: LazyLock<[Arc<LegacyIdentity>; 2]> =
    LazyLock::new(|| [1, 2].map(|seed| Arc::new(LegacyIdentity::from_seed([seed; 64]))));
static CURRENT: LazyLock<[Arc<Ed25519Identity>; 2]> =
    LazyLock::new(|| [1, 2].map(|seed| Arc::new(Ed25519Identity::from_seed([seed; 32]))));

/// One of the two, with the identities that these bits say.
fn session(who: usize, role: Role, bits: u8, expected: Option<Permid>, now: Instant) -> Session {
    let current = (bits & 1 != 0).then(|| CURRENT[who].clone());
    let legacy = (bits & 2 != 0 || current.is_none()).then(|| LEGACY[who].clone());
    let newest = if current.is_some() { OverlayVersion::CURRENT } else { OverlayVersion::LEGACY };
    let lowest =
        if legacy.is_some() { OverlayVersion::LEGACY_LOWEST } else { OverlayVersion::CURRENT };
    let port = if matches!(role, Role::Acceptor) { PORT } else { 0 };
    let seed = u8::try_from(who).unwrap_or_default();
    Session::new(
        SessionConfig {
            role,
            peer_id: PeerId::new([seed; 8], port, lowest, newest),
            identities: Identities { current, legacy },
            expected,
            nonce: Some(Box::new([seed; 1024])),
            timeouts: Timeouts::default(),
        },
        now,
    )
}

/// What is under way from one to the other.
#[derive(Default)]
struct Seen {
    authenticated: bool,
    ended: bool,
    /// The driver was asked to run TLS, and said who is there.
    tls: bool,
}

/// Whoever authenticates without TLS is the partner, who alone has its key; frames come after that,
/// and nothing after the end.
pub fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (setup, bits) = (choices.byte(), choices.byte());
    let dials = setup & 1 == 0;
    let (ours, theirs) = if dials {
        (Role::Dialler { port: PORT }, Role::Acceptor)
    } else {
        (Role::Acceptor, Role::Dialler { port: PORT })
    };
    let partner_permid = LEGACY[1].permid();
    let mut now = Instant::now();
    let expected = (setup & 2 != 0).then_some(partner_permid);
    let mut subject = session(0, ours, bits, expected, now);
    let mut partner = session(1, theirs, bits >> 2, None, now);
    let (mut seen, mut pending, mut last) = (Seen::default(), Vec::new(), Vec::new());
    for _ in 0..400 {
        drain_partner(&mut partner, &mut pending);
        drain(&mut subject, &mut partner, &mut seen, partner_permid, now);
        if choices.is_empty() {
            break;
        }
        match choices.byte() % 12 {
            0 => {
                last = std::mem::take(&mut pending);
                subject.receive(&last, now);
            }
            1 => {
                let some = usize::from(choices.byte()).min(pending.len());
                let rest = pending.split_off(some);
                last = std::mem::replace(&mut pending, rest);
                subject.receive(&last, now);
            }
            2 => {
                let at = usize::from(choices.number());
                if let Some(byte) = pending.get_mut(at) {
                    *byte ^= choices.byte().max(1);
                }
            }
            3 => pending.clear(),
            4 => subject.receive(&last, now),
            5 => subject.receive(choices.bytes(), now),
            6 => {
                let frame =
                    Frame { id: FrameId(choices.byte()), body: choices.bytes().to_vec().into() };
                subject.receive(&frame.encode(), now);
            }
            7 => {
                now += Duration::from_secs(choices.byte().into());
                subject.handle_timeout(now);
                partner.handle_timeout(now);
            }
            8 if seen.tls => subject.tls_established(CURRENT[1].permid(), now),
            9 => subject.end_of_stream(
                [End::Closed, End::Truncated, End::Reset][usize::from(choices.byte() % 3)],
            ),
            10 => subject.send(
                &Frame { id: FrameId(choices.byte()), body: choices.bytes().to_vec().into() },
                now,
            ),
            11 => subject.close(Failure::new(Cause::Stopped, By::Us, "")),
            _ => {}
        }
        assert!(subject.assembling() <= MOST_KEPT);
        assert!(subject.next_deadline().is_none_or(|(at, _)| at > now - Duration::from_secs(256)));
    }
}

fn drain_partner(partner: &mut Session, pending: &mut Vec<u8>) {
    while let Some(output) = partner.poll_output() {
        if let Output::Send(bytes) = output {
            pending.extend_from_slice(&bytes);
        }
    }
}

fn drain(
    subject: &mut Session,
    partner: &mut Session,
    seen: &mut Seen,
    partner_permid: Permid,
    now: Instant,
) {
    while let Some(output) = subject.poll_output() {
        assert!(!seen.ended, "nothing after the end: {output:?}");
        match output {
            Output::Send(bytes) => partner.receive(&bytes, now),
            Output::Rung { .. } => {}
            Output::StartTls { .. } => {
                assert!(!seen.tls);
                seen.tls = true;
            }
            Output::Authenticated(who) => {
                assert!(!seen.authenticated, "once");
                assert_eq!(who.version.is_encrypted(), seen.tls);
                assert!(seen.tls || who.permid == partner_permid, "nobody else has this key");
                seen.authenticated = true;
            }
            Output::Frame(_) => assert!(seen.authenticated),
            Output::DialledBack(_) => {
                assert!(!seen.authenticated, "nothing proves who it was");
                seen.ended = true;
            }
            Output::Close(_) => seen.ended = true,
        }
    }
}
