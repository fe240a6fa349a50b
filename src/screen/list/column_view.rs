//! The list of columns: showing, hiding, moving them, sorting by them. What is chosen is kept.

use crate::screen::actions::{Effects, none};
use crate::screen::kept::KeptIn;
use crate::screen::list::columns::{Columns, FIXED};
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::list::By;
use swarmscope_facts::list::Column;

/// The entries of the list: what cannot be moved, then the columns from the left.
#[must_use]
pub fn entries(model: &Model) -> Vec<(Column, bool)> {
    let fixed = FIXED.into_iter().map(|column| (column, true));
    fixed.chain(model.kept.columns.arranged(model.list_room())).collect()
}

/// Opens the list on the column that the peers are sorted by.
pub fn open(model: &mut Model) -> Effects {
    let by = model.order.sort.by;
    let at = entries(model).iter().position(|(column, _)| By::Column(*column) == by);
    model.mode = Mode::Columns { at: at.unwrap_or(FIXED.len()) };
    none()
}

/// The place of the selected entry among those that can be moved.
fn movable(model: &Model) -> Option<usize> {
    let Mode::Columns { at } = model.mode else { return None };
    at.checked_sub(FIXED.len()).filter(|at| *at < model.kept.columns.list().len())
}

/// # Errors
/// Its place is fixed.
pub fn can_move(model: &Model) -> Result<(), String> {
    movable(model).map(drop).ok_or_else(|| "this column is fixed: it identifies the row".to_owned())
}

pub fn toggle(model: &mut Model) -> Effects {
    if let Some(at) = movable(model) {
        model.kept.columns.choose_from(model.list_room());
        model.kept.columns.toggle(at);
    }
    keep(model)
}

pub fn left(model: &mut Model) -> Effects {
    shift(model, false)
}

pub fn right(model: &mut Model) -> Effects {
    shift(model, true)
}

fn shift(model: &mut Model, right: bool) -> Effects {
    if let Some(at) = movable(model) {
        model.kept.columns.choose_from(model.list_room());
        let at = model.kept.columns.shift(at, right);
        model.mode = Mode::Columns { at: at + FIXED.len() };
    }
    keep(model)
}

/// Sorts by the selected column; a second time, the other way round.
pub fn sort_here(model: &mut Model) -> Effects {
    let Mode::Columns { at } = model.mode else { return none() };
    sort_by_entry(model, at)
}

/// The same for the column of an entry.
pub fn sort_by_entry(model: &mut Model, at: usize) -> Effects {
    let Some((column, _)) = entries(model).get(at).copied() else { return none() };
    if model.order.sort.by == By::Column(column) {
        reverse(model)
    } else {
        sort_by(model, By::Column(column))
    }
}

pub fn defaults(model: &mut Model) -> Effects {
    model.kept.columns = Columns::default();
    model.kept.columns.know(&model.setup.registry);
    sort_by(model, By::default())
}

/// Sorts by the next of the columns that are shown.
pub fn next_sort(model: &mut Model) -> Effects {
    let next = model.kept.columns.sort_after(model.order.sort.by);
    sort_by(model, next)
}

pub fn sort_by(model: &mut Model, by: By) -> Effects {
    model.order.sort.by = by;
    model.order.sort.reversed = false;
    sorted(model)
}

pub fn reverse(model: &mut Model) -> Effects {
    model.order.sort.reversed = !model.order.sort.reversed;
    sorted(model)
}

fn sorted(model: &mut Model) -> Effects {
    model.range = None;
    model.sort();
    keep(model)
}

fn keep(model: &mut Model) -> Effects {
    model.kept.columns.sort = model.order.sort;
    vec![Effect::Keep(KeptIn::Columns, model.kept.columns.to_toml())]
}
