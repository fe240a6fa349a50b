//! The debug overlay: what the program itself takes, in the upper right corner, over whatever is
//! shown.

use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use crate::screen::Model;
use crate::screen::figures::{Figures, Reached, Spread};
use swarmscope_facts::format::{size, thousands};

/// Cells of it.
const WIDE: u16 = 54;
/// The limits that are shown: those that most was refused for.
const LIMITS: usize = 8;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    if !model.debug.shown {
        return;
    }
    let figures = model.debug.figures.clone().unwrap_or_default();
    let rows = rows(model, &figures);
    let whole = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let (wide, high) = (WIDE.min(grid.columns), whole.min(grid.rows.saturating_sub(2)));
    let x = grid.columns - wide;
    canvas.blank(Rect::new(x, 1, wide, high), canvas.theme.panel);
    let area = Area { bar: x, x: x + 1, right: grid.columns - 1, y: 1, height: high };
    let theme = canvas.theme;
    for (row, y) in rows.iter().zip(area.y..area.bottom()) {
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
struct Row<'a> {
    label: &'a str,
    values: Vec<String>,
    heading: bool,
}

fn rows<'a>(model: &Model, figures: &'a Figures) -> Vec<Row<'a>> {
    let row = |label, values: Vec<String>| Row { label, values, heading: false };
    let times =
        |label, spread: Spread| row(label, vec![ms(spread.p50), ms(spread.p99), ms(spread.most)]);
    let last = |label, value: String| row(label, vec![String::new(), String::new(), value]);
    let number = |n: u64| thousands(n);
    let (waiting, most) = figures.events;
    let mut rows = vec![
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
    ];
    rows.extend(limits(&figures.limits));
    rows
}

/// What others take of the node: the limits that were reached, and how often.
fn limits(reached: &[Reached]) -> Vec<Row<'_>> {
    if reached.is_empty() {
        let values = vec![String::new(), String::new(), "none".into()];
        return vec![Row { label: "limits reached", values, heading: false }];
    }
    let headings = ["in use", "of", "refused"].map(Into::into).to_vec();
    let heading = Row { label: "LIMITS REACHED", values: headings, heading: true };
    let row = |limit: &'_ Reached| {
        let amount = |n| {
            if limit.bytes { size(usize::try_from(n).unwrap_or(usize::MAX)) } else { thousands(n) }
        };
        vec![amount(limit.used), amount(limit.allowed), thousands(limit.refused)]
    };
    let rows = reached.iter().take(LIMITS).map(|limit| Row {
        label: &limit.limit,
        values: row(limit),
        heading: false,
    });
    std::iter::once(heading).chain(rows).collect()
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
