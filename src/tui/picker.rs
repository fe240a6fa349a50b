//! Choosing the message, by name or by number: what is typed, and what it may mean.

use ratatui::style::{Modifier, Style};

use super::canvas::{Area, Canvas, follow};
use crate::screen::Model;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::mode::Picker;
use swarmscope_facts::words::clause;
use swarmscope_networks::target::Network;

/// Where what is typed stands behind its label.
const VALUE: u16 = 11;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, picker: &Picker) {
    let theme = canvas.theme;
    let (x, y) = (area.x + VALUE, area.y);
    let is_other = model.composer.network != Network::Overlay;
    let word = if is_other { "question" } else { "message" };
    canvas.labelled(&area, y, x, word, "", Style::new());
    let field = (x + 20).min(area.right);
    canvas.tint(x, field, y, theme.panel);
    let (before, after) = picker.input.halves();
    let cursor = canvas.text(x, field - 1, y, before, Style::new());
    canvas.text(cursor, field, y, after, Style::new());
    canvas.cursor = Some((cursor, y));
    let hint = if is_other { "a part of its name" } else { "name or number 0–255" };
    canvas.text(field + 2, area.right, y, hint, theme.muted);

    let found = model.found();
    let list = area.rows(1, u16::MAX);
    if found.is_empty() {
        let none = if is_other { "no such question" } else { "no such message" };
        canvas.text(x, area.right, list.y, none, theme.muted);
        return;
    }
    let height = usize::from(list.height);
    let top = follow(0, picker.at, height, found.len());
    for ((known, marks), (i, y)) in found.iter().skip(top).zip((top..).zip(list.y..list.bottom())) {
        let here = i == picker.at;
        canvas.zone(x, area.right, y, 1, Spot::Row(List::Messages, i));
        let ground = if here { theme.sel } else { theme.panel };
        canvas.tint(x, area.right, y, ground);
        if here {
            canvas.text(x, x + 1, y, "▌", theme.accent);
        }
        let plain = if here { theme.strong() } else { Style::new() };
        if !is_other {
            canvas.right(x + 5, y, &known.id.to_string(), plain);
        }
        marked(canvas, x + 7, (x + 23).min(area.right), y, &known.name, marks, plain);
        let needs = format!("version ≥ {:>2}", known.min_version.0);
        let right = if area.right - x >= 60 && !is_other {
            canvas.right(area.right - 1, y, &needs, theme.muted)
        } else {
            area.right
        };
        let (doc_x, end) = (x + 24, right.saturating_sub(1));
        let doc = clause(&known.doc, usize::from(end.saturating_sub(doc_x)));
        canvas.text(doc_x, end, y, &doc, theme.muted);
    }
}

/// A name with the characters that match underlined. Returns where it ended.
pub fn marked(
    canvas: &mut Canvas,
    x: u16,
    right: u16,
    y: u16,
    name: &str,
    marks: &[u32],
    style: Style,
) -> u16 {
    let end = canvas.text(x, right, y, name, style);
    for mark in marks {
        let at = x.saturating_add(u16::try_from(*mark).unwrap_or(u16::MAX));
        if at < end {
            canvas.tint(
                at,
                at + 1,
                y,
                Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            );
        }
    }
    end
}
