//! The composer: the request, its peer, when it accepts, the bytes, and the same as a
//! command.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, PILL, cut, width};
use super::{form, payload, picker, preview};
use crate::screen::asking::command::to_selected;
use crate::screen::asking::composer::Composer;
use crate::screen::form::Form;
use crate::screen::keys::keymap::Sequence;
use crate::screen::{Mode, Model, Pane};
use swarmscope_facts::format::{countdown, counted, size};
use swarmscope_facts::list::next::{Cell, cell};
use swarmscope_facts::messages::{Known, danger};
use swarmscope_facts::networks;
use swarmscope_facts::words::clause;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::field::Field;
use swarmscope_peer::node::Transport;

/// Where values stand behind their labels.
const VALUE: u16 = 11;
/// From this width on it is a sheet, with blank rows between its parts, where rows allow it.
pub const SHEET: u16 = 70;
/// Rows of a sheet: those down to the payload, a blank one, to send, a blank one, same as.
const SHEET_ROWS: u16 = 7;
/// Rows of a sheet from which on the picker leaves the other fields in sight.
const TALL: u16 = 11;

/// Rows of a block around the payload and the command: heading, message, frequency, summary of the
/// payload, to send.
const AROUND: u16 = 5;
/// Rows of a long payload that stay beside a long command; while it is edited, so many parts of the
/// room.
const LEAST_PAYLOAD: u16 = 3;
const SHARE_OF_PAYLOAD: u16 = 3;
/// Cells by which the command is set in from its second row on.
const HANGING: u16 = 2;
/// Rows that the frame's bytes need below the payload, with the blank one between.
const LEAST_PREVIEW: u16 = 3;

/// What is drawn: the composer as it is, or as it would be with the message that the picker points
/// at.
struct View<'m> {
    model: &'m Model,
    composer: &'m Composer,
    message: Known,
}

/// The composer in one line, where rows are few.
pub fn line(canvas: &mut Canvas, model: &Model, area: Area) {
    let view =
        View { model, composer: &model.composer, message: model.composer.known(model.registry()) };
    let theme = canvas.theme;
    let (y, muted, plain) = (area.y, theme.muted, Style::new());
    let end = hint(canvas, model, &area);
    let focused = model.focus == Pane::Request;
    let mut x = canvas.text(
        area.x,
        end,
        y,
        title(model),
        if focused { theme.focused() } else { theme.strong() },
    ) + 2;
    x = canvas.text(x, end, y, &label(view.composer, &view.message), plain) + 2;
    if area.width() >= 60 && view.composer.network == Network::Overlay {
        let frequency = format!("{} s", view.composer.frequency.text());
        x = canvas.pieces(x, end, y, &[("every ", muted), (&frequency, plain)]) + 2;
        if let Ok(bytes) = view.composer.bytes(model.registry())
            && view.message.takes_payload
        {
            x = canvas.text(x, end, y, &size(bytes.len()), muted) + 2;
        }
    }
    let name = model.peer().map(|peer| model.name_of(&peer.key)).unwrap_or_default();
    if !name.is_empty() && x + 3 + width(&name) <= end {
        x = canvas.pieces(x, end, y, &[("to ", muted), (&name, plain)]) + 2;
    }
    view.accepts(canvas, x, end, y, true);
}

/// `r edit` at the right of the first row; returns where the rest must end.
fn hint(canvas: &mut Canvas, model: &Model, area: &Area) -> u16 {
    let theme = canvas.theme;
    let (command, verb) =
        if model.mode.composes() { ("close composer", "close") } else { ("request", "edit") };
    let x = canvas.right(area.right, area.y, verb, theme.muted);
    canvas.right(x - 1, area.y, &model.key_of(command), theme.strong()).saturating_sub(2)
}

/// `1 DATABASE`; a number alone where it has no name; `PING` to a peer of another network.
fn label(composer: &Composer, message: &Known) -> String {
    if composer.network != Network::Overlay {
        return message.name.clone();
    }
    let number = message.id.to_string();
    if message.name == number { number } else { format!("{number} {}", message.name) }
}

