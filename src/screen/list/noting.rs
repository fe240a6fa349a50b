//! Writing a note on a peer.

use crate::screen::actions::{Effects, none};
use crate::screen::input::Input;
use crate::screen::kept::KeptIn;
use crate::screen::list::notes;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::peer::Peer;
use swarmscope_peer::node::PeerKey;

/// # Errors
/// Nobody is selected who has a permid.
pub fn can_note(model: &Model) -> Result<(), String> {
    let peer = model.peer().ok_or("no peer is selected")?;
    peer.permid().map(drop).ok_or_else(|| "notes belong to permids: connect first".to_owned())
}

/// Starts from the note that is there.
pub fn open(model: &mut Model) -> Effects {
    let note = model.peer().and_then(Peer::permid).and_then(|permid| model.kept.notes.get(&permid));
    model.mode = Mode::Note(Input::new(note.unwrap_or_default()));
    none()
}

pub fn keep(model: &mut Model) -> Effects {
    let Mode::Note(input) = std::mem::take(&mut model.mode) else { return none() };
    let Some(permid) = model.peer().and_then(Peer::permid) else { return none() };
    if let Err(why) = model.kept.notes.set(permid, input.text()) {
        model.say(Kind::NotDone, format!("not noted: {why}"));
        return none();
    }
    model.noted = Some(PeerKey::Permid(permid));
    vec![Effect::Keep(KeptIn::Notes, notes::to_toml(&model.kept.notes))]
}
