//! A recording: the inputs that were folded, with their times, as a file of JSON lines; whoever
//! records something besides (a screen its keys) says what by the type `S` of its messages, which
//! holds the inputs too.
//!
//! The first line is a [`Header`], every other one a [`Line`]. Because facts are a fold, folding
//! the inputs again makes the same facts again. What a reply was decoded as is not written, but
//! that it was decoded then: a replay decodes the payload again. Whoever wants the inputs alone
//! reads a recording of [`Told`].
//!
//! In privacy mode a recording holds no address and no permid: see [`Masker`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use swarmscope_peer::node::Ticket;
use swarmscope_wire::{MessageId, Permid};

use crate::now::Now;

mod cleaning;
mod masking;
mod past;
mod reading;
mod rewriting;
mod told;

pub use masking::Masker;
pub use past::past;
pub use reading::{Recording, RecordingError, read};
pub use rewriting::{Rewrite, Rewritten};
pub use told::Told;

/// What the first line of a recording says that it is.
pub const MAGIC: &str = "swarmscope recording";
/// Counts changes that an older program can't read.
pub const FORMAT: u32 = 1;

/// The first line of a recording.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: String,
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// When it starts, in microseconds since 1970.
    pub started: u64,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether addresses and permids are masked in all of it.
    pub privacy: bool,
    /// What it is of: `demo: tour`; may be empty.
    pub title: String,
    /// The message-specific ids that had a probe, with their names.
    pub ids: Vec<(MessageId, String)>,
    /// The commands whose keys were not the usual ones, with their keys.
    #[serde(default)]
    pub keys: Vec<(String, Vec<String>)>,
    /// Columns, saved filters and notes, as texts under the names of their files. In privacy mode
    /// the columns alone.
    #[serde(default)]
    pub kept: Vec<(String, String)>,
}

impl Header {
    /// The time of day at which it starts.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.started)
    }
}

/// One line: microseconds since the start (before it for what is told of the past), and what
/// happened then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line<S>(pub i64, pub What<S>);

/// What a line says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What<S> {
    /// A message.
    Msg(S),
    /// The reply to this request was read then.
    Read(Permid, Ticket),
    /// So many messages before this one could not be written.
    Lost(u64),
    /// The recording ended on purpose.
    End,
}

/// Microseconds from `start` to `at`; negative for what was before.
#[must_use]
pub fn micros(start: Now, at: Now) -> i64 {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    match at.instant.checked_duration_since(start.instant) {
        Some(after) => micros(after),
        None => -micros(start.instant.saturating_duration_since(at.instant)),
    }
}
