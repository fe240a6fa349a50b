//! Row 0 on the screen of one peer: who it is, how it is connected, and where it stands in the
//! list.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Canvas, width};
use crate::tui::layout::Grid;
use crate::tui::showing;
use swarmscope_facts::format::{clock, lasted, thousands, took};
use swarmscope_facts::networks;
use swarmscope_facts::peer::State;
use swarmscope_facts::words;

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let y = grid.status;
    canvas.tint(0, grid.columns, y, canvas.theme.panel);
    let theme = canvas.theme;
    let mut end =
        canvas.right(grid.columns - 1, y, &clock(model.now.wall), theme.muted).saturating_sub(2);
    end = showing::status(canvas, model, end, y, grid.class);
    if let Some(row) = model.selected_row().filter(|_| grid.columns >= 80) {
        let place = format!(
            "{} of {}",
            thousands(row as u64 + 1),
            thousands(model.order.rows().len() as u64)
        );
        end = canvas.right(end, y, &place, theme.muted).saturating_sub(2);
    }
    let mut x = 1;
    if grid.columns >= 60 {
        x = canvas.text(x, end, y, "swarmscope", theme.strong()) + 2;
    }
    x = canvas.text(x, end, y, "peer", theme.muted) + 2;
    let Some(peer) = model.peer() else { return };
    let (sign, style) = match &peer.state {
        State::Connected { .. } | State::Answered { .. } => ("●", Style::new()),
        State::Heard | State::Connecting { .. } => ("…", Style::new()),
        State::Gone { .. } => ("○", Style::new()),
        State::Refused { .. } => ("■", theme.fail),
        State::Failed { .. } => ("×", theme.fail),
    };
    x = canvas.text(x, end, y, sign, style) + 1;
    if peer.signals > 0 {
        x = canvas.text(x, end, y, "▲", theme.caution.patch(theme.strong())) + 1;
    }
    let name = peer
        .permid()
        .map_or_else(|| model.name_of(&peer.key), |permid| model.naming().permid(&permid));
    x = canvas.text(x, end, y, networks::without_scheme(&name), theme.strong()) + 2;
    let seen = || peer.address.map(|address| address.to_string());
    let address = peer.target().or_else(seen).map(|address| model.naming().address(&address));
    let version = peer.version.map(|version| words::version(version, peer.transport));
    let mut fits = |canvas: &mut Canvas, text: &str, style: Style| {
        if !text.is_empty() && x + width(text) <= end {
            x = canvas.text(x, end, y, text, style) + 2;
        }
    };
    let clear = version.as_ref().is_some_and(|version| version.ends_with("clear"));
    let note = if clear && grid.columns >= 120 { ", not encrypted" } else { "" };
    let version = version.map(|version| version + note).unwrap_or_default();
    fits(canvas, &version, if clear { theme.caution } else { Style::new() });
    if let Some(other) = &peer.other {
        fits(canvas, other.network.name(), theme.muted);
        match other.encryption.as_deref() {
            Some("forced") => fits(canvas, "encrypted only, likely", theme.caution),
            Some(_) => fits(canvas, "takes plain connections", Style::new()),
            None => {}
        }
        fits(canvas, other.program().unwrap_or_default(), Style::new());
        let rtt = peer.rtt.map(|rtt| format!("rtt {}", took(rtt))).unwrap_or_default();
        fits(canvas, &rtt, Style::new());
    }
    if peer.permid().is_some() {
        fits(canvas, address.as_deref().unwrap_or_default(), theme.muted);
    }
    if let State::Connected { since } = peer.state {
        let rtt = peer.rtt.map(|rtt| format!("rtt {}", took(rtt))).unwrap_or_default();
        fits(canvas, &rtt, Style::new());
        let up = lasted(model.now.instant.saturating_duration_since(since.instant));
        fits(canvas, &format!("up {up}"), Style::new());
    }
    if let Some(label) = &peer.label {
        fits(canvas, label, theme.muted);
    }
}
