//! The selected peer's requests, newest first: channel, message, where each stands.

use ratatui::style::Style;

use super::canvas::{Area, BAR, Canvas, follow, width};
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::{Mode, Model, Pane};
use swarmscope_facts::format::{clock, countdown, counted, size, thousands, took};
use swarmscope_facts::news::Kind;
use swarmscope_facts::peer::Peer;
use swarmscope_facts::request::{Outcome, Reply, Request, left};
use swarmscope_facts::words;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_wire::failure::Phase;
use swarmscope_wire::{ErrorByte, Frequency};

/// Channels of one peer (protocol.md §4).
const CHANNELS: usize = 255;

/// From this width on a row says more of its request.
const ROOMY: u16 = 90;

/// Where the columns stand: a function of the block's width alone.
struct Columns {
    number: Option<u16>,
    channel: u16,
    name: u16,
    status: u16,
    status_right: u16,
    size_right: Option<u16>,
    /// Where there is much room: when it was sent, its frequency, how many parts came.
    more: Option<More>,
    right: u16,
}

/// One past the last cell of each.
struct More {
    sent: u16,
    frequency: u16,
    parts: u16,
}

impl More {
    const fn of(right: u16) -> Self {
        Self { sent: right - 32, frequency: right - 24, parts: right - 17 }
    }
}

impl Columns {
    fn of(area: &Area) -> Self {
        let (x, right) = (area.x, area.right);
        let numbered = area.width() >= 48;
        let shift = if numbered { 4 } else { 0 };
        let sized = area.width() >= 58;
        let roomy = area.width() >= ROOMY;
        let status_right = match (roomy, sized) {
            (true, _) => right - 43,
            (false, true) => right - 17,
            (false, false) => right - 7,
        };
        Self {
            number: numbered.then_some(x),
            channel: x + shift,
            name: x + shift + 4,
            status: x + shift + if numbered { 14 } else { 13 },
            status_right,
            more: roomy.then(|| More::of(right)),
            size_right: sized.then(|| right - 8),
            right,
        }
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, top: &mut usize) {
    let Some(peer) = model.peer() else { return };
    let columns = Columns::of(&area);
    let focused = model.focus == Pane::Channels && matches!(model.mode, Mode::Main);
    let used = peer
        .requests
        .iter()
        .filter(|request| request.in_flight() && request.channel.is_some())
        .count();
    let note =
        if area.width() >= 40 { format!("{used} of {CHANNELS} in use") } else { String::new() };
    if peer.other.is_some() {
        let running = peer.requests.iter().filter(|request| request.in_flight()).count();
        let note = format!("{running} of {} running", peer.requests.len());
        canvas.heading(&area, "QUESTIONS", focused, &note);
    } else {
        canvas.heading(&area, "CHANNELS", focused, &note);
    }
    if peer.requests.is_empty() {
        canvas.text(area.x, area.right, area.y + 1, "no requests yet", canvas.theme.muted);
        return;
    }
    if let Some(right) = columns.size_right {
        canvas.right(right, area.y, "SIZE", canvas.theme.muted);
    }
    canvas.right(columns.right, area.y, "TIME", canvas.theme.muted);
    if let Some(more) = &columns.more {
        canvas.right(more.sent, area.y, "SENT", canvas.theme.muted);
        if peer.other.is_none() {
            canvas.right(more.frequency, area.y, "EVERY", canvas.theme.muted);
        }
        canvas.right(more.parts, area.y, "PARTS", canvas.theme.muted);
    }
    let list = area.rows(1, u16::MAX);
    let at = model
        .request()
        .and_then(|shown| peer.requests.iter().rev().position(|r| r.ticket == shown.ticket));
    let at = at.unwrap_or(0);
    *top = follow(*top, at, usize::from(list.height), peer.requests.len());
    for ((i, request), y) in
        peer.requests.iter().rev().enumerate().skip(*top).zip(list.y..list.bottom())
    {
        let here = i == at;
        canvas.row_zone(&area, y, Spot::Row(List::Channels, i));
        if here {
            canvas.selected(&area, y, focused);
        }
        Row { model, columns: &columns, peer, request, y }.draw(canvas, here);
    }
}

/// One request on a line.
struct Row<'a> {
    model: &'a Model,
    columns: &'a Columns,
    peer: &'a Peer,
    request: &'a Request,
    y: u16,
}

