//! Moving about: in lists, between panes, in and out.

use super::actions::{self as act, Effects, none};
use super::commands;
use super::mode::{Mode, Pane};
use super::model::Model;
use super::opened::OpenedFrom;
use super::palette;
use super::size::Class;
use super::which::Screen;
use super::{case, log, many, map, signals};
use crate::screen::list::columns::FIXED;
use crate::screen::list::filtering;
use crate::screen::list::marking;
use crate::screen::peer_screen::inspect;
use crate::screen::reply::{find, tabular};
use swarmscope_facts::reply::reading::View;

/// By one row, or by as many as were typed before.
pub fn up(model: &mut Model) -> Effects {
    let rows = counted(model).unwrap_or(1);
    step(model, -rows)
}

pub fn down(model: &mut Model) -> Effects {
    let rows = counted(model).unwrap_or(1);
    step(model, rows)
}

/// The number that was typed before the key.
fn counted(model: &mut Model) -> Option<isize> {
    model.count.take().and_then(|count| isize::try_from(count).ok())
}

pub fn page_up(model: &mut Model) -> Effects {
    step(model, -page(model))
}

pub fn page_down(model: &mut Model) -> Effects {
    step(model, page(model))
}

pub fn half_page_up(model: &mut Model) -> Effects {
    step(model, -(page(model) / 2).max(1))
}

pub fn half_page_down(model: &mut Model) -> Effects {
    step(model, (page(model) / 2).max(1))
}

/// To the first row, or to the one of that number.
pub fn first(model: &mut Model) -> Effects {
    let number = counted(model).unwrap_or(1);
    to_row(model, number)
}

pub fn last(model: &mut Model) -> Effects {
    match counted(model) {
        Some(number) => to_row(model, number),
        None => step(model, isize::MAX / 2),
    }
}

fn to_row(model: &mut Model, number: isize) -> Effects {
    step(model, isize::MIN / 2);
    if number > 1 { step(model, number - 1) } else { none() }
}

/// A page is a little less than what is seen.
fn page(model: &Model) -> isize {
    let rows = isize::try_from(model.size.1).unwrap_or(24);
    match (&model.mode, model.focus) {
        (Mode::Main, _) if model.screen == Screen::Peer => inspect::page(model),
        (Mode::Main, Pane::Channels) => 5,
        (Mode::Message(_), _) => 3,
        (Mode::Log { .. }, _) => (rows - 5).max(1),
        (Mode::Main, Pane::Reply) => (rows / 4).max(3),
        _ => (rows - 12).max(5),
    }
}

pub(super) fn moved(at: usize, by: isize, length: usize) -> usize {
    at.saturating_add_signed(by).min(length.saturating_sub(1))
}

/// Moves in whatever has rows now.
pub fn step(model: &mut Model, by: isize) -> Effects {
    let found = match &model.mode {
        Mode::Against(..) => model.candidates_found().len(),
        _ => model.found().len(),
    };
    let lines = if matches!(model.mode, Mode::Log { .. }) { log::reading::count(model) } else { 0 };
    let help =
        if matches!(model.mode, Mode::Help { .. }) { commands::help_rest(model) + 1 } else { 0 };
    match &mut model.mode {
        Mode::Message(picker) | Mode::Against(picker, _) => picker.at = moved(picker.at, by, found),
        Mode::Form => drop(act::step_field(model, by.signum())),
        Mode::Palette(_) => palette::step(model, by),
        Mode::Help { top, .. } => *top = moved(*top, by, help),
        Mode::Filters { at } => *at = moved(*at, by, model.kept.filters.len()),
        Mode::Campaigns { at } => *at = moved(*at, by, model.many.all().count()),
        Mode::Columns { at } => *at = moved(*at, by, FIXED.len() + model.kept.columns.list().len()),
        Mode::Log { back } => *back = moved(*back, by.saturating_neg(), lines),
        _ if model.screen == Screen::Many => many::acts::step(model, by),
        _ if model.screen == Screen::Peer => inspect::step(model, by),
        _ if model.screen == Screen::Map => map::acts::step(model, by),
        _ if model.screen == Screen::Signals => signals::acts::step(model, by),
        _ if model.screen == Screen::Case => case::acts::step(model, by),
        _ if model.screen != Screen::Main => {}
        _ => step_in(model, model.focus, by),
    }
    none()
}

