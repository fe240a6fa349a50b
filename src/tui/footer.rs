//! The last row: what can be done now. Help and quit are reserved first, at the right; the rest
//! falls off whole.

use super::canvas::{Canvas, width};
use super::layout::Grid;
use crate::screen::Model;
use crate::screen::commands::{Footing, footer};
use crate::screen::keys::spot::Spot;

/// Blanks between entries.
const GAP: u16 = 3;
/// What an audience reads besides help and quit.
const PRESENTED: usize = 3;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let theme = canvas.theme;
    let y = grid.footer;
    let blank = " ".repeat(usize::from(grid.columns));
    canvas.text(0, grid.columns, y, &blank, theme.base.patch(theme.panel));
    let (mut left, right) = footer(model);
    if model.showing.presenter {
        left.truncate(PRESENTED);
    }
    let mut end = grid.columns - 1;
    for footing in right.iter().rev() {
        let x = end.saturating_sub(whole(footing));
        write(canvas, x, end, y, footing);
        canvas.zone(x, end, y, 1, Spot::Key(footing.press));
        end = x.saturating_sub(GAP);
    }
    let mut x = 1;
    for footing in &left {
        if x + whole(footing) > end {
            break;
        }
        let after = write(canvas, x, end, y, footing);
        canvas.zone(x, after, y, 1, Spot::Key(footing.press));
        x = after + GAP;
    }
}

fn whole(footing: &Footing) -> u16 {
    width(&footing.key) + 1 + width(&footing.verb)
}

fn write(canvas: &mut Canvas, x: u16, right: u16, y: u16, footing: &Footing) -> u16 {
    let x = canvas.text(x, right, y, &footing.key, canvas.theme.strong());
    canvas.text(x + 1, right, y, &footing.verb, canvas.theme.muted)
}
