//! For tests: waiting until nothing more happens, which no event tells.
#![allow(clippy::disallowed_methods)] // real sockets are waited for, in real time

use std::time::Duration;

/// Lets everything go on that can: every task of this test's one thread has a thousand turns, and
/// the kernel fifty milliseconds to move what is on its way. What a busy machine takes its time for
/// is waited for; what has come to rest stays so.
pub(crate) async fn at_rest() {
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

/// As [`at_rest`], until `measure` has gone above zero and no longer changes; gives its last value.
#[cfg_attr(not(feature = "legacy"), allow(dead_code))] // those who need it sign with the old curve
pub(crate) async fn comes_to_rest<T: Copy + Default + PartialEq>(measure: impl Fn() -> T) -> T {
    let mut before = T::default();
    loop {
        at_rest().await;
        let now = measure();
        if now != T::default() && now == before {
            return now;
        }
        before = now;
    }
}
