//! What became of the selected request: its reply as a tree with the bytes of the selected field,
//! as text or as bytes; or why there is none.

use std::ops::{Range, RangeInclusive};

use ratatui::style::{Modifier, Style};

use super::canvas::{Area, Canvas, follow, width};
use super::found::{mark, mark_all};
use super::tops::Tops;
use super::{advice, diff, hex, table, why};
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::model::tree_of;
use crate::screen::reply::lines::{BESIDE, TextRow, bytes_per_row, hex_width, text_rows};
use crate::screen::{Class, Mode, Model, Pane};
use swarmscope_facts::format::{clock, counted, size};
use swarmscope_facts::reply::find::Hit;
use swarmscope_facts::reply::reading::{Row, View};
use swarmscope_facts::reply::table::is_table;
use swarmscope_facts::reply::text::MOST_TEXT;
use swarmscope_facts::request::{Outcome, Reply, Request};
use swarmscope_facts::words;
use swarmscope_wire::ErrorByte;

/// Where values stand behind their labels.
const VALUE: u16 = 14;
/// The same where columns are few.
const NARROW_VALUE: u16 = 13;
/// Bytes in a row beside a tree.
const IN_A_ROW: u16 = 16;

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, class: Class, tops: &mut Tops) {
    let Some(request) = model.request() else { return why::peer(canvas, model, area) };
    let focused = model.focus == Pane::Reply && matches!(model.mode, Mode::Main);
    let title = if model.find.is_on() {
        format!("{}  {}", model.find.count(), model.find.query.text())
    } else {
        format!("#{} {}", request.number, model.registry().label(request.message))
    };
    let right = views(canvas, model, &area, request);
    let heading = canvas.heading(&Area { right, ..area }, "REPLY", focused, "");
    canvas.text(heading, right, area.y, &title, Style::new());
    let roomy = class >= Class::Middle;
    let state = area.rows(1, 1);
    let body = if roomy { area.rows(3, u16::MAX) } else { area.rows(1, u16::MAX) };
    match &request.outcome {
        Outcome::Replied(reply) if reply.error == ErrorByte::FREQUENCY => {
            if roomy {
                line(canvas, &state, reply);
            }
            advice::draw(canvas, model, body, request, reply);
        }
        Outcome::Replied(reply) => {
            if roomy {
                line(canvas, &state, reply);
            }
            replied(canvas, model, body, reply, focused, roomy, tops);
        }
        Outcome::Failed { failure, .. } => {
            why::request(canvas, model, area.rows(1, u16::MAX), request, failure);
        }
        Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack => {
            why::waiting(canvas, model, area.rows(1, u16::MAX), request);
        }
    }
}

/// `tree  text  hex`, the current one marked. Returns where the heading must end.
fn views(canvas: &mut Canvas, model: &Model, area: &Area, request: &Request) -> u16 {
    if request.reply().is_none_or(|reply| reply.error == ErrorByte::FREQUENCY) {
        return area.right;
    }
    let gap = if area.width() >= 50 { 2 } else { 1 };
    let mut right = area.right;
    let is_table = model.request().and_then(tree_of).is_some_and(is_table);
    for view in View::ALL.into_iter().rev().filter(|view| is_table || *view != View::Table) {
        let current = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        let style = if view == model.reading.shows() { current } else { canvas.theme.muted };
        right = canvas.right(right, area.y, view.name(), style).saturating_sub(gap);
    }
    right
}

/// `error 0, success · 1 part · 79 B · 12:01:44Z`.
fn line(canvas: &mut Canvas, area: &Area, reply: &Reply) {
    let (parts, bytes) = (counted(reply.parts as usize, "part"), size(reply.bytes));
    let at = clock(reply.at.wall);
    let mut text = if reply.as_read {
        let parts = if reply.parts > 0 { format!("{parts} · ") } else { String::new() };
        format!("{} · {parts}{at}", words::reply_error(reply))
    } else {
        format!("{} · {parts} · {bytes} · {at}", words::reply_error(reply))
    };
    if reply.dialled_back {
        text.push_str(" · dialled back");
    }
    if let Some(decoding) =
        reply.decoding.as_ref().filter(|decoding| !decoding.decoded.format.is_empty())
    {
        let format = &decoding.decoded.format;
        let whole =
            if *format == "a" { " · encoding a".to_owned() } else { format!(" · {format}") };
        let fits = |format: &String| width(&text) + width(format) <= area.width();
        if let Some(format) = [whole, format!(" · {format}")].into_iter().find(fits) {
            text.push_str(&format);
        }
    }
    canvas.text(area.x, area.right, area.y, &text, canvas.theme.muted);
}

