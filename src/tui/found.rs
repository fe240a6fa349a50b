//! Marks on what was found: bold and underlined; what was gone to, on the ground of the selection
//! too.

use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, width};
use swarmscope_facts::reply::find::places;

/// Marks cells.
pub fn mark(canvas: &mut Canvas, x: u16, right: u16, y: u16, current: bool) {
    let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    canvas.tint(x, right, y, if current { style.patch(canvas.theme.linked()) } else { style });
}

/// Marks every place of `found` in a text that was written from `x` on and ended at `end`.
pub fn mark_all(canvas: &mut Canvas, x: u16, end: u16, y: u16, text: &str, found: &str) {
    for range in places(text, found) {
        let (from, to) =
            (x + width(&text[..range.start]), x + width(text.get(..range.end).unwrap_or(text)));
        if from >= end {
            return;
        }
        mark(canvas, from, to.min(end), y, false);
    }
}
