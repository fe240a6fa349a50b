//! What became known, and what the screen makes of it: lines of the log, the selection, the
//! composer.

use super::case::{self, Order};
use super::log::Kind;
use super::many::feed;
use super::model::Model;
use super::msg::{Effect, Scene, TourCase, TourStep};
use super::signals;
use super::which::Screen;
use crate::screen::many::asking_all;
use crate::screen::many::view::View;
use crate::screen::peer_screen::cursor::Inspect;
use swarmscope_facts::{Change, Input, News};
use swarmscope_peer::node::PeerKey;

/// Folds new facts.
pub fn fold(model: &mut Model, input: Input) -> Vec<Effect> {
    let cancelled = feed::see(model, &input);
    let changes = model.facts.fold(model.now, input);
    let followed = changes.into_iter().filter_map(|change| follow(model, change));
    cancelled.into_iter().chain(followed).collect()
}

fn follow(model: &mut Model, change: Change) -> Option<Effect> {
    match change {
        Change::ToDecode { permid, ticket, message, error, payload } => {
            return Some(Effect::Decode { permid, ticket, message, error, payload });
        }
        Change::ToExamine(key) => return examine(model, key),
        Change::News(news) => told(model, &news),
        Change::Renamed { was, now } => renamed(model, &was, &now),
        Change::Asked(key) | Change::Forgotten(key) => model.picks.set(key, None),
        Change::Touched(key) => about(model, &key),
    }
    None
}

/// What listens at the address of a peer that closed without a byte is to be found out.
fn examine(model: &Model, key: PeerKey) -> Option<Effect> {
    let target = model.facts.peer(&key)?.target()?.parse().ok()?;
    Some(Effect::Examine(key, target))
}

fn told(model: &mut Model, news: &News) {
    let text = news.text(&model.setup.registry, &model.setup.naming);
    model.log.add(model.now, news.kind.into(), news.peer.as_ref(), text, news.failure.as_ref());
    if let Some(times) = news.in_60_s {
        model.log.counted(times, " in 60 s");
    }
    if news.known {
        model.log.is_known();
    }
}

/// Two names for one peer become one.
fn renamed(model: &mut Model, was: &PeerKey, key: &PeerKey) {
    model.log.rename(was, key);
    model.picks.rename(was, key);
    for followed in [&mut model.awaited, &mut model.selected] {
        if followed.as_ref() == Some(was) {
            *followed = Some(key.clone());
        }
    }
}

/// What the tour says where it would have asked everybody, and somebody else has the keyboard.
const YOURS_TO_ASK: &str =
    "You have the keyboard: in the list a marks all, ctrl-s and enter ask everybody";

/// And where those that were asked before are not done: nobody is asked twice at a time.
const STILL_ASKING: &str =
    "A request to many is still under way, so nobody is asked anew in this step";

/// And where it would have written into a case.
const YOURS_TO_KEEP: &str =
    "You have the keyboard: `:case FILE` opens a case, A on a signal (s s) writes it there";

/// The tour's next step. It leads the eye only while nobody has touched a key.
pub fn tour(model: &mut Model, mut step: TourStep) -> Vec<Effect> {
    let (led, mut effects) = (!model.touched, Vec::new());
    if let Some((permid, message)) = step.show.filter(|_| led) {
        if model.composer.message != message {
            model.choose(message);
        }
        let key = PeerKey::Permid(permid);
        if model.facts.peer(&key).is_some() {
            model.select(Some(key));
        }
    }
    if let Some(other) = step.other.clone().filter(|other| led && model.facts.peer(other).is_some())
    {
        model.select(Some(other));
    }
    match step.scene {
        Some(Scene::AskAll(_) | Scene::AskAgain(_))
            if led && model.many.under_way().next().is_some() =>
        {
            STILL_ASKING.clone_into(&mut step.text);
        }
        Some(scene) if led => effects.extend(show(model, scene)),
        Some(Scene::AskAll(_) | Scene::AskAgain(_)) => YOURS_TO_ASK.clone_into(&mut step.text),
        _ => {}
    }
    match step.case.take() {
        Some(act) if led => effects.extend(keep(model, act)),
        Some(_) => YOURS_TO_KEEP.clone_into(&mut step.text),
        None => {}
    }
    effects.extend(std::mem::take(&mut step.asks).into_iter().map(Effect::Question));
    let about = step.show.map(|(permid, _)| PeerKey::Permid(permid)).or_else(|| step.other.clone());
    let text = format!("tour {} of {}: {}", step.step, step.of, step.text);
    model.log.add(model.now, Kind::Tour, about.as_ref(), text, None);
    model.tour = Some(step);
    effects
}

/// What the tour does with a case.
fn keep(model: &mut Model, act: TourCase) -> Vec<Effect> {
    match act {
        TourCase::Open(path) => case::acts::order_open(model, path),
        TourCase::Keep => {
            model.signals.at = 0; // those that ask for most attention come first
            signals::acts::add(model)
        }
        TourCase::Export(path) => vec![Effect::Case(Order::Export(path))],
    }
}

fn show(model: &mut Model, scene: Scene) -> Vec<Effect> {
    model.screen = match scene {
        Scene::List => {
            model.facts.unmark_all(); // the tour's own
            Screen::Main
        }
        Scene::AskAll(message) => {
            asking_all::ask(model, message, None);
            Screen::Map
        }
        Scene::AskAgain(message) => {
            asking_all::ask(model, message, Some(0));
            Screen::Map
        }
        Scene::Answers => {
            model.many.view = View::default(); // on the first answer, an odd one if there is any
            Screen::Many
        }
        Scene::Peer => {
            model.inspect = Inspect::default();
            Screen::Peer
        }
        Scene::Reach => Screen::Reach,
        Scene::Overview => Screen::Overview,
        Scene::Signals => return signals::acts::show(model),
        Scene::Case if model.case.is_some() => return case::acts::show(model),
        Scene::Case => return Vec::new(), // it could not be opened, and the log says why
    };
    Vec::new()
}

/// Something about this peer has changed: what is shown of the selection follows.
fn about(model: &mut Model, key: &PeerKey) {
    if model.selected.as_ref() == Some(key) {
        model.follow();
    }
}
