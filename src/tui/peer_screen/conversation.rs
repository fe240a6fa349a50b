//! Everything that was said and that happened, one line each, oldest first.

use std::time::Duration;

use ratatui::style::Style;

use super::has_focus;
use crate::screen::Model;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::peer_screen::cursor::Focus;
use crate::tui::canvas::{Area, Canvas, PILL, follow, width};
use crate::tui::why::folded;
use swarmscope_facts::conversation::{Conversation, Line, Of, What};
use swarmscope_facts::format::{clock_with_millis, counted, thousands, took};
use swarmscope_facts::ladder::why;
use swarmscope_facts::peer::{Peer, State};
use swarmscope_facts::said::{Said, Sign, Way, said};
use swarmscope_peer::crawler::Trace;
use swarmscope_wire::failure::Phase;
use swarmscope_wire::trace::Kind;

/// Where the columns stand: a function of the block's width.
struct Columns {
    time: u16,
    arrow: u16,
    name: u16,
    channel: Option<u16>,
    detail: u16,
    bytes: Option<u16>,
}

impl Columns {
    fn of(area: &Area) -> Self {
        let x = area.x;
        match area.width() {
            54.. => Self {
                time: x + 8,
                arrow: x + 10,
                name: x + 12,
                channel: Some(x + 29),
                detail: x + 32,
                bytes: Some(area.right),
            },
            46..54 => Self {
                time: x + 7,
                arrow: x + 8,
                name: x + 10,
                channel: None,
                detail: x + 26,
                bytes: Some(area.right),
            },
            _ => Self {
                time: x + 7,
                arrow: x + 8,
                name: x + 10,
                channel: None,
                detail: x + 24,
                bytes: None,
            },
        }
    }
}

pub const fn arrow(way: Way) -> &'static str {
    match way {
        Way::Out => "→",
        Way::In => "←",
        Way::Between => "·",
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, top: &mut usize) {
    let focused = has_focus(model, Focus::Conversation);
    let Some(peer) = model.peer() else { return };
    let Some((conversation, (_, line))) = model.conversation().zip(model.line()) else {
        canvas.heading(&area, "CONVERSATION", focused, "");
        return nothing_said(canvas, model, peer, area);
    };
    // by the first line of its connection that is kept: each line was told of a little later than
    // it happened
    let first = conversation.lines().iter().find(|of| of.socket == line.socket).unwrap_or(line);
    let since = first.at.wall.checked_sub(first.after).map(clock_with_millis).unwrap_or_default();
    let filter = model.line_filter.text();
    let note = match filter {
        "" if area.width() >= 40 => format!("since {since}Z"),
        "" => String::new(),
        words => format!("/{words}"),
    };
    canvas.heading(&area, "CONVERSATION", focused, &note);
    let columns = Columns::of(&area);
    let following = model.inspect.line.is_none();
    match (columns.bytes, following) {
        (Some(right), false) => drop(canvas.right(right, area.y, "BYTES", canvas.theme.muted)),
        (Some(right), true) => {
            canvas.right(right, area.y, "following  BYTES", canvas.theme.muted);
        }
        (None, true) => drop(canvas.right(area.right, area.y, "following", canvas.theme.muted)),
        (None, false) => {}
    }
    let foot = if area.height >= 8 { 2 } else { 0 };
    let list = area.rows(1, area.height.saturating_sub(1 + foot));
    let (lines, rows) = (conversation.lines(), model.conversation_rows());
    let Some(at) = model.conversation_row(&rows) else {
        let text = "No line matches.";
        canvas.text(area.x, area.right, list.y, text, canvas.theme.muted);
        return;
    };
    *top = follow(*top, at, usize::from(list.height), rows.len());
    let mut y = list.y;
    for (i, shown) in rows.iter().enumerate().skip(*top).take(usize::from(list.height)) {
        let Some(line) = lines.get(shown.at) else { return };
        if i == at {
            canvas.selected(&area, y, focused);
        }
        canvas.row_zone(&area, y, Spot::Row(List::Lines, i));
        let all = lines.range(shown.at + 1 - shown.lines..=shown.at);
        let said = folded_said(said(&model.saying(), peer, line), all);
        row(canvas, &columns, &area, y, line, &said, i == at);
        y += 1;
    }
    if foot > 0 && y + 1 < area.bottom() {
        canvas.text(area.x, area.right, y + 1, &summary(conversation), canvas.theme.muted);
    }
}

/// Of a row that stands for several lines: how many, as the newest of them.
fn folded_said<'l>(said: Said, lines: impl ExactSizeIterator<Item = &'l Line>) -> Said {
    let count = lines.len();
    if count == 1 {
        return said;
    }
    let sent = lines.filter(|line| matches!(line.what, What::Trace(Trace::Sent(_)))).count();
    let all = thousands(count as u64);
    let (way, detail) = match sent {
        0 => (Way::In, format!("{all} in a row")),
        sent if sent == count => (Way::Out, format!("{all} in a row")),
        sent => (Way::Between, format!("{all} in a row, {} from us", thousands(sent as u64))),
    };
    Said { way, detail, bytes: None, ..said }
}

