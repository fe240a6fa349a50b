//! What waits to be sent to one peer: bounded in frames and in bytes, filled without waiting.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::limits::Limits;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;

/// How a connection is to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Send what is queued, then close.
    Flush,
    /// At once.
    Abort,
}

/// What the connection task does next.
#[derive(Debug)]
pub(super) enum Next {
    Send(Frame),
    /// Another connection takes this one's place: end when it has become quiet.
    Leave,
    /// Comes when the queue is empty, except with [`Manner::Abort`].
    Close(Failure, Manner),
}

pub(super) struct SendQueue {
    inner: Mutex<Inner>,
    changed: Notify,
    max_frames: usize,
    max_bytes: usize,
}

#[derive(Default)]
struct Inner {
    frames: VecDeque<Frame>,
    bytes: usize,
    leave: bool,
    closing: Option<(Failure, Manner)>,
}

impl SendQueue {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            inner: Mutex::default(),
            changed: Notify::new(),
            max_frames: limits.queued_frames,
            max_bytes: limits.queued_bytes,
        }
    }

    /// # Errors
    /// The queue is full: the connection is closed for it. Or it is closing already.
    pub(super) fn push(&self, frame: Frame) -> Result<(), Failure> {
        let mut inner = self.lock();
        if inner.closing.is_some() {
            return Err(Failure::new(
                Cause::NotConnected,
                By::Us,
                "the connection is being closed",
            ));
        }
        let bytes = inner.bytes + frame.encoded_len();
        if inner.frames.len() >= self.max_frames || bytes > self.max_bytes {
            let detail = format!("{} frames of {} bytes wait", inner.frames.len(), inner.bytes);
            let failure = Failure::new(Cause::QueueFull, By::Us, detail);
            inner.closing = Some((failure.clone(), Manner::Abort));
            self.changed.notify_one();
            return Err(failure);
        }
        inner.bytes = bytes;
        inner.frames.push_back(frame);
        self.changed.notify_one();
        Ok(())
    }

    /// Asks for the end when the connection is idle.
    pub(super) fn leave(&self) {
        self.lock().leave = true;
        self.changed.notify_one();
    }

    /// Asks for the end. The first reason stays, a more abrupt manner wins.
    pub(super) fn close(&self, failure: Failure, manner: Manner) {
        let mut inner = self.lock();
        match &mut inner.closing {
            Some((_, before)) if manner == Manner::Abort => *before = manner,
            Some(_) => {}
            none => *none = Some((failure, manner)),
        }
        self.changed.notify_one();
    }

    /// Waits for something to do. Nothing is lost when the future is dropped.
    pub(super) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until the end is asked for, whatever else waits. Nothing is lost when the future is
    /// dropped.
    pub(super) async fn closing(&self) -> Next {
        loop {
            if let Some((failure, manner)) = self.lock().closing.clone() {
                return Next::Close(failure, manner);
            }
            self.changed.notified().await;
        }
    }

    /// What is to do now, if anything.
    pub(super) fn try_next(&self) -> Option<Next> {
        let mut inner = self.lock();
        match &inner.closing {
            Some((failure, Manner::Abort)) => {
                return Some(Next::Close(failure.clone(), Manner::Abort));
            }
            Some((failure, manner)) if inner.frames.is_empty() => {
                return Some(Next::Close(failure.clone(), *manner));
            }
            _ => {}
        }
        if std::mem::take(&mut inner.leave) {
            return Some(Next::Leave);
        }
        let frame = inner.frames.pop_front()?;
        inner.bytes -= frame.encoded_len();
        Some(Next::Send(frame))
    }

    /// Whether frames wait.
    pub(super) fn has_frames(&self) -> bool {
        !self.lock().frames.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a peer takes what is sent to it: so many bytes in each window of time in which something
/// waits.
#[derive(Debug)]
pub(super) struct WriteClock {
    window: Duration,
    least: usize,
    since: Option<Instant>,
    written: usize,
}

impl WriteClock {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self { window: limits.write, least: limits.write_least, since: None, written: 0 }
    }

    /// Something waits now; or, once everything is gone, nothing does.
    pub(super) fn waiting(&mut self, waits: bool, now: Instant) {
        match (waits, self.since) {
            (true, None) => (self.since, self.written) = (Some(now), 0),
            (false, Some(_)) => self.since = None,
            _ => {}
        }
    }

    pub(super) const fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
    }

    /// When to look next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + self.window)
    }

    /// # Errors
    /// The window is over and too little was taken in it.
    pub(super) fn look(&mut self, now: Instant) -> Result<(), Failure> {
        let Some(since) = self.since.filter(|since| now >= *since + self.window) else {
            return Ok(());
        };
        if self.written < self.least {
            let seconds = now.saturating_duration_since(since).as_secs_f32();
            let detail = format!("it took {} bytes in {seconds:.0} s", self.written);
            return Err(Failure::new(Cause::QueueFull, By::Peer, detail));
        }
        (self.since, self.written) = (Some(now), 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use swarmscope_wire::frame::FrameId;

    fn limits(frames: usize, bytes: usize) -> Limits {
        Limits { queued_frames: frames, queued_bytes: bytes, ..Limits::default() }
    }

    fn frame(len: usize) -> Frame {
        Frame { id: FrameId::KEEP_ALIVE, body: Bytes::from(vec![0; len]) }
    }

    fn stopped() -> Failure {
        Failure::new(Cause::Stopped, By::Us, "")
    }

    #[test]
    fn frames_and_bytes_are_both_bounded_and_a_full_queue_closes() {
        let queue = SendQueue::new(&limits(3, 1000));
        (0..3).for_each(|_| queue.push(frame(0)).unwrap());
        assert_eq!(queue.push(frame(0)).unwrap_err().cause, Cause::QueueFull);
        assert!(
            matches!(queue.try_next(), Some(Next::Close(f, Manner::Abort)) if f.cause == Cause::QueueFull)
        );

        let queue = SendQueue::new(&limits(100, 1000));
        queue.push(frame(990)).unwrap();
        assert_eq!(queue.push(frame(1)).unwrap_err().cause, Cause::QueueFull);
        assert_eq!(queue.push(frame(0)).unwrap_err().cause, Cause::NotConnected);
    }

    #[test]
    fn closing_lets_the_queue_run_out_first_unless_it_is_abrupt() {
        let queue = SendQueue::new(&limits(10, 1000));
        queue.push(frame(1)).unwrap();
        queue.close(stopped(), Manner::Flush);
        assert!(queue.push(frame(1)).is_err());
        assert!(matches!(queue.try_next(), Some(Next::Send(_))));
        assert!(
            matches!(queue.try_next(), Some(Next::Close(f, Manner::Flush)) if f.cause == Cause::Stopped)
        );

        let queue = SendQueue::new(&limits(10, 1000));
        queue.push(frame(1)).unwrap();
        queue.close(stopped(), Manner::Flush);
        queue.close(Failure::new(Cause::Idle, By::Us, ""), Manner::Abort);
        assert!(
            matches!(queue.try_next(), Some(Next::Close(f, Manner::Abort)) if f.cause == Cause::Stopped)
        );
    }

    #[test]
    fn the_write_clock_demands_progress_only_while_something_waits() {
        let limits =
            Limits { write: Duration::from_secs(30), write_least: 1000, ..Limits::default() };
        let mut clock = WriteClock::new(&limits);
        #[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(clock.deadline(), None);
        clock.waiting(true, at(0));
        clock.waiting(true, at(20));
        assert_eq!(clock.deadline(), Some(at(30)));
        clock.wrote(1000);
        clock.look(at(30)).unwrap();
        clock.wrote(999);
        assert_eq!(clock.deadline(), Some(at(60)));
        assert_eq!(clock.look(at(60)).unwrap_err().cause, Cause::QueueFull);
        clock.waiting(false, at(60));
        clock.look(at(600)).unwrap();
        assert_eq!(clock.deadline(), None);
    }
}
