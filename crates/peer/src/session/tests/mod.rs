//! Two sessions back to back on virtual time, one session against a script, and one against the
//! original's transcripts.

mod fuzz;
mod idle;
mod pair;
mod pairs;
mod scripted;
mod tampering;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;
use crate::identity::{Ed25519Identity, Identities, LegacyIdentity};
use bytes::Bytes;
use swarmscope_wire::failure::Phase;
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid};

/// The beginning of virtual time.
#[allow(
    clippy::disallowed_methods,
    reason = "an Instant has no other beginning; nothing here looks at the clock again"
)]
fn start() -> Instant {
    Instant::now()
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn ed25519(seed: u8) -> Arc<Ed25519Identity> {
    Arc::new(Ed25519Identity::from_seed([seed; 32]))
}

/// Made once: the curve is slow without optimisation, and these tests use few keys very often.
fn sect233k1(seed: u8) -> Arc<LegacyIdentity> {
    static MADE: Mutex<BTreeMap<u8, Arc<LegacyIdentity>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    Arc::clone(made.entry(seed).or_insert_with(|| Arc::new(LegacyIdentity::from_seed([seed; 64]))))
}

fn current(seed: u8) -> Identities {
    Identities { current: Some(ed25519(seed)), legacy: None }
}

fn legacy(seed: u8) -> Identities {
    Identities { current: None, legacy: Some(sect233k1(seed)) }
}

fn both(seed: u8) -> Identities {
    Identities { current: Some(ed25519(seed)), legacy: Some(sect233k1(seed)) }
}

/// A configuration as the overlay makes it.
fn config(role: Role, identities: Identities, port: u16, seed: u8) -> SessionConfig {
    let lowest = if identities.legacy.is_some() {
        OverlayVersion::LEGACY_LOWEST
    } else {
        OverlayVersion::CRAWLER
    };
    let newest =
        if identities.current.is_some() { OverlayVersion::CURRENT } else { OverlayVersion::LEGACY };
    SessionConfig {
        role,
        peer_id: PeerId::new([seed; 8], port, lowest, newest),
        identities,
        expected: None,
        nonce: Some(Box::new([seed; 1024])),
        timeouts: Timeouts::default(),
    }
}

fn frame(id: u8, body: &'static [u8]) -> Frame {
    Frame { id: swarmscope_wire::frame::FrameId(id), body: Bytes::from_static(body) }
}

/// Everything there is to do, with the bytes to send in one piece.
fn outputs(session: &mut Session) -> (Vec<u8>, Vec<Output>) {
    let (mut sent, mut rest) = (Vec::new(), Vec::new());
    while let Some(output) = session.poll_output() {
        match output {
            Output::Send(bytes) => sent.extend_from_slice(&bytes),
            other => rest.push(other),
        }
    }
    (sent, rest)
}

/// The last output, which has to be the end.
fn end(session: &mut Session) -> Failure {
    match outputs(session).1.pop() {
        Some(Output::Close(failure)) => failure,
        other => panic!("{other:?} instead of Close"),
    }
}
