//! The first row of the right pane: who is selected.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use crate::screen::Model;
use swarmscope_facts::format::{lasted, took};
use swarmscope_facts::networks;
use swarmscope_facts::peer::{Peer, State};
use swarmscope_facts::words;

/// Cells of a note that are worth showing.
const LEAST_NOTE: u16 = 8;

/// `note_below`: the row under it is free for the operator's note.
pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, note_below: bool) {
    let Some(peer) = model.peer() else { return };
    if let Some(note) = model.present().note(peer).filter(|_| note_below) {
        let x = canvas.text(area.x, area.right, area.y + 1, "note", canvas.theme.muted);
        canvas.text(x + 2, area.right, area.y + 1, note, Style::new());
    }
    let theme = canvas.theme;
    let (y, muted) = (area.y, theme.muted);
    let name = peer.permid().map(|permid| model.naming().permid(&permid)).unwrap_or_default();
    if peer.other.is_some() {
        return other(canvas, model, area, peer);
    }
    let seen = || peer.address.map(|address| address.to_string());
    let address = peer
        .target()
        .or_else(seen)
        .map(|address| model.naming().address(&address))
        .unwrap_or_default();
    let version =
        peer.version.map(|version| words::version(version, peer.transport)).unwrap_or_default();
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
        x = canvas.text(x, end, y, label, muted) + 2;
    }
    if let Some(note) = model.present().note(peer).filter(|_| !note_below && x + LEAST_NOTE <= end)
    {
        canvas.text(x, end, y, note, Style::new());
    }
}

/// A peer of another network: its address, its node id, its program.
fn other(canvas: &mut Canvas, model: &Model, area: Area, peer: &Peer) {
    let Some(known) = &peer.other else { return };
    let (theme, y) = (canvas.theme, area.y);
    let mut end = area.right;
    if let Some(rtt) = peer.rtt.filter(|_| peer.is_up()) {
        end = canvas.right(end, y, &took(rtt), Style::new());
        end = canvas.right(end - 1, y, "rtt", theme.muted) - 2;
    }
    let name = model.name_of(&peer.key);
    let x = canvas.text(area.x, end, y, networks::without_scheme(&name), theme.strong()) + 2;
    let x = canvas.text(x, end, y, known.network.name(), theme.muted) + 2;
    let program = known.client.as_ref().or(known.version.as_ref());
    let words = [
        known.node.as_ref().map(|node| model.naming().node(node)),
        program.cloned(),
        known.bep42.as_ref().map(|bep42| format!("BEP 42 {bep42}")),
        known.queue.map(|queue| format!("reqq {queue}")),
        known.encryption.as_deref().map(|how| match how {
            "forced" => "encrypted only, likely".to_owned(),
            _ => "takes plain connections".to_owned(),
        }),
        peer.label.as_deref().map(str::to_owned),
    ];
    let mut x = x;
    for word in words.into_iter().flatten() {
        if x + width(&word) <= end {
            x = canvas.text(x, end, y, &word, Style::new()) + 2;
        }
    }
}

/// Round trip and age of the connection, where there is room beside what is `needed`. Returns where
/// that must end.
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
