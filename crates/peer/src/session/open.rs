//! An authenticated connection: frames both ways, and the idle time (protocol.md §2).

use std::time::Instant;

use super::io::Outbox;
use super::{End, Output, Timeouts};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};

pub(super) struct Open {
    version: OverlayVersion,
    last_active: Instant,
    next_look: Instant,
}

impl Open {
    pub(super) fn begin(version: OverlayVersion, now: Instant, timeouts: &Timeouts) -> Self {
        Self { version, last_active: now, next_look: now + timeouts.idle_look }
    }

    /// A byte came or a frame goes.
    pub(super) const fn active(&mut self, now: Instant) {
        self.last_active = now;
    }

    pub(super) const fn next_look(&self) -> Instant {
        self.next_look
    }

    /// Looks at the idle time.
    pub(super) fn look(&mut self, timeouts: &Timeouts, now: Instant) -> Result<(), Failure> {
        let idle = now.saturating_duration_since(self.last_active);
        if idle >= timeouts.idle {
            return Err(Failure::new(Cause::Idle, By::Us, format!("{} s", idle.as_secs())));
        }
        self.next_look = now + timeouts.idle_look;
        Ok(())
    }

    pub(super) fn on_frame(self, frame: Frame, out: &mut Outbox) -> Result<Self, Failure> {
        let authenticates = match frame.id {
            FrameId::CHALLENGE | FrameId::RESPONSE1 | FrameId::RESPONSE2 => true,
            FrameId::HELLO => self.version.is_encrypted(),
            _ => false,
        };
        if authenticates {
            let detail = format!("{} after authentication", frame.id);
            return Err(Failure::new(Cause::MessageMalformed, By::Us, detail));
        }
        out.push(Output::Frame(frame));
        Ok(self)
    }
}

/// Why an open connection is over when its stream ends.
pub(super) fn ended(end: End) -> Failure {
    match end {
        End::Closed => Failure::new(Cause::Closed, By::Peer, ""),
        End::Truncated => Failure::new(Cause::Truncated, By::Network, ""),
        End::Reset => Failure::new(Cause::Reset, By::Network, ""),
    }
}
