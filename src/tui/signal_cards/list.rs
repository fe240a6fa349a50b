//! The list of signals, what false alarms are to be expected, and what this screen can't see.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, follow};
use crate::tui::many::parts::{Draw, paragraph};
use crate::tui::stack::Block;
use crate::tui::why::folded;
use swarmscope_evidence::signals::{Card, Severity};
use swarmscope_facts::format::{counted, thousands};

/// Columns: `▲`, the count, the network, the title; the time at the right.
const COUNT: u16 = 7;
const NET: u16 = 8;
const WHAT: u16 = 16;
const TIME: u16 = 6;
/// Below this width neither network nor time is shown: the card has both.
const ROOMY: u16 = 45;
/// The sentence under FALSE ALARMS.
const FALSE_ALARMS: &str = "A ▲ by design at most once in 100 000 healthy peers a day; docs/signals.md \
                            has what was measured.";
/// And under NOT SEEN FROM HERE.
const NOT_SEEN: &str = "Peers that could not be reached or were not asked; what a peer does with \
                        others; gossip round by round; what runs on any machine.";

/// The blocks of the pane.
pub fn all(model: &Model, area: Area) -> Vec<(Block, Draw<'_>)> {
    let width = usize::from(area.width());
    let text = |text: &'static str| {
        let lines = u16::try_from(folded(text, width).len()).unwrap_or(1);
        Block::new(1 + lines, 1 + lines, 2)
    };
    let cards = u16::try_from(model.signals.cards().len()).unwrap_or(u16::MAX);
    vec![
        (
            Block::new(cards.saturating_add(2).max(4), 4, 0),
            Box::new(move |canvas, area| signals(canvas, model, area)),
        ),
        (text(FALSE_ALARMS), titled("FALSE ALARMS", FALSE_ALARMS)),
        (text(NOT_SEEN), titled("NOT SEEN FROM HERE", NOT_SEEN)),
    ]
}

fn titled(title: &'static str, text: &'static str) -> Draw<'static> {
    Box::new(move |canvas, area| {
        canvas.heading(&area, title, false, "");
        paragraph(canvas, area.rows(1, u16::MAX), text, Style::new());
    })
}

fn signals(canvas: &mut Canvas, model: &Model, area: Area) {
    let signals = &model.signals;
    let new = signals.cards().iter().filter(|card| signals.is_new(card)).count();
    let news = if new > 0 { format!(", {new} new") } else { String::new() };
    canvas.heading(&area, "SIGNALS", true, &format!("{}{news}", signals.cards().len()));
    let y = area.y + 1;
    let Some((_, answers, rounds)) = signals.looked else {
        canvas.text(area.x, area.right, y, "looking …", canvas.theme.muted);
        return;
    };
    let of = format!("in {}, {}", counted(answers, "answer"), counted(rounds, "round"));
    canvas.right(area.right, area.y, &of, canvas.theme.muted);
    if signals.cards().is_empty() {
        canvas.text(area.x, area.right, y, "nothing looks odd in these answers", Style::new());
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
    let top = follow(0, signals.at, usize::from(rows.height), signals.cards().len());
    for ((i, card), y) in signals.cards().iter().enumerate().skip(top).zip(rows.y..rows.bottom()) {
        row(canvas, model, &rows, y, card, i == signals.at);
    }
}

fn row(canvas: &mut Canvas, model: &Model, area: &Area, y: u16, card: &Card, selected: bool) {
    if selected {
        canvas.selected(area, y, true);
    }
    let theme = canvas.theme;
    let base = if selected { theme.sel.patch(theme.strong()) } else { Style::new() };
    let is_new = model.signals.is_new(card);
    let text = if is_new { base.patch(theme.strong()) } else { base };
    let sign = if is_new { theme.caution } else { theme.muted };
    if card.severity > Severity::Odd {
        canvas.text(area.x, area.right, y, "▲", base.patch(sign));
    }
    canvas.right(area.x + COUNT, y, &thousands(card.peers), text);
    let (what, right) = columns(area);
    canvas.text(area.x + what, area.right.saturating_sub(right), y, &card.title, text);
    if right > 0 {
        let muted = base.patch(theme.muted);
        canvas.text(area.x + NET, area.x + what - 1, y, &card.network, muted);
        canvas.right(
            area.right,
            y,
            &card.latest.get(11..16).map_or_else(String::new, |t| format!("{t}Z")),
            muted,
        );
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
