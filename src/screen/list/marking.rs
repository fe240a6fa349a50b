//! Marking peers: one, a range of rows, all that are shown.

use crate::screen::list::range::Range;

use crate::screen::actions::{Effects, none};
use crate::screen::log::Kind;
use crate::screen::model::Model;
use crate::screen::moving;
use swarmscope_facts::format::counted;
use swarmscope_facts::{Facts, Places};

/// Marks the selected peer or unmarks it, and steps down. Ends a range.
pub fn mark(model: &mut Model) -> Effects {
    if model.range.take().is_some() {
        return none();
    }
    if let Some(place) = model.selected.as_ref().and_then(|key| model.facts.peers().index(key)) {
        toggle(&mut model.facts, place);
    }
    moving::down(model)
}

/// Begins a range at the selected peer, or ends it.
pub fn range(model: &mut Model) -> Effects {
    if model.range.take().is_some() {
        return none();
    }
    let (Some(anchor), Some(from)) = (model.selected.clone(), model.selected_row()) else {
        return none();
    };
    let mut range = Range { anchor, from, to: from, added: Places::default() };
    reach(model, &mut range, from);
    model.range = Some(range);
    none()
}

/// The cursor has moved: the range follows. It ends where rows have moved under it.
pub fn follow(model: &mut Model) {
    let (Some(mut range), Some(row)) = (model.range.take(), model.selected_row()) else { return };
    let anchor = model.facts.peers().index(&range.anchor).and_then(|index| model.order.row(index));
    if anchor == Some(range.from) {
        reach(model, &mut range, row);
        model.range = Some(range);
    }
}

/// Gives the range up: who was not marked before is not marked.
pub fn give_up(model: &mut Model) {
    let Some(range) = model.range.take() else { return };
    for place in range.added.iter() {
        model.facts.mark(place, false);
    }
}

fn reach(model: &mut Model, range: &mut Range, to: usize) {
    let within = |row: usize, end: usize| row >= range.from.min(end) && row <= range.from.max(end);
    for row in range.to.min(to)..=range.to.max(to) {
        let Some(place) = model.order.place(row) else { continue };
        if !within(row, to) {
            if range.added.remove(place) {
                model.facts.mark(place, false);
            }
        } else if model.facts.mark(place, true) {
            range.added.add(place);
        }
    }
    range.to = to;
}

/// Marks all that the filter shows.
pub fn mark_all(model: &mut Model) -> Effects {
    model.range = None;
    for &place in model.order.rows() {
        model.facts.mark(place as usize, true);
    }
    tell(model);
    none()
}

/// Marks those shown that are not marked, and unmarks those that are.
pub fn invert(model: &mut Model) -> Effects {
    model.range = None;
    for &place in model.order.rows() {
        toggle(&mut model.facts, place as usize);
    }
    tell(model);
    none()
}

/// Unmarks everybody, whether shown or not.
pub fn unmark_all(model: &mut Model) -> Effects {
    model.range = None;
    model.facts.unmark_all();
    tell(model);
    none()
}

fn toggle(facts: &mut Facts, place: usize) {
    let marked = facts.marks().contains(place);
    facts.mark(place, !marked);
}

fn tell(model: &mut Model) {
    let text = match model.facts.marks().len() {
        0 => "no peers marked".to_owned(),
        marked => format!("{} marked", counted(marked, "peer")),
    };
    model.say(Kind::Done, text);
}
