//! Whole replies are read beside everything else. What a peer sends may take long to read, and
//! holds no other peer's answer up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::crawler::{Decoding, Registry, decode_reply};
use crate::limits::Counted;
use swarmscope_wire::formats::{is_cheap, is_middling};
use swarmscope_wire::{ErrorByte, MessageId};

/// Long replies that are read at the same time: each may take a second and some hundred mebibytes.
/// One that is neither long nor read in no time has another place besides.
const AT_ONCE: usize = 2;

/// Those who read replies; cheap to clone.
#[derive(Clone, Debug)]
pub struct Readers {
    long: Arc<Semaphore>,
    middling: Arc<Semaphore>,
}

/// A reply that was read, and its turn: the next one is read when this is dropped, and it counts as
/// unread until then.
#[derive(Debug)]
pub struct Read<T> {
    /// What was made of it.
    pub what: T,
    _turn: Option<OwnedSemaphorePermit>,
    _unread: Option<Counted>,
}

impl Default for Readers {
    fn default() -> Self {
        Self { long: Arc::new(Semaphore::new(AT_ONCE)), middling: Arc::new(Semaphore::new(1)) }
    }
}

/// Reads a reply with the decoders of a registry, here, if that takes no time, and makes of it what
/// is wanted.
#[must_use]
pub fn read_at_once<T>(
    registry: &Registry,
    of: (MessageId, ErrorByte),
    payload: &[u8],
    make: impl Fn(Decoding) -> T,
) -> Option<T> {
    is_cheap(payload).then(|| read(registry, of, payload, make))
}

/// Whoever panics at a reply has a fault, which must not be the end of a crawl.
fn read<T>(
    registry: &Registry,
    (message, error): (MessageId, ErrorByte),
    payload: &[u8],
    make: impl Fn(Decoding) -> T,
) -> T {
    let reading = || make(decode_reply(registry, message, error, payload));
    catch_unwind(AssertUnwindSafe(reading)).unwrap_or_else(|_| make(Decoding::of_bytes(payload)))
}

impl Readers {
    /// Reads one that is not read [at once](read_at_once) in its turn, on a blocking thread, and
    /// makes there what is wanted of it. `None` where the runtime ends.
    pub async fn read<T: Send + 'static>(
        self,
        registry: Registry,
        of: (MessageId, ErrorByte),
        payload: Bytes,
        unread: Option<Counted>,
        make: impl Fn(Decoding) -> T + Send + 'static,
    ) -> Option<Read<T>> {
        let turns = if is_middling(&payload) { self.middling } else { self.long };
        let turn = turns.acquire_owned().await.ok()?;
        let what = spawn_blocking(move || read(&registry, of, &payload, make)).await.ok()?;
        Some(Read { what, _turn: Some(turn), _unread: unread })
    }
}

impl<T> Read<T> {
    /// One that took no turn.
    #[must_use]
    pub const fn at_once(what: T) -> Self {
        Self { what, _turn: None, _unread: None }
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
        let of = (MessageId(99), ErrorByte::SUCCESS);
        let read = |size: usize| {
            let (payload, unread) = (vec![b'x'; size].into(), meter.reads(size));
            readers.clone().read(Registry::default(), of, payload, Some(unread), |it| it)
        };
        let first = [read(1 << 20).await.unwrap(), read(1 << 20).await.unwrap()];
        let mut waits = pin!(read(1 << 20));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending(), "two were read and are not taken");
        let middling = read(100 << 10).await.unwrap();
        assert_eq!(middling.what.decoded.format, "text");
        let short = read_at_once(&Registry::default(), of, b"short", |it| it).unwrap();
        assert_eq!(short.decoded.summary, "short");
        drop(middling);
        assert_eq!(meter.unread(), (3 << 20, 0));
        drop(first);
        assert!(waits.await.is_some());
        assert_eq!(meter.unread(), (0, 0));
    }

    #[test]
    fn a_decoder_that_panics_is_said_to() {
        struct Broken;
        impl crate::crawler::Question for Broken {
            fn id(&self) -> MessageId {
                MessageId(99)
            }
            fn name(&self) -> &'static str {
                "BROKEN"
            }
            fn doc(&self) -> &'static str {
                "panics"
            }
            fn decode(
                &self,
                _: &[u8],
            ) -> Result<swarmscope_wire::Decoded, crate::crawler::question::ReplyDecodeError>
            {
                panic!("it is broken")
            }
        }
        let registry = Registry::default().with_question(Broken);
        let of = (MessageId(99), ErrorByte::SUCCESS);
        let read = read_at_once(&registry, of, b"any", |it| it).unwrap();
        assert!(read.failed.unwrap().contains("panicked"));
    }
}
