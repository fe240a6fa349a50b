//! On to the next row that the filter found. Without a filter it is the reply that is searched.

use crate::screen::actions::Effects;
use crate::screen::conditions::Ready;
use crate::screen::model::Model;
use crate::screen::moving;
use crate::screen::reply::find;

/// # Errors
/// Every peer is shown, and nothing is looked for in the reply.
pub fn is_on(model: &Model) -> Ready {
    if model.filter.text().is_empty() { find::is_on(model) } else { Ok(()) }
}

/// What the filter shows is what was found: on to the next row; without one, in the reply.
pub fn next_found(model: &mut Model) -> Effects {
    if model.filter.text().is_empty() { find::next(model) } else { moving::down(model) }
}

pub fn found_before(model: &mut Model) -> Effects {
    if model.filter.text().is_empty() { find::before(model) } else { moving::up(model) }
}
