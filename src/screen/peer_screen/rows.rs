//! The conversation as rows: keep-alives that follow one another are one row, and a filter leaves out
//! the lines that do not have its words.

use super::cursor::Focus;
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::input::Input;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::which::Screen;
use swarmscope_facts::conversation::{Line, What};
use swarmscope_facts::said::said;
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::trace::Kind;

/// A row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The line that stands in it, of all lines.
    pub at: usize,
    /// How many lines it stands for.
    pub lines: usize,
}

impl Model {
    /// The rows of the conversation, oldest first.
    #[must_use]
    pub fn conversation_rows(&self) -> Vec<Row> {
        let (Some(conversation), Some(peer)) = (self.conversation(), self.peer()) else {
            return Vec::new();
        };
        let words: Vec<String> =
            self.line_filter.text().split_whitespace().map(str::to_lowercase).collect();
        let lines = conversation.lines();
        let mut rows: Vec<Row> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if let Some(row) = rows.last_mut()
                && row.at + 1 == at
                && goes_on(&lines[row.at], line)
            {
                *row = Row { at, lines: row.lines + 1 };
            } else {
                rows.push(Row { at, lines: 1 });
            }
        }
        if !words.is_empty() {
            let has = |line: &Line| {
                let said = said(&self.saying(), peer, line);
                let text = format!("{} {}", said.name, said.detail).to_lowercase();
                words.iter().all(|word| text.contains(word))
            };
            rows.retain(|row| has(&lines[row.at]));
        }
        rows
    }

    /// The row of the line with the cursor, or the next one that is shown.
    #[must_use]
    pub fn conversation_row(&self, rows: &[Row]) -> Option<usize> {
        let (at, _) = self.line()?;
        let last = rows.len().checked_sub(1)?;
        Some(rows.partition_point(|row| row.at < at).min(last))
    }
}

/// Keep-alives of one connection, whoever sent them.
fn goes_on(before: &Line, line: &Line) -> bool {
    before.socket == line.socket && is_keep_alive(before) && is_keep_alive(line)
}

fn is_keep_alive(line: &Line) -> bool {
    let What::Trace(trace) = &line.what else { return false };
    let kind = trace.piece().filter(|piece| piece.whole).map(|piece| piece.kind);
    matches!(kind, Some(Kind::KeepAlive | Kind::Frame(FrameId::KEEP_ALIVE)))
}

// --- the filter
// ---------------------------------------------------------------------------------------------------------------

/// # Errors
/// No peer is open.
pub fn can_filter(model: &Model) -> Ready {
    match model.screen {
        Screen::Peer => Ok(()),
        _ => Err(format!("no peer is open: {} opens one", model.key_of("inspect"))),
    }
}

pub fn filter(model: &mut Model) -> Effects {
    model.inspect.focus = Focus::Conversation;
    model.mode = Mode::LineFilter;
    none()
}

/// What is looked for has changed: on to the newest line that has it.
pub(in crate::screen) fn typed(model: &mut Model) {
    let rows = model.conversation_rows();
    if let Some(row) = model.conversation_row(&rows) {
        model.inspect.line =
            model.conversation().and_then(|it| it.lines().get(rows[row].at)).map(|line| line.seq);
    }
}

pub fn keep_filter(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    none()
}

pub fn clear_filter(model: &mut Model) -> Effects {
    model.line_filter = Input::default();
    model.mode = Mode::Main;
    none()
}

/// # Errors
/// Every line is shown.
pub fn is_filtered(model: &Model) -> Ready {
    can_filter(model)?;
    match model.line_filter.text() {
        "" => Err(format!("no filter: {} looks for words", model.key_of("filter lines"))),
        _ => Ok(()),
    }
}
