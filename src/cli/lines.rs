//! Standard output behind a queue: whoever reads it slowly, or not at all, holds up nobody. Lines
//! that find no room are counted, and their number is told where they would have stood.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::output::Line;

/// Lines that may wait: a minute of a busy peer.
const MOST: usize = 16_384;
/// Bytes of them.
const MOST_BYTES: usize = 4 << 20;

/// Where lines go.
pub struct Lines {
    to: RefCell<Option<SyncSender<Vec<u8>>>>,
    waiting: Arc<AtomicUsize>,
    /// Why nothing can be written any more.
    broken: Arc<Mutex<Option<io::Error>>>,
    ended: mpsc::Receiver<()>,
    /// Not told yet.
    lost: Arc<AtomicU64>,
}

impl Lines {
    /// To standard output.
    #[must_use]
    pub fn to_standard_output() -> Self {
        Self::to(io::stdout())
    }

    fn to(mut out: impl Write + Send + 'static) -> Self {
        let (to, lines) = mpsc::sync_channel::<Vec<u8>>(MOST);
        let (end, ended) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let broken = Arc::new(Mutex::new(None));
        let lost = Arc::new(AtomicU64::new(0));
        let (left, why, untold) = (Arc::clone(&waiting), Arc::clone(&broken), Arc::clone(&lost));
        // a thread that nobody waits for: one that is stuck in a write ends with the process
        thread::spawn(move || {
            let written = write_all(&mut out, &lines, &left).and_then(|()| {
                match untold.swap(0, Ordering::Relaxed) {
                    0 => Ok(()),
                    lines => out.write_all(&Line::Lost { lines }.bytes()?),
                }
            });
            if let Err(error) = written {
                *why.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            let _ = end.send(()); // nobody may wait for it
        });
        Self { to: RefCell::new(Some(to)), waiting, broken, ended, lost }
    }

    /// Writes a line in its turn, or counts it. Never waits.
    ///
    /// # Errors
    /// A line before it could not be written: the reader is gone, or the disk is full.
    pub fn print(&self, line: &Line<'_>) -> io::Result<()> {
        if let Some(error) = self.broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        let lost = self.lost.load(Ordering::Relaxed);
        let told = lost == 0 || self.offer(Line::Lost { lines: lost }.bytes()?);
        if told {
            self.lost.fetch_sub(lost, Ordering::Relaxed);
        }
        if !told || !self.offer(line.bytes()?) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn offer(&self, line: Vec<u8>) -> bool {
        let size = line.len();
        let to = self.to.borrow();
        let Some(to) = &*to else { return false };
        if self.waiting.load(Ordering::Relaxed) + size > MOST_BYTES {
            return false;
        }
        self.waiting.fetch_add(size, Ordering::Relaxed);
        match to.try_send(line) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.waiting.fetch_sub(size, Ordering::Relaxed);
                false
            }
        }
    }

    /// Waits for what waits to be written, but not for a reader that does not read.
    pub fn end(&self, patience: Duration) {
        self.to.borrow_mut().take();
        let _ = self.ended.recv_timeout(patience); // what is not written by then is lost
    }
}

/// Line after line, until no more can come.
fn write_all(
    out: &mut impl Write,
    lines: &mpsc::Receiver<Vec<u8>>,
    waiting: &AtomicUsize,
) -> io::Result<()> {
    for line in lines {
        out.write_all(&line)?;
        out.flush()?;
        waiting.fetch_sub(line.len(), Ordering::Relaxed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes what it is written only when it is told to.
    struct Stuck {
        go: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.go.recv(); // an end: it goes on by itself
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line() -> Line<'static> {
        Line::Warning { text: "something that is long enough to fill a queue some day" }
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nobody_and_hears_what_it_missed() {
        let ((go, wait), (written, read)) = (channel(), channel());
        let lines = Lines::to(Stuck { go: wait, written });
        let all = 100_000;
        for _ in 0..all {
            lines.print(&line()).expect("nothing is wrong");
        }
        let waiting = lines.waiting.load(Ordering::Relaxed);
        assert!(waiting <= MOST_BYTES, "{waiting} bytes wait");
        drop(go);
        lines.end(Duration::from_secs(30));
        let text: Vec<u8> = read.iter().flatten().collect();
        let (mut came, mut missed) = (0, 0);
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let value: serde_json::Value = serde_json::from_slice(line).expect("whole lines");
            match value["lines"].as_u64() {
                Some(lost) => missed += lost,
                None => came += 1,
            }
        }
        assert_eq!(came + missed, all, "{came} and {missed}");
        assert!(missed > 0);
    }

    #[test]
    fn a_reader_that_is_gone_is_told_of() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::to(Gone);
        lines.print(&line()).expect("not known yet");
        lines.ended.recv_timeout(Duration::from_secs(30)).expect("the writer ends");
        assert_eq!(lines.print(&line()).expect_err("told").kind(), io::ErrorKind::BrokenPipe);
    }
}
