//! Questions to BitTorrent peers and nodes of the DHT: they go out from here, not through the
//! overlay's node.

use crate::screen::actions::{Effects, choose};
use crate::screen::conditions::{question, question_again};
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;

/// Asks the selected peer what is in the composer.
///
/// # Errors
/// Why it can't be asked.
pub fn send(model: &mut Model) -> Result<Effects, String> {
    let question = question(model)?;
    choose(model); // where the picker is open, what it points at is asked
    model.mode = Mode::Main;
    Ok(vec![Effect::Question(question)])
}

/// Asks the selected request once more.
///
/// # Errors
/// Why it can't be asked.
pub fn resend(model: &mut Model) -> Result<Effects, String> {
    let question = question_again(model)?;
    let number = model.request().map_or(0, |request| request.number);
    let label = model.registry().label(question.message);
    model.say(Kind::Done, format!("asking #{number} {label} again"));
    Ok(vec![Effect::Question(question)])
}