fn replied(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    reply: &Reply,
    focused: bool,
    roomy: bool,
    tops: &mut Tops,
) {
    let Some(payload) = &reply.payload else {
        let text = "bytes dropped to make room for newer replies: ask again";
        canvas.text(area.x, area.right, area.y, text, canvas.theme.muted);
        return;
    };
    let area = notes(canvas, area, reply);
    if reply.as_read && model.reading.shows() == View::Hex {
        let text = "its bytes are not kept: what others share could stand in them";
        canvas.text(area.x, area.right, area.y, text, canvas.theme.muted);
        return;
    }
    match model.reading.shows() {
        View::Tree => {
            let area = advised(canvas, model, area, reply);
            let shows_bytes = roomy && !reply.as_read;
            tree(canvas, model, area, payload, focused, shows_bytes, &mut tops.tree);
        }
        View::Table => table::draw(canvas, model, area, focused, tops),
        View::Text => text(canvas, model, area, payload),
        View::Hex => {
            let linked = match model.find.hit() {
                Some(Hit::Bytes(range)) => Some(range.clone()),
                _ => model.reading.selected().and_then(|row| row.span.clone()),
            };
            hex::draw(canvas, &area, payload, model.reading.line, linked, model.find.hits());
        }
        View::Diff => match model.compared() {
            Some((name, diff)) => {
                diff::draw(canvas, area, name, diff, model.reading.line, model.find.text());
            }
            None => diff::nothing(canvas, area, &model.key_of("compare with")),
        },
    }
}

/// What an error means, above its values; where it is a text alone, that is said there. Returns the
/// room below.
fn advised(canvas: &mut Canvas, model: &Model, area: Area, reply: &Reply) -> Area {
    let Some(request) = model.request().filter(|_| advice::knows(reply.error)) else { return area };
    let y = advice::draw(canvas, model, area, request, reply);
    let more = model.reading.rows.len() > 1;
    area.rows(if more { y + 1 - area.y } else { area.height }, u16::MAX)
}

/// What a person should know of the payload before reading it. Returns the room below.
fn notes(canvas: &mut Canvas, area: Area, reply: &Reply) -> Area {
    let Some(decoding) = &reply.decoding else { return area };
    let failed = decoding.failed.iter().map(|why| format!("unexpected content: {why}"));
    let all: Vec<String> =
        failed.chain(decoding.decoded.notes.iter().map(ToString::to_string)).collect();
    let shown = all.len().min(usize::from(area.height / 4).max(1));
    let caution = canvas.theme.caution;
    for (note, y) in all.iter().take(shown).zip(area.y..area.bottom()) {
        let x = canvas.text(area.x, area.right, y, "▲ ", caution.patch(canvas.theme.strong()));
        let more = if all.len() > shown && y + 1 == area.y + u16::try_from(shown).unwrap_or(1) {
            format!(" (and {} more)", all.len() - shown)
        } else {
            String::new()
        };
        canvas.text(x, area.right, y, &format!("{note}{more}"), Style::new());
    }
    let used = u16::try_from(shown).unwrap_or(u16::MAX);
    if all.is_empty() {
        area
    } else {
        area.rows(used + u16::from(area.height > used + 6), u16::MAX)
    }
}

fn tree(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    payload: &[u8],
    focused: bool,
    roomy: bool,
    top: &mut usize,
) {
    let rows = &model.reading.rows;
    if area.height == 0 {
        return;
    }
    if rows.is_empty() {
        let text = if payload.is_empty() { "an empty payload" } else { "reading it" };
        canvas.text(area.x, area.right, area.y, text, canvas.theme.muted);
        return;
    }
    let beside = roomy && area.width() >= BESIDE;
    let middle = area.right.saturating_sub(hex_width(IN_A_ROW, payload.len()) + 1);
    let below = if beside { Area { x: middle + 1, ..area } } else { area };
    let per_row = bytes_per_row(below.width(), payload.len());
    let all_bytes = payload.len().div_ceil(per_row);
    let hex_rows = if roomy { all_bytes } else { 0 };
    let room = usize::from(area.height);
    let all_rows = rows.len() + usize::from(model.reading.hidden > 0);
    let (list_rows, hex_rows) =
        if beside { (room, all_bytes.min(room)) } else { share(room, all_rows, hex_rows) };
    let area = if beside { Area { right: middle - 2, ..area } } else { area };
    let list = area.rows(0, u16::try_from(list_rows).unwrap_or(u16::MAX));
    *top = follow(*top, model.reading.row, list_rows, rows.len());
    for ((i, row), y) in rows.iter().enumerate().skip(*top).zip(list.y..list.bottom()) {
        let here = i == model.reading.row;
        canvas.row_zone(&area, y, Spot::Row(List::Values, i));
        if here {
            canvas.selected(&area, y, focused);
        }
        tree_row(canvas, &list, row, y, here, before(model, row), model.find.text());
    }
    if model.reading.hidden > 0 && rows.len() - *top < list_rows {
        let text = format!("… {} more", model.reading.hidden);
        canvas.text(list.x, list.right, list.bottom() - 1, &text, canvas.theme.muted);
    }
    if hex_rows > 0 {
        let skip = if beside { 0 } else { list.height + 1 };
        let below = below.rows(skip, u16::try_from(hex_rows).unwrap_or(u16::MAX));
        let span = model.reading.selected().and_then(|row| row.span.clone());
        let rows = span.as_ref().map_or(0..=0, |span| rows_of(span, per_row));
        // its end too, where it has room; else its beginning
        let top = follow(0, *rows.end(), hex_rows, all_bytes).min(*rows.start());
        hex::draw(canvas, &below, payload, top, span, &[]);
    }
}

