//! The bytes of the frame with the cursor: those of its field marked, and those that nobody is to
//! see as dots.

use std::ops::Range;

use ratatui::style::Style;

use super::has_focus;
use crate::screen::Model;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::peer_screen::cursor::Focus;
use crate::screen::peer_screen::inspect::DIGITS;
use crate::tui::canvas::{Area, Canvas, follow};
use swarmscope_facts::format::thousands;
use swarmscope_wire::anatomy::hidden;
use swarmscope_wire::trace::Piece;

/// What is marked.
struct Marked {
    field: Range<usize>,
    /// The byte with the cursor, where the bytes have the focus.
    cursor: Option<usize>,
    hidden: Vec<Range<usize>>,
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, top: &mut usize) {
    let focused = has_focus(model, Focus::Bytes);
    let found = model.line().and_then(|(at, line)| Some((at, line.piece()?)));
    let Some((at, piece)) = found else {
        canvas.heading(&area, "BYTES", focused, "no bytes in this line");
        return;
    };
    let lines = model.conversation().map_or(0, |conversation| conversation.lines().len());
    let byte = model.inspect.byte.min(piece.bytes.len().saturating_sub(1));
    let place = format!("offset {} of {}", thousands(byte as u64), thousands(piece.length));
    let note = if area.width() >= 50 {
        format!("line {} of {}, {place}", thousands(at as u64 + 1), thousands(lines as u64))
    } else {
        place
    };
    canvas.heading(&area, "BYTES", focused, &note);
    let (fields, field) = model.fields();
    let mut hides = piece.withheld.clone();
    if model.setup.naming.privacy {
        hides.extend(hidden(&fields));
    }
    let marked = Marked {
        field: field.and_then(|field| fields.get(field)).map_or(0..0, |field| field.range.clone()),
        cursor: focused.then_some(byte),
        hidden: hides,
    };
    let row = model.row_of_bytes();
    let list = area.rows(1, u16::MAX);
    let kept = piece.bytes.len() as u64 == piece.length;
    let room = usize::from(list.height).saturating_sub(usize::from(!kept));
    *top = follow(*top, byte / row, room, piece.bytes.len().div_ceil(row));
    for (i, y) in (*top..piece.bytes.len().div_ceil(row)).zip(list.y..).take(room) {
        draw_row(canvas, &area, y, piece, i * row..(i + 1) * row, &marked);
    }
    if !kept && list.height > 0 {
        let more = piece.length.saturating_sub(piece.bytes.len() as u64);
        let text = format!("{} more bytes are not kept", thousands(more));
        canvas.text(area.x, area.right, list.bottom() - 1, &text, canvas.theme.muted);
    }
}

fn draw_row(
    canvas: &mut Canvas,
    area: &Area,
    y: u16,
    piece: &Piece,
    range: Range<usize>,
    marked: &Marked,
) {
    let gap = if area.width() >= 50 { 2 } else { 1 };
    let offset = format!("{:0width$x}", range.start, width = usize::from(DIGITS));
    canvas.text(area.x, area.right, y, &offset, canvas.theme.faint);
    let hex_x = area.x + DIGITS + gap;
    let text_x = hex_x + u16::try_from(3 * range.len() - 1).unwrap_or(u16::MAX) + gap;
    let with_text = text_x + u16::try_from(range.len()).unwrap_or(u16::MAX) <= area.right;
    let theme = canvas.theme;
    for (column, at) in (0_u16..).zip(range.clone()) {
        let Some(byte) = piece.bytes.get(at) else { return };
        let is_hidden = marked.hidden.iter().any(|hidden| hidden.contains(&at));
        let in_field = marked.field.contains(&at);
        let style = match (in_field, marked.cursor == Some(at)) {
            (_, true) => theme.linked().patch(theme.accent),
            (true, false) => theme.linked(),
            (false, false) => Style::new().patch(theme.muted),
        };
        let x = hex_x + 3 * column;
        canvas.zone(x, x + 2, y, 1, Spot::Row(List::Bytes, at));
        let hex = if is_hidden { "··".to_owned() } else { format!("{byte:02x}") };
        canvas.text(x, area.right, y, &hex, style);
        if in_field && marked.field.contains(&(at + 1)) && at + 1 < range.end {
            canvas.text(x + 2, area.right, y, " ", theme.linked());
        }
        let plain = byte.is_ascii_graphic() || *byte == b' ';
        let shown = if plain && !is_hidden { char::from(*byte) } else { '·' };
        if with_text {
            canvas.text(text_x + column, area.right, y, shown.encode_utf8(&mut [0; 4]), style);
        }
    }
}
