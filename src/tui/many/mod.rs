//! The screen of a request to many: what would be sent, before it is; how it goes, and what the
//! answers were.

pub(super) mod answers;
mod detail;
pub mod list;
mod measures;
pub(super) mod outcomes;
pub(super) mod parts;
mod plan;
mod preview;
pub mod status;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use crate::screen::Model;
use crate::screen::many::view::Pane;
use parts::{Draw, Panes, bar, blocks, cells, labelled, labelled_height, paragraph, sentence};

/// Draws the panes of the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let panes = Panes::of(grid, model.zoomed());
    panes.divide(canvas, grid.event);
    let many = &model.many;
    if let Some(shown) = &many.preview {
        return preview::draw(canvas, model, &panes, shown);
    }
    let Some(campaign) = &many.campaign else {
        return nothing(canvas, model, panes.right);
    };
    match panes.left {
        Some(left) => {
            outcomes::draw(canvas, model, campaign, left);
            answers::draw(canvas, model, campaign, panes.right);
        }
        None if many.view.pane == Pane::Outcomes && !many.view.inside => {
            outcomes::draw(canvas, model, campaign, panes.right);
        }
        None => answers::draw(canvas, model, campaign, panes.right),
    }
}

fn nothing(canvas: &mut Canvas, model: &Model, area: Area) {
    let send = model.key_of("send now");
    let text =
        format!("No request to many yet. Mark peers in the list, then {send} shows a preview.");
    paragraph(canvas, area, &text, canvas.theme.muted);
}
