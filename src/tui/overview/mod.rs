//! The overview: how the swarm is, in figures, each with what it is of. What one session cannot
//! know is not there.

mod blocks;
mod projector;

pub use blocks::way_sign;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use super::many::parts::{Panes, blocks};
use crate::screen::{Class, Model};

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    if model.showing.presenter && grid.class > Class::OnePane || grid.class == Class::Compact {
        return projector::draw(canvas, model, grid);
    }
    let panes = Panes::of(grid, false);
    let end = grid.event.saturating_sub(u16::from(model.tour.is_some()));
    let within = |area: Area| Area { height: area.height.min(end.saturating_sub(area.y)), ..area };
    let Some(left) = panes.left else {
        return blocks(canvas, within(panes.right), blocks::left(model));
    };
    panes.divide(canvas, end);
    blocks(canvas, within(left), blocks::left(model));
    blocks(canvas, within(panes.right), blocks::right(model, panes.right.width()));
}
