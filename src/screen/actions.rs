//! What the commands do.

use super::input::Input;
use super::log::Kind;
use super::mode::{Mode, Pane, Picker};
use super::model::{Model, tree_of};
use super::msg::{Effect, TourControl};
use super::opened::OpenedFrom;
use crate::screen::asking::command;
use crate::screen::palette::line::Palette;
use swarmscope_facts::messages::known;
use swarmscope_facts::networks::{AnyTarget, Question};
use swarmscope_facts::peer::Peer;
use swarmscope_facts::reply::reading::View;
use swarmscope_facts::reply::table;
use swarmscope_networks::target::Network;

/// What is to be done outside.
pub type Effects = Vec<Effect>;

/// Nothing is.
pub const fn none() -> Effects {
    Vec::new()
}

// --- peers
// --------------------------------------------------------------------------------------------------------------

/// The prompt starts with the address of a selected peer that is not connected; who was dialled by
/// permid is again.
pub fn connect(model: &mut Model) -> Effects {
    let known = match model.peer() {
        Some(peer) if !peer.is_up() && !model.setup.naming.privacy => command::target(model, peer),
        _ => None,
    };
    model.mode = Mode::Connect(Input::new(known.unwrap_or_default()), None);
    none()
}

pub fn dial(model: &mut Model) -> Effects {
    let Mode::Connect(input, _) = &model.mode else { return none() };
    let Ok(target) = input.text().parse::<AnyTarget>() else { return none() };
    model.mode = Mode::Main;
    connect_to(model, target)
}

/// Dials a peer of the overlay; a peer of another network is asked the question that needs nothing
/// to be known.
pub fn connect_to(model: &mut Model, target: AnyTarget) -> Effects {
    model.awaited = Some(target.key());
    match target {
        AnyTarget::Overlay(target) => {
            let shown = model.naming().address(&target.to_string());
            model.say(Kind::Done, format!("connecting to {shown}"));
            vec![Effect::Connect(target)]
        }
        AnyTarget::Other(target) => {
            let question = Question::first(&target);
            let registry = model.setup.registry_of(target.network);
            let (name, peer) = (registry.label(question.message), model.name_of(&question.peer));
            model.say(Kind::Done, format!("asking {peer} {name}"));
            vec![Effect::Question(question)]
        }
    }
}

pub fn disconnect(model: &mut Model) -> Effects {
    model.peer().and_then(Peer::permid).map(Effect::Disconnect).into_iter().collect()
}

pub fn hide_addresses(model: &mut Model) -> Effects {
    if model.showing.written.is_some() {
        model.log.nothing(model.now, "a store has no addresses to show");
        return none();
    }
    model.setup.naming.privacy = !model.setup.naming.privacy;
    model.rebuild();
    none()
}

// --- the request
// --------------------------------------------------------------------------------------------------------

pub fn edit(model: &mut Model) -> Effects {
    model.mode = payload_mode(model).unwrap_or(if asks_the_overlay(model) {
        Mode::Frequency
    } else {
        Mode::Main // nothing to type: it can be sent
    });
    none()
}

/// Only the overlay's requests have a frequency.
fn asks_the_overlay(model: &Model) -> bool {
    model.composer.network == Network::Overlay
}

/// How the payload is typed, where the message takes one.
fn payload_mode(model: &Model) -> Option<Mode> {
    let takes = known(model.registry(), model.composer.message).takes_payload;
    takes.then(|| if model.composer.is_form() { Mode::Form } else { Mode::Payload })
}

/// From the form to the text that it makes, and back.
pub fn turn_form(model: &mut Model) -> Effects {
    let registry = model.setup.registry_of(model.composer.network);
    model.composer.turn(registry);
    edit(model)
}

/// The picker starts on the message that is in the composer.
pub fn choose_message(model: &mut Model) -> Effects {
    model.mode = Mode::Message(Picker::default());
    let at = model.found().iter().position(|(known, _)| known.id == model.composer.message);
    if let (Mode::Message(picker), Some(at)) = (&mut model.mode, at) {
        picker.at = at;
    }
    none()
}

pub fn choose(model: &mut Model) -> Effects {
    let Mode::Message(picker) = &model.mode else { return none() };
    let Some((chosen, _)) = model.found().into_iter().nth(picker.at) else { return none() };
    if chosen.id != model.composer.message {
        model.choose(chosen.id);
    }
    edit(model)
}

pub fn next_field(model: &mut Model) -> Effects {
    if step_field(model, 1) {
        return none();
    }
    model.mode = match (&model.mode, payload_mode(model)) {
        (Mode::Message(_), _) if asks_the_overlay(model) => Mode::Frequency,
        (Mode::Message(_) | Mode::Frequency, Some(payload)) => payload,
        _ => return choose_message(model),
    };
    if let Some(form) = model.composer.form_mut() {
        form.at = 0;
    }
    none()
}

