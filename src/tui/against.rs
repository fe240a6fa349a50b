//! Picking a reply to compare with: this peer's others, and the newest of each other peer.

use ratatui::style::Style;

use super::canvas::{Canvas, follow};
use super::layout::Grid;
use super::overlay;
use crate::screen::Model;
use crate::screen::mode::Picker;
use crate::screen::reply::comparison::Candidate;
use swarmscope_facts::format::thousands;

/// Where the columns begin: number, time, size.
const NUMBER: u16 = 16;
const AGO: u16 = 22;
const SIZE: u16 = 44;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, picker: &Picker, all: &[Candidate]) {
    let found = model.candidates_found();
    let high = grid.rows.saturating_sub(4).min(24);
    let inner = overlay::frame(
        canvas,
        grid,
        64,
        high,
        "COMPARE WITH",
        "newest first, this peer's replies before others",
    );
    let theme = canvas.theme;
    let x = canvas.text(inner.x, inner.right, inner.y, "= ", theme.muted);
    let (before, after) = picker.input.halves();
    let cursor = canvas.text(x, inner.right, inner.y, before, Style::new());
    canvas.text(cursor, inner.right, inner.y, after, Style::new());
    canvas.cursor = Some((cursor, inner.y));

    let list = inner.rows(if inner.height > 6 { 2 } else { 1 }, u16::MAX);
    let top = follow(0, picker.at, usize::from(list.height), found.len());
    for ((i, candidate), y) in found.iter().enumerate().skip(top).zip(list.y..list.bottom()) {
        let here = i == picker.at;
        if here {
            canvas.selected(&list, y, true);
        }
        let style = if here { theme.strong() } else { Style::new() };
        let end = |x: u16| (list.x + x - 1).min(list.right);
        canvas.text(list.x, end(NUMBER), y, &candidate.who, style);
        canvas.text(list.x + NUMBER, end(AGO), y, &candidate.number, style);
        canvas.text(list.x + AGO, end(SIZE), y, &candidate.ago, theme.muted);
        let word = if candidate.same { "identical bytes" } else { &candidate.size };
        canvas.right(list.right, y, word, if candidate.same { theme.muted } else { Style::new() });
    }
    let (found, all) = (thousands(found.len() as u64), thousands(all.len() as u64));
    overlay::corner(canvas, &inner, &format!("{found} of {all}"));
}
