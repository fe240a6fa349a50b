//! The mouse: what it points at, and what a click means there. Nobody who does not want it meets
//! it: it is switched on by a command, because a terminal that reports the mouse no longer selects
//! text with it.

use crate::screen::keys::spot::{Gesture, List, Mouse, Spot};
use crate::screen::list::column_view;
use std::time::Duration;

use crate::screen::actions::{Effects, none};
use crate::screen::log::Kind;
use crate::screen::mode::{Mode, Pane};
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::peer_screen::cursor::Focus;
use crate::screen::peer_screen::inspect;
use crate::screen::{commands, moving, palette};

/// Two clicks on the same thing within this time are a double click.
const DOUBLE: Duration = Duration::from_millis(400);
/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// Has the mouse reported, or leaves it to the terminal.
pub fn switch(model: &mut Model) -> Effects {
    let on = !model.mouse.on;
    model.mouse = Mouse { on, clicked: None };
    let text = if on {
        "mouse on: click, wheel, double click opens; shift selects text in most terminals"
    } else {
        "mouse off: it selects text again"
    };
    model.say(Kind::Done, text);
    vec![Effect::Mouse(on)]
}

/// Folds a gesture.
pub fn gesture(model: &mut Model, gesture: Gesture, spot: Spot) -> Effects {
    model.touched = true;
    model.order.hold(model.now);
    if !matches!(spot, Spot::Key(_)) {
        model.pending.clear();
    }
    match gesture {
        Gesture::Press => press(model, spot),
        Gesture::WheelUp => wheel(model, spot, -NOTCH),
        Gesture::WheelDown => wheel(model, spot, NOTCH),
    }
}

fn press(model: &mut Model, spot: Spot) -> Effects {
    let now = model.now;
    let again = model.mouse.clicked.take().is_some_and(|(then, before)| {
        before == spot && now.instant.saturating_duration_since(then.instant) <= DOUBLE
    });
    if !again {
        model.mouse.clicked = Some((now, spot));
    }
    match spot {
        Spot::Key(key) => {
            model.mouse.clicked = None; // each press is one
            return commands::dispatch(model, key);
        }
        Spot::Row(list, row) => {
            let effects = point_at(model, list, row);
            return if again { open(model, list) } else { effects };
        }
        Spot::Pane(pane) if matches!(model.mode, Mode::Main) => model.focus = pane,
        Spot::Pane(_) | Spot::Nothing => {}
    }
    none()
}

/// Selects a row, and gives its pane the focus; on a heading, sorts by its column.
fn point_at(model: &mut Model, list: List, row: usize) -> Effects {
    match (list, &mut model.mode) {
        (List::Messages, Mode::Message(picker)) => picker.at = row,
        (List::Commands, Mode::Palette(palette)) => {
            let by = isize::try_from(row).unwrap_or(0) - isize::try_from(palette.at).unwrap_or(0);
            palette::step(model, by);
        }
        (List::Peers | List::Channels | List::Values, Mode::Main) => {
            let pane = pane_of(list);
            model.focus = pane;
            moving::to(model, pane, row);
        }
        (List::Headings, Mode::Main) => return column_view::sort_by_entry(model, row),
        (list, Mode::Main) => {
            if let Some(focus) = block_of(list) {
                inspect::point_at(model, focus, row);
            }
        }
        _ => {}
    }
    none()
}

/// What a double click opens. It never sends: that takes a key, or the footer.
fn open(model: &mut Model, list: List) -> Effects {
    match (list, &model.mode) {
        (List::Peers, Mode::Main) => moving::open(model),
        (List::Channels, Mode::Main) => commands::run(model, "read"),
        (List::Values, Mode::Main) => commands::run(model, "unfold"),
        (List::Messages, Mode::Message(_)) => commands::run(model, "choose"),
        _ => none(),
    }
}

fn wheel(model: &mut Model, spot: Spot, by: isize) -> Effects {
    let pane = match spot {
        Spot::Row(list @ (List::Peers | List::Channels | List::Values), _) => Some(pane_of(list)),
        Spot::Pane(pane) => Some(pane),
        _ => None,
    };
    if let (Spot::Row(list, _), Mode::Main) = (spot, &model.mode)
        && let Some(focus) = block_of(list)
    {
        model.inspect.focus = focus;
    }
    match pane.filter(|_| matches!(model.mode, Mode::Main)) {
        Some(pane) => moving::step_in(model, pane, by),
        None => drop(moving::step(model, by)),
    }
    none()
}

const fn block_of(list: List) -> Option<Focus> {
    Some(match list {
        List::Lines => Focus::Conversation,
        List::Fields => Focus::Frame,
        List::Bytes => Focus::Bytes,
        List::Parts => Focus::Channel,
        _ => return None,
    })
}

const fn pane_of(list: List) -> Pane {
    match list {
        List::Channels => Pane::Channels,
        List::Values => Pane::Reply,
        _ => Pane::Peers,
    }
}
