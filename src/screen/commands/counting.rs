//! A number before a key that moves: `75j` goes down by 75 rows, `75G` to the 75th. It begins with
//! a digit that is no screen: 7 to 9.

use crossterm::event::KeyCode;

use super::{Context, Meaning, contexts, meaning};
use crate::screen::keys::key::Key;
use crate::screen::model::Model;

/// The digits before it are screens, wherever one is.
const FIRST: u32 = 7;
/// Nothing has more rows.
const MOST: usize = 999_999;

/// Takes a digit. Returns whether the key was one.
pub(super) fn takes(model: &mut Model, key: Key) -> bool {
    let Some(digit) = key.typed().and_then(|c| c.to_digit(10)) else {
        let ends = model.count.is_some() && key == Key::named(KeyCode::Esc);
        return ends && model.count.take().is_some();
    };
    let goes_on = model.count.is_some();
    let begins = || {
        digit >= FIRST
            && contexts(model).contains(&Context::Rows)
            && !model.mode.types()
            && matches!(meaning(model, &[key]), Meaning::Nothing)
    };
    if !model.pending.is_empty() || !goes_on && !begins() {
        return false;
    }
    let digit = usize::try_from(digit).unwrap_or(0);
    model.count = Some((model.count.unwrap_or(0) * 10 + digit).min(MOST));
    true
}
