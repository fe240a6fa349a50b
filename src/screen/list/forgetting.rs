//! Forgetting peers that are gone: the selected one, or the marked ones, for whom it is asked twice.

use crate::screen::actions::{Effects, none};
use crate::screen::asking::warned::Warned;
use crate::screen::conditions::{Ready, is_no_replay};
use crate::screen::log::Kind;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::news;
use swarmscope_facts::format::counted;
use swarmscope_facts::{Input, Peer};
use swarmscope_peer::node::PeerKey;

/// Whom the key is about, as far as they can be forgotten.
fn meant(model: &Model) -> impl Iterator<Item = &Peer> {
    let peers = model.facts.peers();
    let selected = if peers.marks().is_empty() { model.peer() } else { None };
    selected.into_iter().chain(peers.marked()).filter(|peer| peer.can_be_forgotten())
}

/// # Errors
/// Nobody that is meant can be forgotten.
pub fn can_forget(model: &Model) -> Ready {
    is_no_replay(model)?;
    if model.peer().is_none() && model.facts.marks().is_empty() {
        return Err("no peer is selected".to_owned());
    }
    if meant(model).next().is_some() {
        return Ok(());
    }
    Err(if model.facts.marks().is_empty() {
        format!("the peer is connected or owes an answer: {} closes", model.key_of("disconnect"))
    } else {
        "all marked peers are connected or owe an answer".to_owned()
    })
}

/// What is known of them can't be had again, so that more than one needs a second press.
pub fn forget(model: &mut Model) -> Effects {
    let keys: Vec<PeerKey> = meant(model).map(|peer| peer.key.clone()).collect();
    let warned = Warned::Forgetting(keys.clone());
    if !model.facts.marks().is_empty() && model.warned.take().as_ref() != Some(&warned) {
        let text =
            format!("{} marked and gone: press again to forget", counted(keys.len(), "peer"));
        model.log.nothing(model.now, &text);
        model.warned = Some(warned);
        return none();
    }
    keys.into_iter().map(Effect::Forget).collect()
}

/// A peer is to be forgotten. Whoever had it selected has its neighbour.
pub(in crate::screen) fn forgotten(model: &mut Model, key: &PeerKey) -> Effects {
    let name = model.name_of(key);
    let row = model.selected_row().filter(|_| model.selected.as_ref() == Some(key));
    let beside = row.and_then(|row| {
        model
            .peer_at(row + 1)
            .or_else(|| model.peer_at(row.checked_sub(1)?))
            .map(|it| it.key.clone())
    });
    let effects = news::fold(model, Input::Forgotten(key.clone()));
    if model.facts.peer(key).is_none() {
        if row.is_some() {
            model.select(beside);
        }
        model.say(Kind::Done, format!("{name} forgotten; it is listed again when it comes back"));
    }
    effects
}
