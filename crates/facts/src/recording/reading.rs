//! A recording that is read. It comes from outside like anything that a peer sends: its size is
//! bounded, in the file and in memory, and what does not read is an error with its line.

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
/// Values of a line: more than a thousand times those of the longest list that a peer's answer
/// has. Two bytes of a file become a value in memory.
const MOST_VALUES: u64 = 1 << 20;
/// What a value takes in memory beside its bytes.
const VALUE: u64 = 32;
/// Values that a line has anyway; they are counted by [`MOST_LINES`].
const USUAL: u64 = 16;
/// Memory in all, as far as lines and values tell.
const MOST_MEMORY: u64 = 4 << 30;
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
    /// More than is taken in: no recording of this program has that much.
    #[error("line {line}: {what}")]
    TooMuch {
        /// From 1.
        line: usize,
        /// What there is too much of.
        what: String,
    },
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
    let mut lines = Lines { from: from.take(MOST_BYTES), number: 0, weight: 0 };
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
            return Err(lines.too_much(format!("more than {MOST_LINES} lines")));
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
    /// What was read so far takes about so much memory.
    weight: u64,
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
                Err(self.too_much("the file is too long".into()))
            } else {
                Ok(None)
            };
        }
        let cut = bytes.last() != Some(&b'\n');
        if cut && bytes.len() as u64 == MOST_LINE {
            return Err(self.too_much("it is too long".into()));
        }
        self.weigh(&bytes)?;
        Ok(Some(Raw { bytes, cut }))
    }

    /// Counts what a line takes in memory, before it is there.
    fn weigh(&mut self, line: &[u8]) -> Result<(), RecordingError> {
        let values = values(line);
        if values > MOST_VALUES {
            return Err(self.too_much(format!("{values} values, more than {MOST_VALUES}")));
        }
        self.weight += line.len() as u64 + VALUE * values.saturating_sub(USUAL);
        if self.weight > MOST_MEMORY {
            return Err(self.too_much(format!("more than {} GiB in memory", MOST_MEMORY >> 30)));
        }
        Ok(())
    }

    fn too_much(&self, what: String) -> RecordingError {
        RecordingError::TooMuch { line: self.number, what }
    }

    fn error(&self, what: &str) -> RecordingError {
        RecordingError::Line { line: self.number, what: what.to_owned() }
    }
}

/// How many values JSON has, roughly: each but the first stands behind a comma or a bracket. What
/// stands in a string is none.
fn values(json: &[u8]) -> u64 {
    let (mut values, mut in_string, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::recording::Told;

    fn header() -> String {
        let header = serde_json::json!({
            "magic": MAGIC, "format": FORMAT, "program": "0", "started": 0, "size": [80, 24],
            "privacy": false, "title": "", "ids": [],
        });
        format!("{header}\n")
    }

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (json, count) in [
            (r"1", 1),
            (r"[1,2,3]", 4),
            (r#"{"a":[],"b,[{":"\",[","c":[[]]}"#, 7),
            (r#""\\",1"#, 2),
        ] {
            assert_eq!(values(json.as_bytes()), count, "{json}");
        }
    }

    #[test]
    fn a_line_that_becomes_much_more_in_memory_is_not_read() {
        let list = |count: usize| format!("{}[{}1]\n", header(), "1,".repeat(count));
        let error = read::<Told>(Cursor::new(list(2 << 20))).unwrap_err();
        assert!(matches!(error, RecordingError::TooMuch { line: 2, .. }), "{error}");
        assert!(error.to_string().contains("2097154 values"), "{error}");
        let error = read::<Told>(Cursor::new(list(9))).unwrap_err();
        assert!(matches!(error, RecordingError::Line { line: 2, .. }), "no line, but not too much");
    }

    #[test]
    fn lines_are_weighed_together() {
        let mut lines = Lines { from: Cursor::new(Vec::new()).take(0), number: 0, weight: 0 };
        let line = "1,".repeat(1 << 19);
        lines.weigh(line.as_bytes()).expect("one is not too much");
        assert!(lines.weight > 16 * line.len() as u64, "{}", lines.weight);
        lines.weight = MOST_MEMORY - line.len() as u64;
        assert!(matches!(lines.weigh(line.as_bytes()), Err(RecordingError::TooMuch { .. })));
    }
}
