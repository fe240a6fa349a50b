//! What the commands of the signals do.

use super::{Asked, Found};
use crate::screen::actions::{Effects, none};
use crate::screen::case::{self, Order};
use crate::screen::conditions::Ready;
use crate::screen::input::Input;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::which::Screen;
use swarmscope_evidence::signals::Card;
use swarmscope_facts::format::counted;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;

/// Shows the signals, and looks for them.
pub fn show(model: &mut Model) -> Effects {
    (model.screen, model.mode) = (Screen::Signals, Mode::Main);
    again(model)
}

/// Looks for them again.
pub fn again(model: &mut Model) -> Effects {
    vec![Effect::FindSignals(Asked::of(&model.facts, &model.setup.registry))]
}

/// They were looked for.
pub fn found(model: &mut Model, found: Found) {
    model.signals.take(found, model.now);
    if model.screen == Screen::Signals {
        model.signals.look();
    }
}

pub fn step(model: &mut Model, by: isize) {
    let last = model.signals.cards().len().saturating_sub(1);
    model.signals.at = model.signals.at.saturating_add_signed(by).min(last);
    model.signals.look();
}

/// # Errors
/// Nothing was found.
pub fn has_card(model: &Model) -> Ready {
    model.signals.card().map(drop).ok_or_else(|| "no signal is selected".to_owned())
}

/// Marks the peers of a signal.
pub fn mark(model: &mut Model) -> Effects {
    let keys: Vec<PeerKey> = members(model).collect();
    model.facts.mark_all(&keys);
    model.rebuild();
    model.say(Kind::Done, format!("{} marked", counted(keys.len(), "peer")));
    none()
}

/// Goes to the list, where its peers are marked and the first of them is selected.
pub fn open(model: &mut Model) -> Effects {
    let first = members(model).next();
    mark(model);
    model.screen = Screen::Main;
    model.select(first);
    none()
}

/// The peers of the selected signal that are still known.
pub fn members(model: &Model) -> impl Iterator<Item = PeerKey> {
    let of = |name: &String| {
        let permid = Permid::from_base64(name).ok().map(PeerKey::Permid);
        let key = permid.unwrap_or_else(|| PeerKey::Address(name.clone()));
        model.facts.peers().get(&key).map(|_| key)
    };
    model.signals.card().into_iter().flat_map(|card| &card.members).filter_map(of)
}

/// Asks why the selected signal is set aside; one that is, is taken back.
pub fn set_aside(model: &mut Model) -> Effects {
    let Some(card) = model.signals.card().cloned() else { return none() };
    if model.signals.aside(&card).is_none() {
        model.mode = Mode::SetAside(Input::default(), card.id);
        return none();
    }
    model.signals.take_back(&card.id);
    model.say(Kind::Done, format!("{} is open again", card.title));
    noted(model, format!("signal {} is open again", card.id))
}

/// Sets it aside for the reason that was typed.
pub fn keep_reason(model: &mut Model) -> Effects {
    let Mode::SetAside(input, id) = std::mem::take(&mut model.mode) else { return none() };
    let reason = input.text().trim().to_owned();
    if reason.is_empty() {
        return none();
    }
    let Some(card) = model.signals.cards().iter().find(|card| card.id == id).cloned() else {
        model.say(Kind::NotDone, "not set aside: nothing shows this signal any more".to_owned());
        return none();
    };
    let text = format!("signal {} is set aside at {}: {reason}", card.id, counted_of(&card));
    model.signals.set_aside(&card, reason);
    model.say(Kind::Done, format!("{} is set aside", card.title));
    noted(model, text)
}

fn counted_of(card: &Card) -> String {
    counted(usize::try_from(card.peers).unwrap_or(usize::MAX), "peer")
}

/// A review is part of the case, where one is written.
fn noted(model: &Model, text: String) -> Effects {
    let open = case::acts::is_open(model).is_ok();
    open.then(|| Effect::Case(Order::Note(text, Vec::new()))).into_iter().collect()
}

/// # Errors
/// There is no signal, or no case that is written to.
pub fn can_add(model: &Model) -> Ready {
    has_card(model)?;
    case::acts::is_open(model)
}

/// Writes the signal into the case, with the entries it rests on.
pub fn add(model: &mut Model) -> Effects {
    let card = model.signals.card().cloned();
    card.map(|card| Effect::Case(Order::Signal(Box::new(card)))).into_iter().collect()
}