fn row(
    canvas: &mut Canvas,
    columns: &Columns,
    area: &Area,
    y: u16,
    line: &Line,
    said: &Said,
    here: bool,
) {
    let theme = canvas.theme;
    let plain = if here { theme.strong() } else { Style::new() };
    let (sign, style) = match said.sign {
        Some(Sign::Failed) => ("×", theme.fail),
        Some(Sign::Odd) => ("▲", theme.caution),
        Some(Sign::NotYet) | None => ("", plain),
    };
    canvas.right(columns.time, y, &time(line), theme.muted);
    canvas.text(columns.arrow, columns.name, y, arrow(said.way), plain);
    let end = columns.channel.filter(|_| said.channel.is_some()).unwrap_or(columns.detail) - 1;
    canvas.text(columns.name, end, y, fitting(&said.name, end - columns.name), plain);
    if let (Some(x), Some(channel)) = (columns.channel, said.channel) {
        canvas.text(x, columns.detail, y, &channel.to_string(), theme.muted);
    }
    let mut right = area.right;
    if let (Some(end), Some(bytes)) = (columns.bytes, said.bytes) {
        right = canvas.right(end, y, &thousands(bytes), theme.muted).saturating_sub(1);
    }
    let mut x = columns.detail;
    if said.sign == Some(Sign::NotYet) && x + PILL < right {
        x = canvas.pill(x, right, y) + 1;
    }
    if !sign.is_empty() {
        x = canvas.text(x, right, y, sign, style.patch(theme.strong())) + 1;
    }
    canvas.text(x, right, y, &said.detail, plain);
}

/// As much of a name as tells it from the others: first its number goes, then the word that the
/// crawler messages begin with.
fn fitting(name: &str, room: u16) -> &str {
    let fits = |name: &&str| width(name) <= room;
    let word = if name.chars().next().is_some_and(char::is_uppercase) {
        name.split(' ').next()
    } else {
        None
    };
    let brief = word.and_then(|word| word.strip_prefix("CRAWLER_"));
    [Some(name), word, brief].into_iter().flatten().find(fits).unwrap_or(name)
}

/// `+31 ms`; `0 ms` for the beginning.
fn time(line: &Line) -> String {
    let begins = matches!(line.what, What::Trace(Trace::Resolving { .. } | Trace::Accepted(_)));
    if begins && line.after < Duration::from_millis(1) {
        "0 ms".to_owned()
    } else {
        format!("+{}", took(line.after))
    }
}

/// `17 lines; 2 frames not ours, 1 refused`.
fn summary(conversation: &Conversation) -> String {
    let lines = conversation.lines();
    let stray = lines.iter().filter(|line| line.of == Of::Stray).count();
    let others = lines.iter().filter(|line| is_dropped(line)).count();
    let lost: u64 = lines
        .iter()
        .map(|line| if let What::Trace(Trace::Lost(n)) = line.what { n } else { 0 })
        .fold(0, u64::saturating_add);
    let mut text = counted(lines.len(), "line");
    let mut parts = Vec::new();
    if others > 0 {
        parts.push(format!("{} not ours", counted(others, "frame")));
    }
    if stray > 0 {
        parts.push(format!("{} refused", counted(stray, "part")));
    }
    if conversation.let_go > 0 {
        parts.push(format!(
            "{} let go",
            counted(usize::try_from(conversation.let_go).unwrap_or(usize::MAX), "older line")
        ));
    }
    if lost > 0 {
        parts.push(format!("{} not traced", thousands(lost)));
    }
    if !parts.is_empty() {
        text = format!("{text}; {}", parts.join(", "));
    }
    text
}

fn is_dropped(line: &Line) -> bool {
    let What::Trace(Trace::Received(piece)) = &line.what else { return false };
    matches!(piece.kind, Kind::Frame(id) if !id.is_ours())
}

/// No line yet, or none any more.
fn nothing_said(canvas: &mut Canvas, model: &Model, peer: &Peer, area: Area) {
    let text = match (&peer.state, why(&model.facts, peer)) {
        _ if model.showing.written.is_some() => "No conversation: a store keeps none.",
        (_, Some(failure)) if failure.phase() < Phase::Handshake => {
            "No conversation: the attempt ended before a byte was sent. The ladder shows where, \
             and why."
        }
        (_, Some(_)) => "The conversation is no longer kept.",
        (State::Heard, _) => "No conversation: heard of, not dialled yet.",
        (State::Connecting { .. }, _) => "No conversation yet: being dialled.",
        _ => "The conversation is no longer kept.",
    };
    for (text, y) in
        folded(text, usize::from(area.width())).into_iter().zip(area.y + 2..area.bottom())
    {
        canvas.text(area.x, area.right, y, text, canvas.theme.muted);
    }
    debug_assert!(width("CONVERSATION") < area.width());
}
