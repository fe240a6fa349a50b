//! The frame that would go out, byte by byte: its fields by their names, then the payload.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::hex;
use crate::screen::Model;
use crate::screen::asking::composer::Composer;

/// The fields before the payload, in their order (protocol.md §4). The channel is chosen when it is
/// sent.
const FIELDS: [&str; 5] = ["length", "id", "message", "channel", "frequency"];

pub fn draw(canvas: &mut Canvas, area: &Area, model: &Model, composer: &Composer) {
    let registry = model.registry();
    let (Ok((frame, _)), Ok(payload)) = (composer.preview(registry), composer.bytes(registry))
    else {
        return;
    };
    let theme = canvas.theme;
    let mut x = area.x;
    for (name, value) in FIELDS.iter().zip(frame.split(' ')) {
        if x + width(name) + 1 + width(value) > area.right {
            break;
        }
        x = canvas.pieces(
            x,
            area.right,
            area.y,
            &[(name, theme.muted), (" ", theme.muted), (value, Style::new())],
        ) + 2;
    }
    let below = area.rows(1, u16::MAX);
    let hidden = canvas
        .mask
        .is_some_and(|mask| str::from_utf8(&payload).is_ok_and(|text| *mask.text(text) != *text));
    if hidden {
        let text = "the bytes identify a peer, and identities are hidden";
        canvas.text(below.x, below.right, below.y, text, theme.muted);
    } else {
        hex::draw(canvas, &below, &payload, 0, None, &[]);
    }
}
