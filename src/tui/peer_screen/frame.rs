//! The frame with the cursor, field by field: name, bytes, meaning.

use ratatui::style::Style;

use super::conversation::arrow;
use super::has_focus;
use crate::screen::Model;
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::peer_screen::cursor::Focus;
use crate::tui::canvas::{Area, Canvas, follow, width};
use crate::tui::why::folded;
use swarmscope_facts::format::clock_with_millis;
use swarmscope_facts::said::{said, value};
use swarmscope_wire::anatomy::{Field, hidden};
use swarmscope_wire::trace::Piece;

/// Bytes of a field that are shown in its row.
const SHOWN: usize = 4;
/// Where a field's bytes stand, and what it means.
const BYTES: u16 = 13;
const MEANING: u16 = 26;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, top: &mut usize) {
    let focused = has_focus(model, Focus::Frame);
    let (Some(peer), Some((_, line))) = (model.peer(), model.line()) else {
        canvas.heading(&area, "FRAME", focused, "");
        canvas.text(
            area.x,
            area.right,
            area.y + 1,
            "nothing was sent or received",
            canvas.theme.muted,
        );
        return;
    };
    let words = said(&model.saying(), peer, line);
    let detail = words.detail.split(", hint").next().unwrap_or_default();
    let sep = if detail.is_empty() { "" } else { ", " };
    let end = canvas.heading(
        &area,
        "FRAME",
        focused,
        &format!("{} {}{sep}{detail}", arrow(words.way), words.name),
    );
    let when = format!("{}Z", clock_with_millis(line.at.wall));
    if end + 2 + width(&when) <= area.right {
        canvas.right(area.right, area.y, &when, canvas.theme.muted);
    }
    let Some(piece) = line.piece() else {
        let text = "no bytes: an event between frames";
        for (text, y) in
            folded(text, usize::from(area.width())).into_iter().zip(area.y + 1..area.bottom())
        {
            canvas.text(area.x, area.right, y, text, canvas.theme.muted);
        }
        return;
    };
    let (fields, at) = model.fields();
    let hides = if model.setup.naming.privacy { hidden(&fields) } else { Vec::new() };
    let list = area.rows(1, u16::MAX);
    *top = follow(*top, at.unwrap_or(0), usize::from(list.height), fields.len());
    for ((i, field), y) in fields.iter().enumerate().skip(*top).zip(list.y..list.bottom()) {
        let here = at == Some(i);
        if here {
            canvas.selected(&area, y, focused);
        }
        canvas.row_zone(&area, y, Spot::Row(List::Fields, i));
        let narrow = area.width() < 44;
        row(canvas, &area, y, field, &shown(piece, field, &hides), here, narrow);
        let x = area.x + if narrow { BYTES } else { MEANING };
        let style = if here { canvas.theme.strong() } else { Style::new() };
        canvas.text(x, area.right, y, &value(&model.saying(), peer, line, field), style);
    }
}

fn row(
    canvas: &mut Canvas,
    area: &Area,
    y: u16,
    field: &Field,
    bytes: &str,
    here: bool,
    narrow: bool,
) {
    let theme = canvas.theme;
    let label = if here { theme.strong() } else { theme.muted };
    canvas.text(area.x, area.x + BYTES - 1, y, &field.name, label);
    if !narrow {
        let style = if here { theme.linked() } else { Style::new() };
        canvas.text(area.x + BYTES, area.x + MEANING - 1, y, bytes, style);
    }
}

/// The first bytes of a field; those that nobody is to see as dots.
fn shown(piece: &Piece, field: &Field, hides: &[std::ops::Range<usize>]) -> String {
    let most = if field.value.len() > SHOWN { SHOWN - 1 } else { SHOWN };
    let byte = |at: usize| match piece.bytes.get(at) {
        Some(_) if hides.iter().chain(&piece.withheld).any(|range| range.contains(&at)) => {
            "··".to_owned()
        }
        Some(byte) => format!("{byte:02x}"),
        None => String::new(),
    };
    let mut bytes: Vec<String> = field.value.clone().take(most).map(byte).collect();
    if field.value.len() > SHOWN {
        bytes.push("…".to_owned());
    }
    bytes.join(" ")
}