/// The composer as a block, in its place or as a sheet.
pub fn block(canvas: &mut Canvas, model: &Model, area: Area) {
    if area.height < 4 {
        return line(canvas, model, area);
    }
    let view = View::of(model);
    head(canvas, model, &area);
    let lines = view.payload_rows(&area);
    let same_as = view.same_as(&area, lines);
    let below_first = u16::try_from(same_as.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let foot = area.bottom() - below_first;
    let sheet = area.width() >= SHEET
        && area.height.saturating_sub(below_first) >= SHEET_ROWS + lines.min(LEAST_PAYLOAD);
    if let Mode::Message(picker) = &model.mode {
        let below = if area.height > TALL { 7 } else { 3 } + below_first;
        picker::draw(canvas, model, area.rows(1, area.height.saturating_sub(below)), picker);
        if area.height > TALL {
            view.frequency(canvas, &area, foot - 5);
            view.summary(canvas, &area, foot - 4);
        }
    } else {
        let value = label(view.composer, &view.message);
        let word = if view.asks_the_overlay() { "message" } else { "question" };
        labelled(canvas, &area, area.y + 1, word, &value);
        let doc_x = area.x + VALUE + width(&value) + 3;
        let doc = clause(&view.message.doc, usize::from(area.right.saturating_sub(doc_x)));
        canvas.right(area.right, area.y + 1, &doc, canvas.theme.muted);
        view.frequency(canvas, &area, area.y + 2);
        view.summary(canvas, &area, area.y + 3);
        if view.message.takes_payload {
            let around = 6 + u16::from(sheet) + below_first;
            let lines = area.rows(4, area.height.saturating_sub(around));
            view.payload(canvas, &lines);
        }
    }
    view.to_send(canvas, &area, foot - if sheet { 3 } else { 2 });
    view.draw_same_as(canvas, &area, foot - 1, &same_as);
}

/// Rows of the command from the second on, so many at most.
pub fn below_first(model: &Model, area: &Area, most: usize) -> usize {
    View::of(model).command_rows(area, most).len().saturating_sub(1)
}

/// Whether the payload and the command have their rows in such a place, each of them whole.
pub fn has_room(model: &Model, area: &Area) -> bool {
    let view = View::of(model);
    let command = view.command_rows(area, usize::from(area.height) + 1);
    let rows = AROUND + view.payload_rows(area).max(u16::from(view.message.takes_payload));
    usize::from(rows) + command.len() <= usize::from(area.height)
}

fn labelled(canvas: &mut Canvas, area: &Area, y: u16, label: &str, value: &str) -> u16 {
    canvas.labelled(area, y, area.x + VALUE, label, value, Style::new())
}

/// What is sent to the overlay is a request; a question is what is sent to other networks.
fn title(model: &Model) -> &'static str {
    if model.composer.network == Network::Overlay { "REQUEST" } else { "QUESTION" }
}

fn head(canvas: &mut Canvas, model: &Model, area: &Area) {
    let theme = canvas.theme;
    let end = hint(canvas, model, area);
    let focused =
        model.mode.composes() || (model.focus == Pane::Request && matches!(model.mode, Mode::Main));
    let x = canvas.heading(&Area { right: end, ..*area }, title(model), focused, "");
    let Some(peer) = model.peer() else { return };
    let name = model.name_of(&peer.key);
    if peer.other.is_some() {
        canvas.pieces(x, end, area.y, &[("to ", theme.muted), (&name, theme.muted)]);
        return;
    }
    let way = match peer.transport.filter(|_| peer.connected()) {
        Some(Transport::Legacy) => ("in the clear", theme.caution),
        Some(Transport::Tls) => ("over tls", theme.muted),
        None => ("not connected", theme.muted),
    };
    let to = format!("to 1 peer, {name}, ");
    let fits = x + width(&to) + width(way.0) <= end;
    let to = if fits { to } else { format!("to {name}, ") };
    canvas.pieces(x, end, area.y, &[(&to, theme.muted), way]);
}

