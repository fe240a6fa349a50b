//! The interactive model: a fold with no I/O and no clock.
//!
//! Everything that changes the screen is a [`Msg`] with the time at which it arrived; [`update`] is the only thing that
//! changes the [`Model`], and what must happen outside comes back as [`Effect`]s. A recording is the list of messages with
//! their times, and a test is a list of messages and a screen.

pub mod key;
pub mod model;
pub mod msg;

pub use key::Key;
pub use model::{Model, Setup, update};
pub use msg::{Decoding, Effect, Msg, Now, TourStep};
