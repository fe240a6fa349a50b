//! The one mask of this process: what it shows, stores and answers has the same pseudonyms for the
//! same people.
#![allow(clippy::disallowed_methods, reason = "what masks addresses has to be unknown to others")]

use std::sync::LazyLock;

use swarmscope_wire::mask::Mask;

/// Replaces addresses and permids, under a key that is made when it is first asked for and lasts as
/// long as the process.
#[must_use]
pub fn mask() -> &'static Mask {
    static MASK: LazyLock<Mask> = LazyLock::new(|| {
        let mut key = [0; 32];
        if let Err(error) = getrandom::fill(&mut key) {
            tracing::warn!("addresses are masked with a key that is not secret: {error}");
        }
        let home = std::env::home_dir().unwrap_or_default();
        Mask::new(key).with_home(&home.to_string_lossy())
    });
    &MASK
}
