#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod case;
pub mod entry;
pub mod export;
pub mod moment;
pub mod record;
pub mod signals;

pub use moment::Moment;
