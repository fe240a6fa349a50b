//! The terminal: draws the [`crate::app::Model`] and runs its effects. Owns no facts.

mod against;
mod canvas;
mod channels;
mod columns;
mod diff;
pub mod draw;
mod filter_prompt;
mod footer;
mod frames;
mod help;
mod hex;
pub mod keep;
pub mod layout;
mod log_line;
mod log_view;
mod many;
mod overlay;
mod palette;
mod parts;
mod payload;
mod peer_line;
mod peer_screen;
mod peers;
mod picker;
mod reply;
mod request;
pub mod run;
mod saved_filters;
mod status_bar;
pub mod svg;
pub mod terminal;
pub mod theme;
mod which_key;
mod why;

pub use run::{Ended, Options, run};
pub use theme::{Theme, ThemeError};
