//! A deadline that nobody can talk over.

use std::future::Future;

use tokio::time::{Instant, timeout_at};

/// What comes of `work` until then. `timeout_at` asks the work first and the clock only where the
/// work waits: whoever always has something ready would never meet a deadline. This looks at the
/// clock first.
pub(super) async fn by<T>(until: Instant, work: impl Future<Output = T>) -> Option<T> {
    if Instant::now() >= until {
        return None;
    }
    timeout_at(until, work).await.ok()
}
