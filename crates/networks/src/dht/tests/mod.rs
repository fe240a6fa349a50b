//! The machines against a swarm whose truth is known, on virtual time.
#![allow(clippy::disallowed_methods)] // virtual time has to begin somewhere

mod crawls;
mod lookups;
mod pace;
mod transactions;
mod turns;
