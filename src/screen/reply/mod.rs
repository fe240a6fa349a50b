//! Reading a reply: its views, finding, comparing, copying and saving.

pub(in crate::screen) mod align;
pub mod compare;
pub(in crate::screen) mod copies;
pub mod diff;
pub mod find;
pub mod lines;
pub mod reading;
pub mod to_file;
pub(in crate::screen) mod whole;
