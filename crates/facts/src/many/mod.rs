//! Requests to many: one question to many peers at a rate, the outcome of each, and the answers in
//! groups of identical content.
//!
//! [`plan`] is what would be sent, and [`planning`] makes it. [`campaign`] is what is being sent: who
//! is asked when is decided there, from the time that is passed in. [`groups`], [`measures`] and
//! [`outcome`] count.

pub mod against;
pub mod campaign;
pub mod groups;
pub mod leave_out;
pub mod measures;
pub mod outcome;
pub mod pace;
pub mod plan;
pub mod planning;
pub mod sample;
pub mod signal;

pub use campaign::Campaign;
pub use pace::Pace;
pub use plan::{Draft, Plan};
pub use planning::Planning;
