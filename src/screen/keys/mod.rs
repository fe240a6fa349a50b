//! What is pressed, typed, pasted and clicked.

pub mod key;
pub mod key_cast;
pub mod keymap;
pub mod mouse;
pub mod script;
pub mod spot;
pub(in crate::screen) mod typing;
