//! The selected entry, what is sure of the chain, and what the case holds by kind.

use ratatui::style::Style;

use super::made;
use crate::screen::Model;
use crate::screen::case::acts::counted_entries;
use crate::screen::case::{Case, Entry};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::many::parts::{Draw, bar, labelled, labelled_height};
use crate::tui::stack::Block;
use swarmscope_facts::format::{clock, thousands};

/// Where values begin.
const VALUE: u16 = 13;
/// Digits of a hash that are shown.
const DIGITS: usize = 16;

/// The blocks of the pane.
pub fn all<'a>(model: &'a Model, case: &'a Case, area: Area) -> Vec<(Block, Draw<'a>)> {
    let entry = case.entry();
    let rows = entry.map(rows).unwrap_or_default();
    let height = 1 + labelled_height(area.width(), VALUE, &rows);
    let chain = chain_rows(model, case);
    let chain_height = 2 + labelled_height(area.width(), VALUE, &chain);
    let selected: Draw = Box::new(move |canvas, area| {
        let Some(entry) = entry else { return };
        let title = format!("ENTRY {}", thousands(entry.index));
        canvas.heading(&area, &title, false, &entry.kind);
        labelled(canvas, area.rows(1, u16::MAX), VALUE, &rows);
    });
    let chain: Draw = Box::new(move |canvas, area| chain_of(canvas, case, area, &chain));
    let kind_rows = u16::try_from(case.kinds.len().div_ceil(2)).unwrap_or(u16::MAX);
    let kinds: Draw = Box::new(move |canvas, area| by_kind(canvas, case, area));
    vec![
        (Block::new(height, 4, 1), selected),
        (Block::new(chain_height, 4, 0), chain),
        made::notes(case),
        made::exports(case),
        (Block::new(1 + kind_rows, 2, 2), kinds),
    ]
}

fn short(hash: &str) -> String {
    hash.get(..DIGITS).map_or_else(|| hash.to_owned(), |it| format!("{it}…"))
}

fn rows(entry: &Entry) -> Vec<(&str, String)> {
    let mut rows = vec![("written", entry.time.clone())];
    rows.extend(entry.fields.iter().map(|(name, value)| (name.as_str(), value.clone())));
    rows.push(("before", format!("{}  the entry before", short(&entry.hashes[0]))));
    rows.push(("this", format!("{}  SHA-256 of that and of this entry", short(&entry.hashes[1]))));
    rows
}

fn chain_rows(model: &Model, case: &Case) -> Vec<(&'static str, String)> {
    let open = case.count.saturating_sub(case.signed);
    let mut rows = Vec::new();
    match &case.checked {
        None => rows.push(("checked", "up to its end when it was opened".to_owned())),
        Some((when, checked)) => {
            let what = match &checked.fault {
                None => format!("{}: all hold", counted_entries(checked.entries)),
                Some((entry, why)) => format!("entry {} does not hold: {why}", thousands(*entry)),
            };
            let took = format!("{:.2} s, {}", checked.took.as_secs_f64(), clock(when.wall));
            rows.push(("checked", format!("{what}; {took}")));
            rows.push(("checkpoints", thousands(checked.checkpoints)));
        }
    }
    let open_words = match open {
        0 => "nothing".to_owned(),
        1 if case.kinds.contains_key("signed") => "nothing but the newest checkpoint".to_owned(),
        _ if !case.is_open() => counted_entries(open),
        _ => format!("{}, signed by c, on closing, or a thousand on", counted_entries(open)),
    };
    rows.push(("not signed", open_words));
    rows.extend(outside(case).map(|words| ("outside", words)));
    rows.push((
        "not shown",
        "that its end was cut, or all of it written anew by the key's owner: \
         keep a checkpoint elsewhere"
            .to_owned(),
    ));
    let path = case.head.path.display().to_string();
    rows.push(("to check", format!("swarmscope case verify {}", model.setup.naming.text(&path))));
    rows
}

/// What others have signed, as far as the case itself can say it.
fn outside(case: &Case) -> Option<String> {
    let times = match case.kinds.get("witnessed")? {
        1 => "once".to_owned(),
        times => format!("{} times", thousands(*times)),
    };
    let last = case.entries().iter().rev().find(|entry| entry.kind == "witnessed");
    let last = last.map(|last| format!(", last as entry {}", thousands(last.index)));
    let last = last.unwrap_or_default();
    Some(format!("also signed by others {times}{last}; whose keys these are is not checked"))
}

fn chain_of(canvas: &mut Canvas, case: &Case, area: Area, rows: &[(&'static str, String)]) {
    let fault = case.checked.as_ref().is_some_and(|(_, checked)| checked.fault.is_some());
    let note = if fault { "broken" } else { "" };
    let x = canvas.heading(&area, "CHAIN", false, "");
    canvas.text(x, area.right, area.y, note, canvas.theme.fail);
    let y = area.y + 1;
    canvas.text(area.x, area.x + VALUE - 1, y, "signed", canvas.theme.muted);
    let text = format!("{} of {}", thousands(case.signed), thousands(case.count));
    let end = canvas.right(area.right, y, &text, Style::new()).saturating_sub(2);
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (part, whole) = (count(case.signed), count(case.count));
    bar(canvas, area.x + VALUE, end, y, part, whole, canvas.theme.muted);
    labelled(canvas, area.rows(2, u16::MAX), VALUE, rows);
}

/// Two columns of counts; they add up to all.
fn by_kind(canvas: &mut Canvas, case: &Case, area: Area) {
    canvas.heading(&area, "BY KIND", false, &counted_entries(case.count));
    let rows = area.rows(1, u16::MAX);
    let half = rows.width() / 2;
    for (i, (kind, count)) in case.kinds.iter().enumerate() {
        let (column, row) = (u16::from(i % 2 == 1), u16::try_from(i / 2).unwrap_or(u16::MAX));
        let (x, y) = (rows.x + column * half, rows.y.saturating_add(row));
        if y >= rows.bottom() {
            return;
        }
        canvas.text(x, x + half - 9, y, kind, canvas.theme.muted);
        canvas.right(x + half - 2, y, &thousands(*count), Style::new());
    }
}
