//! The state that the screen shows.

use super::msg::{Effect, Msg, Now};
use crate::crawler::Registry;

/// What a model starts from.
#[derive(Clone)]
pub struct Setup {
    pub registry: Registry,
    /// What the status bar says beside the program's name: `demo: tour`; may be empty.
    pub title: String,
    /// Hides addresses.
    pub privacy: bool,
}

/// Everything that the screen knows.
pub struct Model {
    pub setup: Setup,
}

impl Model {
    #[must_use]
    pub fn new(setup: Setup, now: Now) -> Self {
        let _ = now;
        Self { setup }
    }
}

/// Folds one message into the model.
pub fn update(model: &mut Model, now: Now, msg: Msg) -> Vec<Effect> {
    let _ = (model, now, msg);
    todo!()
}
