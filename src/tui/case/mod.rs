//! The case that is written to: its entries, the selected one, and what is sure of its chain.

mod entry;
mod list;
mod made;
mod timeline;

use ratatui::style::Style;

use super::canvas::Canvas;
use super::layout::Grid;
use super::many::parts::{Panes, blocks, paragraph};
use crate::screen::Model;

/// What stands where a case that keeps addresses may not be shown.
const HIDDEN: &str = "This case keeps addresses and permids, and they are hidden here. It is still \
                      written to. P shows addresses, and with them the case.";

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let Some(case) = &model.case else { return };
    if model.setup.naming.privacy && case.head.addresses {
        let area = Panes::of(grid, true).right;
        canvas.heading(&area, "CASE", true, &case.name());
        paragraph(canvas, area.rows(1, u16::MAX), HIDDEN, Style::new());
        return;
    }
    let panes = Panes::of(grid, false);
    let Some(left) = panes.left else {
        return blocks(canvas, panes.right, list::all(model, case, &panes.right));
    };
    panes.divide(canvas, grid.event);
    blocks(canvas, left, list::all(model, case, &left));
    blocks(canvas, panes.right, entry::all(model, case, panes.right));
}
