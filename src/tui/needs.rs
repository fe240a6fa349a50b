//! How many rows each block of the main screen would fill: heights follow what there is to show,
//! widths never do.

use super::canvas::Area;
use super::request::{SHEET, below_first};
use super::why::{self, folded};
use super::{advice, form, payload};
use crate::screen::reply::lines::{BESIDE, bytes_per_row, text_rows};
use crate::screen::{Class, Mode, Model};
use swarmscope_facts::reply::Table;
use swarmscope_facts::reply::reading::View;
use swarmscope_facts::request::{Outcome, Reply, Request};
use swarmscope_wire::ErrorByte;

/// More than any terminal has: nothing is counted beyond it.
const MOST: usize = 400;
/// Rows of bytes that a tree asks for below it; where more are free, it takes them.
const TREE_BYTES: usize = 16;
/// Rows of the sentences that say why there is no reply: a code, a blank row, and up to ten lines.
const SENTENCES: usize = 13;
/// Rows of the composer around its payload: heading, message, frequency, payload, to send, same as.
const AROUND_PAYLOAD: usize = 6;

/// Rows of each block, its headings included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Needs {
    pub list: u16,
    pub request: u16,
    /// Of those of the request: the rows of its command from the second on.
    pub command: u16,
    pub channels: u16,
    pub reply: u16,
    pub frames: u16,
}

impl Needs {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let requests = model.peer().map_or(0, |peer| peer.requests.len());
        let room = Area { right: model.list_room(), ..Area::default() };
        let command = rows(below_first(model, &room, MOST));
        Self {
            list: rows(2 + model.order.rows().len().max(1)),
            request: request(model, &room).saturating_add(command),
            command,
            channels: rows(1 + requests.max(1)),
            reply: rows(reply(model)),
            frames: rows(frames(model)),
        }
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count.min(MOST)).unwrap_or(u16::MAX)
}

/// While it is edited, a text can become as long as there is room for, and so can the list of
/// messages: then nothing moves while one types.
fn request(model: &Model, room: &Area) -> u16 {
    let composer = &model.composer;
    let takes = composer.known(model.registry()).takes_payload;
    let spaced = usize::from(model.list_room() >= SHEET);
    match &model.mode {
        Mode::Message(_) => u16::MAX,
        mode if mode.composes() && takes => u16::MAX,
        _ if !takes => rows(AROUND_PAYLOAD + spaced),
        _ => {
            let lines = match composer.form().filter(|_| composer.is_form()) {
                Some(form) => {
                    let probe = model.registry().get(composer.message);
                    form::rows(form, probe.map(|probe| probe.fields()).unwrap_or_default())
                }
                None => payload::rows(composer, room),
            };
            rows(AROUND_PAYLOAD + spaced + usize::from(lines))
        }
    }
}

fn reply(model: &Model) -> usize {
    let Some(request) = model.request() else { return SENTENCES };
    match &request.outcome {
        Outcome::Replied(reply) if is_advice(model, reply) => {
            let values = model.reading.rows.len();
            2 + SENTENCES + notes(reply) + if values > 1 { 1 + values } else { 0 }
        }
        Outcome::Replied(reply) => {
            let head = if is_roomy(model) { 3 } else { 1 };
            head + notes(reply) + body(model, reply)
        }
        Outcome::Failed { .. } => SENTENCES + parts(request),
        Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack => {
            let text = why::waits_for(model, request);
            2 + folded(&text, usize::from(model.reply_width())).len() + parts(request)
        }
    }
}

/// Sentences stand in the place of what was not answered.
fn is_advice(model: &Model, reply: &Reply) -> bool {
    reply.error == ErrorByte::FREQUENCY
        || advice::knows(reply.error) && model.reading.shows() == View::Tree
}

fn is_roomy(model: &Model) -> bool {
    Class::of(model.size.0, model.size.1) >= Class::Middle
}

/// The table of the parts: its heading, the parts, the one that is waited for.
fn parts(request: &Request) -> usize {
    if request.newest.is_some() { 3 + request.parts.len() } else { 0 }
}

fn notes(reply: &Reply) -> usize {
    let Some(decoding) = &reply.decoding else { return 0 };
    let all = decoding.decoded.notes.len() + usize::from(decoding.failed.is_some());
    if all > 0 { all + 1 } else { 0 }
}

fn body(model: &Model, reply: &Reply) -> usize {
    let width = model.reply_width();
    let Some(payload) = &reply.payload else { return 1 };
    match model.reading.shows() {
        View::Tree => {
            let values = model.reading.rows.len() + usize::from(model.reading.hidden > 0);
            let bytes = payload.len().div_ceil(bytes_per_row(width, payload.len())).min(TREE_BYTES);
            match (is_roomy(model) && !reply.as_read, width >= BESIDE) {
                (false, _) => values.max(1),
                (true, true) => values.max(bytes),
                (true, false) => values + 1 + bytes,
            }
        }
        View::Table => 1 + model.reading.table.as_ref().map_or(0, Table::len),
        View::Text => text_rows(payload, usize::from(width)).take(MOST).count() + 1,
        View::Hex => payload.len().div_ceil(bytes_per_row(width, payload.len())),
        View::Diff => model.compared().map_or(2, |(_, diff)| diff.lines.len() + 2),
    }
}

fn frames(model: &Model) -> usize {
    let Some(request) = model.request().filter(|request| request.sent.is_some()) else { return 0 };
    if model.peer().is_some_and(|peer| peer.other.is_some()) {
        return if request.told.is_empty() { 0 } else { 1 + request.told.len() };
    }
    let ended = usize::from(matches!(request.outcome, Outcome::Failed { .. }));
    2 + request.parts.len() + ended
}
