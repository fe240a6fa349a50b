//! A lookup: the closest nodes that have answered so far, and what became of its queries.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, width};
use swarmscope_facts::format::{counted, thousands};
use swarmscope_facts::networks::lookup::{CLOSEST, Hop, Sums, closest, sums};
use swarmscope_facts::request::Request;

/// Where the columns end, from the right edge.
const RTT: u16 = 0;
const ID: u16 = 9;
const LOG2: u16 = 18;
/// Cells of a node's name.
const NODE: u16 = 9;

/// The closest that have answered; below them the sums, where there is room.
pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, request: &Request) {
    let found = closest(request);
    let note = format!("{} answered so far", counted(request.told.len(), "node"));
    let ended = sums(request);
    let note = match ended {
        Some(_) => format!("{} found, closest first", found.len()),
        None => note,
    };
    canvas.heading(&area, &format!("CLOSEST {CLOSEST}"), false, &note);
    let muted = canvas.theme.muted;
    canvas.text(area.x, area.right, area.y + 1, "NODE", muted);
    canvas.text(area.x + NODE + 1, area.right, area.y + 1, "ADDRESS", muted);
    for (end, title) in [(RTT, "RTT"), (ID, "BEP 42"), (LOG2, "LOG2")] {
        canvas.right(area.right.saturating_sub(end), area.y + 1, title, muted);
    }
    let mut y = area.y + 2;
    for hop in &found {
        if y >= area.bottom() {
            return;
        }
        row(canvas, model, &area, y, hop);
        y += 1;
    }
    if let Some(sums) = ended.filter(|_| y + 1 < area.bottom()) {
        outcome(canvas, &area, y + 1, sums);
    }
}

fn row(canvas: &mut Canvas, model: &Model, area: &Area, y: u16, hop: &Hop) {
    let muted = canvas.theme.muted;
    let name = hop.node.map_or_else(|| hop.name.clone(), |node| model.naming().node(&node));
    let right = area.right;
    canvas.right(right, y, &format!("{:.0} ms", hop.rtt_ms), Style::new());
    canvas.right(right.saturating_sub(ID), y, hop.bep42.unwrap_or("–"), muted);
    let log2 = hop.log2.map_or_else(|| "0".to_owned(), |log2| format!("2^{log2}"));
    let x = canvas.right(right.saturating_sub(LOG2), y, &log2, Style::new());
    canvas.text(area.x, area.x + NODE, y, &name, canvas.theme.strong());
    canvas.text(area.x + NODE + 1, x.saturating_sub(1), y, &hop.address, Style::new());
}

fn outcome(canvas: &mut Canvas, area: &Area, y: u16, sums: Sums) {
    let area = area.rows(y - area.y, u16::MAX);
    canvas.heading(&area, "OUTCOME", false, &counted_queries(sums.queries));
    let rows = [
        ("√", "answered", sums.answered, "nodes"),
        ("×", "no answer", sums.silent, "nodes"),
        ("■", "error", sums.refused, "nodes"),
        ("–", "kept out", sums.kept_out, "contacts that can't be true, not asked"),
    ];
    for ((sign, name, count, what), y) in rows.into_iter().zip(area.y + 1..area.bottom()) {
        let muted = canvas.theme.muted;
        canvas.text(area.x, area.x + 1, y, sign, muted);
        canvas.text(area.x + 2, area.right, y, name, Style::new());
        let number = thousands(count);
        canvas.right(area.x + 18, y, &number, canvas.theme.strong());
        if area.x + 20 + width(what) <= area.right {
            canvas.text(area.x + 20, area.right, y, what, muted);
        }
    }
}

fn counted_queries(queries: u64) -> String {
    if queries == 1 { "1 query".to_owned() } else { format!("{} queries", thousands(queries)) }
}
