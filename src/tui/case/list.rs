//! The entries of a case, and what it is.

use ratatui::style::Style;

use super::timeline;
use crate::screen::Model;
use crate::screen::case::acts::counted_entries;
use crate::screen::case::{Case, Entry};
use crate::tui::canvas::{Area, Canvas, follow};
use crate::tui::many::parts::{Draw, labelled};
use crate::tui::stack::Block;
use swarmscope_facts::format::thousands;

/// Columns: the number ends, the time, the sign, the kind, what it is about; the hash at the right.
const NO: u16 = 7;
const TIME: u16 = 9;
const SIGN: u16 = 18;
const WHAT: u16 = 20;
const ABOUT: u16 = 29;
const HASH: u16 = 6;
/// Below this width neither time nor hash is shown: the selected entry has both.
const ROOMY: u16 = 45;

/// Below this height the entries need all rows.
const TALL: u16 = 30;

/// The blocks of the pane.
pub fn all<'a>(model: &'a Model, case: &'a Case, area: &Area) -> Vec<(Block, Draw<'a>)> {
    let entries: Draw = Box::new(move |canvas, area| entries(canvas, case, area));
    let about: Draw = Box::new(move |canvas, area| about(canvas, model, case, area));
    let mut blocks = vec![(Block::new(u16::MAX, 4, 1), entries)];
    if area.height >= TALL {
        blocks.extend(timeline::block(case));
    }
    blocks.push((Block::new(6, 3, 0), about));
    blocks
}

fn entries(canvas: &mut Canvas, case: &Case, area: Area) {
    let kept = case.entries().len() as u64;
    let rest = if kept < case.count { ", the newest of them here" } else { "" };
    let listed: Vec<usize> = case.listed().collect();
    let filter = case.filter.text();
    let note = if filter.is_empty() {
        format!("{}, newest last{rest}", counted_entries(case.count))
    } else {
        let all = thousands(kept);
        format!("{} of {all} with \"{filter}\"{rest}", thousands(listed.len() as u64))
    };
    canvas.heading(&area, "ENTRIES", true, &note);
    let (muted, y) = (canvas.theme.muted, area.y + 1);
    canvas.right(area.x + NO, y, "NO", muted);
    let back = shift(&area);
    for (x, heading) in [(WHAT, "WHAT"), (ABOUT, "ABOUT")] {
        canvas.text(area.x + x - back, area.right, y, heading, muted);
    }
    if back == 0 {
        canvas.text(area.x + TIME, area.right, y, "TIME", muted);
        canvas.right(area.right, y, "HASH", muted);
    }
    let rows = area.rows(2, u16::MAX);
    let selected = listed.partition_point(|row| *row < case.row());
    let top = follow(0, selected, usize::from(rows.height), listed.len());
    let shown = listed.iter().skip(top).filter_map(|row| Some((*row, case.entries().get(*row)?)));
    for ((i, entry), y) in shown.zip(rows.y..rows.bottom()) {
        row(canvas, case, &rows, y, entry, i == case.row());
    }
}

fn row(canvas: &mut Canvas, case: &Case, area: &Area, y: u16, entry: &Entry, selected: bool) {
    if selected {
        canvas.selected(area, y, true);
    }
    let theme = canvas.theme;
    let base = if selected { theme.sel.patch(theme.strong()) } else { Style::new() };
    let (muted, faint) = (base.patch(theme.muted), base.patch(theme.faint));
    let fault = case.checked.as_ref().and_then(|(_, checked)| checked.fault.as_ref());
    let is_bad = fault.is_some_and(|(bad, _)| *bad == entry.index);
    let kind = if is_bad { base.patch(theme.fail) } else { base };
    canvas.right(area.x + NO, y, &thousands(entry.index), muted);
    let back = shift(area);
    canvas.text(area.x + SIGN - back, area.right, y, sign(&entry.kind, is_bad), base);
    canvas.text(area.x + WHAT - back, area.x + ABOUT - back - 1, y, &entry.kind, kind);
    let end = if back == 0 { area.right.saturating_sub(HASH + 1) } else { area.right };
    canvas.text(area.x + ABOUT - back, end, y, &entry.about, base);
    if back == 0 {
        canvas.text(area.x + TIME, area.right, y, entry.time.get(11..19).unwrap_or("–"), muted);
        let short = entry.hashes[1].get(..4).unwrap_or_default();
        canvas.right(area.right, y, &format!("{short}…"), faint);
    }
}

/// How far columns move to the left where there is no time.
const fn shift(area: &Area) -> u16 {
    if area.width() < ROOMY { SIGN - TIME } else { 0 }
}

/// The sign of a kind of entry.
pub const fn sign(kind: &str, is_bad: bool) -> &'static str {
    if is_bad {
        return "×";
    }
    match kind.as_bytes() {
        b"sent" => "→",
        b"reply" => "←",
        b"failure" => "×",
        b"signal" => "▲",
        b"signed" | b"witnessed" => "√",
        b"note" => "•",
        _ => "–",
    }
}

fn about(canvas: &mut Canvas, model: &Model, case: &Case, area: Area) {
    canvas.heading(&area, "CASE", false, &case.name());
    let addresses = if case.head.addresses {
        "kept: who was asked can be read in it"
    } else {
        "not kept: pseudonyms stand for them"
    };
    let written = match &case.closed {
        None => "each question that is asked here, and its end".to_owned(),
        Some(Ok(())) => "no more: it is closed".to_owned(),
        Some(Err(why)) => format!("no more: {why}"),
    };
    let rows = [
        ("file", model.setup.naming.text(&case.head.path.display().to_string())),
        ("signed by", case.head.by.clone()),
        ("addresses", addresses.to_owned()),
        ("written", written),
    ];
    labelled(canvas, area.rows(1, u16::MAX), 12, &rows);
}
