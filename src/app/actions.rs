//! What the commands do, and when they can.

use std::time::Duration;

use super::key::Key;
use super::log::Kind;
use super::messages::known;
use super::model::{Mode, Model, Pane, Picker, tree_of};
use super::msg::Effect;
use super::reading::View;
use super::size::Class;
use super::{commands, input::Input, words};
use crate::node::{Ask, Origin, PeerKey, Target};

/// How long a reply may take where no probe says otherwise.
const USUAL_TIMEOUT: Duration = Duration::from_secs(30);

type Ready = Result<(), String>;
type Effects = Vec<Effect>;

/// Nothing to be done outside.
fn none() -> Effects {
    Vec::new()
}

// --- when ---------------------------------------------------------------------------------------------------------------

#[expect(clippy::unnecessary_wraps, reason = "one answer among those of the table of commands")]
pub fn always(_: &Model) -> Ready {
    Ok(())
}

fn only_if(condition: bool, why: &str) -> Ready {
    if condition { Ok(()) } else { Err(why.to_owned()) }
}

pub fn has_peer(model: &Model) -> Ready {
    only_if(model.peer().is_some(), "no peer is selected")
}

pub fn has_request(model: &Model) -> Ready {
    only_if(model.request().is_some(), "nothing was asked of this peer")
}

pub fn has_reply(model: &Model) -> Ready {
    only_if(model.request().is_some_and(|request| request.reply().is_some()), "there is no reply to see")
}

pub fn is_connected(model: &Model) -> Ready {
    only_if(model.peer().is_some_and(super::peers::Peer::connected), "this peer is not connected")
}

pub fn is_in_flight(model: &Model) -> Ready {
    only_if(model.request().is_some_and(super::request::Request::in_flight), "it has ended")
}

pub fn on_tour(model: &Model) -> Ready {
    only_if(model.tour.is_some(), "no tour is under way")
}

pub fn can_go_back(model: &Model) -> Ready {
    let away = model.inside || model.focus != Pane::Peers || !model.filter.text().is_empty();
    only_if(away, "this is the start")
}

pub fn can_unfold(model: &Model) -> Ready {
    let container = model.reading.selected().is_some_and(|row| row.open.is_some());
    only_if(container && model.reading.view == View::Tree, "it holds no others")
}

pub fn has_value(model: &Model) -> Ready {
    only_if(model.reading.selected().is_some(), "no value is selected")
}

pub fn takes_payload(model: &Model) -> Ready {
    only_if(known(model.registry(), model.composer.message).takes_payload, "this message takes no payload")
}

pub fn finds_message(model: &Model) -> Ready {
    only_if(!model.found().is_empty(), "no message is called that: type a name, or a number from 0 to 255")
}

pub fn finds_command(model: &Model) -> Ready {
    only_if(!commands::found(model).is_empty(), "no command is called that")
}

pub fn is_target(model: &Model) -> Ready {
    match &model.mode {
        Mode::Connect(input, _) => input.text().parse::<Target>().map(drop).map_err(|error| error.to_string()),
        _ => Err("no address is being typed".to_owned()),
    }
}

pub fn has_target(model: &Model) -> Ready {
    only_if(model.target().is_some(), "no address to dial is known of this peer")
}

/// Whether the request in the composer can go to the selected peer.
pub fn can_send(model: &Model) -> Ready {
    ask(model).map(drop)
}

/// The request in the composer, to the selected peer; or why it can't be sent.
pub fn ask(model: &Model) -> Result<Ask, String> {
    let peer = model.peer().ok_or("no peer is selected")?;
    let PeerKey::Permid(to) = peer.key else {
        return Err("it is not known who this is: connect first".to_owned());
    };
    let registry = model.registry();
    let composer = model.candidate();
    let message = composer.message;
    let known = known(registry, message);
    if let Some(version) = peer.version.filter(|version| *version < known.min_version) {
        return Err(format!("{} needs version {}, this peer speaks {version}", known.name, known.min_version));
    }
    let frequency = composer.frequency()?;
    let payload = composer.bytes(registry)?;
    let timeout = registry.get(message).map_or(USUAL_TIMEOUT, |probe| probe.timeout());
    let wait_for_dial_back = model.listening.is_some();
    Ok(Ask { to, message, frequency, payload, timeout, origin: Origin::Operator, wait_for_dial_back })
}

