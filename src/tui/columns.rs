//! Where the columns of the list stand: a function of its width and of the choice of columns, never
//! of what is in them.

use super::canvas::{Area, Canvas, follow};
use super::layout::Grid;
use super::overlay;
use crate::screen::Model;
use crate::screen::list::column_view::entries;
use crate::screen::list::columns::{ADDRESS, Layout as _, with_network};
use swarmscope_facts::list::By;
use swarmscope_facts::list::Column;
use swarmscope_facts::messages::known;

/// What an audience needs of a peer: how it is, who it is, when it accepts.
const PRESENTED: [Column; 4] = [Column::State, Column::Permid, Column::Signals, Column::Next];

/// Cells of a column's name in the overlay.
const NAME: u16 = 14;

/// A column, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    pub column: Column,
    pub x: u16,
    /// One past its last cell.
    pub right: u16,
}

/// Gives columns their places. Those that there is no room for go whole.
#[cfg(test)]
pub fn place(shown: impl Iterator<Item = Column>, area: &Area) -> Vec<Placed> {
    place_named(shown, area, Column::Permid.width())
}

/// The columns of this list: with that of the network where peers of several are in it.
pub fn of_list(model: &Model, area: &Area) -> Vec<Placed> {
    let tally = &model.tally;
    let name = if tally.has_others() { ADDRESS } else { Column::Permid.width() };
    let shown = if model.showing.presenter {
        PRESENTED.to_vec()
    } else {
        model.kept.columns.shown_in(area.width()).collect()
    };
    if tally.is_mixed() {
        return place_named(with_network(shown.into_iter()).into_iter(), area, name);
    }
    place_named(shown.into_iter(), area, name)
}

/// `name`: cells of the peer's name.
fn place_named(shown: impl Iterator<Item = Column>, area: &Area, name: u16) -> Vec<Placed> {
    let mut columns: Vec<Column> = shown.collect();
    let is_wide = name > Column::Permid.width();
    let cells = |column: Column| match column {
        Column::Permid => name,
        // the pill and `≤52:10`, without a blank between them
        Column::Next if is_wide => column.width() - 1,
        _ => column.width(),
    };
    let needed = |columns: &[Column], gap: &dyn Fn(Column) -> u16| -> u16 {
        columns.iter().map(|column| cells(*column) + gap(*column)).sum()
    };
    // what stands at the edge at the right has a blank of its own before it, mostly
    let close = |column: Column| match column {
        Column::Next if is_wide => 0,
        _ => column.gap().min(1),
    };
    while needed(&columns, &close) > area.width() {
        let least = (0..columns.len()).rev().min_by_key(|&at| columns[at].keep());
        let Some(least) = least.filter(|&at| !columns[at].fixed()) else { break };
        columns.remove(least);
    }
    let is_roomy = needed(&columns, &Column::gap) <= area.width();
    let gap = |column: Column| if is_roomy { column.gap() } else { close(column) };
    let mut x = area.x;
    let mut placed: Vec<Placed> = columns
        .into_iter()
        .map(|column| {
            let at = x + gap(column);
            x = at + cells(column);
            Placed { column, x: at, right: x.min(area.right) }
        })
        .collect();
    if let Some(last) =
        placed.last_mut().filter(|last| matches!(last.column, Column::Next | Column::NextOf(_)))
    {
        (last.x, last.right) = (area.right - cells(last.column), area.right); // times stand at the edge
    }
    placed
}

/// The cells of the columns that say nothing of a peer that is not connected: the most that stand
/// side by side.
pub fn words_over(columns: &[Placed]) -> Option<(u16, u16)> {
    let empty = |placed: &Placed| {
        matches!(placed.column, Column::RoundTrip | Column::Nat | Column::Next | Column::NextOf(_))
    };
    let mut best: Option<(u16, u16)> = None;
    let mut begin = None;
    for (at, placed) in columns.iter().enumerate() {
        begin = begin.filter(|_| empty(placed)).or_else(|| {
            // two blanks behind what stands before
            let before = at
                .checked_sub(1)
                .map_or(placed.x, |before| (columns[before].right + 2).min(placed.x));
            empty(placed).then_some(before)
        });
        if let Some(x) = begin
            && best.is_none_or(|(from, to)| placed.right - x > to - from)
        {
            best = Some((x, placed.right));
        }
    }
    best
}

