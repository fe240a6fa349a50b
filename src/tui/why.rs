//! What is shown where there is no reply: what failed, who ended it, whether the peer has counted
//! it, and what to do next.

use std::time::Duration;

use ratatui::style::Style;

use super::canvas::{Area, Canvas, cut, width};
use super::rows::{Rows, plain};
use super::{parts, told};
use crate::screen::Model;
use swarmscope_facts::format::{clock, countdown, counted, size, took};
use swarmscope_facts::ladder;
use swarmscope_facts::peer::State;
use swarmscope_facts::request::{Outcome, Request, more};
use swarmscope_facts::words;
use swarmscope_peer::node::Source;
use swarmscope_wire::failure::{Cause, Failure};

/// Where text stands behind its label.
pub const VALUE: u16 = 8;

/// From this height on there is room for everything; below, what to do next comes before the
/// particulars.
pub const ROOMY: u16 = 10;

/// A text in lines, broken at blanks.
pub fn folded(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fits = cut(rest, room.max(1));
        let end = if fits.len() == rest.len() {
            rest.len()
        } else {
            fits.rfind(' ').map_or(fits.len(), |blank| blank + 1)
        };
        let end = if end == 0 { rest.len() } else { end };
        lines.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    lines
}

/// Returns the first row below.
fn failure_rows(canvas: &mut Canvas, area: Area, failure: &Failure, counted: Option<&str>) -> u16 {
    let mut rows = Rows { canvas, area, y: area.y, value: VALUE, write: plain };
    rows.add("cause", &words::failed(failure));
    let next = |rows: &mut Rows| rows.add("next", failure.cause.hint());
    if area.height < ROOMY {
        next(&mut rows);
    }
    rows.add("ended", words::ended(failure.by));
    if let Some(counted) = counted {
        rows.add("count", counted);
    }
    if area.height >= ROOMY {
        next(&mut rows);
    }
    rows.y
}

/// `× reply.first-part · 30.0 s`.
fn code(canvas: &mut Canvas, area: &Area, sign: &str, code: &str, after: &str) {
    let theme = canvas.theme;
    let x = canvas.pieces(
        area.x,
        area.right,
        area.y,
        &[(sign, theme.fail), (" ", Style::new()), (code, theme.fail)],
    );
    canvas.text(x, area.right, area.y, after, theme.muted);
}

/// A request that has failed.
pub fn request(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    request: &Request,
    failure: &Failure,
) {
    let refused =
        swarmscope_facts::news::Kind::of(failure) == swarmscope_facts::news::Kind::Refused;
    let mut after = format!(" · {}", took(request.elapsed(model.now)));
    if request.part_count() > 0 {
        after = format!(
            "{after} · {}, {}",
            counted(request.part_count() as usize, "part"),
            size(request.bytes)
        );
    }
    code(canvas, &area, if refused { "■" } else { "×" }, failure.cause.code(), &after);
    let skip = if area.height < ROOMY { 1 } else { 2 };
    // a request to a peer that is not there: why it is not there says more
    let absent = model
        .peer()
        .filter(|_| failure.cause == Cause::NotConnected)
        .and_then(|peer| ladder::why(&model.facts, peer));
    let counted = (!is_other(model)).then(|| words::counted(failure.delivered));
    let end = failure_rows(canvas, area.rows(skip, u16::MAX), absent.unwrap_or(failure), counted);
    if !request.told.is_empty() {
        told::draw(canvas, model, area.rows(end + 1 - area.y, u16::MAX), request);
    } else if request.newest.is_some() {
        parts::draw(canvas, area.rows(end + 1 - area.y, u16::MAX), request, model.now);
    }
}

/// When the next attempt is made.
fn again(left: Option<Duration>) -> String {
    match left {
        None => "no further attempt by itself".to_owned(),
        Some(Duration::ZERO) => "due: it is dialled as soon as there is room".to_owned(),
        Some(left) => format!("in {} at the earliest", countdown(left)),
    }
}

/// Whether the selected peer is of another network than the overlay.
fn is_other(model: &Model) -> bool {
    model.peer().is_some_and(|peer| peer.other.is_some())
}

/// What a request waits for, and for how long at most.
pub fn waits_for(model: &Model, request: &Request) -> String {
    let text = match &request.outcome {
        Outcome::Queued if is_other(model) => "waits for its turn".to_owned(),
        _ if is_other(model) => match request.part_count() {
            0 => format!("no answer yet, {}", words::seconds(request.elapsed(model.now))),
            parts => format!("{} in", counted(parts as usize, "part")),
        },
        Outcome::Queued => "asked for; the peer is being dialled".to_owned(),
        Outcome::AwaitingDialBack => {
            "the connection ended before the reply: refused by its allow-list, or the peer is \
             still working and will dial back with the answer"
                .to_owned()
        }
        _ => match request.newest {
            None => format!("no part yet, {}", words::seconds(request.elapsed(model.now))),
            Some(part) => {
                let parts = counted(part.index as usize, "part");
                format!("{parts} in, {} · {} so far", more(part.hint), size(request.bytes))
            }
        },
    };
    match request.left(model.now) {
        Some(left) => format!("{text} · given up in {}", countdown(left)),
        None => text,
    }
}

