//! A reply of rows as a table: numbers at the right, everything else at the left. It scrolls both
//! ways; only what is seen is drawn.

use ratatui::style::{Modifier, Style};

use super::canvas::{Area, Canvas, follow, width};
use super::found::mark_all;
use super::tops::Tops;
use crate::screen::Model;
use crate::screen::keys::spot::{List, Spot};
use crate::screen::model::tree_of;
use swarmscope_facts::format::counted;
use swarmscope_facts::reply::Table;
use swarmscope_facts::reply::table::Column;
use swarmscope_wire::tree::Node;

/// Blanks between columns; the sign of the order stands in them.
const GAP: u16 = 2;

/// Cells of a column of texts at least.
const LEAST_TEXT: u16 = 12;

/// A column in sight: which one, and its cells.
struct Placed {
    at: usize,
    x: u16,
    right: u16,
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, focused: bool, tops: &mut Tops) {
    let Some(table) = &model.reading.table else { return };
    let Some(tree) = model.request().and_then(tree_of) else { return };
    let numbers = width(&table.len().to_string());
    let x = area.x + numbers + GAP;
    let all = table.columns.iter().fold(0_u16, |sum, one| sum.saturating_add(one.width + GAP));
    // the sign that there is more stands behind them
    let sign = if x.saturating_add(all) > area.right + GAP { 1 + GAP } else { 0 };
    let right = area.right - sign;
    // where not all have room, a text takes half of it at most
    let room = right.saturating_sub(x);
    let most = if sign > 0 { (room / 2).max(LEAST_TEXT) } else { u16::MAX };
    let wide = |column: &Column| if column.numeric { column.width } else { column.width.min(most) };
    tops.columns = first(table, tops.columns, room, wide);
    let placed = place(table, tops.columns, x, right, wide);
    headings(canvas, table, &placed, &area);
    let list = area.rows(1, u16::MAX);
    tops.tree = follow(tops.tree, table.row, usize::from(list.height), table.len());
    for (row, y) in (tops.tree..table.len()).zip(list.y..list.bottom()) {
        canvas.row_zone(&area, y, Spot::Row(List::Values, row));
        let here = row == table.row;
        if here {
            canvas.selected(&area, y, focused);
        }
        let number = table.place(row).map_or(0, |place| place + 1).to_string();
        canvas.right(area.x + numbers, y, &number, canvas.theme.faint);
        values(canvas, table, table.values(tree, row), &placed, y, here, model.find.text());
    }
}

/// The first column in sight: no more moves than must, so that the selected one is seen.
fn first(table: &Table, before: usize, room: u16, wide: impl Fn(&Column) -> u16) -> usize {
    let mut first = before.min(table.column);
    let taken = |from: usize| -> u16 {
        let columns = table.columns.get(from..=table.column).unwrap_or_default();
        columns.iter().fold(0, |sum: u16, column| sum.saturating_add(wide(column) + GAP))
    };
    while first < table.column && taken(first).saturating_sub(GAP) > room {
        first += 1;
    }
    first
}

fn place(
    table: &Table,
    first: usize,
    mut x: u16,
    right: u16,
    wide: impl Fn(&Column) -> u16,
) -> Vec<Placed> {
    let mut placed = Vec::new();
    for (at, column) in table.columns.iter().enumerate().skip(first) {
        let end = x + wide(column);
        // a column is hidden whole, unless there is no room for even one
        if end > right && !placed.is_empty() {
            break;
        }
        placed.push(Placed { at, x, right: end.min(right) });
        x = end + GAP;
    }
    placed
}

fn headings(canvas: &mut Canvas, table: &Table, placed: &[Placed], area: &Area) {
    let theme = canvas.theme;
    for of in placed {
        let column = &table.columns[of.at];
        let current = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        let style = if of.at == table.column { current } else { theme.muted };
        let end = if column.numeric {
            canvas.right(of.right, area.y, &column.name, style);
            of.right
        } else {
            canvas.text(of.x, of.right, area.y, &column.name, style)
        };
        if let Some(by) = table.sorted.filter(|by| by.column == of.at) {
            let sign = if by.reversed { "↓" } else { "↑" };
            canvas.text(end, area.right, area.y, sign, theme.strong());
        }
    }
    let end = placed.last().map_or(area.x, |last| last.right);
    let hidden = table.columns.len() - placed.last().map_or(0, |last| last.at + 1);
    let more = format!("{} →", counted(hidden, "more column"));
    if hidden > 0 && end + GAP + width(&more) <= area.right {
        canvas.right(area.right, area.y, &more, theme.muted);
    } else if hidden > 0 {
        canvas.right(area.right, area.y, "→", theme.muted);
    }
}

fn values(
    canvas: &mut Canvas,
    table: &Table,
    values: &[Node],
    placed: &[Placed],
    y: u16,
    here: bool,
    found: &str,
) {
    let theme = canvas.theme;
    for of in placed {
        let Some(value) = values.get(of.at) else { continue };
        let style = match (here, of.at == table.column) {
            (true, true) => theme.linked(),
            (true, false) => theme.strong(),
            _ => Style::new(),
        };
        let text = &value.value;
        let x = if table.columns[of.at].numeric {
            canvas.right(of.right, y, text, style)
        } else {
            canvas.text(of.x, of.right, y, text, style);
            of.x
        };
        mark_all(canvas, x, of.right, y, text, found);
    }
}