/// Moves in a pane, wherever the focus is.
pub fn step_in(model: &mut Model, pane: Pane, by: isize) {
    match pane {
        Pane::Peers => step_peers(model, by),
        Pane::Channels => step_channels(model, by),
        Pane::Reply => step_reply(model, by),
        Pane::Request => {}
    }
}

/// Moves to a row of a pane.
pub fn to(model: &mut Model, pane: Pane, row: usize) {
    step_in(model, pane, isize::MIN / 2);
    step_in(model, pane, isize::try_from(row).unwrap_or(isize::MAX));
}

pub(super) fn step_peers(model: &mut Model, by: isize) {
    let rows = model.order.rows().len();
    let at = model.selected_row().map_or(0, |row| moved(row, by, rows));
    let key = model.peer_at(at).map(|peer| peer.key.clone());
    if key.is_some() {
        model.select(key);
        marking::follow(model);
    }
}

/// Channels stand newest first; the newest is followed, not picked.
fn step_channels(model: &mut Model, by: isize) {
    let Some(peer) = model.peer() else { return };
    let tickets: Vec<_> = peer.requests.iter().rev().map(|request| request.ticket).collect();
    let at = model
        .picks
        .get(&peer.key)
        .and_then(|picked| tickets.iter().position(|ticket| *ticket == picked))
        .unwrap_or(0);
    let at = moved(at, by, tickets.len());
    let picked = if at == 0 { None } else { tickets.get(at).copied() };
    model.picks.set(peer.key.clone(), picked);
    model.follow();
}

fn step_reply(model: &mut Model, by: isize) {
    let last = model.lines();
    let reading = &mut model.reading;
    match reading.shows() {
        View::Tree => reading.row = moved(reading.row, by, reading.rows.len()),
        View::Table => tabular::step(reading, by),
        View::Text | View::Hex | View::Diff => {
            reading.line = reading.line.saturating_add_signed(by).min(last);
        }
    }
}

pub fn next_pane(model: &mut Model) -> Effects {
    to_pane(model, 1)
}

pub fn pane_before(model: &mut Model) -> Effects {
    to_pane(model, Pane::ALL.len() - 1)
}

fn to_pane(model: &mut Model, by: usize) -> Effects {
    model.opened_from = None;
    model.focus = model.focus.step(by);
    if model.showing.presenter && model.focus == Pane::Channels {
        model.focus = model.focus.step(by); // there are none for an audience
    }
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

/// From a reply to where it was opened.
fn went_back(model: &mut Model) -> bool {
    let from = model.opened_from.take();
    if model.focus != Pane::Reply {
        return false;
    }
    match from {
        Some(OpenedFrom::Many(key)) if model.selected.as_ref() == Some(&key) => {
            model.screen = Screen::Many;
            model.focus = Pane::Peers;
            model.inside = false;
        }
        Some(OpenedFrom::Channels) => model.focus = Pane::Channels,
        _ => return false,
    }
    true
}

pub fn back(model: &mut Model) -> Effects {
    if model.range.is_some() {
        marking::give_up(model);
        return none();
    }
    if model.find.is_on() && model.focus == Pane::Reply {
        return find::clear(model);
    }
    if model.unzoom() {
        return none();
    }
    if went_back(model) {
        // marks may be others than a preview shows
        let previews = model.screen == Screen::Many && model.many.preview.is_some();
        return if previews { many::planning::show(model) } else { none() };
    }
    if model.focus != Pane::Peers || model.inside {
        model.focus = Pane::Peers;
        model.inside = false;
        return none();
    }
    if model.filter.text().is_empty() {
        model.kept.hints.dismiss();
    }
    filtering::clear(model)
}
