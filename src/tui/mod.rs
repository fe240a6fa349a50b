//! The terminal: draws the [`crate::app::Model`] and runs its effects. Owns no facts.

pub mod run;
pub mod theme;

pub use run::{Ended, Options, run};
pub use theme::{Theme, ThemeError};