// --- moving -------------------------------------------------------------------------------------------------------------

pub fn up(model: &mut Model) -> Effects {
    step(model, -1)
}

pub fn down(model: &mut Model) -> Effects {
    step(model, 1)
}

pub fn page_up(model: &mut Model) -> Effects {
    step(model, -page(model))
}

pub fn page_down(model: &mut Model) -> Effects {
    step(model, page(model))
}

pub fn first(model: &mut Model) -> Effects {
    step(model, isize::MIN / 2)
}

pub fn last(model: &mut Model) -> Effects {
    step(model, isize::MAX / 2)
}

/// A page is a little less than what is seen.
fn page(model: &Model) -> isize {
    let rows = isize::try_from(model.size.1).unwrap_or(24);
    match (&model.mode, model.focus) {
        (Mode::Main, Pane::Channels) => 5,
        (Mode::Message(_), _) => 3,
        (Mode::Main, Pane::Reply) => (rows / 4).max(3),
        _ => (rows - 12).max(5),
    }
}

fn moved(at: usize, by: isize, length: usize) -> usize {
    at.saturating_add_signed(by).min(length.saturating_sub(1))
}

fn step(model: &mut Model, by: isize) -> Effects {
    let found = match &model.mode {
        Mode::Message(_) => model.found().len(),
        Mode::Palette(_) => commands::found(model).len(),
        _ => 0,
    };
    let lines = model.log.lines().len();
    match &mut model.mode {
        Mode::Message(picker) | Mode::Palette(picker) => picker.at = moved(picker.at, by, found),
        Mode::Help { top } => *top = moved(*top, by, 200),
        Mode::Log { back } => *back = moved(*back, by.saturating_neg(), lines),
        _ => match model.focus {
            Pane::Peers => step_peers(model, by),
            Pane::Channels => step_channels(model, by),
            Pane::Reply => step_reply(model, by),
            Pane::Request => {}
        },
    }
    none()
}

fn step_peers(model: &mut Model, by: isize) {
    let rows = model.order.rows().len();
    let at = model.selected_row().map_or(0, |row| moved(row, by, rows));
    let key = model.order.rows().get(at).and_then(|&index| model.peers.at(index)).map(|peer| peer.key.clone());
    if key.is_some() {
        model.select(key);
    }
}

/// Channels stand newest first; the newest is followed, not picked.
fn step_channels(model: &mut Model, by: isize) {
    let Some(peer) = model.peer_mut() else { return };
    let tickets: Vec<_> = peer.requests.iter().rev().map(|request| request.ticket).collect();
    let at = peer.picked.and_then(|picked| tickets.iter().position(|ticket| *ticket == picked)).unwrap_or(0);
    let at = moved(at, by, tickets.len());
    peer.picked = if at == 0 { None } else { tickets.get(at).copied() };
    model.follow();
}

fn step_reply(model: &mut Model, by: isize) {
    let last = model.lines();
    let reading = &mut model.reading;
    match reading.view {
        View::Tree => reading.row = moved(reading.row, by, reading.rows.len()),
        View::Text | View::Hex => reading.line = reading.line.saturating_add_signed(by).min(last),
    }
}

pub fn next_pane(model: &mut Model) -> Effects {
    to_pane(model, 1)
}

pub fn pane_before(model: &mut Model) -> Effects {
    to_pane(model, Pane::ALL.len() - 1)
}

fn to_pane(model: &mut Model, by: usize) -> Effects {
    model.focus = model.focus.step(by);
    if Class::of(model.size.0, model.size.1) <= Class::OnePane {
        if model.focus == Pane::Request {
            model.focus = model.focus.step(by); // it has no room of its own there
        }
        model.inside = model.focus != Pane::Peers;
    }
    none()
}

