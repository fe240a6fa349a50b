//! Version 18: what happens around TLS (protocol.md §8). TLS itself runs in the driver.

use std::time::{Duration, Instant};

use super::State;
use super::agreed::Agreed;
use super::checks::{check_expected, expect, malformed, refuse};
use super::io::Outbox;
use super::terms::{Authenticated, Proof};
use swarmscope_wire::Permid;
use swarmscope_wire::auth::Hello;
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};

/// TLS is being set up.
pub(super) struct AwaitTls {
    agreed: Agreed,
    own_permid: Permid,
    expected: Option<Permid>,
    hello: Hello,
    /// A dialler has measured it, and sends its HELLO with its part of TLS; an acceptor has not.
    rtt: Option<Duration>,
    started: Instant,
}

/// TLS is up, our HELLO is on its way.
pub(super) struct AwaitHello {
    agreed: Agreed,
    permid: Permid,
    hello: Hello,
    rtt: Duration,
}

impl AwaitTls {
    pub(super) const fn new(
        agreed: Agreed,
        own_permid: Permid,
        expected: Option<Permid>,
        hello: Hello,
        rtt: Option<Duration>,
        now: Instant,
    ) -> Self {
        Self { agreed, own_permid, expected, hello, rtt, started: now }
    }

    pub(super) const fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(super) fn established(
        self,
        permid: Permid,
        out: &mut Outbox,
        now: Instant,
    ) -> Result<State, Failure> {
        if permid == self.own_permid {
            return Err(refuse(Cause::OwnPermid, ""));
        }
        check_expected(self.expected.as_ref(), &permid)?;
        let rtt = self.rtt.unwrap_or_else(|| {
            out.send(&self.hello.encode());
            // An acceptor waits for two round trips here: its handshake and the ClientHello, its
            // own flight and Finished.
            now.saturating_duration_since(self.started) / 2
        });
        Ok(State::Hello(AwaitHello { agreed: self.agreed, permid, hello: self.hello, rtt }))
    }
}

impl AwaitHello {
    pub(super) const fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    pub(super) fn on_frame(self, frame: &Frame) -> Result<Authenticated, Failure> {
        expect(frame, FrameId::HELLO)?;
        if Hello::decode(&frame.body).map_err(|error| malformed(&error))? != self.hello {
            return Err(refuse(Cause::HelloMismatch, self.agreed.offer()));
        }
        let Self { agreed, permid, rtt, .. } = self;
        Ok(Authenticated {
            permid,
            version: agreed.version,
            peer_id: agreed.theirs,
            rtt,
            proof: Proof(()),
        })
    }
}
