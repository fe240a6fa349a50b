//! When entries were written, and when there was a signal, a note or a checkpoint.

use std::time::Duration;

use super::list::sign;
use crate::screen::case::{Case, Entry};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::many::parts::Draw;
use crate::tui::spark;
use crate::tui::stack::Block;
use swarmscope_evidence::moment::parse_rfc3339;
use swarmscope_facts::format::took;

/// Kinds that are marked, the later ones over the earlier where two fall together.
const MARKED: [&str; 3] = ["signed", "note", "signal"];

/// The block, where there is any time between the first entry at hand and the last.
pub fn block(case: &Case) -> Option<(Block, Draw<'_>)> {
    let (first, last) = (time(case.entries().front()?)?, time(case.entries().back()?)?);
    let draw: Draw = Box::new(move |canvas, area| drawn(canvas, case, area, first, last));
    (last > first).then(|| (Block::new(4, 4, 0).whole(), draw))
}

fn time(entry: &Entry) -> Option<u64> {
    parse_rfc3339(&entry.time)
}

fn drawn(canvas: &mut Canvas, case: &Case, area: Area, first: u64, last: u64) {
    let columns = usize::from(area.width()).max(1);
    let step = ((last - first) / columns as u64).max(1);
    let note = format!("{} a column", took(Duration::from_nanos(step)));
    canvas.heading(&area, "TIMELINE", false, &note);
    let mut counts = vec![0; columns];
    let mut marks: Vec<Option<usize>> = vec![None; columns];
    for entry in case.entries() {
        let Some(time) = time(entry) else { continue };
        let at = usize::try_from(time.saturating_sub(first) / step).unwrap_or(columns);
        let at = at.min(columns - 1);
        counts[at] += 1;
        let rank = MARKED.iter().position(|kind| *kind == entry.kind);
        marks[at] = marks[at].max(rank);
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    spark::row(canvas, area.x, area.right, area.y + 1, &counts, most);
    let muted = canvas.theme.muted;
    for (mark, x) in marks.iter().zip(area.x..area.right) {
        let Some(rank) = mark else { continue };
        canvas.text(x, area.right, area.y + 2, sign(MARKED[*rank], false), muted);
    }
    let clock = |entry: Option<&Entry>| {
        entry.and_then(|entry| entry.time.get(11..19)).map_or(String::new(), |it| format!("{it}Z"))
    };
    let end = canvas.text(area.x, area.right, area.y + 3, &clock(case.entries().front()), muted);
    if end + 12 < area.right {
        canvas.right(area.right, area.y + 3, &clock(case.entries().back()), muted);
    }
}
