//! Where the overlay meets the clock and the operating system's randomness.
#![allow(clippy::disallowed_methods, reason = "this is the place for them")]

use std::time::Duration;

use tokio::time::{Instant, timeout};

use swarmscope_wire::failure::{By, Cause, Failure};

pub(super) fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// Fresh randomness of the operating system.
///
/// # Errors
/// It has none to give.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Cause::Io, By::Us, format!("randomness: {error}")))?;
    Ok(bytes)
}

/// Whether the future was ready in this time.
pub(super) async fn within(time: Duration, future: impl Future<Output = ()>) -> bool {
    timeout(time, future).await.is_ok()
}
