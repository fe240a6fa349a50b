//! The 68 bytes each way, and what follows from them (protocol.md §1).

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::agreed::Agreed;
use super::current::AwaitTls;
use super::io::{Input, Outbox};
use super::legacy::{AwaitChallenge, AwaitResponse1};
use super::{Output, Role, SessionConfig, State, Step, version};
use crate::identity::Identities;
use swarmscope_wire::auth::{Hello, Nonce};
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::handshake::{Handshake, HandshakeError, PeerId, Swarm};
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// What an operator who dials without naming a permid should know (§3, Relay).
const UNPINNED: &str = "challenge and response with whoever answers: a hostile peer could use our answer to pose as us \
    elsewhere; permid@host:port rules that out";

/// Waiting for the other side's handshake.
pub(super) struct AwaitHandshake {
    role: Role,
    own: Handshake,
    identities: Identities,
    expected: Option<Permid>,
    nonce: Option<Nonce>,
    /// When our own handshake went out; an acceptor's waits for the first 48 bytes.
    sent: Option<Instant>,
    /// From then until the first byte came.
    rtt: Option<Duration>,
    heard: bool,
}

impl AwaitHandshake {
    pub(super) fn begin(config: SessionConfig, out: &mut Outbox, now: Instant) -> Self {
        let SessionConfig { role, peer_id, identities, expected, nonce, timeouts: _ } = config;
        let own = Handshake::new(peer_id);
        let mut state =
            Self { role, own, identities, expected, nonce, sent: None, rtt: None, heard: false };
        if matches!(role, Role::Dialler { .. }) {
            state.send(out, now);
        }
        state
    }

    fn send(&mut self, out: &mut Outbox, now: Instant) {
        self.sent = Some(now);
        out.push(Output::Send(Bytes::copy_from_slice(&self.own.encode())));
        out.rung(Phase::Handshake, "handshake sent");
    }

    pub(super) fn step(
        mut self,
        input: &mut Input,
        out: &mut Outbox,
        now: Instant,
    ) -> Result<Step, Failure> {
        self.heard = true;
        if let (Some(sent), None) = (self.sent, self.rtt) {
            self.rtt = Some(now.saturating_duration_since(sent));
        }
        input.check_handshake()?;
        if self.sent.is_none()
            && let Some(swarm) = input.swarm()
        {
            self.own.swarm = swarm;
            self.send(out, now);
        }
        match input.handshake()? {
            None => Ok(Step::Wait(State::Handshake(self))),
            Some(theirs) if theirs.swarm != self.own.swarm => {
                Err(Failure::new(Cause::NotOverlay, By::Us, HandshakeError::Infohash.to_string()))
            }
            Some(Handshake { swarm: Swarm::Return, .. }) => Ok(Step::Next(State::Dialback)),
            Some(theirs) => self.settle(&theirs, input, out, now).map(Step::Next),
        }
    }

    fn settle(
        self,
        theirs: &Handshake,
        input: &mut Input,
        out: &mut Outbox,
        now: Instant,
    ) -> Result<State, Failure> {
        self.check_port(&theirs.peer_id)?;
        let version = version::select(&self.own.peer_id, &theirs.peer_id)?;
        let agreed = Agreed { version, own: self.own.peer_id, theirs: theirs.peer_id };
        out.rung(Phase::Version, format!("{version} selected: {}", agreed.offer()));
        self.check_use(&agreed)?;
        self.check_expected_kind(version)?;
        if version.is_encrypted() {
            self.begin_tls(agreed, theirs, input, out, now)
        } else {
            self.begin_legacy(agreed, out)
        }
    }

    /// §1: the original looks only after RESPONSE2. Ours sends nothing more.
    fn check_port(&self, theirs: &PeerId) -> Result<(), Failure> {
        match self.role {
            Role::Dialler { port } if port != theirs.port() => {
                let detail = format!("dialled {port}, announced {}", theirs.port());
                Err(Failure::new(Cause::WrongPort, By::Us, detail))
            }
            _ => Ok(()),
        }
    }

    /// A dialler wants to ask: below version 7 there is nothing to authenticate for. An
    /// acceptor waits for the request (§1).
    fn check_use(&self, agreed: &Agreed) -> Result<(), Failure> {
        match self.role {
            Role::Dialler { .. } if agreed.version < OverlayVersion::CRAWLER => {
                Err(Failure::new(Cause::VersionNoCrawler, By::Us, agreed.offer()))
            }
            _ => Ok(()),
        }
    }

    /// A version proves one kind of key only: with the other kind expected, there is no point in
    /// starting.
    fn check_expected_kind(&self, version: OverlayVersion) -> Result<(), Failure> {
        let proves =
            if version.is_encrypted() { PermidKind::Ed25519 } else { PermidKind::Sect233k1 };
        match &self.expected {
            Some(expected) if expected.kind() != proves => {
                let detail = format!(
                    "version {version} cannot prove the expected permid {}",
                    expected.short()
                );
                Err(Failure::new(Cause::WrongPermid, By::Us, detail))
            }
            _ => Ok(()),
        }
    }

    fn begin_tls(
        self,
        agreed: Agreed,
        theirs: &Handshake,
        input: &mut Input,
        out: &mut Outbox,
        now: Instant,
    ) -> Result<State, Failure> {
        let Some(identity) = self.identities.current else {
            return Err(Failure::new(Cause::VersionNeedsCurrent, By::Us, agreed.offer()));
        };
        let (hello, first, rtt) = match self.role {
            Role::Dialler { .. } => {
                let hello = Hello::over(&self.own.encode(), &theirs.encode());
                (hello, hello.encode().encode(), self.rtt)
            }
            Role::Acceptor => {
                (Hello::over(&theirs.encode(), &self.own.encode()), Bytes::new(), None)
            }
        };
        out.rung(Phase::Authentication, "TLS 1.3");
        let leftover = input.take_rest();
        out.push(Output::StartTls { leftover, expected: self.expected, hello: first });
        let tls = AwaitTls::new(agreed, identity.permid(), self.expected, hello, rtt, now);
        Ok(State::Tls(Box::new(tls)))
    }

    fn begin_legacy(self, agreed: Agreed, out: &mut Outbox) -> Result<State, Failure> {
        let (Some(identity), Some(nonce)) = (self.identities.legacy, self.nonce) else {
            return Err(Failure::new(Cause::VersionNeedsLegacy, By::Us, agreed.offer()));
        };
        let unpinned = self.expected.is_none() && matches!(self.role, Role::Dialler { .. });
        out.rung(Phase::Authentication, if unpinned { UNPINNED } else { "challenge and response" });
        Ok(match self.role {
            Role::Dialler { .. } => {
                let rtt = self.rtt.unwrap_or_default();
                let expected = self.expected;
                State::Response1(AwaitResponse1::begin(agreed, identity, expected, nonce, rtt, out))
            }
            Role::Acceptor => {
                State::Challenge(AwaitChallenge::new(agreed, identity, self.expected, nonce))
            }
        })
    }

    /// The stream ended here.
    pub(super) fn ended(&self) -> Failure {
        let detail = if self.heard { "in the middle of it" } else { "no byte came" };
        Failure::new(Cause::HandshakeClosed, By::Peer, detail)
    }
}
