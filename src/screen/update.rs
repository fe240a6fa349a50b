//! Everything that changes the model goes through here.

use super::asking::{editing, sending};
use super::case;
use super::commands;
use super::kept::KeptIn;
use super::keys::key::Key;
use super::keys::mouse;
use super::list::arranging::Arrange;
use super::list::forgetting;
use super::log::{self, Kind};
use super::many;
use super::many::feed::Passed;
use super::model::Model;
use super::msg::{Effect, Msg, TourControl};
use super::news;
use super::reply::to_file;
use super::signals;
use super::trend::Brought;
use swarmscope_facts::words;
use swarmscope_facts::{Input, Now};

/// Folds one message into the model.
pub fn update(model: &mut Model, now: Now, msg: Msg) -> Vec<Effect> {
    model.now = now;
    let passed = Passed::of(&msg);
    let newest = model.log.newest();
    let brought = match &msg {
        // what a recording tells from before its start is in no second of it
        Msg::Node(event) if now.instant >= model.started.instant => Brought::by(event),
        _ => Brought::default(),
    };
    let mut effects = folded(model, msg);
    effects.extend(many::feed::turn(model, passed));
    model.arrange(match passed {
        Passed::Second => Arrange::Second,
        Passed::Wake => Arrange::Wake,
        Passed::News => Arrange::News,
    });
    let since = now.instant.saturating_duration_since(model.started.instant);
    let (known, connected) = (model.facts.peers().len(), model.tally.connected);
    model.trend.add(since.as_secs(), brought, known, connected);
    if passed == Passed::Second {
        let dialled = model.facts.peers().len().saturating_sub(model.tally.waiting);
        model.dialling.second(now.instant, dialled);
    }
    log::reading::keep_up(model, newest);
    model.compose();
    effects
}

fn folded(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Node(event) => news::fold(model, Input::Event(event)),
        Msg::Key(key) => key_pressed(model, key),
        Msg::Paste(text) => {
            model.touched = true;
            commands::typed(model, &text);
            Vec::new()
        }
        Msg::Mouse(gesture, spot) => mouse::gesture(model, gesture, spot),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Tick | Msg::Wake => {
            let shown = model.kept.hints.take_unwritten();
            shown.map(|text| Effect::Keep(KeptIn::Hints, text)).into_iter().collect()
        }
        Msg::Figures(figures) => {
            model.debug.figures = Some(figures);
            Vec::new()
        }
        Msg::Asked(ask, ticket) => news::fold(model, Input::Asked(ask, ticket)),
        Msg::Doubted(ask, why) => {
            sending::doubted(model, ask, &why);
            Vec::new()
        }
        Msg::PayloadDoubted { message, payload, why } => {
            many::planning::doubted(model, message, &payload, &why);
            Vec::new()
        }
        Msg::Decoded { permid, ticket, decoding } => {
            news::fold(model, Input::Decoded { permid, ticket, decoding })
        }
        Msg::Label { permid, label } => news::fold(model, Input::Label { permid, label }),
        Msg::Network(event) => news::fold(model, event.into()),
        Msg::Forgotten(key) => forgetting::forgotten(model, &key),
        Msg::Tour(step) => news::tour(model, step),
        Msg::TourEnded => {
            model.tour = None;
            Vec::new()
        }
        Msg::Saved(saved) => {
            to_file::saved(model, saved);
            Vec::new()
        }
        Msg::Opened(why_not) => {
            to_file::opened(model, why_not);
            Vec::new()
        }
        Msg::Edited(left) => {
            editing::edited(model, left);
            Vec::new()
        }
        Msg::Signals(found) => {
            signals::acts::found(model, found);
            Vec::new()
        }
        Msg::Case(told) => {
            case::acts::told(model, told);
            Vec::new()
        }
        Msg::Notice(text) => {
            model.say(Kind::Plain, text);
            Vec::new()
        }
        Msg::Done(text) => {
            model.say(Kind::Done, words::clean(&text));
            Vec::new()
        }
        Msg::NotDone(text) => {
            model.say(Kind::NotDone, words::clean(&text));
            Vec::new()
        }
        Msg::Place(place) => {
            place.take(model);
            Vec::new()
        }
    }
}

fn key_pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    let led = !model.touched;
    model.touched |= !commands::is_for_the_audience(model, key);
    model.awaited = None;
    model.order.hold(model.now);
    let effects = commands::dispatch(model, key);
    // who steps through the tour wants to be led by it; who holds it takes nothing over
    match effects[..] {
        [Effect::Tour(TourControl::Next | TourControl::Back)] => model.touched = false,
        [Effect::Tour(TourControl::Pause)] => model.touched = !led,
        _ => {}
    }
    effects
}
