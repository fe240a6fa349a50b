//! The log while it is read.

use super::Line;
use crate::screen::mode::Mode;
use crate::screen::model::Model;

/// The lines that have all words of the log's filter, newest first: in what happened, to whom, its
/// code, its kind.
pub fn found(model: &Model) -> impl Iterator<Item = &Line> {
    let words: Vec<String> =
        model.log_filter.text().split_whitespace().map(str::to_lowercase).collect();
    model.log.lines().iter().rev().filter(move |line| {
        words.is_empty() || {
            let who = line.peer.as_ref().map(|peer| model.name_of(peer)).unwrap_or_default();
            let code = line.next.map_or("", |(code, _)| code);
            let text = format!("{who} {} {code} {}", line.text, line.kind.word()).to_lowercase();
            words.iter().all(|word| text.contains(word))
        }
    })
}

/// A reader of older lines keeps them in view while new ones come.
pub(in crate::screen) fn hold_still(model: &mut Model, newest_before: u64) {
    let Mode::Log { back: back @ 1.. } = model.mode else { return };
    let came = found(model).take_while(|line| line.number > newest_before).count();
    let last = found(model).count().saturating_sub(1);
    model.mode = Mode::Log { back: (back + came).min(last) };
}
