//! How the session is shown, besides what it shows: frozen, recorded, replayed, for an audience.
//! None of it is part of a recording.

use std::time::{Duration, SystemTime};

use crate::screen::keys::key_cast::KeyCast;
use crate::screen::session::moment::Moment;

/// How the session is shown.
#[derive(Clone, Default, Debug)]
pub struct Showing {
    /// The screen holds still; so many messages wait.
    pub frozen: Option<usize>,
    pub recording: Option<Recorded>,
    pub replay: Option<Replayed>,
    /// It is what a store holds: when that was written to last.
    pub written: Option<SystemTime>,
    pub cast: KeyCast,
    /// Fewer and larger things, for a projector.
    pub presenter: bool,
}

/// How a recording goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Addresses and permids are masked.
    pub masked: bool,
    /// Messages that could not be written, because the disk is slower than the swarm.
    pub lost: u64,
}

/// How a replay goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Replayed {
    pub paused: bool,
    /// How many times as fast as it was.
    pub speed: f64,
    pub at: Duration,
    pub length: Duration,
    /// It is on its way there.
    pub to: Option<Duration>,
}

impl Replayed {
    #[must_use]
    pub fn ended(&self) -> bool {
        self.at >= self.length && self.to.is_none()
    }
}

/// What a command does to a replay.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Control {
    /// Pauses, or goes on.
    Pause,
    /// The next message.
    Step,
    /// As it was before the newest message.
    StepBack,
    Slower,
    Faster,
    /// So many times as fast as it was.
    Speed(f64),
    Seek(Moment),
}
