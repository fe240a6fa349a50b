//! An authenticated connection: frames both ways, and the idle time (protocol.md §2).

use std::time::{Duration, Instant};

use super::io::Outbox;
use super::{Deadline, End, Output, Timeouts};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};

/// Of a frame so much may take a second more: as slowly as a Crawler may take a large reply.
const A_SECOND: u64 = 32 << 10;

pub(super) struct Open {
    version: OverlayVersion,
    last_active: Instant,
    next_look: Instant,
    /// The number of the frame that has begun to come, and since when.
    unfinished: Option<(u64, Instant)>,
}

impl Open {
    pub(super) fn begin(version: OverlayVersion, now: Instant, timeouts: &Timeouts) -> Self {
        let next_look = now + timeouts.idle_look;
        Self { version, last_active: now, next_look, unfinished: None }
    }

    /// A byte came or a frame goes.
    pub(super) const fn active(&mut self, now: Instant) {
        self.last_active = now;
    }

    /// All frames but this one are whole.
    pub(super) fn waits_for(&mut self, frame: Option<u64>, now: Instant) {
        if frame != self.unfinished.map(|(frame, _)| frame) {
            self.unfinished = frame.map(|frame| (frame, now));
        }
    }

    /// The time of the frame that has begun starts anew.
    pub(super) fn reads_again(&mut self, now: Instant) {
        self.unfinished = self.unfinished.map(|(frame, _)| (frame, now));
    }

    /// When to look next, and at what. `announced`: the length of the frame that has begun.
    pub(super) fn deadline(&self, announced: usize, timeouts: &Timeouts) -> (Instant, Deadline) {
        let idle = (self.next_look, Deadline::Idle);
        let Some((_, since)) = self.unfinished else { return idle };
        let whole = since + timeouts.frame + Duration::from_secs(announced as u64 / A_SECOND);
        if whole < idle.0 { (whole, Deadline::Frame) } else { idle }
    }

    /// The frame that has begun is not whole yet.
    pub(super) fn slow(&self, announced: usize, now: Instant) -> Failure {
        let since = self.unfinished.map_or(now, |(_, since)| since);
        let seconds = now.saturating_duration_since(since).as_secs_f32();
        let detail = format!("of {announced} bytes, not whole after {seconds:.0} s");
        Failure::new(Cause::FrameSlow, By::Peer, detail)
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
