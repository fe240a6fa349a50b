//! What the blocks of the screen are put together from.

use ratatui::style::Style;

use crate::screen::Class;
use crate::tui::canvas::{Area, Canvas, width};
use crate::tui::layout::Grid;
use crate::tui::stack::{Block, stack};
use crate::tui::why::folded;

/// A block that is drawn into its place.
pub(in crate::tui) type Draw<'a> = Box<dyn FnOnce(&mut Canvas, Area) + 'a>;

/// The two panes, or the one.
pub struct Panes {
    pub left: Option<Area>,
    pub right: Area,
    pub(in crate::tui) rule: Option<(u16, u16, u16)>,
}

impl Panes {
    /// `whole`: one pane has all the room.
    pub(in crate::tui) fn of(grid: &Grid, whole: bool) -> Self {
        let (class, columns) = (grid.class, grid.columns);
        let air = u16::from(class >= Class::Middle);
        let (first, end) = (1 + air, grid.event.saturating_sub(u16::from(grid.rows >= 16)));
        let height = end.saturating_sub(first);
        let width = match class {
            Class::TooSmall | Class::OnePane => 0,
            _ if whole => 0,
            Class::Compact => 37,
            Class::Middle => 43,
            Class::Wide => 56,
        };
        if width == 0 {
            let right = Area { bar: 0, x: 3, right: columns.saturating_sub(1), y: first, height };
            return Self { left: None, right, rule: None };
        }
        let left = Area { bar: 0, x: 3, right: width, y: first, height };
        let gap = if class == Class::Wide { 5 } else { 4 };
        let right =
            Area { bar: width + gap - 2, x: width + gap, right: columns - 1, y: first, height };
        Self { left: Some(left), right, rule: Some((width + 1, first, end)) }
    }

    /// Draws the line between the two, down to this row at most.
    pub(in crate::tui) fn divide(&self, canvas: &mut Canvas, last: u16) {
        let style = canvas.theme.rule;
        if let Some((x, first, end)) = self.rule {
            for y in first..end.min(last) {
                canvas.text(x, x + 1, y, "│", style);
            }
        }
    }
}

/// Draws blocks one below the other, as many as there is room for.
pub(in crate::tui) fn blocks(canvas: &mut Canvas, area: Area, all: Vec<(Block, Draw)>) {
    let sizes: Vec<Block> = all.iter().map(|(block, _)| *block).collect();
    for (place, (_, draw)) in stack(&area, &sizes).into_iter().zip(all) {
        if let Some(place) = place {
            draw(canvas, place);
        }
    }
}

/// A text in lines. Returns the first row below it.
pub(in crate::tui) fn paragraph(canvas: &mut Canvas, area: Area, text: &str, style: Style) -> u16 {
    let mut y = area.y;
    for line in folded(text, usize::from(area.width())) {
        if y >= area.bottom() {
            break;
        }
        sentence(canvas, area.x, area.right, y, line, style);
        y += 1;
    }
    y
}

/// A line of text; a 254 in it is the pill that it is everywhere.
pub(in crate::tui) fn sentence(
    canvas: &mut Canvas,
    x: u16,
    right: u16,
    y: u16,
    line: &str,
    style: Style,
) {
    canvas.text(x, right, y, line, style);
    if let Some(at) = line.find(" 254 ") {
        canvas.pill(x + width(&line[..at]), right, y);
    }
}

/// Rows of a muted label and a text folded beside it. Returns the first row below.
pub(in crate::tui) fn labelled(
    canvas: &mut Canvas,
    area: Area,
    value: u16,
    rows: &[(&str, String)],
) -> u16 {
    let mut y = area.y;
    for (label, text) in rows {
        if y >= area.bottom() {
            break;
        }
        canvas.text(area.x, area.x + value - 1, y, label, canvas.theme.muted);
        let beside = Area { x: area.x + value, y, height: area.bottom() - y, ..area };
        y = paragraph(canvas, beside, text, Style::new()).max(y + 1);
    }
    y
}

/// How many rows [`labelled`] takes.
pub(in crate::tui) fn labelled_height(width: u16, value: u16, rows: &[(&str, String)]) -> u16 {
    let room = usize::from(width.saturating_sub(value)).max(1);
    let height: usize = rows.iter().map(|(_, text)| folded(text, room).len().max(1)).sum();
    u16::try_from(height).unwrap_or(u16::MAX)
}

/// Cells of a bar of `room` for `part` of `whole`: one at least for anything, all only for all.
pub(in crate::tui) fn cells(part: usize, whole: usize, room: u16) -> u16 {
    if part == 0 || whole == 0 {
        return 0;
    }
    let cells = u16::try_from(part.saturating_mul(usize::from(room)) / whole).unwrap_or(room);
    cells.clamp(1.min(room), room)
}

/// The bar itself.
pub(in crate::tui) fn bar(
    canvas: &mut Canvas,
    x: u16,
    right: u16,
    y: u16,
    part: usize,
    whole: usize,
    style: Style,
) {
    let text = "▓".repeat(usize::from(cells(part, whole, right.saturating_sub(x))));
    canvas.text(x, right, y, &text, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_that_there_is_something() {
        assert_eq!([0, 1, 50, 99, 100].map(|part| cells(part, 100, 10)), [0, 1, 5, 9, 10]);
        assert_eq!(cells(3, 0, 10), 0);
        assert_eq!(cells(1, 2, 0), 0);
    }
}
