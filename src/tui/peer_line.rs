//! The first row of the right pane: who is selected.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use crate::app::Model;
use crate::app::format::{lasted, took};
use crate::app::peers::{Peer, State};
use crate::app::words;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area) {
    let Some(peer) = model.peer() else { return };
    let theme = canvas.theme;
    let (y, muted) = (area.y, theme.muted);
    let name = peer.permid().map(|permid| permid.short()).unwrap_or_default();
    let seen = || peer.address.map(|address| address.to_string());
    let address = peer.target().or_else(seen).map(|address| words::address(model, &address)).unwrap_or_default();
    let version = peer.version.map(|version| words::version(version, peer.transport)).unwrap_or_default();
    let spaced = |text: &str| if text.is_empty() { 0 } else { width(text) + 2 };
    let needed = spaced(&name) + spaced(&address) + spaced(&version);

    let end = times(canvas, model, peer, &area, needed);
    let mut x = area.x;
    x = canvas.text(x, end, y, &name, theme.strong()) + if name.is_empty() { 0 } else { 2 };
    if name.is_empty() || x + spaced(&address) + width(&version) <= end {
        x = canvas.text(x, end, y, &address, Style::new()) + if address.is_empty() { 0 } else { 2 };
    }
    if let Some((number, kind)) = version.split_once(' ') {
        let style = if kind == "tls" { Style::new() } else { theme.caution };
        x = canvas.text(x, end, y, number, Style::new());
        x = canvas.text(x + 1, end, y, kind, style) + 2;
    }
    if let Some(label) = peer.label.as_ref().filter(|label| x + width(label) <= end) {
        canvas.text(x, end, y, label, muted);
    }
}

/// Round trip and age of the connection, where there is room beside what is `needed`. Returns where that must end.
fn times(canvas: &mut Canvas, model: &Model, peer: &Peer, area: &Area, needed: u16) -> u16 {
    let State::Connected { since } = peer.state else { return area.right };
    let muted = canvas.theme.muted;
    let up = lasted(model.now.instant.saturating_duration_since(since.instant));
    let rtt = peer.rtt.map(took).unwrap_or_default();
    let (y, mut end) = (area.y, area.right);
    if needed + width("rtt  ms   up ") + width(&rtt) + width(&up) <= area.width() {
        end = canvas.right(end, y, &up, Style::new());
        end = canvas.right(end - 1, y, "up", muted);
        end = canvas.right(end - 3, y, &rtt, Style::new());
        canvas.right(end - 1, y, "rtt", muted) - 2
    } else if needed + width(&rtt) <= area.width() {
        canvas.right(end, y, &rtt, Style::new()) - 2
    } else {
        end
    }
}
