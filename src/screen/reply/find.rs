//! Finding something in a reply: in its values, its text, its bytes, or in what differs.

use super::finding::Find;
use crate::screen::actions::{Effects, none, not_done};
use crate::screen::conditions::Ready;
use crate::screen::mode::{Mode, Pane};
use crate::screen::model::{Model, tree_of};
use crate::screen::reply::lines::{bytes_per_row, text_rows};
use swarmscope_facts::reply::View;
use swarmscope_facts::reply::find::{Hit, in_bytes, in_diff, in_text, in_values, places};
use swarmscope_facts::request::Request;
use swarmscope_wire::text::read_hex;
use swarmscope_wire::tree::Node;

/// Rows that stay in sight above a place that is gone to.
const ABOVE: usize = 2;

impl Model {
    /// Looks again where what is looked for, the reply or the view is another one.
    pub(in crate::screen) fn find_again(&mut self) {
        let of = self.request().map(|request| {
            (request.ticket, self.reading.shows(), self.find.query.text().to_owned())
        });
        let is_read = !self.reading.rows.is_empty();
        if self.find.of != of || (self.find.hits.is_empty() && is_read) {
            self.find.hits = self.found_in_reply();
            self.find.at = 0;
            self.find.of = of;
        }
    }

    fn found_in_reply(&self) -> Vec<Hit> {
        let (query, wanted) = (self.find.query.text(), self.find.text());
        let payload = crate::screen::reply::copies::payload(self).unwrap_or_default();
        match self.reading.shows() {
            View::Tree | View::Table => {
                let tree = self.request().and_then(tree_of);
                tree.map(|tree| in_values(tree, wanted)).unwrap_or_default()
            }
            View::Text => in_text(payload, wanted),
            View::Hex => in_bytes(payload, query),
            View::Diff => {
                self.compared().map(|(_, diff)| in_diff(diff, wanted)).unwrap_or_default()
            }
        }
    }

    /// Brings the current hit into sight.
    fn go_to_hit(&mut self) {
        let Some(hit) = self.find.hit().cloned() else { return };
        let width = self.reply_width();
        let payload = crate::screen::reply::copies::payload(self).unwrap_or_default();
        let row = match hit {
            Hit::Value(path) => return self.reveal(&path),
            Hit::Line(line) => line,
            Hit::Bytes(range) => range.start / bytes_per_row(width, payload.len()),
            Hit::Text(line, range) => {
                let is = |row: &crate::screen::reply::lines::TextRow| {
                    row.line == line && row.first + row.text.len() > range.start
                };
                text_rows(payload, usize::from(width)).position(|row| is(&row)).unwrap_or(0)
            }
        };
        self.reading.line = row.saturating_sub(ABOVE);
    }

    /// In the hex view the bytes of the selected value are where one looks first.
    pub(in crate::screen) fn go_to_selected_bytes(&mut self) {
        let span = self.reading.selected().and_then(|row| row.span.clone());
        let length = crate::screen::reply::copies::payload(self).map_or(0, <[u8]>::len);
        if let Some(span) = span.filter(|span| span.end <= length) {
            let width = self.reply_width();
            self.reading.line = (span.start / bytes_per_row(width, length)).saturating_sub(ABOVE);
        }
    }

    fn reveal(&mut self, path: &[usize]) {
        let mut reading = std::mem::take(&mut self.reading);
        let tree = self.request().and_then(tree_of);
        match (&mut reading.table, tree) {
            (Some(table), Some(tree)) if reading.view == View::Table => {
                // a row whose line says it all is found as a whole
                let values = path.first().and_then(|row| tree.children.get(*row));
                let holds = |value: &Node| places(&value.value, self.find.text()).next().is_some();
                let column = values.and_then(|row| row.children.iter().position(holds));
                match (path, column) {
                    ([row], Some(column)) => table.reveal(&[*row, column]),
                    _ => table.reveal(path),
                }
            }
            (_, tree) => reading.reveal(path, tree),
        }
        self.reading = reading;
    }
}

// --- commands
// -----------------------------------------------------------------------------------------------------------

pub(in crate::screen) fn open(model: &mut Model) -> Effects {
    model.mode = Mode::Find;
    model.focus = Pane::Reply;
    none()
}

/// What is looked for has changed: on to the first place.
pub(in crate::screen) fn typed(model: &mut Model) {
    model.find_again();
    model.go_to_hit();
}

pub(in crate::screen) fn keep(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    none()
}

pub(in crate::screen) fn clear(model: &mut Model) -> Effects {
    model.find = Find::default();
    model.mode = Mode::Main;
    none()
}

pub(in crate::screen) fn next(model: &mut Model) -> Effects {
    step(model, 1)
}

pub(in crate::screen) fn before(model: &mut Model) -> Effects {
    step(model, usize::MAX)
}

/// To the next place, or back by one; from the last to the first.
fn step(model: &mut Model, by: usize) -> Effects {
    let was = model.find.of.clone();
    model.find_again();
    let all = model.find.hits.len();
    if all == 0 {
        let text = format!("{:?} not found in this view of the reply", model.find.query.text());
        not_done(model, "next match", &text);
        return none();
    }
    if model.find.of == was {
        model.find.at =
            if by == 1 { (model.find.at + 1) % all } else { (model.find.at + all - 1) % all };
    }
    model.go_to_hit();
    none()
}

pub(in crate::screen) fn is_on(model: &Model) -> Ready {
    if model.find.is_on() { Ok(()) } else { Err("no search is active".to_owned()) }
}

/// What is wrong with what is being typed.
#[must_use]
pub fn wrong(model: &Model) -> Option<String> {
    let digits = model.find.query.text().strip_prefix("hex:")?;
    match model.reading.shows() {
        View::Hex => read_hex(digits).err(),
        _ => Some("search for bytes in the hex view".to_owned()),
    }
}

/// Whether there is a reply to look into.
pub(in crate::screen) fn has_reply(model: &Model) -> Ready {
    let reply = model.request().and_then(Request::reply);
    reply.map(drop).ok_or_else(|| "no reply to search".to_owned())
}
