//! A lookup: the closest nodes that have answered so far, the way towards the target, and what
//! became of its queries.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, width};
use swarmscope_facts::format::{counted, thousands};
use swarmscope_facts::networks::lookup::{CLOSEST, Hop, Sums, approach, closest, sums};
use swarmscope_facts::request::Request;

/// Where the columns end, from the right edge.
const RTT: u16 = 0;
const ID: u16 = 9;
const LOG2: u16 = 18;
/// Cells of a node's name.
const NODE: u16 = 9;
/// Cells of a distance left of the chart, and the blank behind them.
const SCALE: u16 = 6;
/// A bit more than the nodes' distances, so that the least one has a bar.
const BELOW: u64 = 2;
/// Rows of the outcome: its heading and four counts.
const OUTCOME: u16 = 5;
/// Rows of a chart around its columns: the heading, the numbers below, the key.
const AROUND: u16 = 3;
/// Rows of a chart that says something.
const LEAST_CHART: u16 = 4 + AROUND;

/// The closest that have answered.
pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, request: &Request) {
    let found = closest(request);
    let note = format!("{} answered so far", counted(request.told.len(), "node"));
    let note = if request.reply().is_some() {
        format!("{} found, closest first", found.len())
    } else {
        note
    };
    canvas.heading(&area, &format!("CLOSEST {CLOSEST}"), false, &note);
    let muted = canvas.theme.muted;
    canvas.text(area.x, area.right, area.y + 1, "NODE", muted);
    canvas.text(area.x + NODE + 1, area.right, area.y + 1, "ADDRESS", muted);
    for (end, title) in [(RTT, "RTT"), (ID, "BEP 42"), (LOG2, "LOG2")] {
        canvas.right(area.right.saturating_sub(end), area.y + 1, title, muted);
    }
    for (hop, y) in found.iter().zip(area.y + 2..area.bottom()) {
        row(canvas, model, &area, y, hop);
    }
}

/// The way towards the target and what became of the queries, one below the other; where there is
/// little room, the second alone.
pub fn progress(canvas: &mut Canvas, area: Area, request: &Request) {
    let Some(sums) = sums(request) else {
        canvas.heading(&area, "DISTANCE", false, "");
        canvas.text(area.x, area.right, area.y + 1, "no answer yet", canvas.theme.muted);
        return;
    };
    let way = Way::new(&approach(request), usize::from(area.width().saturating_sub(SCALE)));
    let room = area.height.saturating_sub(OUTCOME + 1);
    let is_drawn = room >= LEAST_CHART && !way.columns.is_empty();
    let chart = if is_drawn { room.min(way.rows() + AROUND) } else { 0 };
    if chart > 0 {
        way.draw(canvas, &area.rows(0, chart));
    }
    let below = area.rows(if chart > 0 { chart + 1 } else { 0 }, u16::MAX);
    outcome(canvas, &below, sums, request.reply().is_none());
}

/// How close the answers came.
struct Way {
    /// A column for so many answers, as they came: the closest of them, and the closest by then.
    columns: Vec<(u64, u64)>,
    each: usize,
    high: u64,
    low: u64,
}

impl Way {
    fn new(answers: &[(u64, u64)], room: usize) -> Self {
        let each = answers.len().div_ceil(room.max(1)).max(1);
        let column = |answers: &[(u64, u64)]| {
            let least = |of: fn(&(u64, u64)) -> u64| answers.iter().map(of).min().unwrap_or(0);
            (least(|(own, _)| *own), least(|(_, least)| *least))
        };
        let columns: Vec<(u64, u64)> = answers.chunks(each).map(column).collect();
        let high = columns.iter().map(|(own, _)| *own).max().unwrap_or(0);
        let low = columns.last().map_or(0, |(_, least)| least.saturating_sub(BELOW));
        Self { columns, each, high, low }
    }

    /// As many as there are different distances.
    fn rows(&self) -> u16 {
        u16::try_from(self.high - self.low + 1).unwrap_or(u16::MAX)
    }

    fn draw(&self, canvas: &mut Canvas, area: &Area) {
        let note = match self.each {
            1 => "log2; a column for each answer, as they came".to_owned(),
            each => format!("log2; a column for every {each} answers, as they came"),
        };
        canvas.heading(area, "DISTANCE", false, &note);
        let (top, rows) = (area.y + 1, area.height - AROUND);
        let step = u64::from(self.rows()).div_ceil(u64::from(rows)).max(1);
        let row_of = |log2: u64| u16::try_from((self.high - log2) / step).unwrap_or(rows);
        let muted = canvas.theme.muted;
        for row in (0..rows).step_by(2) {
            let log2 = self.high.saturating_sub(u64::from(row) * step);
            canvas.right(area.x + SCALE - 2, top + row, &log2.to_string(), muted);
        }
        for ((own, least), x) in self.columns.iter().zip(area.x + SCALE..) {
            for row in row_of(*least)..rows {
                canvas.text(x, x + 1, top + row, "█", canvas.theme.faint);
            }
            if row_of(*own) < row_of(*least) {
                canvas.text(x, x + 1, top + row_of(*own), "•", Style::new());
            }
        }
        for column in (0..self.columns.len()).step_by(10) {
            let x = area.x + SCALE + u16::try_from(column).unwrap_or(u16::MAX);
            let number = (column * self.each + 1).to_string();
            if x + width(&number) <= area.right {
                canvas.text(x, area.right, top + rows, &number, muted);
            }
        }
        let key = [("█", canvas.theme.faint), (" closest so far   ", muted)];
        let end = canvas.pieces(area.x, area.right, top + rows + 1, &key);
        let key = [("•", Style::new()), (" answered from farther away", muted)];
        canvas.pieces(end, area.right, top + rows + 1, &key);
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

fn outcome(canvas: &mut Canvas, area: &Area, sums: Sums, so_far: bool) {
    let queries = counted_queries(sums.queries);
    let note = if so_far { format!("{queries} by the newest answer") } else { queries };
    canvas.heading(area, "OUTCOME", false, &note);
    let rows = [
        ("√", "answered", sums.answered, "nodes"),
        ("×", "no answer", sums.silent, "nodes"),
        ("■", "error", sums.refused, "nodes"),
        ("–", "kept out", sums.kept_out, "contacts: false, surplus or crowded"),
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
