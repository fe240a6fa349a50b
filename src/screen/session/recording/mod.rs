//! A recording: the messages that were folded into the model, with their times, as a file of JSON lines.
//!
//! The first line is a [`Header`], every other one a [`Line`]. Because the model is a fold, folding the messages again shows the
//! same screen again ([`crate::screen::session::replay`]). [`Msg::Tick`] is not written: ticks can be made again from the times. What a reply
//! was read as is not written either, but that it was read then: a replay reads the payload again.
//!
//! In privacy mode a recording holds no address and no permid: see [`masking`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::screen::kept::{Kept, KeptIn};
use crate::screen::keys::keymap::Keymap;
use crate::screen::model::Model;
use crate::screen::msg::Msg;
use swarmscope_facts::Now;
use swarmscope_peer::node::Ticket;
use swarmscope_wire::{MessageId, Permid};

mod cleaning;
pub mod masking;
pub mod place;
mod placing;
pub mod present;
pub mod reading;
mod rewriting;
#[cfg(test)]
mod tests;
pub mod typing;

pub use masking::Masker;
pub use place::Place;
pub use reading::{Recording, RecordingError, read};
pub use typing::Typist;

/// What the first line of a recording says that it is.
pub const MAGIC: &str = "swarmscope recording";
/// Counts changes that an older program can't read.
pub const FORMAT: u32 = 1;

/// The first line of a recording.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    pub magic: String,
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// When it starts, in microseconds since 1970.
    pub started: u64,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether addresses and permids are masked in all of it.
    pub privacy: bool,
    pub title: String,
    /// The message-specific ids that had a probe, with their names.
    pub ids: Vec<(MessageId, String)>,
    /// The commands whose keys were not the usual ones, with their keys.
    #[serde(default)]
    pub keys: Vec<(String, Vec<String>)>,
    /// Columns, saved filters and notes, as texts under the names of their files. In privacy mode the columns alone.
    #[serde(default)]
    pub kept: Vec<(String, String)>,
}

impl Header {
    /// For a recording of this model that starts at `now`.
    #[must_use]
    pub fn of(model: &Model, now: Now) -> Self {
        let since = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            magic: MAGIC.to_owned(),
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            started: u64::try_from(since.as_micros()).unwrap_or(u64::MAX),
            size: model.size,
            privacy: model.setup.naming.privacy,
            title: model.setup.title.clone(),
            ids: model.registry().iter().map(|probe| (probe.id(), probe.name().to_owned())).collect(),
            keys: changed(&model.setup.keymap),
            kept: kept(model),
        }
    }

    /// The time of day at which it starts.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.started)
    }
}

fn kept(model: &Model) -> Vec<(String, String)> {
    let Kept { columns, filters, notes, .. } = &model.kept;
    let texts = [
        (KeptIn::Columns, columns.to_toml()),
        (KeptIn::Filters, filters.to_toml()),
        (KeptIn::Notes, crate::screen::list::notes::to_toml(notes)),
    ];
    let may = |of: KeptIn| of == KeptIn::Columns || !model.setup.naming.privacy;
    texts.into_iter().filter(|(of, _)| may(*of)).map(|(of, text)| (of.file().to_owned(), text)).collect()
}

/// The commands whose keys this map has changed.
fn changed(keymap: &Keymap) -> Vec<(String, Vec<String>)> {
    let usual = Keymap::default();
    let differs = keymap.table().commands.iter().filter(|command| keymap.of(command) != usual.of(command));
    let keys = |command| keymap.of(command).iter().map(ToString::to_string).collect();
    differs.map(|command| (command.name.to_owned(), keys(command))).collect()
}

/// One line: microseconds since the start (before it for what is told of the past), and what happened then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line(pub i64, pub What);

/// What a line says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all are messages")]
pub enum What {
    Msg(Msg),
    /// The reply to this request was read then.
    Read(Permid, Ticket),
    /// So many messages before this one could not be written.
    Lost(u64),
    /// The recording ended on purpose.
    End,
}

impl What {
    /// What is written of a message; `None` for what is not.
    #[must_use]
    pub fn of(msg: &Msg) -> Option<Self> {
        Some(match msg {
            Msg::Tick | Msg::Figures(_) => return None,
            Msg::Decoded { permid, ticket, .. } => Self::Read(*permid, *ticket),
            other => Self::Msg(other.clone()),
        })
    }
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
