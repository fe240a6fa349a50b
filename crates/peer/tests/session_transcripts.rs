//! The original's recorded connections are replayed against a session, from either side: what the
//! original sent goes in, and what comes out is what the original's partner sent, signatures aside,
//! which are made with fresh randomness there.
#![allow(clippy::unwrap_used)] // a test's helpers may fail
#![cfg(feature = "legacy")]

#[path = "../../../tests/transcripts/mod.rs"]
mod transcripts;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use swarmscope_peer::identity::{Identities, Key, LegacyIdentity, verify_legacy};
use swarmscope_peer::session::{
    Authenticated, End, Output, Role, Session, SessionConfig, Timeouts,
};
use swarmscope_wire::Permid;
use swarmscope_wire::auth::{Challenge, Response1, Response2, signed_bytes};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId, FrameReader};
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, PeerId};
use transcripts::Transcript;

/// One recorded connection that got as far as the authentication.
struct Recorded {
    name: String,
    dialler: Recording,
    acceptor: Recording,
    challenge: Challenge,
    response1: Response1,
    response2: Response2,
}

/// What one side sent, and its key.
struct Recording {
    segments: Vec<Vec<u8>>,
    handshake: Handshake,
    /// What it sent after its part of the authentication.
    frames: Vec<Frame>,
    identity: Arc<LegacyIdentity>,
}

fn recorded() -> Vec<Recorded> {
    Transcript::all().into_iter().filter_map(read).collect()
}

fn read(transcript: Transcript) -> Option<Recorded> {
    let Transcript { name, dialler, acceptor, keys } = transcript;
    let keys = keys?;
    let (dialler_handshake, mut from_dialler) = split(&dialler);
    let (acceptor_handshake, mut from_acceptor) = split(&acceptor);
    let first = |frames: &mut Vec<Frame>, id: FrameId| {
        let frame = frames.remove(0);
        assert_eq!(frame.id, id, "{name}");
        frame.body
    };
    let challenge = Challenge::decode(&first(&mut from_dialler, FrameId::CHALLENGE)).unwrap();
    let response2 = Response2::decode(&first(&mut from_dialler, FrameId::RESPONSE2)).unwrap();
    let response1 = Response1::decode(&first(&mut from_acceptor, FrameId::RESPONSE1)).unwrap();
    let side = |segments, handshake, frames, key: &Path| Recording {
        segments,
        handshake,
        frames,
        identity: identity(key),
    };
    Some(Recorded {
        dialler: side(dialler, dialler_handshake, from_dialler, &keys.dialler),
        acceptor: side(acceptor, acceptor_handshake, from_acceptor, &keys.acceptor),
        name,
        challenge,
        response1,
        response2,
    })
}

/// The handshake and the frames of one side.
fn split(segments: &[Vec<u8>]) -> (Handshake, Vec<Frame>) {
    let mut buffer = BytesMut::from(&segments.concat()[..]);
    let handshake =
        Handshake::decode(buffer.split_to(HANDSHAKE_LEN)[..].try_into().unwrap()).unwrap();
    let mut reader = FrameReader::new();
    reader.raise_limit();
    let frames = std::iter::from_fn(|| reader.next(&mut buffer).unwrap()).collect();
    (handshake, frames)
}

fn identity(file: &Path) -> Arc<LegacyIdentity> {
    match Key::from_pem(&std::fs::read(file).unwrap()).unwrap() {
        Key::Sect233k1(identity) => Arc::new(identity),
        Key::Ed25519(_) => panic!("{} holds no legacy key", file.display()),
    }
}

fn config(
    role: Role,
    peer_id: PeerId,
    identity: &Arc<LegacyIdentity>,
    nonce: &[u8; 1024],
) -> SessionConfig {
    SessionConfig {
        role,
        peer_id,
        identities: Identities { current: None, legacy: Some(Arc::clone(identity)) },
        expected: None,
        nonce: Some(Box::new(*nonce)),
        timeouts: Timeouts::default(),
    }
}

/// What a session did with everything its partner sent.
#[derive(Default)]
struct Outcome {
    sent: Vec<u8>,
    authenticated: Option<Authenticated>,
    frames: Vec<Frame>,
    closed: Option<Failure>,
}

fn replay(config: SessionConfig, segments: &[Vec<u8>]) -> Outcome {
    #[allow(clippy::disallowed_methods, reason = "time stands still in a replay")]
    let now = Instant::now();
    let mut session = Session::new(config, now);
    for segment in segments {
        session.receive(segment, now);
    }
    session.end_of_stream(End::Closed);
    let mut result = Outcome::default();
    while let Some(output) = session.poll_output() {
        match output {
            Output::Send(bytes) => result.sent.extend_from_slice(&bytes),
            Output::Authenticated(who) => result.authenticated = Some(who),
            Output::Frame(frame) => result.frames.push(frame),
            Output::Close(failure) => result.closed = Some(failure),
            Output::Rung { .. } => {}
            Output::DialledBack(at) => panic!("a return connection, from {at}"),
            Output::StartTls { .. } => panic!("the original knows no TLS"),
        }
    }
    result
}