impl Row<'_> {
    fn draw(&self, canvas: &mut Canvas, here: bool) {
        let Self { model, columns, request, y, .. } = *self;
        let theme = canvas.theme;
        let plain = if here { theme.strong() } else { Style::new() };
        if let Some(x) = columns.number {
            canvas.text(x, columns.channel, y, &format!("#{}", request.number), theme.muted);
        }
        let channel =
            request.channel.map_or_else(|| "··".to_owned(), |channel| channel.to_string());
        let is_other = self.peer.other.is_some();
        if !is_other {
            canvas.text(columns.channel, columns.name, y, &channel, plain);
        }
        canvas.text(
            if is_other { columns.channel } else { columns.name },
            columns.status - 1,
            y,
            &model.registry().label(request.message),
            plain,
        );
        self.status(canvas, plain);
        if let Some(right) = columns.size_right {
            let bytes = request.reply().map_or(request.bytes, |reply| reply.bytes);
            let nothing = request.reply().is_none() && request.newest.is_none();
            let text = match request.part_count() {
                _ if nothing => "–".to_owned(),
                0 if is_other => "–".to_owned(),
                parts if is_other => counted(parts as usize, "part"),
                _ => size(bytes),
            };
            canvas.right(right, y, &text, if nothing { theme.muted } else { plain });
        }
        canvas.right(columns.right, y, &took(request.elapsed(model.now)), plain);
        if let Some(more) = &columns.more {
            let sent = request.sent.map_or_else(|| "–".to_owned(), |sent| clock(sent.wall));
            canvas.right(more.sent, y, &sent, theme.muted);
            if !is_other {
                canvas.right(more.frequency, y, &format!("{} s", request.frequency), theme.muted);
            }
            canvas.right(more.parts, y, &thousands(u64::from(request.part_count())), plain);
        }
    }

    fn status(&self, canvas: &mut Canvas, plain: Style) {
        let Self { model, columns, request, y, .. } = *self;
        let theme = canvas.theme;
        let (x, right) = (columns.status, columns.status_right);
        match &request.outcome {
            Outcome::Queued if self.peer.other.is_some() => {
                canvas.text(x, right, y, "… waits for its turn", theme.muted);
            }
            Outcome::Queued => drop(canvas.text(x, right, y, "… connecting", theme.muted)),
            Outcome::Waiting if request.newest.is_none() && self.peer.other.is_some() => {
                canvas.text(x, right, y, "… no answer yet", theme.muted);
            }
            Outcome::Waiting if request.newest.is_none() => {
                let left =
                    request.left(model.now).map(|left| format!(", {} left", countdown(left)));
                let long = format!("… no part yet{}", left.unwrap_or_default());
                let text = if x + width(&long) <= right { &long } else { "… no part yet" };
                canvas.text(x, right, y, text, theme.muted);
            }
            Outcome::Waiting if self.peer.other.is_some() => {
                let parts = format!("… {} in", counted(request.part_count() as usize, "part"));
                canvas.text(x, right, y, &parts, plain);
            }
            Outcome::Waiting => parts(canvas, x, right, y, request),
            Outcome::AwaitingDialBack => {
                canvas.text(x, right, y, "○ waiting for dial-back", theme.muted);
            }
            Outcome::Replied(reply) if reply.error == ErrorByte::FREQUENCY => {
                self.not_yet(canvas);
            }
            Outcome::Replied(reply) => {
                canvas.text(x, right, y, &replied(reply, right - x), plain);
            }
            Outcome::Failed { failure, .. } => {
                let (sign, style) = match Kind::of(failure) {
                    Kind::Refused => ("■ ", theme.fail),
                    Kind::Plain => ("", plain),
                    _ => ("× ", theme.fail),
                };
                let brief = words::row(failure.cause);
                let after = format!("{brief}, {}", words::seconds(request.elapsed(model.now)));
                let fits = |text: &str| x + width(sign) + width(text) <= right;
                let timed = failure.phase() == Phase::Reply && fits(&after);
                canvas.pieces(
                    x,
                    right,
                    y,
                    &[(sign, style), (if timed { &after } else { &brief }, style)],
                );
            }
        }
    }

    /// The pill, and when it is over.
    fn not_yet(&self, canvas: &mut Canvas) {
        let Self { model, columns, peer, request, y } = *self;
        let (x, right) = (columns.status, columns.status_right);
        let strong = canvas.theme.strong();
        let end = canvas.pill(x, right, y) + 1;
        let newest =
            peer.last_of(request.message).is_some_and(|last| last.ticket == request.ticket);
        let frequency: Frequency = request.frequency;
        let known = model.present().acceptance(peer, request.message, frequency);
        let (before, brief, time) = match known {
            Acceptance::In(left) => ("again in ", "", countdown(left)),
            Acceptance::AtMost(left) | Acceptance::IfCounted(left) => {
                ("at latest ", "≤", countdown(left))
            }
            Acceptance::Now if newest => ("its time has passed", "over", String::new()),
            Acceptance::Now | Acceptance::Unknown => ("not yet", "", String::new()),
        };
        let before = if end + width(before) + width(&time) <= right { before } else { brief };
        canvas.pieces(end, right, y, &[(before, Style::new()), (&time, strong)]);
    }
}

/// `▓▓▓▓▓▓▓░░ 7 in, 2+ left`, as much of it as there is room for.
fn parts(canvas: &mut Canvas, x: u16, right: u16, y: u16, request: &Request) {
    let Some(part) = request.newest else { return };
    canvas.part_bar(x, right, y, part.index, part.hint);
    let x = x + BAR + 1;
    let left = left(part.hint);
    let texts = [format!("{} in, {left}", part.index), format!("{} in", part.index)];
    let narrow = [left.clone(), left.trim_end_matches(" left").to_owned()];
    let fits = |text: &&String| x + width(text) <= right;
    let chosen = texts[..1].iter().chain(&narrow).chain(&texts[1..]).find(fits);
    if let Some(text) = chosen {
        canvas.text(x, right, y, text, Style::new());
    }
}

/// What a reply was, in as many words as fit.
fn replied(reply: &Reply, room: u16) -> String {
    let long = words::reply_error(reply);
    match (&reply.decoding, reply.error) {
        (_, ErrorByte::UNKNOWN_MESSAGE) if width(&long) > room => "253 unknown".to_owned(),
        (Some(decoding), ErrorByte::SUCCESS) if decoding.failed.is_none() => {
            words::clean(&decoding.decoded.summary)
        }
        (Some(_), ErrorByte::SUCCESS) => "▲ unexpected content".to_owned(),
        (None, ErrorByte::SUCCESS) if reply.payload.is_some() => "reading it".to_owned(),
        (None, ErrorByte::SUCCESS) => "bytes dropped".to_owned(),
        _ => long,
    }
}
