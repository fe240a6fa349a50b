//! What became known, and what the screen makes of it: lines of the log, the selection, the
//! composer.

use super::log::Kind;
use super::many::feed;
use super::model::Model;
use super::msg::{Effect, TourStep};
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
        Change::News(news) => told(model, &news),
        Change::Renamed { was, now } => renamed(model, &was, &now),
        Change::Asked(key) => model.picks.set(key, None),
        Change::Touched(key) => about(model, &key),
    }
    None
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
    model.marks.rename(was, key);
    model.picks.rename(was, key);
    for followed in [&mut model.awaited, &mut model.selected] {
        if followed.as_ref() == Some(was) {
            *followed = Some(key.clone());
        }
    }
}

/// The tour's next step. It leads the eye only while nobody has touched a key.
pub fn tour(model: &mut Model, step: TourStep) {
    if let Some((permid, message)) = step.show.filter(|_| !model.touched) {
        if model.composer.message != message {
            let to = model.recipient();
            model.composer.choose(&model.setup.registry, message, to);
        }
        let key = PeerKey::Permid(permid);
        if model.facts.peer(&key).is_some() {
            model.select(Some(key));
        }
    }
    model.log.add(
        model.now,
        Kind::Tour,
        None,
        format!("tour {} of {}: {}", step.step, step.of, step.text),
        None,
    );
    model.tour = Some(step);
}

/// Something about this peer has changed: what is shown of the selection follows.
fn about(model: &mut Model, key: &PeerKey) {
    if model.selected.as_ref() == Some(key) {
        model.follow();
    }
}