pub fn open(model: &mut Model) -> Effects {
    model.inside = true;
    model.focus = Pane::Channels;
    none()
}

pub fn back(model: &mut Model) -> Effects {
    if model.focus != Pane::Peers || model.inside {
        model.focus = Pane::Peers;
        model.inside = false;
        return none();
    }
    clear_filter(model)
}

// --- peers --------------------------------------------------------------------------------------------------------------

pub fn filter(model: &mut Model) -> Effects {
    model.mode = Mode::Filter;
    model.focus = Pane::Peers;
    model.inside = false;
    none()
}

pub fn clear_filter(model: &mut Model) -> Effects {
    model.filter = Input::default();
    model.mode = Mode::Main;
    model.rebuild();
    none()
}

pub fn sort(model: &mut Model) -> Effects {
    model.order.sort = model.order.sort.next();
    model.rebuild();
    none()
}

/// The prompt starts with the address of a selected peer that is not connected.
pub fn connect(model: &mut Model) -> Effects {
    let known = match model.peer() {
        Some(peer) if !peer.connected() && !model.setup.privacy => model.target(),
        _ => None,
    };
    model.mode = Mode::Connect(Input::new(known.unwrap_or_default()), None);
    none()
}

pub fn dial(model: &mut Model) -> Effects {
    let Mode::Connect(input, _) = &model.mode else { return none() };
    let Ok(target) = input.text().parse::<Target>() else { return none() };
    model.mode = Mode::Main;
    let shown = words::address(model, &target.to_string());
    model.say(Kind::Plain, format!("connecting to {shown}"));
    vec![Effect::Connect(target)]
}

pub fn disconnect(model: &mut Model) -> Effects {
    model.peer().and_then(super::peers::Peer::permid).map(Effect::Disconnect).into_iter().collect()
}

pub fn hide_addresses(model: &mut Model) -> Effects {
    model.setup.privacy = !model.setup.privacy;
    model.rebuild();
    none()
}

// --- the request --------------------------------------------------------------------------------------------------------

pub fn send(model: &mut Model) -> Effects {
    match ask(model) {
        Ok(ask) => {
            choose(model); // where the picker is open, what it points at is sent
            model.mode = Mode::Main;
            vec![Effect::Request(ask)]
        }
        Err(why) => {
            not_done(model, "send", &why);
            none()
        }
    }
}

pub fn edit(model: &mut Model) -> Effects {
    let takes = known(model.registry(), model.composer.message).takes_payload;
    model.mode = if takes { Mode::Payload } else { Mode::Frequency };
    none()
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
        let version = model.version_asked();
        model.composer.choose(&model.setup.registry, chosen.id, version);
    }
    edit(model)
}

pub fn next_field(model: &mut Model) -> Effects {
    let takes = known(model.registry(), model.composer.message).takes_payload;
    model.mode = match model.mode {
        Mode::Message(_) => Mode::Frequency,
        Mode::Frequency if takes => Mode::Payload,
        _ => return choose_message(model),
    };
    none()
}

pub fn field_before(model: &mut Model) -> Effects {
    let takes = known(model.registry(), model.composer.message).takes_payload;
    model.mode = match model.mode {
        Mode::Message(_) if takes => Mode::Payload,
        Mode::Message(_) | Mode::Payload => Mode::Frequency,
        _ => return choose_message(model),
    };
    none()
}

pub fn take_over(model: &mut Model) -> Effects {
    let Some(request) = model.request() else { return none() };
    let (message, frequency, payload) = (request.message, request.frequency, request.payload.clone());
    model.composer.take_over(message, frequency, &payload);
    edit(model)
}

pub fn clear_payload(model: &mut Model) -> Effects {
    model.composer.clear();
    none()
}

pub fn default_payload(model: &mut Model) -> Effects {
    let version = model.version_asked();
    model.composer.reset(&model.setup.registry, version);
    none()
}

pub fn cancel(model: &mut Model) -> Effects {
    model.request().map(|request| Effect::Cancel(request.ticket)).into_iter().collect()
}

