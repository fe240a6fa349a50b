//! Whole replies are read beside everything else. What a peer sends may take long to read, and
//! holds no other peer's answer up.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::crawler::{Decoding, Registry, decode_reply};
use crate::limits::Unread;
use swarmscope_wire::formats::is_cheap;
use swarmscope_wire::{ErrorByte, MessageId};

/// Replies that are read at the same time, but for those that take no time: each may take a second
/// and two hundred mebibytes.
const AT_ONCE: usize = 2;

/// Those who read replies; cheap to clone.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Readers {
    /// Reads one with the decoders of a registry: at once where that takes no time, else in its
    /// turn. It counts as unread until then. `None` where its decoder panicked.
    pub async fn read(
        self,
        registry: Registry,
        message: MessageId,
        error: ErrorByte,
        payload: Bytes,
        unread: Option<Unread>,
    ) -> Option<Decoding> {
        let turn = if is_cheap(&payload) { None } else { Some(self.0.acquire().await.ok()?) };
        let read = move || decode_reply(&registry, message, error, &payload);
        let decoding = spawn_blocking(read).await.ok();
        drop((turn, unread));
        decoding
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::limits::{Limits, Meter};

    #[tokio::test]
    async fn what_takes_no_time_waits_for_nothing_that_does() {
        let (readers, meter) = (Readers::default(), Meter::new(&Limits::default()));
        let turns = readers.0.clone().acquire_many_owned(2).await.unwrap();
        let read = |payload: Bytes, unread| {
            let (message, error) = (MessageId(99), ErrorByte::SUCCESS);
            readers.clone().read(Registry::default(), message, error, payload, unread)
        };
        let unread = meter.reads(1 << 20);
        let mut waits = pin!(read(vec![b'x'; 1 << 20].into(), Some(unread)));
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let short = read(Bytes::from_static(b"short"), None).await;
        assert_eq!(short.unwrap().decoded.summary, "short");
        assert_eq!(meter.unread(), 1 << 20);
        drop(turns);
        assert!(waits.await.is_some());
        assert_eq!(meter.unread(), 0);
    }
}
