//! Why the peer has its ▲: what was odd or hostile about it, newest first.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas};
use swarmscope_facts::format::clock;
use swarmscope_facts::{Odd, Peer};

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, peer: &Peer) {
    let theme = canvas.theme;
    for (odd, y) in peer.odd.iter().rev().zip(area.y..area.bottom()) {
        let x = canvas.text(area.x, area.right, y, "▲", theme.caution.patch(theme.strong()));
        let x = canvas.text(x + 1, area.right, y, &clock(odd.at.wall), theme.muted);
        canvas.text(x + 2, area.right, y, &sentence(model, odd), Style::new());
    }
}

/// What it is, and how often in the last minute before it was seen last.
fn sentence(model: &Model, odd: &Odd) -> String {
    let text = odd.news.text(model.registry(), model.naming());
    match odd.news.in_60_s {
        Some(times @ 2..) => format!("{text} ({times} times in 60 s)"),
        _ => text,
    }
}
