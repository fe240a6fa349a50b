//! The screen of one peer: one cursor on a byte of a line, and everything else follows it.
//!
//! The line with the cursor says which frame is taken apart and which request's channel is shown;
//! the byte says which field is marked. Moving in any of the four blocks moves that one cursor, so
//! that the others show what belongs to it.

use super::cursor::{Focus, Inspect};
use std::time::Duration;

use super::rows;
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::{Ready, is_no_replay};
use crate::screen::input::Input;
use crate::screen::log::Kind;
use crate::screen::mode::Pane;
use crate::screen::model::Model;
use crate::screen::moving::{moved, step_peers};
use crate::screen::msg::Effect;
use crate::screen::reply::lines::{COMPACT_LIST, MIDDLE_LIST};
use crate::screen::size::Class;
use crate::screen::which::Screen;
use swarmscope_facts::conversation::{Conversation, Line, Of};
use swarmscope_facts::request::{Part, Request};
use swarmscope_wire::anatomy::{self, Field};

/// Where the ladder's pane ends in a terminal of 120 columns.
pub const LADDER: u16 = 56;
/// How much longer a request is waited for at each press.
const LONGER: Duration = Duration::from_secs(60);
/// Where a part says how many more come: what is looked at when one moves from part to part.
const PARTS_LEFT: usize = 7;

/// Digits of an offset: 64 KiB of a frame are kept.
pub const DIGITS: u16 = 4;

impl Model {
    /// Bytes in a row: as many as fit, a function of the terminal's size and of the zoom.
    #[must_use]
    pub fn row_of_bytes(&self) -> usize {
        let (columns, rows) = self.size;
        let room = match Class::of(columns, rows) {
            _ if self.one_pane() => columns.saturating_sub(4),
            Class::Compact if columns < 100 => columns.saturating_sub(COMPACT_LIST + 5),
            _ if columns < 120 => columns.saturating_sub(MIDDLE_LIST + 6),
            _ => columns.saturating_sub(LADDER + 6),
        };
        let gap = if room >= 50 { 2 } else { 1 };
        let fits = |n: &u16| DIGITS + 2 * gap + 4 * n - 1 <= room;
        [16, 12, 8].into_iter().find(fits).unwrap_or(4).into()
    }

    #[must_use]
    pub fn conversation(&self) -> Option<&Conversation> {
        self.facts.conversations().get(self.selected.as_ref()?)
    }

    /// The line with the cursor, and where it stands: the newest, the one chosen, or the oldest
    /// left where that was let go.
    #[must_use]
    pub fn line(&self) -> Option<(usize, &Line)> {
        let lines = self.conversation()?.lines();
        let at = match self.inspect.line {
            None => lines.len().checked_sub(1)?,
            Some(seq) => {
                lines.partition_point(|line| line.seq < seq).min(lines.len().checked_sub(1)?)
            }
        };
        Some((at, lines.get(at)?))
    }

    /// The fields of the frame with the cursor, and which of them it is in.
    #[must_use]
    pub fn fields(&self) -> (Vec<Field>, Option<usize>) {
        let Some(piece) = self.line().and_then(|(_, line)| line.piece()) else {
            return (Vec::new(), None);
        };
        let fields = anatomy::fields(piece);
        let at = anatomy::at(&fields, self.inspect.byte.min(piece.bytes.len().saturating_sub(1)));
        (fields, at)
    }

    /// The part that the line with the cursor is, of the shown request.
    #[must_use]
    pub fn part(&self) -> Option<u32> {
        match (self.line()?.1.of, self.request()) {
            (Of::Part(ticket, index), Some(request)) if request.ticket == ticket => Some(index),
            _ => None,
        }
    }
}

/// From the list, the newest line is followed; from a request, its reply is looked at.
pub fn open(model: &mut Model) -> Effects {
    let of_request = matches!(model.focus, Pane::Channels | Pane::Reply);
    model.screen = Screen::Peer;
    model.line_filter = Input::default();
    let line = if of_request { reply_line(model) } else { None };
    model.inspect = Inspect { line, ..Inspect::default() };
    none()
}