impl<'m> View<'m> {
    fn of(model: &'m Model) -> Self {
        let composer = model.candidate();
        Self { model, composer, message: composer.known(model.registry()) }
    }

    fn asks_the_overlay(&self) -> bool {
        self.composer.network == Network::Overlay
    }

    /// When the selected peer accepts the message. At the right in a block, from `x` on in a line.
    fn accepts(&self, canvas: &mut Canvas, x: u16, right: u16, y: u16, brief: bool) {
        let theme = canvas.theme;
        let muted = theme.muted;
        let Some(peer) = self.model.peer().filter(|peer| peer.permid().is_some()) else { return };
        let frequency = self.composer.frequency_or_default();
        let (pill, before, time, after) = match cell(
            &self.model.present(),
            peer,
            self.message.id,
            self.message.min_version,
            frequency,
        ) {
            Cell::Unknown if brief => (false, "now?", String::new(), ""),
            Cell::Unknown => (false, "never asked here", String::new(), "; may answer 254"),
            Cell::Now if brief => (false, "now", String::new(), ""),
            Cell::Now => (false, "accepts now", String::new(), ", unless another Crawler asked"),
            Cell::In(left) => (
                false,
                if brief { "again in " } else { "accepts again in " },
                countdown(left),
                ", we asked last",
            ),
            Cell::NotYet { left, exact: true } => {
                (true, " again in ", countdown(left), ", we asked last")
            }
            Cell::NotYet { left, .. } => {
                (true, " at latest ", countdown(left), ", asked from elsewhere")
            }
            Cell::AtMost(left) => {
                (false, "accepts at latest in ", countdown(left), ", asked from elsewhere")
            }
            Cell::IfCounted(left) => {
                (false, "accepts in ", countdown(left), " if it counted our last request")
            }
            Cell::Waiting(_) | Cell::Parts { .. } => (false, "in flight", String::new(), ""),
            Cell::Refused => {
                (false, "closed on the last request", String::new(), ": its allow-list, likely")
            }
            Cell::Needs(version) => (false, "needs version ", format!("{version} or later"), ""),
        };
        let whole =
            |after: &str| if pill { PILL } else { 0 } + width(before) + width(&time) + width(after);
        let after = if !brief && x + whole(after) <= right { after } else { "" };
        if x + whole(after) > right {
            // a pill and its time are worth more than no words
            if pill && x + PILL + 1 + width(&time) <= right {
                let x = canvas.pill(x, right, y);
                canvas.text(x + 1, right, y, &time, theme.strong());
            }
            return;
        }
        let mut at = if brief { x } else { right - whole(after) };
        if pill {
            at = canvas.pill(at, right, y);
        }
        canvas.pieces(at, right, y, &[(before, muted), (&time, theme.strong()), (after, muted)]);
    }

    fn frequency(&self, canvas: &mut Canvas, area: &Area, y: u16) {
        let x = area.x + VALUE;
        if !self.asks_the_overlay() {
            labelled(canvas, area, y, "sends", networks::sends(self.composer.message));
            return;
        }
        let frequency = &self.composer.frequency;
        labelled(canvas, area, y, "frequency", "");
        let end = if matches!(self.model.mode, Mode::Frequency) {
            canvas.tint(x, x + 10, y, canvas.theme.panel);
            let (before, after) = frequency.halves();
            let cursor = canvas.text(x, x + 9, y, before, Style::new());
            canvas.text(cursor, x + 10, y, after, Style::new());
            canvas.cursor = Some((cursor, y));
            canvas.text(x + 11, area.right, y, "s", canvas.theme.muted)
        } else {
            canvas.text(x, area.right, y, &format!("{} s", frequency.text()), Style::new())
        };
        match self.composer.frequency() {
            Ok(_) => self.accepts(canvas, end + 2, area.right, y, false),
            Err(why) => {
                canvas.text(end + 2, area.right, y, &why, canvas.theme.caution);
            }
        }
    }

