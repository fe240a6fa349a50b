//! The writing half of a conversation.
#![allow(clippy::disallowed_methods, reason = "sockets live in overlay")]

use std::collections::VecDeque;
use std::io;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncWriteExt as _, WriteHalf};

use super::queue::{Next, SendQueue};
use super::stream::Stream;
use super::tracer::Tracer;
use super::{ConnId, OverlayEvent};

/// The writing half and what waits for it.
pub(super) struct Outgoing {
    writer: WriteHalf<Stream>,
    waiting: VecDeque<Bytes>,
    bytes: usize,
    unflushed: bool,
    /// Frames that the socket has taken, not told of yet.
    frames: usize,
    tracer: Tracer,
}

impl Outgoing {
    pub(super) fn new(writer: WriteHalf<Stream>, tracer: Tracer) -> Self {
        Self { writer, waiting: VecDeque::new(), bytes: 0, unflushed: false, frames: 0, tracer }
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        self.waiting.push_back(bytes);
    }

    /// What is to be told of the frames that the socket has taken.
    pub(super) fn written(&mut self, conn: ConnId) -> Option<OverlayEvent> {
        let frames = std::mem::take(&mut self.frames);
        (frames > 0).then_some(OverlayEvent::Written { conn, frames })
    }

    /// How many bytes wait for the socket.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there are frames to be told of as written.
    pub(super) const fn has_news(&self) -> bool {
        self.frames > 0
    }

    pub(super) const fn has_work(&self) -> bool {
        self.bytes > 0 || self.unflushed
    }

    /// One write, or the flush after the last one. Nothing is lost when the future is dropped.
    pub(super) async fn write(&mut self) -> io::Result<usize> {
        let Some(front) = self.waiting.front_mut() else {
            self.writer.flush().await?;
            self.unflushed = false;
            return Ok(0);
        };
        let count = self.writer.write(front).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.tracer.sent(&front[..count]);
        front.advance(count);
        if front.is_empty() {
            self.waiting.pop_front();
            self.frames += 1;
            self.tracer.between_sent();
        }
        self.bytes -= count;
        self.unflushed = true;
        Ok(count)
    }

    /// close_notify where there is TLS, then FIN.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    /// Everything that is queued, then the end.
    pub(super) async fn rest(&mut self, queue: &SendQueue) -> std::io::Result<()> {
        loop {
            while self.has_work() {
                self.write().await?;
            }
            match queue.try_next() {
                Some(Next::Send(frame)) => self.push(frame.encode()),
                Some(Next::Leave) => {}
                Some(Next::Close(..)) | None => return self.shutdown().await,
            }
        }
    }
}
