//! JSON for programs that a terminal may show as well.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::Cleaner;

/// JSON on one line, with everything that [`clean`](super::clean) would replace written as `\u`
/// escapes: programs get the exact text, and a terminal that shows it stays as it is.
///
/// # Errors
/// What the value's own serialization fails with.
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut line = Vec::new();
    write_json(&mut line, value)?;
    Ok(String::from_utf8(line).expect("JSON is made of strings"))
}

/// As [`json`], without a copy of it in memory.
///
/// # Errors
/// What the writer or the value's own serialization fails with.
pub fn write_json(out: impl Write, value: &impl Serialize) -> Result<(), serde_json::Error> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Visible::default()))
}

/// Escapes what is not plainly visible.
#[derive(Default)]
struct Visible {
    cleaner: Cleaner,
}

impl Formatter for Visible {
    fn begin_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.cleaner = Cleaner::default();
        CompactFormatter.begin_string(out)
    }

    /// What JSON itself escapes; a mark behind it would stand on the escape.
    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.cleaner = Cleaner::default();
        CompactFormatter.write_char_escape(out, escape)
    }

    /// A stretch without anything that JSON itself escapes.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices() {
            if self.cleaner.next(c) != c {
                out.write_all(&fragment.as_bytes()[written..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                written = at + c.len_utf8();
            }
        }
        out.write_all(&fragment.as_bytes()[written..])
    }
}
