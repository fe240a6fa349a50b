//! Real sockets on the loopback.
#![allow(clippy::disallowed_methods, reason = "tests of sockets and their times")]

mod crowds;
mod dialback;
mod ends;
mod impostors;
mod proxy;
mod raw;
mod several;
mod suites;
mod support;
mod traces;
mod versions;