/// The line with which the reply of the shown request begins, else the one that asks.
fn reply_line(model: &Model) -> Option<u64> {
    let ticket = model.request()?.ticket;
    let lines = model.conversation()?.lines();
    let find = |is: fn(Of) -> bool| {
        lines.iter().find(|line| line.of.ticket() == Some(ticket) && is(line.of))
    };
    let line = find(|of| matches!(of, Of::Part(..))).or_else(|| find(|_| true))?;
    Some(line.seq)
}

/// First out of the filter, then out of the screen.
pub fn leave(model: &mut Model) -> Effects {
    if !model.line_filter.text().is_empty() {
        return rows::clear_filter(model);
    }
    if !model.unzoom() {
        model.screen = Screen::Main;
    }
    none()
}

/// From one line that the filter finds to the next.
pub fn next_found(model: &mut Model) -> Effects {
    step_lines(model, 1);
    none()
}

pub fn found_before(model: &mut Model) -> Effects {
    step_lines(model, -1);
    none()
}

pub fn next_block(model: &mut Model) -> Effects {
    model.inspect.focus = model.inspect.focus.step(1);
    none()
}

pub fn block_before(model: &mut Model) -> Effects {
    model.inspect.focus = model.inspect.focus.step(Focus::ALL.len() - 1);
    none()
}

pub(in crate::screen) fn has_other_peers(model: &Model) -> Ready {
    if model.order.rows().len() > 1 { Ok(()) } else { Err("no other peer in the list".to_owned()) }
}

pub fn next_peer(model: &mut Model) -> Effects {
    other_peer(model, 1)
}

pub fn peer_before(model: &mut Model) -> Effects {
    other_peer(model, -1)
}

fn other_peer(model: &mut Model, by: isize) -> Effects {
    step_peers(model, by);
    model.inspect = Inspect { focus: model.inspect.focus, ..Inspect::default() };
    none()
}

pub(in crate::screen) fn in_bytes(model: &Model) -> Ready {
    match model.inspect.focus {
        Focus::Bytes => Ok(()),
        _ => Err("the bytes are not focused".to_owned()),
    }
}

pub fn byte_before(model: &mut Model) -> Effects {
    step_bytes(model, -1);
    none()
}

pub fn next_byte(model: &mut Model) -> Effects {
    step_bytes(model, 1);
    none()
}

/// Moves by so many rows of the block with the focus.
pub(in crate::screen) fn step(model: &mut Model, by: isize) {
    match model.inspect.focus {
        Focus::Conversation => step_lines(model, by),
        Focus::Frame => step_fields(model, by),
        Focus::Channel => step_parts(model, by),
        Focus::Bytes => {
            let row = isize::try_from(model.row_of_bytes()).unwrap_or(8);
            step_bytes(model, by.saturating_mul(row));
        }
    }
}

/// A page is a little less than what is seen.
pub(in crate::screen) fn page(model: &Model) -> isize {
    let rows = isize::try_from(model.size.1).unwrap_or(24);
    (rows / 3).max(3)
}

fn step_lines(model: &mut Model, by: isize) {
    let rows = model.conversation_rows();
    let Some(at) = model.conversation_row(&rows) else { return };
    let to = moved(at, by, rows.len());
    // moving down to the end means following new lines
    let follow = by > 0 && to + 1 == rows.len() && model.line_filter.text().is_empty();
    let seq = model
        .conversation()
        .and_then(|conversation| conversation.lines().get(rows[to].at))
        .map(|line| line.seq);
    model.inspect.line = seq.filter(|_| !follow);
    look_at(model);
}

