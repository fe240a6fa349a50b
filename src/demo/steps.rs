//! The steps of a tour.

use std::time::Duration;

use super::cast::Role;
use super::nats::Sort;
use super::strangers::Stranger;
use crate::screen::Scene;
use swarmscope_wire::MessageId;

/// What happens in a step.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Nothing: look.
    Look,
    /// The peer with this role is asked this.
    Ask(Role, MessageId),
    /// The peer behind this sort of NAT is asked this.
    AskBehind(Sort, MessageId),
    /// Everybody who is connected is asked, by the screen.
    AskAll,
    /// Nothing: look at one with this role that has answered.
    Meet(Role),
    /// The peer with this role goes away.
    Leave(Role),
    /// The peers of this wave of a cascade fall.
    Fall(u8),
    /// The peers of this wave are tampered with, and come back.
    Change(u8),
    /// The screen does this with a case file of the demo's.
    Case(CaseStep),
    /// A client or node of another network is asked this question, so many times.
    AskStranger(Stranger, &'static str, usize),
}

/// What happens with the demo's case file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseStep {
    /// It is opened: what is asked from now on is in it.
    Open,
    /// The signal that asks for most attention is written into it.
    Keep,
    /// A report is made of it.
    Report,
}

/// What a step speaks of: where that is not there, the step is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    Nothing,
    /// Everybody was asked.
    Asked,
    /// One with this role has answered.
    Answered(Role),
}

/// A step of a tour.
pub struct Step {
    pub act: Act,
    pub needs: Needs,
    pub scene: Option<Scene>,
    /// `{odd}` in it is how many changed peers have answered by then, `{which}` whether the clients
    /// of other networks are real.
    pub text: &'static str,
    /// Time to read, once what it shows has happened.
    pub dwell: Duration,
}
