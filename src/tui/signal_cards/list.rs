//! The list of signals and those set aside, what false alarms are to be expected, when something was
//! new, and what this screen can't see.

use std::time::Duration;

use ratatui::style::Style;

use crate::screen::Model;
use crate::screen::case::Case;
use crate::tui::canvas::{Area, Canvas, follow, width};
use crate::tui::many::parts::{Draw, labelled, labelled_height, paragraph};
use crate::tui::spark;
use crate::tui::stack::Block;
use crate::tui::why::folded;
use swarmscope_evidence::moment::rfc3339;
use swarmscope_evidence::signals::{Card, Severity};
use swarmscope_facts::format::{counted, thousands, took};

/// Columns: `▲`, the count, the network, the title; the time at the right.
const COUNT: u16 = 7;
const NET: u16 = 8;
const WHAT: u16 = 16;
const TIME: u16 = 6;
/// Below this width neither network nor time is shown: the card has both.
const ROOMY: u16 = 45;
/// By design, healthy peers and days for one ▲.
const ONE_IN: f64 = 100_000.0;
/// Under NOT SEEN FROM HERE.
const NOT_SEEN: &str = "Peers that could not be reached or were not asked; what a peer does with \
                        others; gossip before each teller's last; what runs on any machine.";

/// The blocks of the pane.
pub fn all(model: &Model, area: Area) -> Vec<(Block, Draw<'_>)> {
    let open = u16::try_from(model.signals.open()).unwrap_or(u16::MAX);
    let aside = u16::try_from(model.signals.cards().len()).unwrap_or(u16::MAX) - open;
    let alarms = false_alarms(model);
    let lines = 1 + labelled_height(area.width(), LABEL, &alarms);
    let not_seen =
        1 + u16::try_from(folded(NOT_SEEN, usize::from(area.width())).len()).unwrap_or(1);
    let news = model.signals.found().news();
    let when = if news.is_empty() || model.signals.found().rounds < 2 { 0 } else { 3 };
    let mut blocks: Vec<(Block, Draw<'_>)> = vec![(
        Block::new(open.saturating_add(2).max(4), 4, 0),
        Box::new(move |canvas, area| signals(canvas, model, area)),
    )];
    if aside > 0 {
        let draw: Draw<'_> = Box::new(move |canvas, area| set_aside(canvas, model, area));
        blocks.push((Block::new(aside.saturating_add(1), 2, 1), draw));
    }
    blocks.push((
        Block::new(lines, 2, 2),
        Box::new(move |canvas, area| {
            canvas.heading(&area, "FALSE ALARMS", false, "");
            labelled(canvas, area.rows(1, u16::MAX), LABEL, &alarms);
        }),
    ));
    blocks.push((
        Block::new(when, when, 3),
        Box::new(move |canvas, area| when_new(canvas, model, area, &news)),
    ));
    blocks.push((
        Block::new(not_seen, not_seen, 4),
        Box::new(|canvas, area| {
            canvas.heading(&area, "NOT SEEN FROM HERE", false, "");
            paragraph(canvas, area.rows(1, u16::MAX), NOT_SEEN, Style::new());
        }),
    ));
    blocks
}

/// Where values begin under FALSE ALARMS.
const LABEL: u16 = 11;

fn false_alarms(model: &Model) -> Vec<(&'static str, String)> {
    let signals = &model.signals;
    let mut rows =
        vec![("by design", "a ▲ at most once in 100 000 healthy peers a day".to_owned())];
    let asked = signals.found().peers;
    if asked > 0 {
        let most = few(asked as f64 / ONE_IN);
        let peers = counted(asked, "peer");
        rows.push(("expected", format!("at most {most} by chance in a day of {peers}")));
    }
    let (harmless, ever) = signals.harmless();
    if ever > 0 {
        rows.push((
            "so far",
            format!("{harmless} of {} set aside as harmless", counted(ever, "signal")),
        ));
    }
    rows
}

/// A small number with the first digit that says something.
fn few(number: f64) -> String {
    let (mut digits, mut scaled) = (1, number * 10.0);
    while scaled < 1.0 && digits < 9 {
        (digits, scaled) = (digits + 1, scaled * 10.0);
    }
    format!("{number:.digits$}")
}

