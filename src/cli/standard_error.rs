//! Standard error; of a program that runs until it is stopped behind a [`Queue`], as soon as it has a
//! log. A terminal that is stopped, or a pipe that nobody reads, would else stop the program.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Duration;

use super::queue::Queue;
use swarmscope_wire::text;

static LOG: OnceLock<Queue> = OnceLock::new();
/// For what still waits when the program ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// One line of the log on its way.
pub struct Line(&'static Queue);

/// For the next line of the log.
pub fn queued() -> Line {
    Line(LOG.get_or_init(|| Queue::to(io::stderr(), missing)))
}

#[expect(clippy::unnecessary_wraps, reason = "others write JSON, which may fail")]
fn missing(lines: u64) -> io::Result<Vec<u8>> {
    let lines = text::count(usize::try_from(lines).unwrap_or(usize::MAX), "line", "lines");
    Ok(format!("missing here, because nobody read the log in time: {lines}\n").into())
}

/// A line comes in one piece.
impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.put(line.to_vec())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line on standard error, after those of the log. Where that can't be written nobody can be told;
/// the exit code says it still. What a file or a peer has put into it does nothing on a terminal.
pub fn line(text: impl Display) {
    let text = format!("{}\n", text::clean_lines(&text.to_string()));
    let _ = match LOG.get() {
        Some(log) => log.put(text.into_bytes()),
        None => io::stderr().lock().write_all(text.as_bytes()),
    };
}

/// Waits for what is not written yet, but not for whoever does not read.
pub fn end() {
    if let Some(log) = LOG.get() {
        log.end(PATIENCE);
    }
}