/// A request that waits for its parts.
pub fn waiting(canvas: &mut Canvas, model: &Model, area: Area, request: &Request) {
    let (theme, text) = (canvas.theme, waits_for(model, request));
    let mut y = area.y;
    for line in folded(&text, usize::from(area.width())) {
        if y < area.bottom() {
            canvas.text(area.x, area.right, y, line, theme.muted);
            y += 1;
        }
    }
    if !request.told.is_empty() {
        let gap = u16::from(area.height > ROOMY);
        told::draw(canvas, model, area.rows(y - area.y + gap, u16::MAX), request);
    } else if request.newest.is_some() {
        let gap = u16::from(area.height > ROOMY);
        parts::draw(canvas, area.rows(y - area.y + gap, u16::MAX), request, model.now);
    }
}

/// A peer that nothing was asked of: how it is known, or why it is not there.
pub fn peer(canvas: &mut Canvas, model: &Model, area: Area) {
    let Some(peer) = model.peer() else { return };
    let heading = |canvas: &mut Canvas, title: &str| canvas.heading(&area, title, false, "");
    let below = area.rows(2, u16::MAX);
    match &peer.state {
        State::Failed { failure, attempt, gives_up_at, at, .. } => {
            heading(canvas, "WHY");
            let counted = match gives_up_at {
                0 => String::new(), // not known, as of a peer in a store
                most => format!(" · attempt {attempt} of {most}"),
            };
            let after = format!("{counted} · {}", clock(at.wall));
            code(canvas, &area.rows(1, 1), "×", failure.cause.code(), &after);
            let y = failure_rows(canvas, area.rows(3, u16::MAX), failure, None);
            let mut rows = Rows { canvas, area, y, value: VALUE, write: plain };
            if *gives_up_at > 0 {
                rows.add("again", &again(peer.state.again_in(model.now)));
            }
        }
        State::Refused { failure, at } => {
            heading(canvas, "WHY");
            code(
                canvas,
                &area.rows(1, 1),
                "■",
                failure.cause.code(),
                &format!(" · {}", clock(at.wall)),
            );
            failure_rows(canvas, area.rows(3, u16::MAX), failure, None);
        }
        State::Gone { failure, at } => {
            heading(canvas, "GONE");
            let x = canvas.text(
                area.x,
                area.right,
                area.y + 1,
                failure.cause.code(),
                canvas.theme.muted,
            );
            canvas.text(
                x,
                area.right,
                area.y + 1,
                &format!(" · {}", clock(at.wall)),
                canvas.theme.muted,
            );
            failure_rows(canvas, area.rows(3, u16::MAX), failure, None);
        }
        State::Connected { .. } | State::Answered { .. } => {
            heading(canvas, "REPLY");
            let message = model.registry().label(model.composer.message);
            let texts = [
                (model.key_of("send"), format!("sends {message} to this peer, from the list")),
                (model.key_of("request"), "chooses another message".to_owned()),
                (model.key_of("payload"), "edits what is asked".to_owned()),
            ];
            for ((key, text), y) in texts.iter().zip(below.y..below.bottom()) {
                canvas.text(below.x, below.right, y, key, canvas.theme.strong());
                canvas.text(below.x + VALUE, below.right, y, text, canvas.theme.muted);
            }
        }
        State::Heard | State::Connecting { .. } => {
            heading(canvas, "KNOWN");
            let from = match peer.source.as_deref() {
                Some(Source::BuddyCast(permid)) => {
                    format!(
                        "heard of from {} by BuddyCast: hearsay until dialled",
                        model.naming().permid(permid)
                    )
                }
                Some(Source::Dht) => {
                    "named by nodes of the DHT under the rendezvous: hearsay until dialled"
                        .to_owned()
                }
                Some(Source::Bootstrap) => "from the bootstrap list".to_owned(),
                Some(Source::Operator) => "from you".to_owned(),
                Some(Source::Incoming) => "it dialled us".to_owned(),
                None => "from the attempt to connect".to_owned(),
            };
            let mut rows = Rows { canvas, area, y: below.y, value: VALUE, write: plain };
            rows.add("from", &from);
            if let State::Connecting { phase, since } = peer.state {
                let took =
                    words::seconds(model.now.instant.saturating_duration_since(since.instant));
                rows.add("now", &format!("connecting: {}, {took}", phase.name()));
            }
        }
    }
    debug_assert!(width("means") < VALUE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fold_at_blanks_and_lose_nothing() {
        assert_eq!(folded("one two three", 8), ["one two", "three"]);
        assert_eq!(folded("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(folded("", 4), [""; 0]);
        assert_eq!(folded("日本語", 1).concat(), "日本語", "what can't fit is still there");
    }
}
