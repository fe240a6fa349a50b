//! Row 0 while a request to many is shown, and its few cells on other screens while it is under
//! way.

use ratatui::style::Style;

use super::cells;
use crate::screen::Model;
use crate::tui::canvas::{Canvas, PILL, width};
use swarmscope_facts::format::{counted, thousands};
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_facts::many::{Campaign, Plan};

/// Cells of the bar, at most.
const BAR: u16 = 21;
/// The same beside other things.
const SHORT_BAR: u16 = 8;

/// What the row says, between the program's name and the clock.
pub fn draw(canvas: &mut Canvas, model: &Model, x: u16, end: u16, y: u16) {
    let theme = canvas.theme;
    let mut x = canvas.text(x + 2, end, y, "many", theme.muted) + 2;
    if let Some(preview) = &model.many.preview {
        const NOTHING: &str = "nothing sent yet";
        let has_room = |plan: &&Plan| x + width(&plan.title) + 2 + width(NOTHING) <= end;
        if let Some(plan) = preview.plan.as_ref().filter(has_room) {
            x = title(canvas, x, end, y, &plan.title, plan.targets.len());
        }
        canvas.text(x, end, y, NOTHING, theme.strong());
        return;
    }
    let Some(campaign) = &model.many.campaign else { return };
    let counts = campaign.counts();
    let sent = format!("{} sent", thousands(counts.sent() as u64));
    let (not_yet, signals) = (counts.of(Outcome::NotYet), campaign.signals());

    // from the right: what stops it comes first and stays longest
    let (key, word) = stop_text(model, campaign);
    let mut right = canvas.right(end, y, word, theme.muted);
    if !key.is_empty() {
        right = canvas.right(right - 1, y, &key, theme.strong());
    }
    right = right.saturating_sub(3);
    let x = title(canvas, x, right, y, &campaign.plan.title, counts.total());
    if signals > 0 && x + width(&sent) + 8 < right {
        right = canvas.right(right, y, &signals.to_string(), Style::new());
        right =
            canvas.right(right - 1, y, "▲", theme.caution.patch(theme.strong())).saturating_sub(3);
    }
    let number = thousands(not_yet as u64);
    if not_yet > 0 && x + width(&sent) + 2 + PILL + 1 + width(&number) <= right {
        right = canvas.right(right, y, &number, theme.strong()).saturating_sub(PILL + 1);
        canvas.pill(right, end, y);
        right = right.saturating_sub(2);
    }
    let room = right.saturating_sub(x + width(&sent) + 2).min(BAR);
    let x = if room >= 4 { progress(canvas, x, y, campaign, room) + 2 } else { x };
    if x + width(&sent) <= right {
        canvas.text(x, right, y, &sent, Style::new());
    }
}

/// `1 DATABASE to 412 peers`, as much of it as leaves room for the rest.
fn title(canvas: &mut Canvas, x: u16, end: u16, y: u16, title: &str, peers: usize) -> u16 {
    let theme = canvas.theme;
    let who = counted(peers, "peer");
    if x + width(title) > end {
        return x;
    }
    let mut x = canvas.text(x, end, y, title, theme.strong()) + 1;
    if x + 3 + width(&who) + 32 < end {
        x = canvas.text(x, end, y, "to ", theme.muted);
        x = canvas.text(x, end, y, &who, Style::new()) + 3;
    } else {
        x += 1;
    }
    x
}

/// Filled: sent; open: not sent yet. Returns where it ends.
fn progress(canvas: &mut Canvas, x: u16, y: u16, campaign: &Campaign, room: u16) -> u16 {
    let (filled, open) = bars(campaign, room);
    let theme = canvas.theme;
    let end = canvas.text(x, x + room, y, &filled, theme.accent);
    canvas.text(end, x + room, y, &open, theme.accent)
}

fn bars(campaign: &Campaign, room: u16) -> (String, String) {
    let counts = campaign.counts();
    let filled = cells(counts.sent(), counts.total(), room);
    ("▓".repeat(usize::from(filled)), "░".repeat(usize::from(room - filled)))
}

/// The key that stops it and what to call that, while there is something to stop; else how it
/// ended.
fn stop_text(model: &Model, campaign: &Campaign) -> (String, &'static str) {
    match campaign.state {
        State::Running => (model.key_of("stop all"), "stop all"),
        State::Paused => (model.key_of("stop all"), "stop all, paused"),
        State::Stopped => (String::new(), "stopped"),
        State::Done => (String::new(), "done"),
    }
}

/// What other screens show while requests go out, from the right: a bar, how many of how many, the
/// key that stops it. Returns where what stands before it must end.
pub fn brief(canvas: &mut Canvas, model: &Model, end: u16, y: u16) -> u16 {
    let mut all = model.many.under_way();
    let Some(campaign) = all.next() else { return end };
    let more = all.count();
    let theme = canvas.theme;
    let counts = campaign.counts();
    let word = if campaign.state == State::Paused { "stop, paused" } else { "stop" };
    let x = canvas.right(end, y, word, theme.muted);
    let x = canvas.right(x - 1, y, &model.key_of("stop all"), theme.strong()).saturating_sub(2);
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    let sent = format!("{}/{} sent{more}", counts.sent(), counts.total());
    let x = canvas.right(x, y, &sent, Style::new()).saturating_sub(1 + SHORT_BAR);
    progress(canvas, x, y, campaign, SHORT_BAR);
    x.saturating_sub(2)
}
