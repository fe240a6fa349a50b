//! What is typed: read on a thread of its own, which notes when it came. Half a key (`ESC [` may be
//! Alt and `[`, or the beginning of anything) is waited for there, and never by the loop; and what
//! came while a frame was drawn has waited since then.
#![allow(clippy::disallowed_methods)] // it reads the clock when something comes, and waits for a thread's end

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Keys and pastes that may wait for the loop; more wait in the terminal. Few, because a paste may
/// be long.
pub const MOST_WAITING: usize = 64;
/// How long to wait for the end of reading: half a key may never be whole.
const GRACE: Duration = Duration::from_millis(100);

/// Something that was typed, and when it was read.
pub type Typed = (Instant, io::Result<Event>);

/// The terminal's input while it is ours.
pub struct Input {
    typed: mpsc::Receiver<Typed>,
    ends: DropGuard,
}

impl Input {
    /// Starts to read. Must be called inside a tokio runtime.
    pub fn start() -> Self {
        let (to, typed) = mpsc::channel(MOST_WAITING);
        let end = CancellationToken::new();
        let (runtime, ends) = (Handle::current(), end.clone().drop_guard());
        thread::spawn(move || runtime.block_on(end.run_until_cancelled(read(to))));
        Self { typed, ends }
    }

    /// Waits for what is typed, and gives all that is there. 0: the terminal is gone. Nothing is
    /// lost when the future is dropped.
    pub async fn next(&mut self, typed: &mut Vec<Typed>) -> usize {
        self.typed.recv_many(typed, MOST_WAITING).await
    }

    /// Reads no more: what is typed from here on is somebody else's. What was read and not taken
    /// yet is nobody's: it was not meant for this screen, and can't be given back.
    pub async fn end(self) {
        let Self { mut typed, ends } = self;
        drop(ends);
        let ended = async { while typed.recv().await.is_some() {} };
        let _ = timeout(GRACE, ended).await; // where half a key is waited for, its rest will be ours
    }
}

async fn read(to: mpsc::Sender<Typed>) {
    let mut stream = EventStream::new();
    while let Some(event) = stream.next().await {
        if to.send((Instant::now(), event)).await.is_err() {
            return;
        }
    }
}
