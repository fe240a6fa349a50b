//! The list of peers. Its last column belongs to the composer's message: when does each peer accept it?

use ratatui::style::Style;

use super::canvas::{Area, BAR, Canvas, PILL, cut, follow, width};
use crate::app::column::{Cell, cell};
use crate::app::commands::key_of;
use crate::app::filter::state_word;
use crate::app::format::{countdown, thousands, took};
use crate::app::messages::{Known, known};
use crate::app::peers::{Peer, State};
use crate::app::words;
use crate::app::{Mode, Model, Pane};
use crate::node::PeerKey;
use crate::wire::Frequency;

/// Cells of the last column: the pill, a blank, and `≤52:10`.
const LAST: u16 = 12;

/// Where the columns stand: a function of the list's width alone. A column is there whole or not at all.
struct Columns {
    sign: u16,
    permid: u16,
    signal: u16,
    version: u16,
    /// What is said of a peer that is not connected.
    state: u16,
    rtt_right: Option<u16>,
    nat: Option<u16>,
    last: u16,
    right: u16,
}

impl Columns {
    fn of(area: &Area) -> Self {
        let (x, last) = (area.x, area.right - LAST);
        let at = |offset| x + offset;
        Self {
            sign: at(0),
            permid: at(2),
            signal: at(10),
            version: at(12),
            state: at(22),
            rtt_right: (area.width() >= 40).then(|| at(28).min(last - 1)),
            nat: (area.width() >= 53).then(|| at(30)),
            last,
            right: area.right,
        }
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, headings: bool, top: &mut usize) {
    let columns = Columns::of(&area);
    let message = known(model.registry(), model.composer.message);
    heading(canvas, model, &area, headings, &columns, &message);
    let list = area.rows(if headings { 2 } else { 1 }, u16::MAX);
    let rows = model.order.rows();
    if rows.is_empty() {
        return nothing(canvas, model, &list);
    }
    let height = usize::from(list.height);
    let selected = model.selected_row();
    *top = follow(*top, selected.unwrap_or(*top), height, rows.len());
    let frequency = model.composer.frequency_or_default();
    for (row, y) in (*top..rows.len()).zip(list.y..list.bottom()) {
        let Some(peer) = model.peers.at(rows[row]) else { continue };
        let here = selected == Some(row);
        if here {
            canvas.selected(&area, y, focused(model));
        }
        draw_row(canvas, model, &columns, peer, y, here, &message, frequency);
    }
}

fn focused(model: &Model) -> bool {
    model.focus == Pane::Peers && matches!(model.mode, Mode::Main | Mode::Filter | Mode::Connect(..))
}

fn heading(canvas: &mut Canvas, model: &Model, area: &Area, headings: bool, columns: &Columns, message: &Known) {
    let (shown, all) = (model.order.rows().len(), model.peers.len());
    let note = if headings {
        format!("{} of {}", thousands(shown as u64), thousands(all as u64))
    } else {
        thousands(shown as u64)
    };
    let x = canvas.heading(area, "PEERS", focused(model), &note);
    filter(canvas, model, x + 2, area);
    let (y, muted) = (area.y, canvas.theme.muted);
    if !headings {
        let label = cut(&message.name, usize::from(LAST));
        if x + 2 + width(label) <= area.right && model.filter.text().is_empty() && !matches!(model.mode, Mode::Filter) {
            canvas.right(area.right, y, label, muted);
        }
        return;
    }
    if model.filter.text().is_empty() && !matches!(model.mode, Mode::Filter) {
        canvas.right(area.right, y, &format!("sort: {}", model.order.sort.name()), muted);
    }
    let y = y + 1;
    canvas.text(columns.permid, columns.version, y, "PEER", muted);
    canvas.text(columns.version, columns.state, y, "VERSION", muted);
    if let Some(right) = columns.rtt_right {
        canvas.right(right, y, "RTT", muted);
    }
    if let Some(nat) = columns.nat {
        canvas.text(nat, columns.last, y, "NAT", muted);
    }
    canvas.right(columns.right, y, cut(&message.name, usize::from(LAST)), muted);
}

/// The filter, where it is typed or set: `/sym tour`.
fn filter(canvas: &mut Canvas, model: &Model, x: u16, area: &Area) {
    let typing = matches!(model.mode, Mode::Filter);
    if !typing && model.filter.text().is_empty() {
        return;
    }
    let (y, strong) = (area.y, canvas.theme.strong());
    let (before, after) = model.filter.halves();
    canvas.tint(x, area.right, y, canvas.theme.panel);
    let end = canvas.text(x, area.right, y, "/", canvas.theme.muted);
    let cursor = canvas.text(end, area.right - 1, y, before, strong);
    canvas.text(cursor, area.right, y, after, strong);
    if typing {
        canvas.cursor = Some((cursor, y));
    }
}

/// Why the list is empty, and what to do.
fn nothing(canvas: &mut Canvas, model: &Model, list: &Area) {
    let theme = canvas.theme;
    let none = String::new();
    let lines = if model.peers.is_empty() {
        vec![
            (none, "No peers yet."),
            (key_of(model, "connect"), "connect to host:port"),
            (key_of(model, "quit"), "quit, and try: swarmscope demo"),
        ]
    } else {
        vec![(none, "The filter shows none of them."), (key_of(model, "show all"), "show all")]
    };
    for ((key, text), y) in lines.iter().zip(list.y..list.bottom()) {
        let x = canvas.text(list.x, list.right, y, key, theme.strong());
        canvas.text(if key.is_empty() { x } else { x + 1 }, list.right, y, text, theme.muted);
    }
}

#[expect(clippy::too_many_arguments, reason = "what all rows share is worked out once")]
fn draw_row(
    canvas: &mut Canvas,
    model: &Model,
    columns: &Columns,
    peer: &Peer,
    y: u16,
    here: bool,
    message: &Known,
    frequency: Frequency,
) {
    let theme = canvas.theme;
    let muted = theme.muted;
    let (sign, sign_style) = match peer.state {
        State::Connected { .. } => ("●", Style::new()),
        State::Heard | State::Connecting { .. } => ("…", muted),
        State::Gone { .. } => ("○", muted),
        State::Refused { .. } => ("■", theme.fail),
        State::Failed { .. } => ("×", theme.fail.patch(theme.strong())),
    };
    let up = peer.connected();
    let plain = if here { theme.strong() } else { Style::new() };
    let text = if up { plain } else { muted };
    canvas.text(columns.sign, columns.permid, y, sign, sign_style);
    if peer.signals > 0 {
        canvas.text(columns.signal, columns.version, y, "▲", theme.caution.patch(theme.strong()));
    }
    let clear = match &peer.key {
        PeerKey::Permid(permid) => {
            canvas.text(columns.permid, columns.signal, y, &permid.short(), text);
            peer.version.map(|version| (words::version(version, peer.transport), !version.is_encrypted()))
        }
        key @ PeerKey::Address(_) => {
            canvas.text(columns.permid, columns.state - 1, y, &model.name_of(key), text);
            None
        }
    };
    if let Some((version, clear)) = &clear {
        canvas.text(columns.version, columns.state, y, version, if up && *clear { plain } else { muted });
    } else if peer.permid().is_some() {
        canvas.text(columns.version, columns.state, y, "–", muted);
    }
    if up {
        if let Some(right) = columns.rtt_right {
            canvas.right(right, y, &peer.rtt.map(took).unwrap_or_default(), plain);
        }
        if let Some(nat) = columns.nat {
            canvas.text(nat, columns.last - 1, y, peer.nat.as_deref().unwrap_or("–"), plain);
        }
        acceptance(canvas, model, columns, peer, y, here, message, frequency);
    } else {
        state(canvas, model, columns, peer, y);
    }
}

/// What became of a peer that is not connected: in words where they fit, else in one.
fn state(canvas: &mut Canvas, model: &Model, columns: &Columns, peer: &Peer, y: u16) {
    let theme = canvas.theme;
    let since = |then: crate::app::Now| model.now.instant.saturating_duration_since(then.instant);
    let (word, rest) = words::state(&peer.state, since, model.listening.is_some());
    let shorter = rest.rsplit_once(',').map_or("", |(first, _)| first);
    let fits = |rest: &&str| !rest.is_empty() && columns.state + width(word) + width(rest) <= columns.right;
    if let Some(rest) = [rest.as_str(), shorter].into_iter().find(fits) {
        canvas.pieces(columns.state, columns.right, y, &[(word, theme.fail), (rest, theme.muted)]);
    } else {
        let style = if word.is_empty() { theme.muted } else { theme.fail };
        canvas.right(columns.right, y, state_word(&peer.state), style);
    }
}

#[expect(clippy::too_many_arguments, reason = "as of the row")]
fn acceptance(
    canvas: &mut Canvas,
    model: &Model,
    columns: &Columns,
    peer: &Peer,
    y: u16,
    here: bool,
    message: &Known,
    frequency: Frequency,
) {
    let theme = canvas.theme;
    let (right, muted) = (columns.right, theme.muted);
    let end = match cell(model, peer, message.id, message.min_version, frequency) {
        Cell::Now => canvas.right(right, y, "now", muted),
        Cell::In(left) => canvas.right(right, y, &format!("in {}", countdown(left)), muted),
        Cell::AtMost(left) => canvas.right(right, y, &format!("≤{}", countdown(left)), muted),
        Cell::NotYet { left, exact } => {
            canvas.pill(columns.last, columns.last + PILL, y);
            let bound = if exact { "" } else { "≤" };
            canvas.right(right, y, &format!("{bound}{}", countdown(left)), theme.strong());
            columns.last
        }
        Cell::Waiting(elapsed) => {
            let text = format!("… {}", words::seconds(elapsed));
            canvas.right(right, y, &text, if here { theme.strong() } else { Style::new() })
        }
        Cell::Parts { have, hint } => {
            canvas.part_bar(right - BAR, right, y, have, hint);
            right - BAR
        }
        Cell::Refused => canvas.right(right, y, "refused", theme.fail),
        Cell::Needs(version) => canvas.right(right, y, &format!("needs ≥{version}"), muted),
    };
    let word = |label: &String| label.split([' ', ',', '·']).next().map(str::to_owned);
    if let Some(label) = peer.label.as_ref().and_then(word).filter(|label| columns.last + width(label) + 2 <= end) {
        canvas.right(end - 2, y, &label, muted);
    }
}