/// The rows that a range of bytes stands in.
fn rows_of(span: &Range<usize>, per_row: usize) -> RangeInclusive<usize> {
    span.start / per_row..=span.end.saturating_sub(1).max(span.start) / per_row
}

/// How many rows the tree and the bytes get of what there is, with a blank row between them.
fn share(room: usize, tree: usize, hex: usize) -> (usize, usize) {
    if hex == 0 || room < 5 {
        return (room, 0);
    }
    let least_hex = hex.min(3);
    let tree_rows = tree.min(room - 1 - least_hex).max(1);
    (tree_rows, hex.min(room - 1 - tree_rows))
}

/// What stood in this place in the reply before, if that was something else.
fn before(model: &Model, row: &Row) -> Option<(u32, String)> {
    let (number, tree) = model.previous()?;
    let mut node = tree;
    for child in &row.path {
        node = node.children.get(*child)?;
    }
    (node.label == row.label && node.value != row.value).then(|| (number, node.value.clone()))
}

fn tree_row(
    canvas: &mut Canvas,
    area: &Area,
    row: &Row,
    y: u16,
    here: bool,
    before: Option<(u32, String)>,
    found: &str,
) {
    let theme = canvas.theme;
    let value_offset = if area.width() >= 50 { VALUE } else { NARROW_VALUE };
    let depth = u16::try_from(row.path.len().saturating_sub(1)).unwrap_or(u16::MAX).min(8);
    let indent = (2 * depth).min(area.width() / 3);
    let plain = if here { theme.strong() } else { Style::new() };
    let sign = match row.open {
        Some(true) => "- ",
        Some(false) => "+ ",
        None => "",
    };
    let label = format!("{sign}{}", row.label);
    let x = area.x + indent;
    let value_x = if row.path.is_empty() || row.label.is_empty() {
        x
    } else {
        (area.x + value_offset).max(x + 4)
    };
    if value_x > x {
        let end = canvas.text(x, value_x - 1, y, &label, theme.muted);
        mark_all(canvas, x, end, y, &label, found);
    }
    let end = canvas.text(value_x, area.right, y, &row.value, plain);
    mark_all(canvas, value_x, end, y, &row.value, found);
    if let Some((number, value)) = before {
        let long = format!("was {value} in #{number}");
        let fits = |text: &String| end + 2 + width(text) <= area.right;
        if let Some(text) =
            [long, format!("was {value}"), "changed".to_owned()].iter().find(|text| fits(text))
        {
            canvas.right(area.right, y, text, theme.muted);
        }
    }
}

/// The payload as text, each line folded at the edge.
fn text(canvas: &mut Canvas, model: &Model, area: Area, payload: &[u8]) {
    let room = usize::from(area.width());
    let mut rows = text_rows(payload, room).skip(model.reading.line);
    for y in area.y..area.bottom() {
        let Some(row) = rows.next() else {
            if let Some(more) = payload.len().checked_sub(MOST_TEXT).filter(|more| *more > 0) {
                let text = format!("… {} more, see hex", size(more));
                canvas.text(area.x, area.right, y, &text, canvas.theme.muted);
            }
            return;
        };
        canvas.text(area.x, area.right, y, &row.text, Style::new());
        found_in_row(canvas, model, &area, y, &row);
    }
}

/// Marks what was found in a row of text.
fn found_in_row(canvas: &mut Canvas, model: &Model, area: &Area, y: u16, row: &TextRow) {
    let hits = model.find.hits();
    let from = hits.partition_point(
        |hit| matches!(hit, Hit::Text(line, range) if (*line, range.end) <= (row.line, row.first)),
    );
    for hit in &hits[from..] {
        let Hit::Text(line, range) = hit else { return };
        let end = row.first + row.text.len();
        if (*line, range.start) >= (row.line, end) {
            return;
        }
        let at = |byte: usize| {
            area.x
                + width(row.text.get(..byte.clamp(row.first, end) - row.first).unwrap_or_default())
        };
        let current = Some(hit) == model.find.hit();
        mark(canvas, at(range.start), at(range.end).min(area.right), y, current);
    }
}
