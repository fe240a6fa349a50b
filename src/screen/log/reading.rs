//! The log while it is read.

use super::Line;
use crate::screen::conditions::Ready;
use crate::screen::mode::Mode;
use crate::screen::model::Model;

/// How many lines the filter finds.
#[must_use]
pub fn count(model: &Model) -> usize {
    model.log_found.numbers().len()
}

/// These lines, newest first.
pub fn found(model: &Model) -> impl Iterator<Item = &Line> {
    model.log_found.numbers().iter().rev().filter_map(|number| model.log.numbered(*number))
}

/// # Errors
/// Every line is shown.
pub fn is_filtered(model: &Model) -> Ready {
    match model.log_filter.text() {
        "" => Err(format!("no filter: {} looks for words", model.key_of("filter log"))),
        _ => Ok(()),
    }
}

/// Keeps up with the log while it is read. Whoever reads older lines goes on reading them while new
/// ones come.
pub(in crate::screen) fn keep_up(model: &mut Model, newest_before: u64) {
    if !matches!(model.mode, Mode::Log { .. } | Mode::LogFilter) {
        return;
    }
    let (naming, filter) = (&model.setup.naming, model.log_filter.text());
    let of = (filter, naming.privacy);
    model.log_found.update(&mut model.log, of, |key| naming.peer(key));
    let came = model.log_found.after(newest_before);
    let last = count(model).saturating_sub(1);
    if let Mode::Log { back: back @ 1.. } = &mut model.mode {
        *back = (*back + came).min(last);
    }
}
