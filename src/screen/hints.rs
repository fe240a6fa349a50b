//! What to try first: three hints on the first screens of a first run, until they are
//! followed or sent away. That they were shown is kept, so that nobody sees them twice.

pub mod given;

use super::model::Model;
use super::which::Screen;
use given::{MANY, WORTH};

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    pub key: String,
    pub text: &'static str,
}

/// The hints that are of use now: of what can be done, has a key, and was not done before.
#[must_use]
pub fn hints(model: &Model) -> Vec<Hint> {
    let hints = &model.kept.hints;
    // on the other screens the same keys do other things
    if !hints.open || model.screen != Screen::Main {
        return Vec::new();
    }
    let left = MANY - hints.followed.len();
    let of_use = |(name, text): &(&'static str, &'static str)| {
        let command = model.table().named(name)?;
        let wanted = *name != "connect" || model.facts.peers().is_empty();
        let wanted = wanted && (*name != "filter" || model.facts.peers().len() > 1);
        let can = wanted && !hints.followed.contains(name) && (command.ready)(model).is_ok();
        let key = model.key_of(name);
        (can && !key.is_empty()).then_some(Hint { key, text })
    };
    WORTH.iter().filter_map(of_use).take(left).collect()
}