/// The request that the line with the cursor belongs to is the one that is shown, here and on the
/// main screen.
fn look_at(model: &mut Model) {
    let ticket = model.line().and_then(|(_, line)| line.of.ticket());
    let Some(ticket) = ticket else { return };
    if let Some(peer) = model.peer()
        && peer.request(ticket).is_some()
    {
        let newest = peer.last().is_some_and(|request| request.ticket == ticket);
        model.picks.set(peer.key.clone(), (!newest).then_some(ticket));
        model.follow();
    }
}

/// What follows the newest line stops there: something in it is looked at.
fn hold(model: &mut Model) {
    model.inspect.line = model.line().map(|(_, line)| line.seq);
}

fn step_fields(model: &mut Model, by: isize) {
    let (fields, Some(at)) = model.fields() else { return };
    hold(model);
    model.inspect.byte =
        fields.get(moved(at, by, fields.len())).map_or(0, |field| field.range.start);
}

fn step_bytes(model: &mut Model, by: isize) {
    let Some(length) =
        model.line().and_then(|(_, line)| line.piece()).map(|piece| piece.bytes.len())
    else {
        return;
    };
    hold(model);
    model.inspect.byte = moved(model.inspect.byte.min(length.saturating_sub(1)), by, length);
}

/// From part to part of the shown request, as far as their lines are there.
fn step_parts(model: &mut Model, by: isize) {
    let Some(request) = model.request() else { return };
    let (ticket, parts) = (request.ticket, request.parts.len());
    if parts == 0 {
        return;
    }
    let at = model.part().map_or(parts, |index| (index as usize).saturating_sub(1));
    let to = moved(at, by, parts);
    let Some(index) =
        model.request().and_then(|request| request.parts.get(to)).map(|part: &Part| part.index)
    else {
        return;
    };
    let lines = model.conversation().map(Conversation::lines);
    let line =
        lines.and_then(|lines| lines.iter().rev().find(|line| line.of == Of::Part(ticket, index)));
    if let Some(seq) = line.map(|line| line.seq) {
        model.inspect.line = Some(seq);
        model.inspect.byte = PARTS_LEFT;
    }
}

/// Gives a block the focus, and puts the cursor on one of its rows: of the bytes, on that byte.
pub(in crate::screen) fn point_at(model: &mut Model, focus: Focus, row: usize) {
    model.inspect.focus = focus;
    let to = isize::try_from(row).unwrap_or(isize::MAX);
    match focus {
        Focus::Conversation => {
            let at = model.conversation_row(&model.conversation_rows()).unwrap_or(0);
            step_lines(model, to.saturating_sub(isize::try_from(at).unwrap_or(0)));
        }
        Focus::Frame => {
            let at = model.fields().1.map_or(0, |at| isize::try_from(at).unwrap_or(0));
            step_fields(model, to.saturating_sub(at));
        }
        Focus::Bytes => {
            step_bytes(model, to.saturating_sub(isize::try_from(model.inspect.byte).unwrap_or(0)));
        }
        Focus::Channel => {
            let parts = model.request().map_or(0, |request| request.parts.len());
            let at = model.part().map_or(parts, |index| (index as usize).saturating_sub(1));
            step_parts(model, to.saturating_sub(isize::try_from(at).unwrap_or(0)));
        }
    }
}

pub(in crate::screen) fn can_wait(model: &Model) -> Ready {
    is_no_replay(model)?;
    match model.request() {
        Some(request) if request.in_flight() => Ok(()),
        Some(_) => {
            Err("the request has ended: late parts are dropped; ask again once the peer accepts it"
                .to_owned())
        }
        None => Err("no request to this peer yet".to_owned()),
    }
}

pub fn wait_longer(model: &mut Model) -> Effects {
    let Some((ticket, message)) =
        model.request().map(|request: &Request| (request.ticket, request.message))
    else {
        return none();
    };
    let label = model.registry().label(message);
    model.say(Kind::Done, format!("waiting {} s longer for {label}", LONGER.as_secs()));
    vec![Effect::Extend(ticket, LONGER)]
}
