//! Attacks over real sockets on a peer in a process of its own: what they take of it has a ceiling,
//! and an honest Crawler is answered, every time and without a noticeable wait. Attacks of peers and
//! nodes of other networks on whoever asks them. Each prints a line of figures
//! (`cargo test --test hostile -- --nocapture`). One after the other, because times are compared.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "attackers live in the world, and answers are timed")]

mod answering;
mod asked;
mod attackers;
mod bounds;
mod cases;
mod crawlers;
mod gossip;
mod honest;
mod networks;
mod nodes;
mod output;
mod page;
mod phases;
mod pretenders;
mod replies;
mod screens;
mod security;
mod strangers;
#[allow(dead_code, reason = "what the tests in a terminal do besides")]
#[path = "../pty/terminal.rs"]
mod terminal;
mod victim;
mod waits;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by each attack while it runs.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}