/// Our signature has its own nonce, and may have another length.
fn assert_signed(name: &str, permid: &Permid, message: &[u8], signature: &[u8]) {
    assert!(
        (63..=64).contains(&signature.len()),
        "{name}: the original refuses {} bytes",
        signature.len()
    );
    verify_legacy(permid, message, signature).unwrap_or_else(|error| panic!("{name}: {error}"));
}

fn assert_went_well(name: &str, result: &Outcome, permid: &Permid, frames: &[Frame]) {
    let who =
        result.authenticated.as_ref().unwrap_or_else(|| panic!("{name}: {:?}", result.closed));
    assert_eq!(who.permid, *permid, "{name}");
    assert_eq!(result.frames, frames, "{name}");
    assert_eq!(result.closed.as_ref().map(|failure| failure.cause), Some(Cause::Closed), "{name}");
}

#[test]
fn we_accept_what_the_original_dialled() {
    let all = recorded();
    assert!(all.len() >= 28, "{} connections", all.len());
    for recorded in all {
        let (name, us) = (&recorded.name, &recorded.acceptor);
        let config =
            config(Role::Acceptor, us.handshake.peer_id, &us.identity, &recorded.response1.nonce);
        let result = replay(config, &recorded.dialler.segments);
        assert_went_well(
            name,
            &result,
            &recorded.dialler.identity.permid(),
            &recorded.dialler.frames,
        );
        let (handshake, frames) = split(&[result.sent]);
        assert_eq!(handshake, us.handshake, "{name}");
        let [ours] = &frames[..] else { panic!("{name}: {} frames", frames.len()) };
        let ours = Response1::decode(&ours.body).unwrap();
        assert_eq!(
            Response1 { signature: recorded.response1.signature.clone(), ..ours.clone() },
            recorded.response1
        );
        let signed =
            signed_bytes(&ours.nonce, &recorded.challenge.0, &recorded.dialler.handshake.peer_id);
        assert_signed(name, &ours.permid, &signed, &ours.signature);
    }
}

#[test]
fn we_dial_what_the_original_accepted() {
    for recorded in recorded() {
        let (name, us, them) = (&recorded.name, &recorded.dialler, &recorded.acceptor);
        let role = Role::Dialler { port: them.handshake.peer_id.port() };
        let config = config(role, us.handshake.peer_id, &us.identity, &recorded.challenge.0);
        let result = replay(config, &them.segments);
        assert_went_well(name, &result, &them.identity.permid(), &them.frames);
        let (handshake, frames) = split(&[result.sent]);
        assert_eq!(handshake, us.handshake, "{name}");
        let [challenge, ours] = &frames[..] else { panic!("{name}: {} frames", frames.len()) };
        assert_eq!(*challenge, recorded.challenge.encode(), "{name}");
        let ours = Response2::decode(&ours.body).unwrap();
        assert_eq!(
            Response2 { signature: recorded.response2.signature.clone(), ..ours.clone() },
            recorded.response2
        );
        let signed =
            signed_bytes(&recorded.challenge.0, &recorded.response1.nonce, &them.handshake.peer_id);
        assert_signed(name, &ours.permid, &signed, &ours.signature);
    }
}

/// What becomes of a recorded dialler whose keys were not kept, because the original refused it or
/// it went no further.
fn refused(file: &str) -> Outcome {
    let transcript =
        Transcript::all().into_iter().find(|transcript| transcript.name.starts_with(file)).unwrap();
    let identity = Arc::new(LegacyIdentity::from_seed([1; 64]));
    let original = recorded().remove(0).acceptor.handshake.peer_id;
    replay(config(Role::Acceptor, original, &identity, &[0; 1024]), &transcript.dialler)
}

#[test]
fn we_refuse_what_the_original_refused() {
    let stranger = refused("h_wrong_infohash");
    assert!(stranger.sent.is_empty());
    assert_eq!(stranger.closed.unwrap().cause, Cause::NotOverlay);
    let new = refused("h_version_low_18_cur_20");
    assert_eq!(new.closed.unwrap().cause, Cause::VersionNeedsCurrent);
    assert!(new.authenticated.is_none());
    let newer = refused("h_version_cur_18");
    assert_eq!(newer.sent.len(), HANDSHAKE_LEN, "17 is selected, and the challenge awaited");
    assert_eq!(newer.closed.unwrap().cause, Cause::AuthClosed);
}
