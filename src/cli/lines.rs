//! The lines of `--json` on standard output, behind a [`Queue`].

use std::io::{self, Write};
use std::time::Duration;

use super::output::Line;
use super::queue::Queue;

/// Where lines go.
pub struct Lines(Queue);

impl Lines {
    /// To standard output.
    #[must_use]
    pub fn to_standard_output() -> Self {
        Self::to(io::stdout())
    }

    fn to(out: impl Write + Send + 'static) -> Self {
        Self(Queue::to(out, |lines| Line::Lost { lines }.bytes()))
    }

    /// Writes a line in its turn, or counts it. Never waits.
    ///
    /// # Errors
    /// A line before it could not be written: the reader is gone, or the disk is full.
    pub fn print(&self, line: &Line<'_>) -> io::Result<()> {
        self.0.put(line.bytes()?)
    }

    /// Waits for what waits to be written, but not for a reader that does not read.
    pub fn end(&self, patience: Duration) {
        self.0.end(patience);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::channel;

    use super::super::queue::{MOST_BYTES, Stuck};
    use super::*;

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
        let waiting = lines.0.waiting();
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
        lines.0.ended();
        assert_eq!(lines.print(&line()).expect_err("told").kind(), io::ErrorKind::BrokenPipe);
    }
}
