//! From the address to the reply, rung by rung; or in one row.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, PILL, width};
use swarmscope_facts::format::took;
use swarmscope_facts::ladder::{After, Rung, Standing, ladder};

/// Where a rung's detail stands behind its sign and name.
const DETAIL: u16 = 15;

fn rungs(model: &Model) -> Vec<Rung> {
    model.peer().map_or_else(Vec::new, |peer| {
        ladder(&model.facts, model.now, model.naming().privacy, peer, model.request())
    })
}

fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "√",
        Standing::Refused => "■",
        Standing::Failed => "×",
        Standing::Now => "…",
        Standing::Silent => "–",
        Standing::NotYet | Standing::Ahead => " ",
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area) {
    let note = model.request().map(|request| {
        let label = model.registry().label(request.message);
        let channel =
            request.channel.map(|channel| format!(", channel {channel}")).unwrap_or_default();
        let is_other = model.peer().is_some_and(|peer| peer.other.is_some());
        let word = if is_other { "question" } else { "request" };
        format!("{word} #{}, {label}{channel}", request.number)
    });
    canvas.heading(&area, "LADDER", false, &note.unwrap_or_else(|| "no requests yet".to_owned()));
    for (rung, y) in rungs(model).iter().zip(area.y + 1..area.bottom()) {
        row(canvas, &area, y, rung);
    }
}

fn row(canvas: &mut Canvas, area: &Area, y: u16, rung: &Rung) {
    let theme = canvas.theme;
    let bad = matches!(rung.standing, Standing::Failed | Standing::Refused);
    let (sign_style, name, detail) = match rung.standing {
        Standing::Failed | Standing::Refused => {
            (theme.fail.patch(theme.strong()), theme.strong(), theme.fail)
        }
        Standing::Now => (theme.accent, theme.strong(), Style::new()),
        Standing::Ahead => (theme.muted, theme.muted, theme.muted),
        Standing::Passed | Standing::NotYet | Standing::Silent => {
            (theme.muted, theme.strong(), theme.muted)
        }
    };
    canvas.text(area.x, area.x + 1, y, sign(rung.standing), sign_style);
    canvas.text(area.x + 2, area.x + DETAIL - 1, y, rung.name, name);
    let mut right = area.right;
    let time = rung.after.map(|after| match after {
        After::Connection(after) if after.as_micros() < 1000 => "0 ms".to_owned(),
        After::Connection(after) => took(after),
        After::Request(after) => format!("+{}", took(after)),
    });
    let fits = |time: &String| {
        area.x + DETAIL + width(&rung.detail) < area.right.saturating_sub(width(time))
    };
    // where there is no room for both, what was found says more than when
    if let Some(time) = time.filter(|time| fits(time) || bad || area.width() >= 48) {
        right =
            canvas.right(right, y, &time, if bad { detail } else { theme.muted }).saturating_sub(1);
    }
    let mut x = area.x + DETAIL;
    if rung.standing == Standing::NotYet && x + PILL < right {
        x = canvas.pill(x, right, y) + 1;
    }
    canvas.text(x, right, y, &rung.detail, detail);
}

/// The signs of all rungs, and the name of the one that matters.
pub fn line(canvas: &mut Canvas, model: &Model, area: Area) {
    let theme = canvas.theme;
    let rungs = rungs(model);
    let mut x = area.x;
    for rung in &rungs {
        let bad = matches!(rung.standing, Standing::Failed | Standing::Refused);
        let shown = match rung.standing {
            Standing::Ahead => "·",
            Standing::NotYet => "…",
            other => sign(other),
        };
        x = canvas.text(x, area.right, area.y, shown, if bad { theme.fail } else { theme.muted });
    }
    let last = |rung: &&Rung| !matches!(rung.standing, Standing::Ahead);
    let Some(rung) = rungs.iter().rev().find(last) else { return };
    let bad = matches!(rung.standing, Standing::Failed | Standing::Refused);
    x = canvas.text(x + 1, area.right, area.y, rung.name, theme.strong()) + 1;
    if rung.standing == Standing::NotYet && x + PILL + width(&rung.detail) < area.right {
        x = canvas.pill(x, area.right, area.y) + 1;
    }
    canvas.text(x, area.right, area.y, &rung.detail, if bad { theme.fail } else { theme.muted });
}
