//! The debug overlay: what the program itself takes, in the upper right corner, over whatever is
//! shown.

use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use crate::screen::Model;
use crate::screen::figures::{Figures, Spread};
use swarmscope_facts::format::{size, thousands};

/// Cells and rows of it.
const SIZE: (u16, u16) = (42, 12);

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    if !model.debug.shown {
        return;
    }
    let (wide, high) = (SIZE.0.min(grid.columns), SIZE.1.min(grid.rows.saturating_sub(2)));
    let x = grid.columns - wide;
    canvas.blank(Rect::new(x, 1, wide, high), canvas.theme.panel);
    let area = Area { bar: x, x: x + 1, right: grid.columns - 1, y: 1, height: high };
    let theme = canvas.theme;
    let figures = model.debug.figures.unwrap_or_default();
    for (row, y) in rows(model, &figures).iter().zip(area.y..area.bottom()) {
        canvas.text(area.x, area.right, y, row.label, theme.muted);
        for (value, right) in
            row.values.iter().zip([area.width() - 18, area.width() - 9, area.width()])
        {
            let style = if row.heading { theme.muted } else { theme.base.patch(theme.panel) };
            canvas.right(area.x + right, y, value, style);
        }
    }
}

/// A label, and up to three values.
struct Row {
    label: &'static str,
    values: Vec<String>,
    heading: bool,
}

fn rows(model: &Model, figures: &Figures) -> Vec<Row> {
    let row = |label, values: Vec<String>| Row { label, values, heading: false };
    let times =
        |label, spread: Spread| row(label, vec![ms(spread.p50), ms(spread.p99), ms(spread.most)]);
    let last = |label, value: String| row(label, vec![String::new(), String::new(), value]);
    let number = |n: u64| thousands(n);
    let (waiting, most) = figures.events;
    vec![
        Row {
            label: "DEBUG",
            values: vec!["p50".into(), "p99".into(), "most".into()],
            heading: true,
        },
        times("update", figures.update),
        times("draw", figures.draw),
        times("key to frame", figures.key),
        last(
            "messages, frames in 1 s",
            format!("{}, {}", number(figures.messages), figures.frames),
        ),
        last(
            "events waiting, most",
            format!("{}, {}", number(waiting as u64), number(most as u64)),
        ),
        last("replies being read", number(figures.decodings as u64)),
        last("merged: newer state replaces older", number(model.facts.coalesced())),
        last(
            "peers, and turned away",
            format!(
                "{}, {}",
                number(model.facts.peers().len() as u64),
                number(model.facts.peers().unlisted)
            ),
        ),
        last("replies in memory", size(model.facts.held().bytes())),
        last(
            "memory of the process",
            figures.resident.map_or_else(|| "–".into(), |n| size(usize::try_from(n).unwrap_or(0))),
        ),
    ]
}

/// `7 µs`, `4.20 ms`, `12.3 ms`.
fn ms(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ..1.0 => format!("{} µs", duration.as_micros()),
        ..9.995 => format!("{ms:.2} ms"),
        _ => format!("{ms:.1} ms"),
    }
}
