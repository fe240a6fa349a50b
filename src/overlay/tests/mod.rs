//! Real sockets on the loopback.
#![allow(clippy::disallowed_methods, reason = "tests of sockets and their times")]

mod support;
mod versions;
