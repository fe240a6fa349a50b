//! A recording that is started in the middle of a session begins with what makes the screen as it
//! is: the peers, how they are connected, their requests, parts and replies, as the messages that
//! would tell of them, at the times when they happened; then where the operator is.
//!
//! What it can't show: the log from before, signals (▲) from before, how the list was sorted, and
//! the payloads of replies that were no longer in memory.

use super::Place;
use crate::screen::model::Model;
use crate::screen::msg::Msg;
use swarmscope_facts::Now;
use swarmscope_facts::recording::past;

/// The messages that make this model again, as far as they can, in the order of their times.
#[must_use]
pub fn present(model: &Model) -> Vec<(Now, Msg)> {
    let mut told: Vec<(Now, Msg)> =
        past(&model.facts, model.now).into_iter().map(|(at, input)| (at, input.into())).collect();
    if let Some(step) = &model.tour {
        told.push((model.now, Msg::Tour(step.clone())));
    }
    told.push((model.now, Msg::Place(Box::new(Place::of(model)))));
    told
}
