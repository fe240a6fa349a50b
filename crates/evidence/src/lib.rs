#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod case;
pub mod moment;

pub use moment::Moment;
