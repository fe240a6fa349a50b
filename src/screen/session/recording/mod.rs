//! A recording of a session: facts' inputs and what the operator did, with their times
//! ([`swarmscope_facts::recording`]).
//!
//! Because the model is a fold, folding the messages again shows the same screen again
//! ([`crate::screen::session::replay`]). [`Msg::Tick`] is not written: ticks can be made again from
//! the times.

use std::io::BufRead;
use std::time::UNIX_EPOCH;

use crate::screen::kept::{Kept, KeptIn};
use crate::screen::keys::keymap::Keymap;
use crate::screen::model::Model;
use crate::screen::msg::Msg;
use swarmscope_facts::Now;
use swarmscope_facts::recording;
pub use swarmscope_facts::recording::{
    FORMAT, Header, Line, MAGIC, Masker, RecordingError, micros,
};

pub mod place;
mod placing;
pub mod present;
mod rewritten;
#[cfg(test)]
mod tests;
pub mod typing;

pub use place::Place;
pub use typing::Typist;

/// A recording of a session.
pub type Recording = recording::Recording<Msg>;
/// Reads a recording of a session.
///
/// # Errors
/// The file can't be read, is no recording, or has a line (but for a cut last one) that does not
/// read; more than is taken in.
pub fn read(from: impl BufRead) -> Result<Recording, RecordingError> {
    recording::read(from)
}

/// What a line says.
pub type What = recording::What<Msg>;

/// For a recording of this model that starts at `now`.
#[must_use]
pub fn header(model: &Model, now: Now) -> Header {
    let since = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    Header {
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

fn kept(model: &Model) -> Vec<(String, String)> {
    let Kept { columns, filters, notes, .. } = &model.kept;
    let texts = [
        (KeptIn::Columns, columns.to_toml()),
        (KeptIn::Filters, filters.to_toml()),
        (KeptIn::Notes, crate::screen::list::notes::to_toml(notes)),
    ];
    let may = |of: KeptIn| of == KeptIn::Columns || !model.setup.naming.privacy;
    texts
        .into_iter()
        .filter(|(of, _)| may(*of))
        .map(|(of, text)| (of.file().to_owned(), text))
        .collect()
}

/// The commands whose keys this map has changed.
fn changed(keymap: &Keymap) -> Vec<(String, Vec<String>)> {
    let usual = Keymap::default();
    let differs =
        keymap.table().commands.iter().filter(|command| keymap.of(command) != usual.of(command));
    let keys = |command| keymap.of(command).iter().map(ToString::to_string).collect();
    differs.map(|command| (command.name.to_owned(), keys(command))).collect()
}

/// What is written of a message; `None` for what is not.
#[must_use]
pub fn what(msg: &Msg) -> Option<What> {
    Some(match msg {
        Msg::Tick | Msg::Figures(_) | Msg::Signals(_) | Msg::Case(_) => return None,
        Msg::Decoded { permid, ticket, .. } => What::Read(*permid, *ticket),
        other => What::Msg(other.clone()),
    })
}

/// What is written of a reply that was decoded, where its bytes are not: what it was decoded as.
#[must_use]
pub fn kept_decoding(msg: &Msg) -> Option<What> {
    matches!(msg, Msg::Decoded { .. }).then(|| What::Msg(msg.clone()))
}
