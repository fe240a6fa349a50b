//! The overview for a projector and for small terminals: three figures, the outcomes, one curve.
//! Legible from three metres.

use ratatui::style::Style;

use super::blocks::answered;
use crate::screen::Model;
use crate::screen::trend::{SECONDS, Second};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::layout::Grid;
use crate::tui::many::answers::share;
use crate::tui::many::outcomes;
use crate::tui::many::parts::bar;
use crate::tui::spark;
use swarmscope_facts::format::thousands;
use swarmscope_facts::list::census::Way;
use swarmscope_facts::many::outcome::Outcome;

/// Rows of a figure: heading, blank, four of the figure, what it is of.
const FIGURES: u16 = 7;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let end = if model.tour.is_some() { grid.tour } else { grid.event };
    let y = if grid.rows >= 24 { 2 } else { 1 };
    let area = Area { bar: 0, x: 3, right: grid.columns - 1, y, height: end.saturating_sub(y) };
    figures(canvas, model, area);
    last_questions(canvas, model, area.rows(FIGURES + 1, 6));
    let rest = area.rows(FIGURES + 8, u16::MAX);
    if rest.height >= 3 {
        connected(canvas, model, rest.rows(0, rest.height - 1));
    }
}

fn figures(canvas: &mut Canvas, model: &Model, area: Area) {
    let (census, known, asked) = (&model.census, model.census.known(), model.census.asked());
    let number = |n: usize| thousands(n as u64);
    let percent = share(answered(model), asked).trim_end_matches(" %").to_owned();
    let caution = if census.odd() > 0 { canvas.theme.caution } else { Style::new() };
    let plain = Style::new();
    let connected = number(census.way(Way::Connected));
    let of_known = format!("of {} known", number(known));
    let of_asked = format!("{} of {} asked", number(answered(model)), number(asked));
    let all = [
        ("CONNECTED", connected, &of_known, plain),
        ("ANSWERED %", percent, &of_asked, plain),
        ("ODD ▲", number(census.odd()), &of_known, caution),
    ];
    // the first one can be the widest: a number of peers, five digits and a blank
    let (first, rest) = (area.width() * 2 / 5, area.width() * 3 / 10);
    let mut x = area.x;
    for (i, (heading, figure, of, style)) in all.into_iter().enumerate() {
        let right = x + if i == 0 { first } else { rest };
        canvas.text(x, right, area.y, heading, canvas.theme.strong());
        spark::big(canvas, x, right, area.y + 2, &figure, style);
        canvas.text(x, right, area.y + FIGURES - 1, of, canvas.theme.muted);
        x = right;
    }
}

/// Five rows that add up to everybody who was asked.
fn last_questions(canvas: &mut Canvas, model: &Model, area: Area) {
    use Outcome as O;
    let (counts, asked) = (model.census.outcomes(), model.census.asked());
    let note = format!("last question of {} asked", thousands(asked as u64));
    canvas.text(area.x, area.right, area.y, "OUTCOMES", canvas.theme.strong());
    canvas.right(area.right, area.y, &note, canvas.theme.muted);
    let sum = |all: &[Outcome]| all.iter().map(|outcome| counts.of(*outcome)).sum::<usize>();
    let rows = [
        (O::Answered, "answered", sum(&[O::Answered, O::Error])),
        (O::Waiting, "waiting", sum(&[O::Waiting, O::Parts, O::NotSent])),
        (O::NotYet, "not yet", sum(&[O::NotYet])),
        (O::Refused, "refused", sum(&[O::Refused])),
        (O::Other, "failed", sum(&[O::TimedOut, O::Malformed, O::Other, O::Stopped])),
    ];
    for ((outcome, name, count), y) in rows.into_iter().zip(area.y + 1..area.bottom()) {
        outcomes::sign(canvas, area.x, area.right, y, outcome, count > 0);
        let (quiet, strong) = (canvas.theme.muted, canvas.theme.strong());
        let style = if count == 0 { quiet } else { strong };
        canvas.text(area.x + 7, area.right, y, name, style);
        let colour = outcomes::colour(canvas, outcome);
        bar(canvas, area.x + 18, area.right.saturating_sub(17), y, count, asked, colour);
        canvas.right(area.right.saturating_sub(9), y, &thousands(count as u64), style);
        canvas.right(area.right, y, &share(count, asked), quiet);
    }
}

fn connected(canvas: &mut Canvas, model: &Model, area: Area) {
    let seconds: Vec<Second> = model.trend.seconds().copied().collect();
    let figures: Vec<u64> = seconds.iter().map(|second| second.connected as u64).collect();
    let mut all = vec![0; SECONDS.saturating_sub(figures.len())];
    all.extend(figures);
    let high = all.iter().copied().max().unwrap_or(0);
    let note = format!("the last {} s of {SECONDS}", seconds.len());
    canvas.heading(&area, "CONNECTED", false, &note);
    canvas.right(area.right, area.y, &format!("0 – {}", thousands(high)), canvas.theme.muted);
    let below = area.rows(1, u16::MAX);
    spark::curve(canvas, (area.x, area.right), (below.y, below.height), &all, high);
}
