//! The steps of a tour.

use std::time::Duration;

use super::cast::Role;
use swarmscope_wire::MessageId;

/// What happens in a step.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Nothing: look.
    Look,
    /// The peer with this role is asked this.
    Ask(Role, MessageId),
    /// The peer with this role goes away.
    Leave(Role),
}

/// A step of a tour.
pub struct Step {
    pub act: Act,
    pub text: &'static str,
    /// Time to read, once what it shows has happened.
    pub dwell: Duration,
}