/// A column for each part of the time from the first round to the last.
fn when_new(canvas: &mut Canvas, model: &Model, area: Area, news: &[u64]) {
    let (began, ended) = model.signals.found().span_ns;
    let columns = u64::from(area.width());
    let step = (ended.saturating_sub(began) / columns.max(1)).max(1);
    let note = format!("new or grown; {} a column", took(Duration::from_nanos(step)));
    canvas.heading(&area, "WHEN", false, &note);
    let mut counts = vec![0; usize::from(area.width())];
    let last = counts.len().saturating_sub(1);
    for time in news {
        let at = usize::try_from(time.saturating_sub(began) / step).unwrap_or(last).min(last);
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    spark::row(canvas, area.x, area.right, area.y + 1, &counts, most);
    let muted = canvas.theme.muted;
    canvas.text(area.x, area.right, area.y + 2, &clock(&rfc3339(began)), muted);
    canvas.right(area.right, area.y + 2, &clock(&rfc3339(ended)), muted);
}

fn signals(canvas: &mut Canvas, model: &Model, area: Area) {
    let signals = &model.signals;
    let open = &signals.cards()[..signals.open()];
    let new = open.iter().filter(|card| signals.is_new(card)).count();
    let news = if new > 0 { format!(", {new} new") } else { String::new() };
    let end = canvas.heading(&area, "SIGNALS", true, &format!("{} open{news}", open.len()));
    let y = area.y + 1;
    if signals.looked.is_none() {
        canvas.text(area.x, area.right, y, "looking …", canvas.theme.muted);
        return;
    }
    let found = signals.found();
    let of = format!("in {}, {}", counted(found.answers, "answer"), counted(found.rounds, "round"));
    if end + width(&of) < area.right {
        canvas.right(area.right, area.y, &of, canvas.theme.muted);
    }
    if open.is_empty() {
        let text = if signals.cards().is_empty() {
            "nothing looks odd in these answers"
        } else {
            "nothing else looks odd in these answers"
        };
        canvas.text(area.x, area.right, y, text, Style::new());
        return;
    }
    let muted = canvas.theme.muted;
    canvas.right(area.x + COUNT, y, "PEERS", muted);
    let (what, right) = columns(&area);
    canvas.text(area.x + what, area.right, y, "WHAT", muted);
    if right > 0 {
        canvas.text(area.x + NET, area.right, y, "NET", muted);
        canvas.right(area.right, y, "LATEST", muted);
    }
    let rows = area.rows(2, u16::MAX);
    let top = follow(0, signals.at, usize::from(rows.height), open.len());
    for ((i, card), y) in open.iter().enumerate().skip(top).zip(rows.y..rows.bottom()) {
        let time = card.latest.get(11..16).map_or_else(String::new, |time| format!("{time}Z"));
        row(canvas, model, &rows, y, card, i == signals.at, (&card.title, &time));
    }
}

/// Those with a harmless cause: why, and which entry of the case says so.
fn set_aside(canvas: &mut Canvas, model: &Model, area: Area) {
    let signals = &model.signals;
    let open = signals.open();
    let aside = &signals.cards()[open..];
    canvas.heading(&area, "SET ASIDE", false, &format!("{}, each with its reason", aside.len()));
    if model.case.is_some() && columns(&area).1 > 0 {
        canvas.right(area.right, area.y, "ENTRY", canvas.theme.muted);
    }
    let rows = area.rows(1, u16::MAX);
    let at = signals.at.saturating_sub(open);
    let top = follow(0, at, usize::from(rows.height), aside.len());
    for ((i, card), y) in aside.iter().enumerate().skip(top).zip(rows.y..rows.bottom()) {
        let reason = signals.aside(card).map_or("", |aside| &aside.reason);
        let entry = model.case.as_ref().and_then(|case| reviewed_in(case, card));
        let entry = entry.map_or_else(String::new, thousands);
        row(canvas, model, &rows, y, card, open + i == signals.at, (reason, &entry));
    }
}

/// The newest entry of the case that sets this signal aside.
fn reviewed_in(case: &Case, card: &Card) -> Option<u64> {
    let begins = format!("signal {} is set aside", card.id);
    let is_it =
        |fields: &[(String, String)]| fields.iter().any(|(_, text)| text.starts_with(&begins));
    let entry = case.entries().iter().rev().find(|it| it.kind == "note" && is_it(&it.fields))?;
    Some(entry.index)
}

fn row(
    canvas: &mut Canvas,
    model: &Model,
    area: &Area,
    y: u16,
    card: &Card,
    selected: bool,
    (title, last): (&str, &str),
) {
    if selected {
        canvas.selected(area, y, true);
    }
    let theme = canvas.theme;
    let base = if selected { theme.sel.patch(theme.strong()) } else { Style::new() };
    let is_new = model.signals.is_new(card);
    let is_aside = model.signals.aside(card).is_some();
    let text = match (is_new, is_aside) {
        (_, true) => base.patch(theme.muted),
        (true, _) => base.patch(theme.strong()),
        (false, _) => base,
    };
    let sign = if is_new { theme.caution } else { theme.muted };
    if card.severity > Severity::Odd && !is_aside {
        canvas.text(area.x, area.right, y, "▲", base.patch(sign));
    }
    canvas.right(area.x + COUNT, y, &thousands(card.peers), text);
    let (what, right) = columns(area);
    let kept = if last.is_empty() { 0 } else { right };
    canvas.text(area.x + what, area.right.saturating_sub(kept), y, title, text);
    if right > 0 {
        let muted = base.patch(theme.muted);
        canvas.text(area.x + NET, area.x + what - 1, y, &card.network, muted);
        canvas.right(area.right, y, last, muted);
    }
}

/// Where titles begin, and how many cells the time takes at the right.
const fn columns(area: &Area) -> (u16, u16) {
    if area.width() < ROOMY { (NET, 0) } else { (WHAT, TIME + 1) }
}

/// The time of day of an RFC 3339 time.
pub fn clock(time: &str) -> String {
    time.get(11..19).map_or_else(|| "–".to_owned(), |time| format!("{time}Z"))
}
