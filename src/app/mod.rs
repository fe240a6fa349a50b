//! The interactive model: a fold with no I/O and no clock.
//!
//! Everything that changes the screen is a [`Msg`] with the time at which it arrived; [`update`] is the only thing that
//! changes the [`Model`], and what must happen outside comes back as [`Effect`]s. A recording is the list of messages with
//! their times, and a test is a list of messages and a screen.

mod actions;
mod again;
mod align;
mod arguments;
pub mod column;
pub mod column_view;
pub mod columns;
pub mod commands;
pub mod compare;
pub mod composer;
mod conditions;
pub mod conversation;
mod copies;
pub mod diff;
mod dirty;
pub mod facts;
pub mod filter;
mod filtering;
pub mod find;
pub mod format;
pub mod hints;
pub mod input;
pub mod inspect;
pub mod kept;
pub mod key;
pub mod key_cast;
pub mod keymap;
pub mod ladder;
pub mod lines;
pub mod log;
pub mod many;
mod marking;
pub mod marks;
pub mod messages;
pub mod model;
mod moving;
pub mod msg;
pub mod nat;
mod news;
pub mod notes;
mod noting;
pub mod order;
pub mod palette;
pub mod peers;
pub mod reading;
pub mod recording;
pub mod replay;
mod replies;
pub mod reply_of;
pub mod request;
pub mod said;
pub mod saved;
pub mod saved_view;
pub mod screen;
pub mod script;
pub mod search;
pub mod showing;
pub mod size;
mod sorting;
pub mod tally;
mod time;
pub mod to_file;
mod typing;
mod whole;
pub mod words;

pub use key::Key;
pub use keymap::Keymap;
pub use model::{Mode, Model, Pane, Setup, update};
pub use msg::{Effect, Msg, Now, TourStep};
pub use screen::Screen;
pub use size::Class;
