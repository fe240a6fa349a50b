//! An output behind a queue: whoever reads it slowly, or not at all, holds up nobody. Lines that
//! find no room are counted, and their number is told where they would have stood.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that may wait: a minute of a busy peer.
const MOST: usize = 16_384;
/// Bytes of them.
pub const MOST_BYTES: usize = 4 << 20;

/// The line that stands for so many that are missing.
pub type Missing = fn(u64) -> io::Result<Vec<u8>>;

/// Where lines go.
pub struct Queue {
    to: Mutex<Option<SyncSender<Vec<u8>>>>,
    waiting: Arc<AtomicUsize>,
    /// Why nothing can be written any more.
    broken: Arc<Mutex<Option<io::Error>>>,
    ended: Mutex<mpsc::Receiver<()>>,
    /// Not told yet.
    lost: Arc<AtomicU64>,
    missing: Missing,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    /// To this output, which a thread of its own writes.
    pub fn to(mut out: impl Write + Send + 'static, missing: Missing) -> Self {
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
                    lines => out.write_all(&missing(lines)?),
                }
            });
            if let Err(error) = written {
                *lock(&why) = Some(error);
            }
            let _ = end.send(()); // nobody may wait for it
        });
        Self { to: Mutex::new(Some(to)), waiting, broken, ended: Mutex::new(ended), lost, missing }
    }

    /// Writes a line in its turn, or counts it. Never waits for the reader.
    ///
    /// # Errors
    /// A line before it could not be written: the reader is gone, or the disk is full.
    pub fn put(&self, line: Vec<u8>) -> io::Result<()> {
        if let Some(error) = lock(&self.broken).take() {
            return Err(error);
        }
        let to = lock(&self.to); // so that lines and what stands for missing ones keep their order
        if !self.tell(to.as_ref())? || !self.offer(to.as_ref(), line) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes how many lines are missing here, if any, as soon as there is room. Never waits.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_missing(&self) -> io::Result<()> {
        if let Some(error) = lock(&self.broken).take() {
            return Err(error);
        }
        self.tell(lock(&self.to).as_ref()).map(drop)
    }

    /// Whether nothing is missing, or how much is stands in the queue.
    fn tell(&self, to: Option<&SyncSender<Vec<u8>>>) -> io::Result<bool> {
        let lost = self.lost.load(Ordering::Relaxed);
        let told = lost == 0 || self.offer(to, (self.missing)(lost)?);
        if told {
            self.lost.fetch_sub(lost, Ordering::Relaxed);
        }
        Ok(told)
    }

    fn offer(&self, to: Option<&SyncSender<Vec<u8>>>, line: Vec<u8>) -> bool {
        let size = line.len();
        let Some(to) = to else { return false };
        let waiting = self.waiting.load(Ordering::Relaxed);
        // one that is larger than all that may wait goes alone
        if waiting > 0 && waiting + size > MOST_BYTES {
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

    /// Whether everything was written.
    ///
    /// # Errors
    /// It could not be.
    pub fn is_taken(&self) -> io::Result<bool> {
        match lock(&self.broken).take() {
            Some(error) => Err(error),
            None => Ok(self.waiting.load(Ordering::Relaxed) == 0),
        }
    }

    /// Waits for what waits to be written, but not for a reader that does not read.
    pub fn end(&self, patience: Duration) {
        lock(&self.to).take();
        let _ = lock(&self.ended).recv_timeout(patience); // what is not written by then is lost
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits until its thread writes no more.
    #[cfg(test)]
    pub fn ended(&self) {
        lock(&self.ended).recv_timeout(Duration::from_secs(30)).expect("the writer ends");
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

/// Takes what it is written only when it is told to.
#[cfg(test)]
pub struct Stuck {
    pub go: mpsc::Receiver<()>,
    pub written: mpsc::Sender<Vec<u8>>,
}

#[cfg(test)]
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
