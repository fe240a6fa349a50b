//! The requests to many, under way and ended, newest first, each with how far it is.

use ratatui::style::Style;

use super::cells;
use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, follow, width};
use crate::tui::layout::Grid;
use crate::tui::overlay;
use swarmscope_facts::format::{clock, countdown, counted, thousands};
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::outcome::Outcome;

/// Cells of the bar.
const BAR: u16 = 10;
/// Rows of one request: what and to whom; how far it is.
const ROWS: u16 = 2;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, at: usize) {
    let all = model.many.listed();
    let wanted = u16::try_from(all.len()).unwrap_or(u16::MAX).clamp(2, 12) * ROWS;
    let inner = overlay::frame(canvas, grid, 84, wanted + 2, "REQUESTS TO MANY", "");
    let room = usize::from(inner.height / ROWS).max(1);
    let at = at.min(all.len().saturating_sub(1));
    let top = follow(0, at, room, all.len());
    for ((i, campaign), y) in
        all.iter().enumerate().skip(top).take(room).zip((inner.y..).step_by(usize::from(ROWS)))
    {
        if i == at {
            canvas.selected(&inner, y, true);
        }
        row(canvas, model, &inner, campaign, y, i == at);
    }
    if all.len() > room {
        overlay::corner(canvas, &inner, &format!("{} of {}", at + 1, all.len()));
    }
}

fn row(canvas: &mut Canvas, model: &Model, area: &Area, campaign: &Campaign, y: u16, here: bool) {
    let theme = canvas.theme;
    let plain = if here { theme.strong() } else { Style::new() };
    let counts = campaign.counts();
    let title = format!("{} to {}", campaign.plan.title, counted(counts.total(), "peer"));
    let end = canvas.text(area.x, area.right, y, &title, plain);
    let since = format!("since {}", clock(campaign.started.wall));
    if end + 2 + width(&since) <= area.right {
        canvas.right(area.right, y, &since, theme.muted);
    }
    if y + 1 >= area.bottom() {
        return;
    }
    let filled = cells(counts.sent(), counts.total(), BAR);
    let bar = "▓".repeat(usize::from(filled)) + &"░".repeat(usize::from(BAR - filled));
    let x = canvas.text(area.x, area.right, y + 1, &bar, theme.accent) + 2;
    canvas.text(x, area.right, y + 1, &progress(campaign, model), theme.muted);
}

/// `123 of 400 sent · about 00:14 left · 98 answered · 2 ▲`.
fn progress(campaign: &Campaign, model: &Model) -> String {
    let counts = campaign.counts();
    let number = |count: usize| thousands(count as u64);
    let state = match (campaign.state, campaign.time_left(model.now)) {
        (State::Paused, _) => " · paused".to_owned(),
        (State::Stopped, _) => " · stopped".to_owned(),
        (State::Done, _) => " · done".to_owned(),
        (State::Running, Some(left)) => format!(" · about {} left", countdown(left)),
        (State::Running, None) => format!(" · {} in flight", number(counts.in_flight())),
    };
    let odd = match campaign.signals() {
        0 => String::new(),
        odd => format!(" · {} ▲", number(odd)),
    };
    let sent = format!("{} of {} sent", number(counts.sent()), number(counts.total()));
    format!("{sent}{state} · {} answered{odd}", number(counts.of(Outcome::Answered)))
}
