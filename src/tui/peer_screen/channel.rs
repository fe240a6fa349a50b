//! The channel of the shown request: its parts with their times, how long it is waited for, and
//! what the reply may take.

use std::time::Duration;

use ratatui::style::Style;

use super::has_focus;
use crate::screen::Model;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::peer_screen::cursor::Focus;
use crate::tui::canvas::{Area, Canvas, follow};
use crate::tui::parts::{Columns, draw_gap};
use swarmscope_facts::format::size;
use swarmscope_facts::request::{Outcome, Request, more};
use swarmscope_facts::words;
use swarmscope_peer::Limits;
use swarmscope_wire::failure::Phase;

/// How long a channel is held after its request was sent (protocol.md §4).
const LIFE: Duration = Duration::from_secs(3600);
/// Cells of the budget's bar.
const BAR: u64 = 4;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, top: &mut usize) {
    let focused = has_focus(model, Focus::Channel);
    let Some(request) = model.request() else {
        canvas.heading(&area, "CHANNEL", focused, "no requests yet");
        return;
    };
    let title = request
        .channel
        .map_or_else(|| "CHANNEL".to_owned(), |channel| format!("CHANNEL {channel}"));
    canvas.heading(&area, &title, focused, &standing(model, request));
    let (table, budget) =
        (area.rows(1, area.height.saturating_sub(2)), area.rows(area.height - 1, 1));
    if request.sent.is_none() {
        return;
    }
    let columns = Columns::of(&area);
    columns.headings(canvas, table.y);
    let below = rows(canvas, model, request, &columns, table.rows(1, u16::MAX), top, focused);
    if area.height >= 5 {
        draw_budget(canvas, request, Area { y: below.min(budget.y), ..budget });
    }
}

/// `30 s left`, `held for 3 535 s more`.
fn standing(model: &Model, request: &Request) -> String {
    let label = model.registry().label(request.message);
    match (&request.outcome, request.sent) {
        (Outcome::Replied(_), _) => format!("{label}, free again"),
        (Outcome::Failed { .. }, None) => format!("{label}, never sent"),
        (_, None) => format!("{label}, not sent yet"),
        (Outcome::Failed { .. }, Some(sent)) => {
            let left =
                LIFE.saturating_sub(model.now.instant.saturating_duration_since(sent.instant));
            if left.is_zero() {
                format!("{label}, free again")
            } else {
                format!("held for {} s more", swarmscope_facts::format::thousands(left.as_secs()))
            }
        }
        _ => request
            .left(model.now)
            .map_or(label, |left| format!("open, {} left", words::seconds(left))),
    }
}

/// Returns the first row below.
fn rows(
    canvas: &mut Canvas,
    model: &Model,
    request: &Request,
    columns: &Columns,
    area: Area,
    top: &mut usize,
    focused: bool,
) -> u16 {
    let end = end(model, request);
    let room = usize::from(area.height.saturating_sub(u16::from(end.is_some())));
    let parts = &request.parts;
    let selected = model.part();
    let at =
        selected.map_or(parts.len().saturating_sub(1), |index| (index as usize).saturating_sub(1));
    *top = follow(*top, at.min(parts.len().saturating_sub(1)), room, parts.len());
    let mut before =
        top.checked_sub(1).and_then(|i| parts.get(i)).map_or(Duration::ZERO, |part| part.after);
    let mut y = area.y;
    for part in parts.iter().skip(*top).take(room) {
        canvas.row_zone(&area, y, Spot::Row(List::Parts, (part.index as usize).saturating_sub(1)));
        let here = selected == Some(part.index);
        if here {
            canvas.selected(&area, y, focused);
        }
        let style = if here { canvas.theme.strong() } else { Style::new() };
        columns.part(canvas, y, part, part.after.saturating_sub(before), style);
        before = part.after;
        y += 1;
    }
    if let Some((failed, after)) = end.filter(|_| y < area.bottom()) {
        let last = request.newest.map_or(Duration::ZERO, |part| part.after);
        let style = if failed { canvas.theme.fail } else { canvas.theme.muted };
        columns.end(canvas, y, if failed { "×" } else { "…" }, after, style);
        draw_gap(
            canvas,
            columns,
            y,
            after.saturating_sub(last),
            style,
            if failed { "▓" } else { "░" },
        );
        y += 1;
    }
    y
}

/// What follows the last part: a wait that goes on, or one that was too long.
fn end(model: &Model, request: &Request) -> Option<(bool, Duration)> {
    let elapsed = request.elapsed(model.now);
    match &request.outcome {
        Outcome::Waiting | Outcome::AwaitingDialBack => Some((false, elapsed)),
        Outcome::Failed { failure, .. } if failure.phase() >= Phase::Request => {
            Some((true, elapsed))
        }
        _ => None,
    }
}

fn draw_budget(canvas: &mut Canvas, request: &Request, area: Area) {
    let allowed = Limits::default().reply_bytes;
    let used = request.bytes as u64;
    let cells = if used == 0 { 0 } else { (used * BAR / allowed.max(1)).clamp(1, BAR) };
    let (accent, muted) = (canvas.theme.accent, canvas.theme.muted);
    let bar = "▓".repeat(usize::try_from(cells).unwrap_or(0))
        + &"░".repeat(usize::try_from(BAR - cells).unwrap_or(0));
    let x = canvas.text(area.x, area.right, area.y, &bar, accent);
    let hint = match (&request.outcome, request.newest) {
        (Outcome::Replied(_), _) | (_, None) => String::new(),
        (_, Some(part)) => format!("; {}", more(part.hint)),
    };
    let allowed = size(usize::try_from(allowed).unwrap_or(usize::MAX));
    let text = format!("{} of a {allowed} budget{hint}", size(request.bytes));
    canvas.text(x + 2, area.right, area.y, &text, muted);
}
