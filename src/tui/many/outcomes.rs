//! What has become of everybody: outcomes with their counts.

use ratatui::style::Style;

use super::{Draw, bar, blocks, measures, plan};
use crate::screen::Model;
use crate::screen::many::view::{Pane, outcomes};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::stack::Block;
use swarmscope_facts::format::{thousands, took};
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::outcome::Outcome;

/// Where names and bars stand.
const NAME: u16 = 6;
const BAR: u16 = 20;
/// Cells of a count.
const COUNT: u16 = 7;

/// The left pane: the plan, the outcomes, how long first parts took, how large the answers are.
pub fn draw(canvas: &mut Canvas, model: &Model, campaign: &Campaign, area: Area) {
    let listed = outcomes(campaign).len();
    let wanted = 1 + u16::try_from(listed).unwrap_or(u16::MAX);
    let mut all: Vec<(Block, Draw)> = vec![plan::block(model, &campaign.plan, area.width(), 4)];
    all.push((
        Block::new(wanted, 6, 1),
        Box::new(move |canvas, area| block(canvas, model, campaign, area)),
    ));
    all.extend(measures::blocks(campaign));
    blocks(canvas, area, all);
}

fn block(canvas: &mut Canvas, model: &Model, campaign: &Campaign, area: Area) {
    let counts = campaign.counts();
    let view = &model.many.view;
    let focused = view.pane == Pane::Outcomes && !view.inside;
    let (sent, all) = (thousands(counts.sent() as u64), thousands(counts.total() as u64));
    let state = match campaign.state {
        State::Running => "",
        State::Paused => ", paused",
        State::Stopped => ", stopped",
        State::Done => ", done",
    };
    let note = format!("{sent} of {all}, {}{state}", took(campaign.elapsed(model.now)));
    canvas.heading(&area, "OUTCOME", focused, &note);
    let selected = view.outcome(campaign);
    let most = Outcome::ALL.into_iter().map(|outcome| counts.of(outcome)).max().unwrap_or(0);
    let mut listed = outcomes(campaign);
    let room = usize::from(area.height.saturating_sub(1));
    if listed.len() > room {
        // what nobody is in goes first
        listed.retain(|outcome| counts.of(*outcome) > 0 || *outcome == selected);
    }
    for (outcome, y) in listed.into_iter().zip(area.y + 1..area.bottom()) {
        let here = view.pane == Pane::Outcomes && outcome == selected;
        if here {
            canvas.selected(&area, y, focused);
        }
        row(canvas, &area, y, outcome, counts.of(outcome), most, here);
        if outcome == Outcome::Answered && campaign.signals() > 0 {
            odd(canvas, area.x, y); // some of the answers need a person: no tick stands for all of them
        }
    }
}

/// The sign of an answer that needs a person, in the place of its tick.
pub fn odd(canvas: &mut Canvas, x: u16, y: u16) {
    let theme = canvas.theme;
    canvas.text(x, x + 1, y, "▲", theme.caution.patch(theme.strong()));
}

fn row(
    canvas: &mut Canvas,
    area: &Area,
    y: u16,
    outcome: Outcome,
    count: usize,
    most: usize,
    here: bool,
) {
    let theme = canvas.theme;
    sign(canvas, area.x, area.right, y, outcome, count > 0);
    let quiet = count == 0 || outcome == Outcome::NotSent;
    let plain = if quiet { theme.muted } else { Style::new() };
    let plain = if here { plain.patch(theme.strong()) } else { plain };
    canvas.text(area.x + NAME, area.x + BAR - 1, y, outcome.name(), plain);
    let style = colour(canvas, outcome);
    bar(canvas, area.x + BAR, area.right.saturating_sub(COUNT), y, count, most, style);
    let strong = if quiet { theme.muted } else { theme.strong() };
    canvas.right(area.right, y, &thousands(count as u64), strong);
}

/// The colour of its bar.
pub fn colour(canvas: &Canvas, outcome: Outcome) -> Style {
    match outcome {
        Outcome::Parts => canvas.theme.accent,
        Outcome::Refused | Outcome::TimedOut | Outcome::Malformed | Outcome::Other => {
            canvas.theme.fail
        }
        _ => canvas.theme.muted,
    }
}

/// The sign of an outcome; the pill is 254's.
pub fn sign(canvas: &mut Canvas, x: u16, right: u16, y: u16, outcome: Outcome, any: bool) -> u16 {
    if outcome == Outcome::NotYet && any {
        return canvas.pill(x, right, y);
    }
    let (sign, style) = plain_sign(canvas, outcome);
    let quiet = !any && outcome != Outcome::Answered;
    canvas.text(x, right, y, sign, if quiet { canvas.theme.muted } else { style })
}

/// The same without the pill.
pub fn plain_sign(canvas: &Canvas, outcome: Outcome) -> (&'static str, Style) {
    let theme = canvas.theme;
    match outcome {
        Outcome::NotYet => ("254", theme.muted),
        Outcome::Answered => ("√", Style::new()),
        Outcome::Parts => ("▓", theme.accent),
        Outcome::Waiting => ("…", theme.muted),
        Outcome::Refused => ("■", theme.fail),
        Outcome::TimedOut | Outcome::Malformed | Outcome::Other => ("×", theme.fail),
        Outcome::Error => ("E", Style::new()), // an answer, whatever it says
        Outcome::Stopped => ("■", theme.muted),
        Outcome::NotSent => ("·", theme.muted),
    }
}
