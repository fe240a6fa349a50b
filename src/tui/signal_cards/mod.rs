//! The signals: what looks odd among the answers, and on the right the selected one explained.

mod card;
mod list;
mod spread;

use super::canvas::Canvas;
use super::layout::Grid;
use super::many::parts::{Panes, blocks};
use crate::screen::{Class, Model};

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let panes = Panes::of(grid, false);
    let Some(left) = panes.left else {
        return blocks(canvas, panes.right, list::all(model, panes.right));
    };
    panes.divide(canvas, grid.event);
    let wide = grid.class >= Class::Middle;
    blocks(canvas, left, list::all(model, left));
    blocks(canvas, panes.right, card::all(model, panes.right, wide));
}
