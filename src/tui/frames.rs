//! The newest frames of the selected channel, newest last. Parts in the middle are summed up.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::told;
use crate::screen::Model;
use swarmscope_facts::format::{clock_with_millis, thousands};
use swarmscope_facts::request::{Outcome, Part, Request, more};
use swarmscope_facts::words;
use swarmscope_wire::ErrorByte;

/// Bytes of a request or reply frame before its payload: length, frame id and four fields
/// (protocol.md §4).
const BEFORE_PAYLOAD: usize = 9;

/// One line.
struct Line {
    time: String,
    arrow: &'static str,
    what: String,
    detail: String,
    bytes: Option<usize>,
    failed: bool,
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area) {
    let Some(request) = model.request().filter(|request| request.sent.is_some()) else { return };
    if model.peer().is_some_and(|peer| peer.other.is_some()) {
        if request.told.is_empty() {
            return;
        }
        let note = format!("{} of #{}, newest last", request.part_count(), request.number);
        canvas.heading(&area, "PARTS", false, &note);
        return told::draw(canvas, model, area.rows(1, u16::MAX), request);
    }
    let channel = request.channel.map(|channel| channel.to_string()).unwrap_or_default();
    let note = if area.width() >= 44 {
        format!("of channel {channel}, newest last")
    } else {
        String::new()
    };
    canvas.heading(&area, "FRAMES", false, &note);
    let lines = lines(request, usize::from(area.height.saturating_sub(1)));
    let theme = canvas.theme;
    let (muted, plain) = (theme.muted, Style::new());
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        canvas.right(area.x + 12, y, &line.time, muted);
        let arrow = if line.failed { theme.fail } else { plain };
        canvas.text(area.x + 14, area.x + 16, y, line.arrow, arrow);
        let what = if line.failed { theme.fail } else { plain };
        canvas.text(area.x + 16, area.right, y, &line.what, what);
        let mut right = area.right;
        if let Some(bytes) = line.bytes {
            right = canvas.right(right, y, &format!("{} B", thousands(bytes as u64)), muted);
        }
        let (x, right) = (area.x + 32, right.saturating_sub(1));
        let detail = if x + width(&line.detail) <= right {
            &line.detail
        } else {
            line.detail.trim_end_matches(" more")
        };
        canvas.text(x, right, y, detail, muted);
    }
}

fn lines(request: &Request, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(sent) = request.sent {
        lines.push(Line {
            time: clock_with_millis(sent.wall),
            arrow: "→",
            what: "request".to_owned(),
            detail: format!("frequency {}", request.frequency),
            bytes: Some(BEFORE_PAYLOAD + request.payload.len()),
            failed: false,
        });
    }
    let end = end(request);
    let room = room.saturating_sub(lines.len() + end.iter().len()).max(1);
    let parts = &request.parts;
    if parts.len() <= room && request.part_count() as usize == parts.len() {
        lines.extend(parts.iter().map(|part| part_line(request, part)));
    } else {
        summed(request, room, &mut lines);
    }
    lines.extend(end);
    lines
}

/// The first part, how many are left out, and the newest ones.
fn summed(request: &Request, room: usize, lines: &mut Vec<Line>) {
    let Some((first, newest)) = request.parts.first().zip(request.newest) else { return };
    let kept = &request.parts;
    // beyond those that are kept only the newest is known
    let mut tail: Vec<Part> =
        kept.iter().rev().take(room.saturating_sub(2).max(1)).rev().copied().collect();
    if kept.last().is_some_and(|last| last.index != newest.index) {
        tail = vec![newest];
    }
    let left_out = (newest.index as usize).saturating_sub(tail.len() + 1);
    let bytes: usize = request
        .bytes
        .saturating_sub(first.bytes + tail.iter().map(|part| part.bytes).sum::<usize>());
    if room >= 2 {
        lines.push(part_line(request, first));
    }
    if room >= 3 {
        lines.push(Line {
            time: String::new(),
            arrow: "·",
            what: format!("{left_out} more parts"),
            detail: String::new(),
            bytes: Some(bytes + left_out * BEFORE_PAYLOAD),
            failed: false,
        });
    }
    lines.extend(tail.iter().map(|part| part_line(request, part)));
}

fn part_line(request: &Request, part: &Part) -> Line {
    let error =
        request.reply().map(|reply| reply.error).filter(|error| *error != ErrorByte::SUCCESS);
    let detail = match (part.hint.is_last(), error) {
        (true, Some(error)) => words::error(error),
        (true, None) => "the last".to_owned(),
        (false, _) => format!("hint {}: {}", part.hint.0, more(part.hint)),
    };
    Line {
        time: format!(
            "+{} ms",
            thousands(u64::try_from(part.after.as_millis()).unwrap_or(u64::MAX))
        ),
        arrow: "←",
        what: format!("part {}", part.index),
        detail,
        bytes: Some(BEFORE_PAYLOAD + part.bytes),
        failed: false,
    }
}

/// How it ended, where it did not end with its last part.
fn end(request: &Request) -> Option<Line> {
    let Outcome::Failed { failure, .. } = &request.outcome else { return None };
    let after = request.elapsed(request.asked);
    Some(Line {
        time: format!("+{} ms", thousands(u64::try_from(after.as_millis()).unwrap_or(u64::MAX))),
        arrow: "×",
        what: words::row(failure.cause),
        detail: String::new(),
        bytes: None,
        failed: true,
    })
}
