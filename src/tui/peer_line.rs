//! The first row of the right pane: who is selected.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use crate::app::Model;
use crate::app::format::{lasted, took};
use crate::app::peers::State;
use crate::app::words;
use crate::node::PeerKey;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area) {
    let Some(peer) = model.peer() else { return };
    let theme = canvas.theme;
    let (y, muted) = (area.y, theme.muted);
    let mut end = area.right;
    let wide = area.width() >= 50;
    if let State::Connected { since } = peer.state {
        let up = lasted(model.now.instant.saturating_duration_since(since.instant));
        let rtt = peer.rtt.map(took).unwrap_or_default();
        if wide {
            end = canvas.right(end, y, &up, Style::new());
            end = canvas.right(end - 1, y, "up", muted);
            end = canvas.right(end.saturating_sub(3), y, &rtt, Style::new());
            end = canvas.right(end - 1, y, "rtt", muted);
        } else if area.width() >= 38 {
            end = canvas.right(end, y, &rtt, Style::new());
        }
        end = end.saturating_sub(2);
    }
    let mut x = area.x;
    if let PeerKey::Permid(permid) = &peer.key {
        x = canvas.text(x, end, y, &permid.short(), theme.strong()) + 2;
    }
    let version = peer.version.map(|version| words::version(version, peer.transport));
    let version_width = version.as_deref().map_or(0, |text| width(text) + 2);
    let address = peer.address.map(|address| address.to_string()).or_else(|| match &peer.key {
        PeerKey::Address(address) => Some(address.clone()),
        PeerKey::Permid(_) => None,
    });
    if let Some(address) = address.map(|address| words::address(model, &address)) {
        let is_name = peer.permid().is_none();
        if is_name || x + width(&address) + version_width <= end {
            x = canvas.text(x, end, y, &address, Style::new()) + 2;
        }
    }
    if let Some((number, kind)) = version.as_deref().and_then(|text| text.split_once(' ')) {
        let style = if kind == "tls" { Style::new() } else { theme.caution };
        x = canvas.text(x, end, y, number, Style::new());
        x = canvas.text(x + 1, end, y, kind, style) + 2;
    }
    if let Some(label) = &peer.label
        && x + width(label) <= end
    {
        canvas.text(x, end, y, label, muted);
    }
}
