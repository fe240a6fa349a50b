//! How a signal spread: a curve of the peers that showed it, and what all of them answered, round by
//! round, as a heat map.

use ratatui::style::Style;

use super::list::clock;
use crate::tui::canvas::{Area, Canvas, width};
use crate::tui::many::parts::{Draw, labelled, labelled_height};
use crate::tui::spark;
use crate::tui::stack::Block;
use swarmscope_evidence::signals::Card;
use swarmscope_evidence::signals::heat::{Heat, Row};
use swarmscope_evidence::signals::spread::time;
use swarmscope_facts::format::thousands;

/// Rows of the curve.
const CURVE: u16 = 4;
/// Cells before the curve, for its scale, and behind it, for the newest count.
const SCALE: u16 = 7;
/// Answers that are listed at most.
const MOST_ANSWERS: usize = 8;
/// Cells of an answer's name.
const NAME: u16 = 20;
/// Cells of a round at most.
const WIDEST: usize = 8;
/// From nobody to the whole panel.
const SHADES: [&str; 5] = ["·", "░", "▒", "▓", "█"];

/// The curve, with what it says in words.
pub fn curve(card: &Card, area: Area, value: u16) -> (Block, Draw<'_>) {
    let words = vec![("in words", card.spread_words().to_owned())];
    let several = card.by_round.len() > 1;
    let rows = if several { CURVE + 1 } else { 0 };
    let height = 1 + rows + labelled_height(area.width(), value, &words);
    let draw = move |canvas: &mut Canvas, area: Area| {
        let end = canvas.heading(
            &area,
            "SPREAD",
            false,
            "round by round, of the peers asked in every one",
        );
        let mut rest = area.rows(1, u16::MAX);
        if several && rest.height > CURVE + 1 {
            if end + 5 < area.right {
                canvas.right(area.right, area.y, "NOW", canvas.theme.muted);
            }
            drawn(canvas, card, &rest);
            rest = rest.rows(CURVE + 1, u16::MAX);
        }
        labelled(canvas, rest, value, &words);
    };
    (Block::new(height, 2, 1), Box::new(draw))
}

fn drawn(canvas: &mut Canvas, card: &Card, area: &Area) {
    let counts: Vec<u64> = card.by_round.iter().map(|(_, peers)| *peers).collect();
    let most = counts.iter().max().copied().unwrap_or(0);
    let (x, right) = (area.x + SCALE, area.right.saturating_sub(SCALE));
    let muted = canvas.theme.muted;
    canvas.right(x - 1, area.y, &thousands(most), muted);
    canvas.right(x - 1, area.y + CURVE - 1, "0", muted);
    spark::curve(canvas, (x, right), (area.y, CURVE), &counts, most);
    let (now, strong) = (counts.last().copied().unwrap_or(0), canvas.theme.strong());
    canvas.right(area.right, area.y, &thousands(now), strong);
    let hours = |of: Option<&(f64, u64)>| {
        of.map_or_else(String::new, |(hours, _)| format!("+{}", time(*hours)))
    };
    canvas.text(x, right, area.y + CURVE, &hours(card.by_round.first()), muted);
    canvas.right(right, area.y + CURVE, &hours(card.by_round.last()), muted);
}

/// What one question was answered, a row an answer, a column a round.
pub fn heat<'a>(heat: &'a Heat, rank: u8) -> (Block, Draw<'a>) {
    let rows = u16::try_from(heat.rows.len().min(MOST_ANSWERS)).unwrap_or(0);
    let draw: Draw<'a> = Box::new(move |canvas, area| map(canvas, heat, area));
    (Block::new(2 + rows, 3, rank), draw)
}

fn map(canvas: &mut Canvas, heat: &Heat, area: Area) {
    let note = format!("to {}, of {} asked in every round", heat.question, thousands(heat.panel));
    canvas.heading(&area, "ANSWERS", false, &note);
    let (x, end) = (area.x + NAME, area.right.saturating_sub(SCALE));
    let room = usize::from(end.saturating_sub(x));
    let from = heat.rounds.len().saturating_sub(room);
    let wide = (room / heat.rounds.len().max(1)).clamp(1, WIDEST);
    let shown = u16::try_from((heat.rounds.len() - from) * wide).unwrap_or(0);
    let rows = area.rows(1, u16::MAX);
    for (row, y) in heat.rows.iter().zip(rows.y..rows.bottom().saturating_sub(1)) {
        canvas.text(area.x, x - 1, y, &row.what, Style::new());
        cells(canvas, heat, row, (x, end, y), (from, wide));
        let now = thousands(row.counts.last().copied().unwrap_or(0));
        canvas.right(area.right, y, &now, Style::new());
    }
    let y = rows.bottom().saturating_sub(1);
    let (first, last) = (heat.rounds.get(from), heat.rounds.last());
    let muted = canvas.theme.muted;
    let first = first.map_or_else(String::new, |time| clock(time));
    let at = canvas.text(x, area.right, y, &first, muted);
    let last = last.map_or_else(String::new, |time| clock(time));
    if at + width(&last) < x + shown {
        canvas.right(x + shown, y, &last, muted);
    }
}

/// A shade for each round; the newest accented.
fn cells(
    canvas: &mut Canvas,
    heat: &Heat,
    row: &Row,
    (mut x, end, y): (u16, u16, u16),
    (from, wide): (usize, usize),
) {
    let levels = SHADES.len() as u64 - 1;
    let (faint, accent) = (canvas.theme.faint, canvas.theme.accent);
    for (n, count) in row.counts.iter().enumerate().skip(from) {
        let level = usize::try_from(heat.level(*count, levels)).unwrap_or(0);
        let style = if n + 1 == row.counts.len() { accent } else { faint };
        x = canvas.text(x, end, y, &SHADES[level.min(SHADES.len() - 1)].repeat(wide), style);
    }
}