pub fn field_before(model: &mut Model) -> Effects {
    if step_field(model, -1) {
        return none();
    }
    model.mode = match (&model.mode, payload_mode(model)) {
        (Mode::Message(_), Some(payload)) => payload,
        (Mode::Message(_) | Mode::Payload | Mode::Form, _) if asks_the_overlay(model) => {
            Mode::Frequency
        }
        _ => return choose_message(model),
    };
    if let Some(form) = model.composer.form_mut() {
        form.at = form.inputs.len().saturating_sub(1);
    }
    none()
}

/// To another field of the form, where one is filled in and has it.
pub fn step_field(model: &mut Model, by: isize) -> bool {
    let Some(form) = model.composer.form_mut().filter(|_| matches!(model.mode, Mode::Form)) else {
        return false;
    };
    let at = form.at.checked_add_signed(by).filter(|at| *at < form.inputs.len());
    form.at = at.unwrap_or(form.at);
    at.is_some()
}

pub fn take_over(model: &mut Model) -> Effects {
    let Some(request) = model.request() else { return none() };
    let (message, frequency, payload) =
        (request.message, request.frequency, request.payload.clone());
    model.composer.take_over(message, frequency, &payload);
    edit(model)
}

pub fn clear_payload(model: &mut Model) -> Effects {
    model.composer.clear();
    none()
}

pub fn default_payload(model: &mut Model) -> Effects {
    let to = model.recipient();
    let registry = model.setup.registry_of(model.composer.network);
    model.composer.reset(registry, to);
    none()
}

pub fn cancel(model: &mut Model) -> Effects {
    model.request().map(|request| Effect::Cancel(request.ticket)).into_iter().collect()
}

// --- the reply
// ----------------------------------------------------------------------------------------------------------

pub fn read(model: &mut Model) -> Effects {
    model.opened_from = Some(OpenedFrom::Channels);
    model.focus = Pane::Reply;
    none()
}

pub fn unfold(model: &mut Model) -> Effects {
    let mut reading = std::mem::take(&mut model.reading);
    reading.turn(model.request().and_then(tree_of));
    model.reading = reading;
    none()
}

pub fn view(model: &mut Model) -> Effects {
    let is_table = model.request().and_then(tree_of).is_some_and(table::is_table);
    model.reading.view = model.reading.view.next(is_table);
    model.reading.line = 0;
    if model.reading.view == View::Hex {
        model.go_to_selected_bytes();
    }
    model.tabulate();
    model.compare();
    none()
}

// --- the rest
// -----------------------------------------------------------------------------------------------------------

pub fn help(model: &mut Model) -> Effects {
    let before = Box::new(std::mem::take(&mut model.mode));
    model.mode = Mode::Help { top: 0, search: None, before };
    none()
}

/// Back to what lay under the help.
pub fn close_help(model: &mut Model) -> Effects {
    if let Mode::Help { before, .. } = std::mem::take(&mut model.mode) {
        model.mode = *before;
    }
    none()
}

pub fn search_help(model: &mut Model) -> Effects {
    if let Mode::Help { top, search, .. } = &mut model.mode {
        (*top, *search) = (0, Some(Input::default()));
    }
    none()
}

pub fn end_search(model: &mut Model) -> Effects {
    if let Mode::Help { top, search, .. } = &mut model.mode {
        (*top, *search) = (0, None);
    }
    none()
}

pub fn palette(model: &mut Model) -> Effects {
    model.mode = Mode::Palette(Palette::default());
    none()
}

pub fn log(model: &mut Model) -> Effects {
    model.log_filter = Input::default();
    model.mode = Mode::Log { back: 0 };
    none()
}

pub fn filter_log(model: &mut Model) -> Effects {
    model.mode = Mode::LogFilter;
    none()
}

/// The filter of the log is kept; the newest line that it finds is shown.
pub fn keep_log_filter(model: &mut Model) -> Effects {
    model.mode = Mode::Log { back: 0 };
    none()
}

pub fn close(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    none()
}

pub fn skip_tour(model: &mut Model) -> Effects {
    model.tour = None;
    model.say(Kind::Done, "tour skipped; its requests in flight will still finish");
    vec![Effect::Tour(TourControl::Skip)]
}

/// Holds the tour, or lets it go on; the bar says so at once.
pub fn pause_tour(model: &mut Model) -> Effects {
    if let Some(step) = &mut model.tour {
        step.paused = !step.paused;
    }
    vec![Effect::Tour(TourControl::Pause)]
}

pub fn next_step(_: &mut Model) -> Effects {
    vec![Effect::Tour(TourControl::Next)]
}

pub fn step_before(_: &mut Model) -> Effects {
    vec![Effect::Tour(TourControl::Back)]
}

pub fn quit(_: &mut Model) -> Effects {
    vec![Effect::Quit { interrupted: false }]
}

pub fn interrupt(_: &mut Model) -> Effects {
    vec![Effect::Quit { interrupted: true }]
}

/// Says why a command does nothing now; in the prompt for an address, right there.
pub fn not_done(model: &mut Model, name: &str, why: &str) {
    if let Mode::Connect(_, error) = &mut model.mode {
        *error = Some(why.to_owned());
        return;
    }
    model.log.nothing(model.now, &format!("not done, {name}: {why}"));
}
