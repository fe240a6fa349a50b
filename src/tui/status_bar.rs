//! Row 0: how the swarm is, in one line. What there is no room for goes whole, the least telling
//! first.

use ratatui::style::Style;

use super::canvas::{Canvas, PILL, width};
use super::layout::Grid;
use super::many;
use super::showing;
use crate::screen::{Class, Model, Screen};
use swarmscope_facts::format::{clock, counted};
use swarmscope_facts::words::seconds;

/// When the title goes.
const TITLE: u8 = 7;
/// When the number of peers goes.
const PEERS: u8 = 8;

/// One entry: its sign, its number or words, and how much it is missed.
struct Entry {
    sign: &'static str,
    sign_style: Style,
    text: String,
    text_style: Style,
    note: &'static str,
    /// Higher goes sooner.
    rank: u8,
}

impl Entry {
    /// Blanks before it: the title stands close to the name, what follows the title apart.
    fn gap(&self, usual: u16) -> u16 {
        match self.rank {
            TITLE => 2,
            PEERS => usual + 1,
            _ => usual,
        }
    }

    fn width(&self) -> u16 {
        let sign = if self.sign.is_empty() { 0 } else { width(self.sign) + 1 };
        let note = if self.note.is_empty() { 0 } else { width(self.note) + 1 };
        sign + width(&self.text) + note
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let y = grid.status;
    canvas.tint(0, grid.columns, y, canvas.theme.panel);
    let clock = clock(model.now.wall);
    let end = canvas.right(grid.columns - 1, y, &clock, canvas.theme.muted).saturating_sub(2);
    let end = showing::status(canvas, model, end, y, grid.class);
    let x = canvas.text(1, end, y, "swarmscope", canvas.theme.strong());
    if model.screen == Screen::Many {
        return many::status::draw(canvas, model, x, end, y);
    }
    let end = many::status::brief(canvas, model, end, y);

    let wide = grid.class >= Class::Wide;
    let gap = if wide { 3 } else { 2 };
    let mut entries = entries(canvas, model, wide);
    let needed =
        |entries: &[Entry]| entries.iter().map(|entry| entry.width() + entry.gap(gap)).sum::<u16>();
    while x + needed(&entries) > end {
        let Some(last) = (0..entries.len()).max_by_key(|&i| entries[i].rank) else { break };
        entries.remove(last);
    }
    write(canvas, x, end, y, gap, &entries);
}

fn write(canvas: &mut Canvas, mut x: u16, end: u16, y: u16, gap: u16, entries: &[Entry]) {
    let mut in_flight = None;
    for entry in entries {
        if entry.sign.is_empty() && entry.text.ends_with("in flight") {
            in_flight = Some(entry);
            continue;
        }
        x += entry.gap(gap);
        if entry.sign == "254" {
            x = canvas.pill(x, end, y) + 1;
        } else if !entry.sign.is_empty() {
            x = canvas.text(x, end, y, entry.sign, entry.sign_style) + 1;
        }
        x = canvas.text(x, end, y, &entry.text, entry.text_style);
        if !entry.note.is_empty() {
            x = canvas.text(x + 1, end, y, entry.note, canvas.theme.muted);
        }
    }
    if let Some(entry) = in_flight {
        canvas.right(end - 1, y, &entry.text, entry.text_style);
    }
}

fn entries(canvas: &Canvas, model: &Model, wide: bool) -> Vec<Entry> {
    let counts = &model.tally;
    let theme = canvas.theme;
    let (plain, muted, fail) = (Style::new(), theme.muted, theme.fail);
    let mut entries = Vec::new();
    let mut add = |rank, sign, sign_style, text: String, text_style, note| {
        entries.push(Entry { sign, sign_style, text, text_style, note, rank });
    };
    let number = |n: usize| swarmscope_facts::format::thousands(n as u64);
    let quiet = |n: usize, style| if n == 0 { muted } else { style };
    let title = if wide {
        model.setup.title.as_str()
    } else {
        model.setup.title.split(':').next().unwrap_or("")
    };
    if !title.is_empty() {
        add(TITLE, "", plain, title.to_owned(), muted, "");
    }
    let known = model.facts.peers().len();
    let left = model.dialling.left(counts.waiting);
    if let Some(left) = left {
        let dialled = number(known.saturating_sub(counts.waiting));
        let text = format!("{dialled} of {} dialled, about {} left", number(known), seconds(left));
        add(if wide { PEERS } else { 9 }, "", plain, text, plain, "");
    } else if wide {
        add(PEERS, "", plain, counted(known, "peer"), plain, "");
    }
    add(0, "●", plain, number(counts.connected), plain, if wide { "connected" } else { "" });
    if counts.answered > 0 {
        let note = if wide { "answered" } else { "" };
        add(0, "●", plain, number(counts.answered), plain, note);
    }
    add(
        5,
        "…",
        quiet(counts.waiting, plain),
        number(counts.waiting),
        quiet(counts.waiting, plain),
        "",
    );
    add(6, "○", quiet(counts.gone, plain), number(counts.gone), quiet(counts.gone, plain), "");
    add(
        3,
        "■",
        quiet(counts.refused, fail),
        number(counts.refused),
        quiet(counts.refused, fail),
        "",
    );
    add(4, "×", quiet(counts.failed, fail), number(counts.failed), quiet(counts.failed, fail), "");
    if let Some(not_yet) = counts.not_yet().filter(|count| *count > 0) {
        add(1, "254", theme.pill, number(not_yet), theme.strong(), "");
    }
    if counts.signals > 0 {
        add(2, "▲", theme.caution.patch(theme.strong()), number(counts.signals), plain, "");
    }
    if !model.facts.marks().is_empty() {
        add(
            2,
            "+",
            theme.strong(),
            number(model.facts.marks().len()),
            plain,
            if wide { "marked" } else { "" },
        );
    }
    if wide && counts.in_flight > 0 {
        add(9, "", plain, format!("{} in flight", number(counts.in_flight)), muted, "");
    }
    debug_assert_eq!(PILL, 5);
    entries
}