/// The overlay in which columns are chosen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, at: usize) {
    let entries = entries(model);
    let wanted = u16::try_from(entries.len()).unwrap_or(u16::MAX).saturating_add(6);
    let inner =
        overlay::frame(canvas, grid, 72, wanted, "COLUMNS", &format!("sort: {}", model.order.sort));
    let theme = canvas.theme;
    let list = inner;
    let top = follow(0, at, usize::from(list.height), entries.len());
    let placed = grid.peers.map(|area| of_list(model, &area)).unwrap_or_default();
    for ((i, (column, shown)), y) in entries.iter().enumerate().skip(top).zip(list.y..list.bottom())
    {
        if i == at {
            canvas.selected(&list, y, true);
        }
        let name = match column {
            Column::NextOf(id) => format!("next {}", known(model.registry(), *id).name),
            other => other.to_string(),
        };
        let style = match (shown, i == at) {
            (false, _) => theme.muted,
            (true, true) => theme.strong(),
            (true, false) => ratatui::style::Style::new(),
        };
        let room = placed.iter().any(|placed| placed.column == *column);
        let sign = if *shown { "√" } else { " " };
        canvas.text(list.x, list.x + 1, y, sign, style);
        let mut end = list.right;
        let by = By::Column(*column) == model.order.sort.by;
        if by {
            end = canvas.right(
                end,
                y,
                if model.order.sort.reversed { "sort ▲" } else { "sort ▼" },
                theme.strong(),
            ) - 2;
        }
        let wide = NAME + if matches!(column, Column::NextOf(_)) { 12 } else { 0 };
        canvas.text(list.x + 2, list.x + 2 + wide, y, &name, style);
        let doc = match (shown, room) {
            (true, false) => "no room at this size",
            _ => column.doc(),
        };
        canvas.text(list.x + 3 + wide, end, y, doc, theme.muted);
    }
    if entries.len() > usize::from(list.height) {
        let end = (top + usize::from(list.height)).min(entries.len());
        overlay::corner(canvas, &inner, &format!("{}–{end} of {}", top + 1, entries.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::list::columns::Columns;

    fn at(width: u16) -> Vec<(String, u16, u16)> {
        let area = Area { bar: 0, x: 3, right: 3 + width, y: 0, height: 10 };
        let placed = place(Columns::default().shown(), &area);
        placed
            .into_iter()
            .map(|placed| (placed.column.to_string(), placed.x - 3, placed.right - 3))
            .collect()
    }

    #[test]
    fn the_default_columns_stand_as_they_were_drawn() {
        let of = |name: &str, x, right| (name.to_owned(), x, right);
        let start =
            [of("state", 0, 1), of("peer", 2, 9), of("signals", 10, 11), of("version", 12, 20)];
        assert_eq!(at(53)[..4], start);
        assert_eq!(at(53)[4..], [of("round trip", 22, 28), of("NAT", 30, 40), of("next", 41, 53)]);
        assert_eq!(at(40)[4..], [of("round trip", 21, 27), of("next", 28, 40)]);
        assert_eq!(at(34)[4..], [of("next", 22, 34)]);
        assert_eq!(at(75)[4..], [of("round trip", 22, 28), of("NAT", 30, 40), of("next", 63, 75)]);
        assert_eq!(at(30).len(), 4, "the version number goes last");
    }

    #[test]
    fn at_every_width_columns_stand_apart_and_inside() {
        let mut columns = Columns::default();
        (0..columns.list().len())
            .filter(|&at| !Columns::default().list()[at].1)
            .for_each(|at| columns.toggle(at));
        for width in 11..200 {
            let area = Area { bar: 0, x: 3, right: 3 + width, y: 0, height: 10 };
            let placed = place(columns.shown(), &area);
            for pair in placed.windows(2) {
                assert!(pair[0].right < pair[1].x, "{width}: {pair:?}");
            }
            for placed in placed {
                assert!(
                    placed.right <= area.right && placed.right - placed.x == placed.column.width(),
                    "{width}"
                );
            }
        }
    }

    #[test]
    fn words_go_over_the_columns_that_are_empty() {
        let area = Area { bar: 0, x: 0, right: 53, y: 0, height: 1 };
        assert_eq!(words_over(&place(Columns::default().shown(), &area)), Some((22, 53)));
        let some = [Column::Permid, Column::Next, Column::Note];
        assert_eq!(words_over(&place(some.into_iter(), &area)), Some((9, 21)));
        assert_eq!(words_over(&place([Column::Permid].into_iter(), &area)), None);
    }
}