pub fn copy_command(model: &mut Model) -> Effects {
    let Some(target) = model.target() else { return none() };
    let command = model.composer.command(model.registry(), &target);
    model.say(Kind::Plain, "copied the command");
    vec![Effect::Copy(command)]
}

// --- the reply ----------------------------------------------------------------------------------------------------------

pub fn read(model: &mut Model) -> Effects {
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
    model.reading.view = model.reading.view.next();
    model.reading.line = 0;
    none()
}

pub fn copy_value(model: &mut Model) -> Effects {
    let Some(value) = model.reading.selected().map(|row| words::clean(&row.value)) else { return none() };
    model.say(Kind::Plain, "copied the value");
    vec![Effect::Copy(value)]
}

// --- the rest -----------------------------------------------------------------------------------------------------------

pub fn help(model: &mut Model) -> Effects {
    model.mode = Mode::Help { top: 0 };
    none()
}

pub fn palette(model: &mut Model) -> Effects {
    model.mode = Mode::Palette(Picker::default());
    none()
}

pub fn log(model: &mut Model) -> Effects {
    model.mode = Mode::Log { back: 0 };
    none()
}

pub fn close(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    none()
}

pub fn skip_tour(model: &mut Model) -> Effects {
    model.tour = None;
    model.say(Kind::Plain, "the tour is skipped; its requests that are in flight still end");
    vec![Effect::SkipTour]
}

pub fn quit(_: &mut Model) -> Effects {
    vec![Effect::Quit { interrupted: false }]
}

pub fn interrupt(_: &mut Model) -> Effects {
    vec![Effect::Quit { interrupted: true }]
}

/// Says why a command was not done; in the prompt for an address, right there.
pub fn not_done(model: &mut Model, name: &str, why: &str) {
    if let Mode::Connect(_, error) = &mut model.mode {
        *error = Some(why.to_owned());
        return;
    }
    model.say(Kind::NotDone, format!("not done, {name}: {why}"));
}

// --- typing -------------------------------------------------------------------------------------------------------------

/// A key that is no command, where text is typed.
pub fn key_typed(model: &mut Model, key: Key) {
    let changed = match &mut model.mode {
        Mode::Filter => model.filter.key(key),
        Mode::Connect(input, error) => {
            *error = None;
            input.key(key)
        }
        Mode::Message(picker) | Mode::Palette(picker) => {
            let changed = picker.input.key(key);
            picker.at = if changed { 0 } else { picker.at };
            changed
        }
        Mode::Frequency => model.composer.frequency.key(key),
        Mode::Payload => {
            let room = model.composer.insert(""); // full editors take deletions only
            let changed = (room || key.typed().is_none()) && model.composer.payload.input(key.event());
            model.composer.edited |= changed;
            changed
        }
        Mode::Main | Mode::Help { .. } | Mode::Log { .. } => false,
    };
    if changed && matches!(model.mode, Mode::Filter) {
        model.rebuild();
    }
}

/// Pasted text goes where text is typed, and is nothing elsewhere.
pub fn text_typed(model: &mut Model, text: &str) {
    match &mut model.mode {
        Mode::Filter => {
            model.filter.type_in(text);
            model.rebuild();
        }
        Mode::Connect(input, _) => drop(input.type_in(text)),
        Mode::Message(picker) | Mode::Palette(picker) => {
            picker.input.type_in(text);
            picker.at = 0;
        }
        Mode::Frequency => drop(model.composer.frequency.type_in(text)),
        Mode::Payload => {
            if !model.composer.insert(text) {
                model.say(
                    Kind::NotDone,
                    "not pasted: the payload editor takes 256 KiB; `swarmscope request … @FILE` takes more",
                );
            }
        }
        Mode::Main | Mode::Help { .. } | Mode::Log { .. } => {
            let (request, filter) = (commands::key_of("request"), commands::key_of("filter"));
            model.say(
                Kind::Plain,
                format!("what is pasted goes into a text: {request} edits the request, {filter} the filter"),
            );
        }
    }
}