    fn summary(&self, canvas: &mut Canvas, area: &Area, y: u16) {
        if !self.asks_the_overlay() {
            return self.subject(canvas, area, y);
        }
        if !self.message.takes_payload {
            labelled(
                canvas,
                area,
                y,
                "payload",
                &format!("none; {} takes no payload", self.message.name),
            );
            return;
        }
        let text = match self.composer.bytes(self.model.registry()) {
            Ok(bytes) if bytes.is_empty() => "empty".to_owned(),
            Ok(bytes) => format!("{}, {}", self.counted(), size(bytes.len())),
            Err(why) => {
                labelled(canvas, area, y, "payload", "");
                canvas.text(area.x + VALUE, area.right, y, &why, canvas.theme.caution);
                return;
            }
        };
        let end = labelled(canvas, area, y, "payload", &text);
        if !self.composer.edited && end + 2 + width("the default") <= area.right {
            canvas.right(area.right, y, "the default", canvas.theme.muted);
        }
    }

    /// What a question to another network is about.
    fn subject(&self, canvas: &mut Canvas, area: &Area, y: u16) {
        if !self.message.takes_payload {
            labelled(canvas, area, y, "about", "nothing else");
            return;
        }
        let (text, style) = match self.composer.bytes(self.model.registry()) {
            Ok(bytes) if bytes.is_empty() => ("random bits".to_owned(), Style::new()),
            Ok(_) if self.case_may_keep() => {
                ("20 bytes; the open case may keep them".to_owned(), Style::new())
            }
            Ok(_) => ("20 bytes, in memory only".to_owned(), Style::new()),
            Err(why) => (why, canvas.theme.caution),
        };
        canvas.labelled(area, y, area.x + VALUE, "about", &text, style);
    }

    /// Whether a case is written that does not hide what was asked.
    fn case_may_keep(&self) -> bool {
        self.model.case.as_ref().is_some_and(|case| case.is_open() && case.head.addresses)
    }

    /// `3 lines`, `2 fields`.
    fn counted(&self) -> String {
        match self.composer.form() {
            Some(form) if self.composer.is_form() => counted(form.inputs.len(), "field"),
            _ => counted(self.composer.payload().lines().len(), "line"),
        }
    }

    /// The form, where it is filled in.
    fn form(&self) -> Option<(&Form, &[Field])> {
        let probe = self.model.registry().get(self.composer.message)?;
        let form = self.composer.form().filter(|_| self.composer.is_form())?;
        Some((form, probe.fields()))
    }

    /// Rows that the form or the text would fill.
    fn payload_rows(&self, area: &Area) -> u16 {
        match self.form() {
            _ if !self.message.takes_payload => 0,
            Some((form, fields)) => form::rows(form, fields),
            None => payload::rows(self.composer, area),
        }
    }

    /// The form or the editor, and in the rows that are left the whole frame.
    fn payload(&self, canvas: &mut Canvas, area: &Area) {
        let rows = self.payload_rows(area);
        let has_room = self.model.mode.composes()
            && self.asks_the_overlay()
            && area.height >= rows.saturating_add(LEAST_PREVIEW);
        let place = if has_room { area.rows(0, rows) } else { *area };
        match self.form() {
            Some((form, fields)) => form::draw(canvas, self.model, &place, form, fields),
            None => payload::draw(
                canvas,
                self.composer,
                matches!(self.model.mode, Mode::Payload),
                &place,
            ),
        }
        if has_room {
            preview::draw(canvas, &area.rows(rows + 1, u16::MAX), self.model, self.composer);
        }
    }

