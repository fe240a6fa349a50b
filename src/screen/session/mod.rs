//! The session as a whole: frozen, recorded, replayed, shown to others.

pub mod moment;
pub mod recording;
pub mod replay;
pub mod showing;
pub(in crate::screen) mod time;
