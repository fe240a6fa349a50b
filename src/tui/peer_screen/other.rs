//! A peer of another network than the overlay: its questions' parts, and the answer value by value.
//! Nothing of what passed is kept as bytes.

use ratatui::style::Style;

use super::{grid::Places, lookup};
use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, width};
use crate::tui::told;
use crate::tui::why::folded;
use swarmscope_facts::format::{clock, counted, took};
use swarmscope_facts::networks;
use swarmscope_facts::request::Request;
use swarmscope_wire::tree::Node;

/// Where a value stands behind its name.
const VALUE: u16 = 14;

/// What stands where the overlay has its channel, its frame, its conversation and its bytes.
pub fn draw(canvas: &mut Canvas, model: &Model, places: &Places) {
    let Some(request) = model.request() else { return };
    if let Some(area) = places.channel {
        asked(canvas, model, area, request);
    }
    let is_lookup = model.registry().label(request.message) == "LOOKUP";
    if let Some(area) = places.frame {
        if is_lookup {
            lookup::draw(canvas, model, area, request);
        } else {
            answer(canvas, area, request);
        }
    }
    if let Some(area) = places.conversation {
        parts(canvas, model, area, request);
    }
    if let Some(area) = places.bytes.filter(|_| is_lookup) {
        lookup::progress(canvas, area, request);
    } else if let Some(area) = places.bytes {
        canvas.heading(&area, "BYTES", false, "");
        let text = "not kept: infohashes, samples and addresses of others could stand in them";
        for (line, y) in
            folded(text, usize::from(area.width())).into_iter().zip(area.y + 1..area.bottom())
        {
            canvas.text(area.x, area.right, y, line, canvas.theme.muted);
        }
    }
}

/// All questions to the peer, newest first.
fn asked(canvas: &mut Canvas, model: &Model, area: Area, shown: &Request) {
    let Some(peer) = model.peer() else { return };
    canvas.heading(&area, "QUESTIONS", false, &counted(peer.requests.len(), "question"));
    let muted = canvas.theme.muted;
    for (request, y) in peer.requests.iter().rev().zip(area.y + 1..area.bottom()) {
        let here = request.ticket == shown.ticket;
        if here {
            canvas.selected(&area, y, false);
        }
        let style = if here { canvas.theme.strong() } else { Style::new() };
        canvas.text(area.x, area.x + 4, y, &format!("#{}", request.number), muted);
        let name = model.registry().label(request.message);
        let end = canvas.text(area.x + 5, area.right, y, &name, style);
        let time = took(request.elapsed(model.now));
        let right = canvas.right(area.right, y, &time, muted);
        let parts = match request.part_count() {
            0 => String::new(),
            parts => counted(parts as usize, "part"),
        };
        let sent = request.sent.map_or_else(String::new, |sent| clock(sent.wall));
        canvas.text((end + 2).max(area.x + 16), right, y, &parts, style);
        if right > area.x + 40 {
            canvas.right(right - 2, y, &sent, muted);
        }
    }
}

/// The reply, value by value.
fn answer(canvas: &mut Canvas, area: Area, request: &Request) {
    let decoding = request.reply().and_then(|reply| reply.decoding.as_ref());
    canvas.heading(&area, "ANSWER", false, if decoding.is_some() { "as read" } else { "" });
    let list = area.rows(1, u16::MAX);
    let Some(decoding) = decoding else {
        let text = if request.in_flight() { "no answer yet" } else { "no answer" };
        canvas.text(list.x, list.right, list.y, text, canvas.theme.muted);
        return;
    };
    let mut y = list.y;
    rows(canvas, &list, &decoding.decoded.tree.children, 0, &mut y);
}

fn rows(canvas: &mut Canvas, area: &Area, nodes: &[Node], depth: u16, y: &mut u16) {
    for node in nodes {
        if *y >= area.bottom() {
            return;
        }
        let x = area.x + 2 * depth;
        canvas.text(x, area.x + VALUE - 1, *y, &node.label, canvas.theme.muted);
        canvas.text((area.x + VALUE).max(x + 4), area.right, *y, &node.value, Style::new());
        *y += 1;
        rows(canvas, area, &node.children, depth + 1, y);
    }
}

/// The parts of the question that is looked at, as they came.
fn parts(canvas: &mut Canvas, model: &Model, area: Area, request: &Request) {
    let note = format!("{} of #{}", counted(request.told.len(), "part"), request.number);
    let end = canvas.heading(&area, "PARTS", false, &note);
    let since = request.sent.map(|sent| format!("since {}", clock(sent.wall)));
    if let Some(since) = since.filter(|since| end + 2 + width(since) <= area.right) {
        canvas.right(area.right, area.y, &since, canvas.theme.muted);
    }
    if request.told.is_empty() {
        let text = match (networks::comes_in_parts(request.message), request.in_flight()) {
            (false, _) => "this question's answer comes at once, without parts",
            (true, true) => "no part yet",
            (true, false) => "no part came",
        };
        canvas.text(area.x, area.right, area.y + 1, text, canvas.theme.muted);
        return;
    }
    told::draw(canvas, model, area.rows(1, u16::MAX), request);
}
