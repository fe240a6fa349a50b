//! CHALLENGE, RESPONSE1, RESPONSE2: the three-pass authentication of versions ≤ 17 (protocol.md
//! §3).
//!
//! Names as there: B dials, A accepts. Both sides check the echoed peer id, then the key, then the
//! signature, before they believe anything; B compares the permid it expects before it signs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::State;
use super::agreed::Agreed;
use super::checks::{check_expected, expect, malformed, refuse};
use super::io::Outbox;
use super::terms::{Authenticated, Proof};
use crate::identity::{LegacyIdentity, verify_legacy};
use swarmscope_wire::auth::{Challenge, Nonce, Response1, Response2, signed_bytes};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{Permid, PermidKind};

/// What both roles hold.
struct Local {
    agreed: Agreed,
    identity: Arc<LegacyIdentity>,
    expected: Option<Permid>,
    nonce: Nonce,
}

/// B has sent CHALLENGE.
pub(super) struct AwaitResponse1 {
    local: Local,
    rtt: Duration,
}

/// A waits for CHALLENGE.
pub(super) struct AwaitChallenge {
    local: Local,
}

/// A has sent RESPONSE1.
pub(super) struct AwaitResponse2 {
    local: Local,
    /// B's nonce.
    theirs: Nonce,
    sent: Instant,
}

impl AwaitResponse1 {
    pub(super) const fn agreed(&self) -> &Agreed {
        &self.local.agreed
    }

    pub(super) fn begin(
        agreed: Agreed,
        identity: Arc<LegacyIdentity>,
        expected: Option<Permid>,
        nonce: Nonce,
        rtt: Duration,
        out: &mut Outbox,
    ) -> Self {
        out.send(&Challenge(nonce.clone()).encode());
        Self { local: Local { agreed, identity, expected, nonce }, rtt }
    }

    pub(super) fn on_frame(
        self,
        frame: &Frame,
        out: &mut Outbox,
    ) -> Result<Authenticated, Failure> {
        expect(frame, FrameId::RESPONSE1)?;
        let response = Response1::decode(&frame.body).map_err(|error| malformed(&error))?;
        let Self { local, rtt } = self;
        local.check(&response.permid, &response.dialler, &response.nonce, &response.signature)?;
        let message = signed_bytes(&local.nonce, &response.nonce, &local.agreed.theirs);
        let answer = Response2 {
            acceptor: local.agreed.theirs,
            signature: local.identity.sign(&message),
            permid: local.identity.permid(),
        };
        out.send(&answer.encode());
        Ok(local.authenticated(response.permid, rtt))
    }
}

impl AwaitChallenge {
    pub(super) const fn agreed(&self) -> &Agreed {
        &self.local.agreed
    }

    pub(super) fn new(
        agreed: Agreed,
        identity: Arc<LegacyIdentity>,
        expected: Option<Permid>,
        nonce: Nonce,
    ) -> Self {
        Self { local: Local { agreed, identity, expected, nonce } }
    }

    pub(super) fn on_frame(
        self,
        frame: &Frame,
        out: &mut Outbox,
        now: Instant,
    ) -> Result<State, Failure> {
        expect(frame, FrameId::CHALLENGE)?;
        let Challenge(theirs) =
            Challenge::decode(&frame.body).map_err(|error| malformed(&error))?;
        let Self { local } = self;
        let message = signed_bytes(&local.nonce, &theirs, &local.agreed.theirs);
        let answer = Response1 {
            dialler: local.agreed.theirs,
            signature: local.identity.sign(&message),
            permid: local.identity.permid(),
            nonce: local.nonce.clone(),
        };
        out.send(&answer.encode());
        Ok(State::Response2(AwaitResponse2 { local, theirs, sent: now }))
    }
}

impl AwaitResponse2 {
    pub(super) const fn agreed(&self) -> &Agreed {
        &self.local.agreed
    }

    pub(super) fn on_frame(self, frame: &Frame, now: Instant) -> Result<Authenticated, Failure> {
        expect(frame, FrameId::RESPONSE2)?;
        let response = Response2::decode(&frame.body).map_err(|error| malformed(&error))?;
        self.local.check(
            &response.permid,
            &response.acceptor,
            &self.theirs,
            &response.signature,
        )?;
        Ok(self.local.authenticated(response.permid, now.saturating_duration_since(self.sent)))
    }
}

impl Local {
    /// Everything that must hold before the other side is believed to be `permid`.
    fn check(
        &self,
        permid: &Permid,
        echo: &PeerId,
        their_nonce: &Nonce,
        signature: &[u8],
    ) -> Result<(), Failure> {
        if *echo != self.agreed.own {
            return Err(refuse(Cause::WrongEcho, ""));
        }
        if *permid == self.identity.permid() {
            return Err(refuse(Cause::OwnPermid, ""));
        }
        if permid.kind() != PermidKind::Sect233k1 {
            let detail = format!(
                "{} is an Ed25519 permid; below version 18 only sect233k1 ones belong there",
                permid.short()
            );
            return Err(refuse(Cause::AuthMalformed, detail));
        }
        check_expected(self.expected.as_ref(), permid)?;
        verify_legacy(permid, &signed_bytes(their_nonce, &self.nonce, &self.agreed.own), signature)
            .map_err(|_| refuse(Cause::BadSignature, format!("permid {}", permid.short())))
    }

    fn authenticated(self, permid: Permid, rtt: Duration) -> Authenticated {
        Authenticated {
            permid,
            version: self.agreed.version,
            peer_id: self.agreed.theirs,
            rtt,
            proof: Proof(()),
        }
    }
}
