//! What people made of a case: their notes, and what was exported from it.

use ratatui::style::Style;

use crate::screen::case::{Case, Entry};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::many::parts::Draw;
use crate::tui::stack::Block;
use swarmscope_facts::format::thousands;

/// How many of each are listed, the newest.
const MOST: usize = 4;
/// Columns: the number, the time, what it is.
const TIME: u16 = 8;
const WHAT: u16 = 15;

/// The notes.
pub fn notes(case: &Case) -> (Block, Draw<'_>) {
    listed(case, "note", "NOTES", |entry| field(entry, "text").unwrap_or(&entry.about).to_owned())
}

/// The exports, with the digest of what went out.
pub fn exports(case: &Case) -> (Block, Draw<'_>) {
    listed(case, "export", "EXPORTS", |entry| {
        let digest = field(entry, "sha256").and_then(|digest| digest.get(..12)).unwrap_or_default();
        let of = |name, unit: &str| {
            field(entry, name).map(|value| format!("  {value} {unit}")).unwrap_or_default()
        };
        let format = field(entry, "format").unwrap_or("not said");
        format!("{format}{}{}  sha-256 {digest}…", of("questions", "questions"), of("bytes", "B"))
    })
}

fn field<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    entry.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

fn listed<'a>(
    case: &'a Case,
    kind: &'static str,
    title: &'static str,
    what: fn(&Entry) -> String,
) -> (Block, Draw<'a>) {
    let count = case.kinds.get(kind).copied().unwrap_or(0);
    let rows = u16::try_from(count.min(MOST as u64)).unwrap_or(0);
    let draw = move |canvas: &mut Canvas, area: Area| {
        canvas.heading(&area, title, false, &thousands(count));
        let newest = case.entries().iter().rev().filter(|entry| entry.kind == kind).take(MOST);
        let rows = area.rows(1, u16::MAX);
        let muted = canvas.theme.muted;
        for (entry, y) in newest.zip(rows.y..rows.bottom()) {
            canvas.text(rows.x, rows.right, y, &thousands(entry.index), muted);
            let time = entry.time.get(11..16).unwrap_or("–");
            canvas.text(rows.x + TIME, rows.right, y, time, muted);
            canvas.text(rows.x + WHAT, rows.right, y, &what(entry), Style::new());
        }
    };
    let height = if count == 0 { 0 } else { 1 + rows };
    (Block::new(height, 2, 3), Box::new(draw))
}
