//! The help: every key of the main screen from the table of commands, and what the signs mean.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::overlay;
use crate::app::Model;
use crate::app::commands::{Group, help};

/// Where a command's words stand behind its keys.
const DOC: u16 = 15;

/// A row: heading, command, or a sign.
enum Row {
    Blank,
    Heading(&'static str),
    Command { keys: String, doc: &'static str, why_not: Option<String> },
    Sign { sign: &'static str, doc: &'static str },
}

/// The signs, in the order in which one meets them.
const SIGNS: [(&str, &str); 12] = [
    ("●", "connected"),
    ("…", "connecting, waiting"),
    ("○", "gone, may dial back"),
    ("■", "refused by the peer"),
    ("×", "failed: cause in its row"),
    ("254 41:07", "not yet: again in 41:07"),
    ("254 ≤52:10", "not yet: at latest"),
    ("▲", "signal: open to read why"),
    ("▓▓▓░░", "parts in, parts to come"),
    ("17 clear", "legacy, not encrypted"),
    ("18 tls", "encrypted"),
    ("▌", "selected"),
];

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, top: usize) {
    let (left, right) = columns(model);
    let (width, two) = if grid.columns >= 96 { (96, true) } else { (grid.columns.saturating_sub(4).min(60), false) };
    let rows: Vec<Vec<&Row>> = if two {
        let length = left.len().max(right.len());
        (0..length)
            .map(|i| [left.get(i), right.get(i)].into_iter().map(|row| row.unwrap_or(&Row::Blank)).collect())
            .collect()
    } else {
        left.iter().chain([&Row::Blank]).chain(&right).map(|row| vec![row]).collect()
    };
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX) + 4;
    let inner = overlay::frame(canvas, grid, width, wanted, "HELP", "main screen");
    let height = usize::from(inner.height);
    let top = top.min(rows.len().saturating_sub(height));
    let middle = inner.x + inner.width() / 2 + 1;
    for (row, y) in rows.iter().skip(top).zip(inner.y..inner.bottom()) {
        let left = Area { right: if two { middle - 2 } else { inner.right }, y, ..inner };
        draw_row(canvas, &left, row.first().copied());
        if two {
            draw_row(canvas, &Area { x: middle, y, ..inner }, row.get(1).copied());
        }
    }
    if rows.len() > height {
        let last = (top + height).min(rows.len());
        overlay::corner(canvas, &inner, &format!("{}–{last} of {}", top + 1, rows.len()));
    }
}

fn columns(model: &Model) -> (Vec<Row>, Vec<Row>) {
    let mut left = Vec::new();
    let mut right = vec![Row::Heading("SIGNS")];
    right.extend(SIGNS.map(|(sign, doc)| Row::Sign { sign, doc }));
    for (group, lines) in help(model) {
        let column = if matches!(group, Group::More | Group::Reply) { &mut right } else { &mut left };
        if !column.is_empty() {
            column.push(Row::Blank);
        }
        column.push(Row::Heading(group.title()));
        column.extend(lines.into_iter().map(|line| Row::Command {
            keys: line.keys,
            doc: line.doc,
            why_not: line.why_not,
        }));
    }
    (left, right)
}

fn draw_row(canvas: &mut Canvas, area: &Area, row: Option<&Row>) {
    let theme = canvas.theme;
    let (x, right, y) = (area.x, area.right, area.y);
    match row {
        None | Some(Row::Blank) => {}
        Some(Row::Heading(title)) => drop(canvas.text(x, right, y, title, theme.strong())),
        Some(Row::Command { keys, doc, why_not: None }) => {
            canvas.text(x, x + DOC - 1, y, keys, theme.strong());
            canvas.text(x + DOC, right, y, doc, Style::new());
        }
        Some(Row::Command { keys, doc, why_not: Some(why) }) => {
            canvas.text(x, x + DOC - 1, y, keys, theme.muted);
            // A reason that does not fit whole stands in the palette.
            let both = format!("{doc} · {why}");
            let fits = width(&both) <= right.saturating_sub(x + DOC);
            canvas.text(x + DOC, right, y, if fits { &both } else { doc }, theme.muted);
        }
        Some(Row::Sign { sign, doc }) => {
            let style = match *sign {
                "■" | "×" => theme.fail,
                "▲" => theme.caution,
                "▌" | "▓▓▓░░" => theme.accent,
                _ => Style::new(),
            };
            if let Some(time) = sign.strip_prefix("254") {
                let end = canvas.pill(x, right, y);
                canvas.text(end, x + DOC, y, time, theme.strong());
            } else {
                canvas.text(x, x + DOC - 1, y, sign, style);
            }
            canvas.text(x + DOC, right, y, doc, theme.muted);
        }
    }
}
