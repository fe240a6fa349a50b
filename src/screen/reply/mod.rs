//! Reading a reply: its views, finding, comparing, copying and saving.

pub mod compare;
pub mod comparison;
pub(in crate::screen) mod copies;
pub mod find;
pub mod finding;
pub mod lines;
pub mod saving;
pub(in crate::screen) mod tabular;
pub mod to_file;
pub(in crate::screen) mod whole;