    fn to_send(&self, canvas: &mut Canvas, area: &Area, y: u16) {
        if !self.asks_the_overlay() {
            return; // what goes out stands where the overlay has its frequency
        }
        match self.composer.preview(self.model.registry()) {
            Ok((preview, bytes)) => {
                let end = canvas.right(area.right, y, &size(bytes), canvas.theme.muted);
                let area = Area { right: end - 2, ..*area };
                match self.danger() {
                    Some(danger) => {
                        let text = format!("▲ {danger}");
                        let style = canvas.theme.caution;
                        canvas.labelled(&area, y, area.x + VALUE, "to send", &text, style);
                    }
                    None => drop(labelled(canvas, &area, y, "to send", &preview)),
                }
            }
            Err(_) => {
                canvas.labelled(
                    area,
                    y,
                    area.x + VALUE,
                    "to send",
                    "nothing: see above",
                    canvas.theme.muted,
                );
            }
        }
    }

    /// What the request would do to the selected peer.
    fn danger(&self) -> Option<&'static str> {
        let version = self.model.peer().and_then(|peer| peer.version);
        let payload = self.composer.bytes(self.model.registry()).ok()?;
        danger(self.message.id, version, &payload)
    }

    /// The same as a command, in at most so many rows that fit: nothing is left out between them.
    fn command_rows(&self, area: &Area, most: usize) -> Vec<String> {
        let Some(command) = to_selected(self.model, self.composer) else { return Vec::new() };
        let shown = match &self.model.setup.naming {
            naming if naming.privacy => naming.mask.text(&command).into_owned(),
            _ => command,
        };
        let room = |x| usize::from(area.width().saturating_sub(x));
        wrapped(&shown, room(VALUE), room(HANGING), most)
    }

    /// The command beside a payload of so many rows: whoever reads or copies it off the screen has
    /// the same request. Where not even the rows that can be spared hold it, the last says so.
    fn same_as(&self, area: &Area, payload: u16) -> Vec<String> {
        let room = area.height.saturating_sub(AROUND);
        let share = if self.model.mode.composes() { room / SHARE_OF_PAYLOAD } else { 0 };
        let kept = payload.min(share.max(LEAST_PAYLOAD));
        let most = usize::from(room.saturating_sub(kept).max(1));
        let mut rows = self.command_rows(area, most + 1);
        if rows.len() > most {
            rows.truncate(most);
            let rest = format!("… {} copies it", copying(self.model));
            let x = if rows.len() == 1 { VALUE } else { HANGING };
            let room = usize::from(area.width().saturating_sub(x + width(&rest) + 1));
            if let Some(last) = rows.last_mut() {
                *last = format!("{} {rest}", cut(last, room));
            }
        }
        rows
    }

    fn draw_same_as(&self, canvas: &mut Canvas, area: &Area, y: u16, rows: &[String]) {
        let style = if self.model.mode.composes() { Style::new() } else { canvas.theme.muted };
        let Some((first, more)) = rows.split_first() else { return };
        canvas.labelled(area, y, area.x + VALUE, "same as", first, style);
        for (row, y) in more.iter().zip(y + 1..) {
            canvas.text(area.x + HANGING, area.right, y, row, style);
        }
    }
}

/// The key that copies the command where one is.
fn copying(model: &Model) -> String {
    let command = model.table().named("copy command");
    let mut keys = command.into_iter().flat_map(|command| model.setup.keymap.of(command));
    let works = |keys: &&Sequence| !model.mode.types() || keys.first().typed().is_none();
    keys.find(works).map(ToString::to_string).unwrap_or_default()
}

/// A text in rows, broken where it has line ends and where a row is full: so many cells in the
/// first, so many in the others, no more than `most` rows.
fn wrapped(text: &str, first: usize, others: usize, most: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let mut rest = line;
        loop {
            let room = if rows.is_empty() { first } else { others };
            let piece = Some(cut(rest, room)).filter(|piece| !piece.is_empty()).unwrap_or(rest);
            rows.push(piece.to_owned());
            rest = &rest[piece.len()..];
            if rows.len() == most {
                return rows;
            }
            if rest.is_empty() {
                break;
            }
        }
    }
    rows
}
