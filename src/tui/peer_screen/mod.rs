//! One peer on the whole screen: its ladder, why it failed, the channel, one frame field by field
//! and byte by byte, and the conversation line by line.

mod bytes;
mod channel;
mod conversation;
mod focus;
mod frame;
mod grid;
mod ladder;
mod lookup;
mod odd;
mod other;
mod status;
pub(super) mod why;

use ratatui::style::Style;

use super::canvas::Canvas;
use super::layout::Grid;
use super::tops::Tops;
use crate::screen::Model;
use focus::has_focus;

pub use status::draw as status;

/// Draws the screen between the status bar and the newest event.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, tops: &mut Tops) {
    let places = grid::Places::of(model, grid);
    if let Some((x, first, end)) = places.rule {
        for y in first..end {
            canvas.text(x, x + 1, y, "│", canvas.theme.rule);
        }
    }
    if let (Some(area), Some(peer)) = (places.odd, model.peer()) {
        odd::draw(canvas, model, area, peer);
    }
    if let (Some(area), Some(peer)) = (places.note, model.peer())
        && let Some(note) = model.present().note(peer)
    {
        let x = canvas.text(area.x, area.right, area.y, "note", canvas.theme.muted);
        canvas.text(x + 2, area.right, area.y, note, Style::new());
    }
    if let Some(area) = places.summary {
        ladder::line(canvas, model, area);
    }
    if let Some(area) = places.ladder {
        ladder::draw(canvas, model, area);
    }
    if let Some(area) = places.why {
        why::draw(canvas, model, area);
    }
    if model.peer().is_some_and(|peer| peer.other.is_some()) {
        return other::draw(canvas, model, &places);
    }
    if let Some(area) = places.channel {
        channel::draw(canvas, model, area, &mut tops.parts);
    }
    if let Some(area) = places.frame {
        frame::draw(canvas, model, area, &mut tops.fields);
    }
    if let Some(area) = places.conversation {
        conversation::draw(canvas, model, area, &mut tops.lines);
    }
    if let Some(area) = places.bytes {
        bytes::draw(canvas, model, area, &mut tops.bytes);
    }
}
