//! A recording that is read. It comes from outside like anything that a peer sends: its size is
//! bounded, and what does not read is an error with its line.

use std::io::{self, BufRead, Read as _};

use super::cleaning::Cleaner;
use serde::de::DeserializeOwned;

use super::rewriting::{Rewrite as _, Rewritten};
use super::{FORMAT, Header, Line, MAGIC, What};

/// The longest line: a reply of 64 MiB, the most that one may have, as base64.
const MOST_LINE: u64 = 96 << 20;
/// Bytes in all: what is read stays in memory.
const MOST_BYTES: u64 = 2 << 30;
/// Lines: an hour at 1 000 a second.
const MOST_LINES: usize = 4_000_000;
/// A line may be so far from the start, in microseconds: ten years, past which clocks can't be
/// trusted to add up.
const FARTHEST: u64 = 10 * 365 * 86_400 * 1_000_000;

/// A recording, in memory.
#[derive(Clone, Debug)]
pub struct Recording<S> {
    /// Its first line.
    pub header: Header,
    /// Everything else, in the order of the file.
    pub lines: Vec<Line<S>>,
    /// The last line is cut off: the program that wrote it did not end as it should.
    pub cut: bool,
}

/// Why a file is no recording that can be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It can't be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Its first line is none of a recording.
    #[error("not a recording of swarmscope: its first line is not a header")]
    NoHeader,
    /// A newer program wrote it.
    #[error(
        "a recording of format {0}, which this version (format {FORMAT}) can't read; use a newer \
         swarmscope"
    )]
    Format(u32),
    /// A line that does not read.
    #[error("line {line}: {what}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads a recording.
///
/// # Errors
/// The file can't be read, is no recording, or has a line (but for a cut last one) that does not
/// read; more than is taken in.
pub fn read<S: DeserializeOwned + Rewritten>(
    from: impl BufRead,
) -> Result<Recording<S>, RecordingError> {
    let mut lines = Lines { from: from.take(MOST_BYTES), number: 0 };
    let first = lines.next()?.ok_or(RecordingError::NoHeader)?;
    let mut header: Header =
        serde_json::from_slice(&first.bytes).map_err(|_| RecordingError::NoHeader)?;
    if header.magic != MAGIC {
        return Err(RecordingError::NoHeader);
    }
    if header.format != FORMAT {
        return Err(RecordingError::Format(header.format));
    }
    if header.started > i64::MAX.unsigned_abs() / 2 {
        return Err(lines.error("its start time is out of range"));
    }
    Cleaner.text(&mut header.title);
    header.ids.iter_mut().for_each(|(_, name)| Cleaner.text(name));
    let mut recording = Recording { header, lines: Vec::new(), cut: false };
    while let Some(raw) = lines.next()? {
        match line(&raw.bytes) {
            Ok(line) => recording.lines.push(line),
            Err(_) if raw.cut => recording.cut = true,
            Err(what) => return Err(lines.error(&what)),
        }
        if recording.lines.len() > MOST_LINES {
            return Err(lines.error(&format!("more than {MOST_LINES} lines")));
        }
    }
    Ok(recording)
}

fn line<S: DeserializeOwned + Rewritten>(bytes: &[u8]) -> Result<Line<S>, String> {
    let Line(at, mut what): Line<S> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if at.unsigned_abs() > FARTHEST {
        return Err(format!("{at} microseconds is too far from the start"));
    }
    if let What::Msg(msg) = &mut what {
        msg.rewrite(&mut Cleaner);
    }
    Ok(Line(at, what))
}

struct Lines<R> {
    from: io::Take<R>,
    number: usize,
}

struct Raw {
    bytes: Vec<u8>,
    /// It has no end.
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<Raw>, RecordingError> {
        let mut bytes = Vec::new();
        (&mut self.from).take(MOST_LINE).read_until(b'\n', &mut bytes)?;
        self.number += 1;
        if bytes.is_empty() {
            return if self.from.limit() == 0 {
                Err(self.error("the file is too long"))
            } else {
                Ok(None)
            };
        }
        let cut = bytes.last() != Some(&b'\n');
        if cut && bytes.len() as u64 == MOST_LINE {
            return Err(self.error("it is too long"));
        }
        Ok(Some(Raw { bytes, cut }))
    }

    fn error(&self, what: &str) -> RecordingError {
        RecordingError::Line { line: self.number, what: what.to_owned() }
    }
}
