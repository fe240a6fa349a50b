//! The interactive model: a fold with no I/O and no clock.
//!
//! Everything that changes the screen is a [`Msg`] with the time at which it arrived; [`update`] is
//! the only thing that changes the [`Model`], and what must happen outside comes back as
//! [`Effect`]s. A recording is the list of messages with their times, and a test is a list of
//! messages and a screen.

mod actions;
mod arguments;
pub mod asking;
pub mod case;
pub mod commands;
mod conditions;
pub mod dialling;
pub mod figures;
pub mod form;
pub mod hints;
pub mod input;
pub mod kept;
pub mod keys;
pub mod list;
pub mod log;
pub mod many;
pub mod map;
pub mod mode;
pub mod model;
mod moving;
pub mod msg;
mod news;
mod opened;
pub mod palette;
pub mod peer_screen;
mod picks;
pub mod reply;
pub mod search;
pub mod session;
pub mod signals;
pub mod size;
mod terminal;
pub mod trend;
mod update;
pub mod which;
mod zoom;

pub use keys::key::Key;
pub use keys::keymap::Keymap;
pub use mode::{Mode, Pane};
pub use model::{Model, Setup};
pub use msg::{Effect, Msg, Scene, TourCase, TourControl, TourStep};
pub use size::Class;
pub use swarmscope_facts::Now;
pub use update::update;
pub use which::Screen;
