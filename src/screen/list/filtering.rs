//! The prompt for the filter: what is typed, what is wrong with it, what could come next, what was
//! typed before.

use crate::screen::actions::{Effects, none};
use crate::screen::input::Input;
use crate::screen::keys::key::Key;
use crate::screen::list::sieve::Sieve;
use crate::screen::mode::{Mode, Pane};
use crate::screen::model::Model;
use swarmscope_facts::list::filter::complete;

pub fn open(model: &mut Model) -> Effects {
    model.mode = Mode::Filter;
    model.focus = Pane::Peers;
    model.inside = false;
    model.range = None;
    propose(model);
    none()
}

/// Keeps the filter.
pub fn keep(model: &mut Model) -> Effects {
    let text = model.filter.text().to_owned();
    model.sieve.remember(&text);
    model.mode = Mode::Main;
    none()
}

pub fn clear(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    set(model, "");
    none()
}

/// Puts another filter in the place of the one that is there.
pub fn set(model: &mut Model, text: &str) {
    model.filter = Input::new(text);
    model.range = None;
    model.rebuild();
}

/// The same as a jump from elsewhere: the filter that was in force can be had again with the
/// arrows.
pub fn show_only(model: &mut Model, text: &str) {
    let before = model.filter.text().to_owned();
    model.sieve.remember(&before);
    model.focus = Pane::Peers;
    model.inside = false;
    set(model, text);
}

/// A key that is text, or moves in it.
pub fn key(model: &mut Model, key: Key) {
    let before = model.filter.halves().0.len();
    let changed = model.filter.key(key);
    if changed || model.filter.halves().0.len() != before {
        typed(model, changed);
    }
}

/// Pasted text.
pub fn paste(model: &mut Model, text: &str) {
    let changed = model.filter.type_in(text);
    typed(model, changed);
}

fn typed(model: &mut Model, changed: bool) {
    model.sieve.back = None;
    if changed {
        model.rebuild();
    }
    propose(model);
}

/// What could stand at the cursor.
fn propose(model: &mut Model) {
    let cursor = model.filter.halves().0.len();
    model.sieve.completion = complete(model.filter.text(), cursor, &model.present());
    model.sieve.chosen = None;
}

pub fn next_candidate(model: &mut Model) -> Effects {
    put_in(model, |chosen, length| chosen.map_or(0, |at| (at + 1) % length))
}

pub fn candidate_before(model: &mut Model) -> Effects {
    put_in(model, |chosen, length| chosen.map_or(length - 1, |at| (at + length - 1) % length))
}

/// Puts a candidate in the place of the one before it, or of what is typed. The only one there is
/// ends the choice.
fn put_in(model: &mut Model, which: impl Fn(Option<usize>, usize) -> usize) -> Effects {
    let Sieve { completion, chosen, .. } = &mut model.sieve;
    let length = completion.candidates.len();
    if length == 0 {
        return none();
    }
    let at = which(*chosen, length);
    let text = completion.candidates[at].text.clone();
    model.filter.replace(completion.at.clone(), &text);
    completion.at.end = completion.at.start + text.len();
    *chosen = Some(at);
    model.rebuild();
    if length == 1 {
        propose(model);
    }
    none()
}

pub fn older(model: &mut Model) -> Effects {
    walk(model, 1)
}

pub fn newer(model: &mut Model) -> Effects {
    walk(model, -1)
}

fn walk(model: &mut Model, by: isize) -> Effects {
    let sieve = &mut model.sieve;
    let (at, typed) = sieve.back.take().unwrap_or_else(|| (0, model.filter.text().to_owned()));
    let at = at.saturating_add_signed(by).min(sieve.recent.len());
    let text = if at == 0 { typed.clone() } else { sieve.recent[sieve.recent.len() - at].clone() };
    model.filter = Input::new(text);
    model.rebuild();
    propose(model);
    model.sieve.back = Some((at, typed));
    none()
}
